"""`python -m service.migrate status|up|down [COUNT]`: the schema of the database at DOCAICHE_DATABASE_URL."""

import asyncio
import sys

from service.db import migrations, online
from service.errors import ServiceError, UsageError
from service.settings import load

USAGE = "say status, up, or down with the number of migrations to take back, such as: python -m service.migrate down 1"


async def run(words: list[str]) -> None:
    """Do what the words say, then print every migration's state, and the indexes that are of no use.

    Raises UsageError for other words, ConfigurationError, DatabaseUnavailableError or MigrationError.
    """
    dsn = load().database_url.get_secret_value()
    match words:
        case ["status"]:
            pass
        case ["up"]:
            await migrations.up(dsn)
        case ["down", count] if count.isascii() and count.isdigit():
            await migrations.down(dsn, int(count))
        case _:
            raise UsageError(USAGE)
    for name, is_applied in (await migrations.applied(dsn)).items():
        sys.stdout.write(f"{'applied' if is_applied else 'pending'}  {name}\n")
    for index in await online.invalid_indexes(dsn):
        remedy = "drop it and build it again" if index.builder is None else f"process {index.builder} is building it"
        sys.stdout.write(f"invalid  index {index.name} on {index.table}: {remedy}\n")


def main() -> None:
    """Run it; what prevents it is one sentence and exit code 2."""
    try:
        asyncio.run(run(sys.argv[1:]))
    except ServiceError as error:
        sys.stderr.write(f"docaiche: {error}\n")
        sys.exit(2)


if __name__ == "__main__":
    main()
