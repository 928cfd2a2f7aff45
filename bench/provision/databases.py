"""Create and drop databases on a server that the lab may connect to."""

import asyncpg

from bench.errors import ProvisionError
from bench.provision.answering import CONNECT_S, NOT_YET, place


async def create(dsn: str, name: str, *, template: str | None = None, comment: str = "") -> None:
    """Create the database `name` over a connection to `dsn`, as a file copy of `template` when given.

    A file copy is the fastest way for databases of some hundred megabytes (CREATE DATABASE, STRATEGY):
    the other strategy writes every page to the log. Raises ProvisionError when the server refuses.
    """
    copied = "" if template is None else f" TEMPLATE {quoted(template)} STRATEGY file_copy"
    statements = [f"CREATE DATABASE {quoted(name)}{copied}"]
    if comment:
        literal = comment.replace("'", "''")
        statements.append(f"COMMENT ON DATABASE {quoted(name)} IS '{literal}'")
    await execute(dsn, *statements)


async def drop(dsn: str, name: str) -> None:
    """Drop the database `name`, ending the connections to it. Raises ProvisionError when refused."""
    await execute(dsn, f"DROP DATABASE IF EXISTS {quoted(name)} WITH (FORCE)")


async def execute(dsn: str, *statements: str) -> None:
    """Run statements one by one, each in a transaction of its own. Raises ProvisionError when refused."""
    try:
        connection = await asyncpg.connect(dsn, timeout=CONNECT_S)
        try:
            for statement in statements:
                await connection.execute(statement)
        finally:
            await connection.close()
    except (asyncpg.PostgresError, *NOT_YET) as error:
        raise ProvisionError(f"PostgreSQL at {place(dsn)} refused `{statements[0]}`: {error}.") from error


def quoted(identifier: str) -> str:
    """The identifier as SQL writes it."""
    escaped = identifier.replace('"', '""')
    return f'"{escaped}"'
