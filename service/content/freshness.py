"""Remembered answers are as old as the documents and the configuration that they were made from, no older."""

import asyncio
from uuid import uuid4

import asyncpg
import structlog

from service import queries
from service.cache import Answers
from service.db import Database

log = structlog.get_logger(__name__)


async def version(database: Database) -> str:
    """What tells the present documents and configuration from all earlier ones, and from those of other databases.

    Raises DatabaseUnavailableError.
    """
    try:
        present: str = (await database.fetch(queries.load()["answers_version"]))[0]["version"]
    except asyncpg.UndefinedTableError as error:
        # Migrations were taken back under a running service: searches go on, and nothing remembered is trusted.
        log.warning("answers have no version", reason=str(error))
        return f"none.{uuid4().hex}"
    return present


class Freshness:
    """Makes `answers` forget what is no longer true."""

    def __init__(self, database: Database, answers: Answers) -> None:
        self._database = database
        self._answers = answers
        self._one_at_a_time = asyncio.Lock()

    async def renew(self) -> None:
        """From now on no answer is given that was made before the latest change.

        Raises as `version`.
        """
        # Of two who read at the same time the one with the older version might set it last.
        async with self._one_at_a_time:
            self._answers.invalidate(await version(self._database))
