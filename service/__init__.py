"""docaiche, the reference service: searches documents in PostgreSQL, caches in Redis.

Built twice: `api/legacy` is the API before its consolidation, `api/v1` the one after. Which is served, and
every other tuning switch, is a knob in `settings`. Nothing is opened at import; `app.create` builds an
application from settings.

    __main__, app, logs    start, lifespan, log lines
    api/legacy, api/v1     HTTP in, facts out; api/operations: health and identity
    resources              everything that a running service has open
    search                 operations: SQL in, dataclasses out
    db, cache              connections with their waiting counted; answers kept in Redis
    queries, telemetry     SQL by name; Server-Timing
    settings, errors       every knob; what can go wrong
"""
