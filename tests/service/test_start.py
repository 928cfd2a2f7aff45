import asyncio
import json
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import asyncpg
import httpx
import pytest

from bench.lifetime import Custody, free_port
from bench.subject import Running, identify, reference, start
from service.settings import Settings, knob_environment
from tests.service.running import OFF, ON, Databases

LIMIT_S = 30.0
BACKENDS = (
    "SELECT count(*) FROM pg_stat_activity "
    "WHERE datname = $1 AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
)
Start = Callable[..., "subprocess.CompletedProcess[str]"]


def environment(settings: Settings, **variables: str) -> dict[str, str]:
    """The variables that start a process with these settings."""
    return {
        **knob_environment(settings.knobs()),
        "DOCAICHE_DATABASE_URL": settings.database_url.get_secret_value(),
        "DOCAICHE_REDIS_URL": settings.redis_url.get_secret_value(),
        **variables,
    }


def failed_start(variables: Mapping[str, str], *words: str) -> "subprocess.CompletedProcess[str]":
    """Run the service, or one of its commands, where it cannot start, to its end."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("DOCAICHE_")}
    command = [sys.executable, "-m", ".".join(("service", *words[:1])), *words[1:]]
    return subprocess.run(
        command, env={**inherited, **variables}, capture_output=True, text=True, timeout=LIMIT_S, check=False
    )


def assert_one_sentence(done: "subprocess.CompletedProcess[str]", *words: str) -> None:
    """Exit code 2, and one line that holds the words and no password."""
    assert (done.returncode, done.stdout) == (2, "")
    (line,) = done.stderr.splitlines()
    assert line.startswith("docaiche: ")
    for word in words:
        assert word in line


@pytest.fixture
def taken_port() -> Iterator[int]:
    """A port that somebody else listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


def test_a_wrong_setting_prevents_the_start() -> None:
    """What is wrong is told before anything is opened."""
    assert_one_sentence(failed_start({}), "DOCAICHE_DATABASE_URL is not set")
    assert_one_sentence(
        failed_start({"DOCAICHE_DATABASE_URL": "postgresql://h/d", "DOCAICHE_API": "v9"}), "DOCAICHE_API"
    )


@pytest.mark.parametrize("query", ["foo=bar", "socket_timeout=abc", "db=abc"])
@pytest.mark.parametrize("cache", ["true", "false"])
def test_an_option_of_redis_that_does_not_exist_prevents_the_start(
    query: str, cache: str, databases: Databases
) -> None:
    """The driver's options stand in the URL; a wrong one is told by its name, with the setting and no password."""
    settings = databases.settings(OFF)
    variables = {"DOCAICHE_REDIS_URL": f"redis://:verysecret@127.0.0.1:1/0?{query}", "DOCAICHE_CACHE": cache}
    done = failed_start(environment(settings, **variables))
    assert_one_sentence(done, "DOCAICHE_REDIS_URL", query.partition("=")[0])
    assert "verysecret" not in done.stderr


@pytest.mark.parametrize("words", [("migrate", "status"), ("online", "indexes"), ("keys", "list")], ids=" ".join)
def test_a_wrong_option_of_postgresql_is_one_sentence_of_every_command(words: tuple[str, ...]) -> None:
    """Also of those that connect without a pool."""
    done = failed_start({"DOCAICHE_DATABASE_URL": "postgresql://u:verysecret@127.0.0.1:1/d?sslmode=bogus"}, *words)
    assert_one_sentence(done, "DOCAICHE_DATABASE_URL", "sslmode")
    assert "verysecret" not in done.stderr


def test_fulltext_needs_its_columns(databases: Databases) -> None:
    """On a database without the stored vector the service says which knob asks for it and how to get it."""
    settings = databases.settings(ON, database_url=databases.by_tunings["indexes",])
    assert_one_sentence(
        failed_start(environment(settings)), "DOCAICHE_FULLTEXT", "search_vector", "sql/tuning/fulltext.apply.sql"
    )


def test_a_database_without_tables_prevents_the_start(databases: Databases) -> None:
    """An empty database is told apart from one that does not answer."""
    plain = databases.by_tunings[()]
    empty = plain.removesuffix("plain") + "postgres"
    settings = databases.settings(OFF, database_url=empty)
    assert_one_sentence(failed_start(environment(settings)), "DOCAICHE_DATABASE_URL", "service.migrate up")


@pytest.mark.parametrize(
    ("spoilt", "told"),
    [
        (lambda url: url.replace("plain", "nowhere"), 'database "nowhere" does not exist'),
        (lambda url: url.replace("postgres:", "postgres:wrong"), "password authentication failed"),
        (lambda url: f"postgresql://127.0.0.1:{free_port()}/plain", "Connect call failed"),
    ],
    ids=["database", "password", "server"],
)
def test_a_database_that_cannot_be_had_prevents_the_start(
    spoilt: Callable[[str], str], told: str, databases: Databases
) -> None:
    """The sentence names the setting and the server's own reason, and never the password."""
    url = databases.by_tunings[()]
    done = failed_start(environment(databases.settings(OFF, database_url=spoilt(url))))
    assert_one_sentence(done, "DOCAICHE_DATABASE_URL")
    assert url.split(":")[2].split("@")[0] not in done.stderr
    assert told in done.stderr or "Connection refused" in done.stderr


