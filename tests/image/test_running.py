"""The image really runs: with no rights to speak of, told its health, stopped without a lost request."""

import asyncio
from collections.abc import AsyncIterator
from concurrent.futures import Future, ThreadPoolExecutor

import httpx
import pytest
import schemathesis
from asyncpg import Connection
from hypothesis import HealthCheck, settings
from packaging.utils import canonicalize_name
from schemathesis.specs.openapi.checks import positive_data_acceptance

from bench.image import ROOT
from bench.image.lock import entries
from service.app import create
from service.settings import KNOBS, load
from tests.image.stack import ADMIN_KEY, Container, Stack, docker, until

pytestmark = [pytest.mark.docker, pytest.mark.servers]
CASES = 5
"""For each operation: tests/service asks thousands of the same code; here it is the same answers from an image."""
RIGHTS = """
import json, os
told = dict(line.split(":\\t", 1) for line in open("/proc/1/status").read().splitlines())
def refused(path):
    try:
        open(path + "/x", "w")
    except OSError as error:
        return error.strerror
print(json.dumps({"uid": told["Uid"].split(), "gid": told["Gid"].split(), "privileges": told["NoNewPrivs"],
    "capabilities": [told[name] for name in ("CapPrm", "CapEff", "CapBnd", "CapAmb")],
    "writes": [refused(path) for path in ("/", "/app", "/tmp", "/opt/service")]}))
"""
CONTENTS = """
import importlib.metadata, importlib.util, json, os, sysconfig
print(json.dumps({"app": sorted(os.listdir("/app")),
    "packages": [one.name for one in importlib.metadata.distributions(path=[sysconfig.get_path("purelib")])],
    "importable": [name for name in ("bench", "locust", "jupyterlab", "pytest", "pip", "service")
                   if importlib.util.find_spec(name)]}))
"""
WAITING = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query ILIKE '%documents%'"
api = schemathesis.openapi.from_dict(create(load(database_url="postgresql://nowhere/nothing")).openapi())


def test_it_has_no_rights(served: Container) -> None:
    """The process has a number that is nobody's, no capability, cannot gain any, and writes nowhere."""
    told = served.run(RIGHTS)
    assert (set(told["uid"]), set(told["gid"])) == ({"10001"}, {"10001"})
    assert set(told["capabilities"]) == {"0" * 16}
    assert told["privileges"] == "1"
    assert set(told["writes"]) == {"Read-only file system"}


def test_it_holds_the_service_alone(served: Container) -> None:
    """Its code, its SQL, the packages of its lock; no lab, no tests, no installer."""
    told = served.run(CONTENTS)
    assert told["app"] == ["service", "sql"]
    assert told["importable"] == ["service"]
    packages = set(map(canonicalize_name, told["packages"]))
    assert {"fastapi", "perflab"} <= packages <= {*entries((ROOT / "service.lock").read_text()), "perflab"}


def test_it_answers_as_the_api_tells(served: Container) -> None:
    """Identity, search, content, feedback, errors and metrics; with every knob on and the cache reached."""
    with served.client() as client:
        identity = client.get("/identity").json()
        assert identity["knobs"] == dict.fromkeys(KNOBS, "on")
        assert identity["version"] == docker(
            "inspect", "--format", '{{index .Config.Labels "org.opencontainers.image.version"}}', served.name
        )
        assert client.get("/health/ready").json()["dependencies"]["cache"] == "healthy"
        found = client.get("/api/v1/search", params={"q": "event", "workspace": "team-1"}).json()
        assert found["total"] > 0
        assert client.get(f"/api/v1/content/{found['hits'][0]['id']}").status_code == 200
        missing = client.get("/api/v1/content/999999999")
        assert (missing.status_code, "error" in missing.json()) == (404, True)
        assert client.get("/api/v1/admin/audit").status_code in {401, 403}
        assert client.get("/api/v1/admin/audit", headers={"X-API-Key": ADMIN_KEY}).status_code == 200
        assert "http_server" in client.get("/metrics").text


