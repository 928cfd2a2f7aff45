"""The search of the service's `v1`, built by others' books: what bench.micro.service_throughput compares it with.

bare   Starlette and asyncpg and nothing else: the same statement, the same bytes; the least that a handler can be
orm    FastAPI, SQLAlchemy's asynchronous ORM and psycopg, as their documentation shows them
"""
