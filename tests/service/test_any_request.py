"""Whatever is sent: no failure, and every error in the envelope, as the schema tells it.

schemathesis makes the requests from the schema, right ones and wrong ones, some thousands in all.
"""

import asyncio
import re
from collections.abc import Iterator
from datetime import datetime

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.checks import CheckContext
from schemathesis.core.failures import Failure
from schemathesis.specs.openapi.checks import positive_data_acceptance

from bench.lifetime import Custody
from bench.provision import Servers
from bench.subject import Running, reference, start
from service.app import create
from service.settings import load
from tests.service.running import ON, Databases
from tests.service.test_access import ADMIN, KEY
from tests.service.test_v1_errors import KEYS

CASES = 250
"""For each of the operations, beside those at every bound that the schema tells."""
api = schemathesis.openapi.from_dict(create(load(database_url="postgresql://nowhere/nothing")).openapi())


@pytest.fixture(scope="module")
def served(
    servers: Servers, databases: Databases, custody: Custody, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Running]:
    """The consolidated API in a process of its own, on a database that requests may spoil."""

    async def begin() -> Running:
        template = databases.by_tunings["indexes", "fulltext"].rpartition("/")[2]
        url = await servers.postgres.create_database("any_request", template=template)
        command = reference("service", ON, database_url=url, redis_url=servers.redis_database(2))
        command.environment["DOCAICHE_ADMIN_KEY"] = KEY
        return await start(command, custody, tmp_path_factory.mktemp("served"))

    running = asyncio.run(begin())
    yield running
    custody.end(running.pid)
    asyncio.run(servers.postgres.drop_database("any_request"))


@schemathesis.check
def errors_are_in_the_envelope(_: CheckContext, response: schemathesis.Response, case: schemathesis.Case) -> None:
    """Each with every fact, the answer's own id and the path alone."""
    if response.status_code < 400 or not case.path.startswith("/api/"):
        return
    error = response.json()["error"]
    if set(error) != KEYS or "?" in error["path"] or [error["request_id"]] != response.headers["x-request-id"]:
        raise Failure(operation=case.operation.label, title="not the envelope", message=response.text or "")
    datetime.fromisoformat(error["timestamp"])
    # 499 characters of a value that somebody sent would be an echo, not a message.
    if not re.fullmatch(r"[A-Z_0-9]+", error["code"]) or len(error["message"]) > 500:
        raise Failure(operation=case.operation.label, title="not a message", message=error["message"])


@api.parametrize()
@settings(max_examples=CASES, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
def test_any_request_is_answered(case: schemathesis.Case, served: Running) -> None:
    """No 5xx; the status, the media type and the body are those that the schema tells; the wrong is refused."""
    # A schema cannot tell which cursors there are, nor that a cursor and an offset exclude each other.
    case.call_and_validate(base_url=served.base_url, headers=ADMIN, excluded_checks=[positive_data_acceptance])