def test_a_taken_port_prevents_the_start(databases: Databases, taken_port: int) -> None:
    """Somebody else's port is told in the words that starters of services look for."""
    settings = databases.settings(OFF)
    done = failed_start(environment(settings, DOCAICHE_PORT=str(taken_port)))
    assert_one_sentence(done, "DOCAICHE_PORT")
    assert "address already in use" in done.stderr.lower()


@pytest.mark.parametrize("knobs", [ON, OFF], ids=["tuned", "baseline"])
async def test_it_serves_and_ends_when_told(
    knobs: dict[str, str], databases: Databases, custody: Custody, tmp_path: Path
) -> None:
    """A real process over real HTTP: it is what was asked for, answers, and on SIGTERM ends with code 0, all closed."""
    settings = databases.settings(knobs, cache_deadline_s=Settings.model_fields["cache_deadline_s"].default)
    running = await _start(knobs, databases, custody, tmp_path)
    identity = await identify("v1", running.base_url)
    assert (identity.pid, identity.knobs, identity.config_hash) == (running.pid, knobs, settings.config_hash())
    path = "/api/search" if knobs["api"] == "off" else "/api/v1/search"
    async with httpx.AsyncClient(base_url=running.base_url, trust_env=False) as client:
        response = await client.get(path, params={"q": "event", "workspace": "team-1"})
        assert (response.status_code, response.json()["total"] > 0) == (200, True)
        assert "server-timing" in response.headers
    assert custody.end(running.pid, stop=signal.SIGTERM, grace_s=LIMIT_S) == 0
    log = running.log.read_text()
    assert "Traceback" not in log
    # Access is logged by the legacy API's own middleware, not by the server.
    assert ("GET /api/search 200" in log) == (knobs["api"] == "off")
    assert "uvicorn" not in log
    assert all("event" in json.loads(line) for line in log.splitlines())
    connection = await asyncpg.connect(databases.by_tunings[()])
    name = settings.database_url.get_secret_value().rpartition("/")[2]
    async with asyncio.timeout(LIMIT_S):
        # A backend notices a little later that its client has gone.
        while await connection.fetchval(BACKENDS, name):  # noqa: ASYNC110 - another process is waited for
            await asyncio.sleep(0.01)
    await connection.close()


async def test_its_log_is_json_with_the_request_s_id(
    databases: Databases, own_copy: str, custody: Custody, tmp_path: Path
) -> None:
    """Machines read the log: one object a line, the traceback inside."""
    running = await _start(ON, databases, custody, tmp_path, database_url=own_copy)
    connection = await asyncpg.connect(own_copy)
    await connection.execute("ALTER TABLE documents RENAME COLUMN workspace_id TO renamed")
    await connection.close()
    async with httpx.AsyncClient(base_url=running.base_url, trust_env=False) as client:
        response = await client.get("/api/v1/collections", headers={"X-Request-ID": "find-me"})
    custody.end(running.pid, stop=signal.SIGTERM, grace_s=LIMIT_S)
    assert response.status_code == 500
    (line,) = running.log.read_text().splitlines()
    entry = json.loads(line)
    assert (entry["level"], entry["request_id"], entry["path"]) == ("error", "find-me", "/api/v1/collections")
    assert "UndefinedColumnError" in entry["exception"]


async def test_the_old_api_logs_json_with_the_request_s_id_too(
    databases: Databases, custody: Custody, tmp_path: Path
) -> None:
    """The same form and the same id in both; one that could forge a line is replaced by a new one."""
    running = await _start(OFF, databases, custody, tmp_path)
    async with httpx.AsyncClient(base_url=running.base_url, trust_env=False) as client:
        kept = await client.get("/api/stats", params={"workspace": "team-1"}, headers={"X-Request-ID": "find-me"})
        forged = await client.get("/api/stats", headers={"X-Request-ID": 'a" "level": "error'})
    custody.end(running.pid, stop=signal.SIGTERM, grace_s=LIMIT_S)
    lines = [json.loads(line) for line in running.log.read_text().splitlines()]
    told = {
        line["request_id"]: line["event"] for line in lines if line.get("logger") == "service.api.legacy.middleware"
    }
    assert told["find-me"] == "GET /api/stats 200"
    assert kept.headers["x-request-id"] == "find-me"
    assert re.fullmatch(r"[0-9a-f]{32}", forged.headers["x-request-id"])
    assert told[forged.headers["x-request-id"]] == "GET /api/stats 422"


async def _start(
    knobs: Mapping[str, str], databases: Databases, custody: Custody, folder: Path, *, database_url: str = ""
) -> Running:
    settings = databases.settings(knobs)
    command = reference(
        "service",
        knobs,
        database_url=database_url or settings.database_url.get_secret_value(),
        redis_url=databases.redis_url,
    )
    return await start(command, custody, folder)


def test_importing_opens_nothing() -> None:
    """The whole service can be imported where no setting, no server and no file of it is in reach."""
    code = (
        "import socket, sys\n"
        "def refuse(*_): raise AssertionError('a socket was opened')\n"
        "socket.socket.connect = refuse\n"
        "import service.__main__, service.app\n"
    )
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("DOCAICHE_")}
    subprocess.run([sys.executable, "-c", code], env=inherited, check=True, timeout=LIMIT_S)
