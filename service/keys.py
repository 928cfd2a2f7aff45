"""`python -m service.keys list|add|revoke`: the API keys of the database at DOCAICHE_DATABASE_URL."""

import asyncio
import re
import sys
from uuid import uuid4

import asyncpg

from service import queries
from service.access import Role, generate, hashed
from service.db import Database
from service.errors import ServiceError, UsageError
from service.settings import load

USAGE = "say list, add NAME reader|admin, or revoke NAME, such as: python -m service.keys add ingest admin"
NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")


async def run(words: list[str]) -> str:
    """Do what the words say and answer what there is to tell.

    Raises UsageError for other words and for a name that is taken or unknown, ConfigurationError or
    DatabaseUnavailableError.
    """
    if not _is_understood(words):
        raise UsageError(USAGE)
    database = Database(load(pool_size=1))
    await database.open()
    try:
        match words:
            case ["add", name, role]:
                return await _add(database, name, Role(role))
            case ["revoke", name]:
                return await _revoke(database, name)
            case _:
                return await _list(database)
    except asyncpg.UndefinedTableError as error:
        raise UsageError("the database has no table for keys; run `python -m service.migrate up`") from error
    finally:
        await database.close()


def _is_understood(words: list[str]) -> bool:
    match words:
        case ["list"]:
            return True
        case ["add", name, role]:
            return NAME.fullmatch(name) is not None and role in set(Role)
        case ["revoke", name]:
            return NAME.fullmatch(name) is not None
        case _:
            return False


async def _add(database: Database, name: str, role: Role) -> str:
    key = generate()
    values = {"name": name, "role": role, "key_hash": hashed(key), "request_id": _request_id()}
    if not await database.fetch(queries.load()["key_add"], **values):
        raise UsageError(f"there is, or was, a key named {name}; choose another name")
    # Shown this once: only its hash is kept.
    return f"{key}\n"


async def _revoke(database: Database, name: str) -> str:
    if not await database.fetch(queries.load()["key_revoke"], name=name, request_id=_request_id()):
        raise UsageError(f"there is no key named {name} that could be revoked; `list` shows all")
    return f"revoked {name}\n"


async def _list(database: Database) -> str:
    rows = await database.fetch(queries.load()["keys_all"])
    return "".join(
        f"{row['name']}  {row['role']}  {'revoked' if row['revoked_at'] else 'valid'}  since {row['created_at']:%F}\n"
        for row in rows
    )


def _request_id() -> str:
    """What the audit has in place of a request's id."""
    return f"command-{uuid4().hex}"


def main() -> None:
    """Run it; what prevents it is one sentence and exit code 2."""
    try:
        sys.stdout.write(asyncio.run(run(sys.argv[1:])))
    except ServiceError as error:
        sys.stderr.write(f"docaiche: {error}\n")
        sys.exit(2)


if __name__ == "__main__":
    main()