@api.parametrize()
@settings(max_examples=CASES, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
def test_any_request_is_answered(case: schemathesis.Case, served: Container) -> None:
    """Each operation of the schema answers from the image what the schema tells."""
    headers = {"X-API-Key": ADMIN_KEY}
    address = f"http://{served.address}"
    case.call_and_validate(base_url=address, headers=headers, excluded_checks=[positive_data_acceptance])


def test_a_wrong_start_is_one_sentence(stack: Stack) -> None:
    """Without a database the container ends with code 2 and says which variable is missing."""
    name = stack.named("wrong")
    docker("run", "--detach", f"--name={name}", f"--network={stack.network}", *stack.labels, stack.image)
    wrong = Container(name)
    assert wrong.wait() == 2
    assert wrong.log == "docaiche: DOCAICHE_DATABASE_URL is not set.\n"


@pytest.fixture
async def locked(stack: Stack) -> AsyncIterator[tuple[Container, Connection]]:
    """A service of its own, and a connection that holds all its documents until it is closed."""
    database = await stack.database("draining")
    service = await asyncio.to_thread(stack.service, "draining", database)
    connection = await stack.connect(database)
    transaction = connection.transaction()
    await transaction.start()
    await connection.execute("LOCK TABLE documents IN ACCESS EXCLUSIVE MODE")
    yield service, connection
    await connection.close()
    docker("rm", "--force", service.name)
    connection = await stack.connect("postgres")
    await connection.execute("DROP DATABASE draining WITH (FORCE)")
    await connection.close()


def ask(service: Container) -> int | str:
    """The status of a search, or what became of it."""
    try:
        with service.client() as client:
            return client.get("/api/v1/search", params={"q": "event", "workspace": "team-1"}).status_code
    except httpx.TransportError as error:
        return type(error).__name__


def refuses(address: str) -> bool:
    """Whether new connections are turned away."""
    try:
        httpx.get(f"http://{address}/health/live", trust_env=False)
    except httpx.TransportError:
        return True
    return False


@pytest.mark.parametrize(("signal", "code"), [("TERM", 0), ("KILL", 137)])
async def test_a_stop_loses_no_request(
    locked: tuple[Container, Connection], stack: Stack, signal: str, code: int
) -> None:
    """SIGTERM while a request waits for the database: new ones are turned away, this one is answered, code 0.

    SIGKILL instead does lose it: the test can tell.
    """
    service, connection = locked
    address = service.address
    observer = await stack.connect("postgres")
    with ThreadPoolExecutor(1) as threads:
        answer: Future[int | str] = threads.submit(ask, service)
        while not await observer.fetchval(WAITING):  # noqa: ASYNC110 - another process's state
            await asyncio.sleep(0.05)
        docker("kill", f"--signal={signal}", service.name)
        await asyncio.to_thread(until, lambda: refuses(address), "it still takes connections")
        await connection.execute("ROLLBACK")
        told = await asyncio.wrap_future(answer)
    await observer.close()
    assert service.wait() == code
    assert (told == 200) == (code == 0), told


def test_it_tells_when_postgres_is_gone_and_back(stack: Stack, served: Container) -> None:
    """HEALTHCHECK turns with the database, both ways, and its log says why."""
    until(lambda: served.health == "healthy", "the service is not healthy")
    docker("stop", stack.named("postgres"))
    until(lambda: served.health == "unhealthy", "PostgreSQL is stopped and the service is healthy")
    # A probe that comes while connections are still being tried is given up, and says less.
    until(lambda: "/health/ready with 503" in health_log(served), "its log does not say why")
    docker("start", stack.named("postgres"))
    until(lambda: served.health == "healthy", "PostgreSQL is back and the service is not healthy")


def health_log(container: Container) -> str:
    """What its last probes said."""
    return docker("inspect", "--format", "{{json .State.Health.Log}}", container.name)
