"""One process is replaced by the next on the same socket, and nobody is turned away."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import IO

import httpx
import pytest

from bench.lifetime import Custody
from service import rolling
from service.errors import NotReadyError
from tests.rollback.operator import LIMIT_S, Operator
from tests.rollback.traffic import traffic
from tests.service.running import Databases

Operate = Callable[..., Awaitable[Operator]]
LENDING = """
import fcntl, os, sys
high = [fcntl.fcntl(int(number), fcntl.F_DUPFD_CLOEXEC, 100) for number in sys.argv[1:]]
for number in sys.argv[1:]:
    os.close(int(number))
for number, lent in enumerate(high, 3):
    os.dup2(lent, number)
os.environ["LISTEN_PID"] = str(os.getpid())
os.execv(sys.executable, [sys.executable, "-m", "service"])
"""
"""What systemd does between fork and exec: the sockets from 3 on, and whom they are for."""
SEARCH = "/api/v1/search?q=event&workspace=team-1"


def addresses(databases: Databases) -> dict[str, str]:
    """Where the fully tuned database and Redis are."""
    return {"database_url": databases.by_tunings["indexes", "fulltext"], "redis_url": databases.redis_url}


async def identity(url: str) -> dict[str, object]:
    """Who answers."""
    async with httpx.AsyncClient(base_url=url, trust_env=False) as client:
        found: dict[str, object] = (await client.get("/identity")).json()
        return found


async def asked(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
    """The head of the answer to a search on this connection; nothing when it was closed."""
    writer.write(f"GET {SEARCH} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except (asyncio.IncompleteReadError, ConnectionError):
        return b""
    (length,) = (int(line.split(b":")[1]) for line in head.splitlines() if line.lower().startswith(b"content-length"))
    await reader.readexactly(length)
    return head.lower()


def lend(
    custody: Custody,
    databases: Databases,
    sockets: Sequence[socket.socket],
    *,
    stderr: IO[bytes] | None = None,
    **variables: str,
) -> "subprocess.Popen[bytes]":
    """Start the service with these sockets lent to it."""
    numbers = [lent.fileno() for lent in sockets]
    return custody.spawn(
        [sys.executable, "-c", LENDING, *map(str, numbers)],
        env={
            **os.environ,
            **{f"DOCAICHE_{name.upper()}": value for name, value in addresses(databases).items()},
            **variables,
        },
        stderr=stderr,
        pass_fds=numbers,
    )


@pytest.mark.slow
async def test_rolling_fails_no_request(databases: Databases, operate: Operate) -> None:
    """Two rolls under traffic, on kept connections and on fresh ones: another process answers, every request is."""
    operator = await operate(**addresses(databases))
    async with traffic(operator.url) as seen:
        await seen.until(50)
        first = await identity(operator.url)
        await operator.roll(pool_size="3")
        await seen.until(50)
        second = await identity(operator.url)
        await operator.roll(pool_size="5")
        await seen.until(50)
    third = await identity(operator.url)
    assert (seen.failed, seen.sent > 150) == (0, True), seen.outcomes
    assert len({first["pid"], second["pid"], third["pid"]}) == 3
    assert first["config_hash"] == third["config_hash"] != second["config_hash"]


async def test_killing_instead_of_draining_fails_requests(databases: Databases, operate: Operate) -> None:
    """The check sees what it is there to see: a process that is killed takes its requests with it."""
    operator = await operate(**addresses(databases))
    async with traffic(operator.url) as seen:
        await seen.until(50)
        os.kill(operator.serving, signal.SIGKILL)
        await operator.heard("ended by itself with exit code -9")
        await seen.until(50)
    assert seen.failed > 0


async def test_an_idle_connection_may_ask_once_more(databases: Databases, operate: Operate) -> None:
    """While a process drains, a request on a connection that was idle is answered, with Connection: close."""
    operator = await operate(**addresses(databases))
    port = int(operator.settings["port"])
    idle = [await asyncio.open_connection("127.0.0.1", port) for _ in range(2)]
    for connection in idle:
        assert b"connection: close" not in await asked(*connection)
    os.kill(operator.pid, signal.SIGHUP)
    await operator.heard("draining")
    # The signal has come to the process when a connection says so.
    for reader, writer in idle:
        answer = b""
        for _ in range(1000):
            answer = await asked(reader, writer)
            if not answer or b"connection: close" in answer:
                break
        assert answer.startswith(b"http/1.1 200")
        assert await reader.read() == b""
        writer.close()
    await operator.heard("has ended")


async def test_settings_that_do_not_work_change_nothing(databases: Databases, operate: Operate) -> None:
    """A wrong setting, a wrong line and a file that is gone are told, and the process that serves goes on."""
    operator = await operate(**addresses(databases))
    before = await identity(operator.url)
    async with traffic(operator.url) as seen:
        operator.write(pool="bottomless")
        os.kill(operator.pid, signal.SIGHUP)
        await operator.heard("DOCAICHE_POOL is wrong")
        await operator.heard(rf"exit code 2 before it served; process {before['pid']} goes on as it was")
        operator.file.write_text("POOL=tuned\n")
        os.kill(operator.pid, signal.SIGHUP)
        await operator.heard("line 1, is not DOCAICHE_NAME=value; process")
        operator.file.unlink()
        os.kill(operator.pid, signal.SIGHUP)
        await operator.heard("cannot be read")
        await seen.until(50)
    assert (seen.failed, await identity(operator.url)) == (0, before)


async def test_told_to_stop_it_ends_what_it_started(databases: Databases, operate: Operate) -> None:
    """SIGTERM ends the supervisor with code 0, and its process with it."""
    operator = await operate(**addresses(databases))
    serving = operator.serving
    assert await operator.end() == 0
    with pytest.raises(ProcessLookupError):
        os.kill(serving, 0)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (None, "cannot be read"),
        ("DOCAICHE_DATABASE_URL\n", "line 1, is not DOCAICHE_NAME=value"),
        ("# nothing else\n", "DOCAICHE_DATABASE_URL is not set"),
        ("DOCAICHE_DATABASE_URL=postgresql://127.0.0.1:1/d\n", "ended with exit code 2 before it served"),
    ],
)
def test_what_prevents_the_first_start_is_one_sentence(content: str | None, told: str, tmp_path: Path) -> None:
    """With nobody serving yet there is nothing to go on with: exit code 2."""
    file = tmp_path / "docaiche.env"
    if content is not None:
        file.write_text(f"{content}DOCAICHE_PORT=0\n")
    command = [sys.executable, "-m", "service.rolling", str(file)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=LIMIT_S, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert told in done.stderr.splitlines()[-1]
    assert "Traceback" not in done.stderr


async def test_a_process_that_never_serves_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its time is up: it is told so, and it is gone."""
    monkeypatch.setattr(rolling, "READY_S", 0.5)
    monkeypatch.setattr(rolling, "BEQUEATH", f"echo $$ > {tmp_path}/pid; exec sleep 600")
    with (
        socket.create_server(("127.0.0.1", 0)) as listener,
        pytest.raises(NotReadyError, match="did not serve within .* and was ended"),
    ):
        await rolling.started({}, listener)
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "pid").read_text()), 0)


async def test_a_supervisor_of_another_kind_may_lend_the_socket(databases: Databases, custody: Custody) -> None:
    """As systemd does: LISTEN_FDS sockets from 3 on, one of them called http, for the process LISTEN_PID."""
    with socket.create_server(("127.0.0.1", 0)) as lent, socket.create_server(("127.0.0.1", 0)) as other:
        port = lent.getsockname()[1]
        # Asked before anybody serves: the socket's queue keeps it.
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", trust_env=False, timeout=LIMIT_S) as client:
            early = asyncio.create_task(client.get(SEARCH))
            await asyncio.sleep(0)
            process = lend(custody, databases, [other, lent], LISTEN_FDS="2", LISTEN_FDNAMES="admin:http")
            assert (await early).status_code == 200
        assert await asyncio.to_thread(custody.end, process.pid, grace_s=LIMIT_S) == 0


@pytest.mark.parametrize(
    ("variables", "told"),
    [
        ({"LISTEN_FDS": "two"}, "LISTEN_FDS is wrong: two is no number"),
        ({"LISTEN_FDS": "2"}, "LISTEN_FDNAMES has to call one of them http"),
        ({"LISTEN_FDS": "2", "LISTEN_FDNAMES": "http:http"}, "LISTEN_FDNAMES has to call one of them http"),
        ({"LISTEN_FDS": "1"}, "descriptor 3, which does not listen"),
        ({"LISTEN_FDS": "3", "LISTEN_FDNAMES": "a:b:http"}, "descriptor 5, which is no socket"),
    ],
)
def test_a_socket_that_cannot_be_served_is_one_sentence(
    variables: dict[str, str], told: str, databases: Databases, custody: Custody, tmp_path: Path
) -> None:
    """What was lent wrongly prevents the start; another port is not taken in its place."""
    with socket.socket() as silent, socket.socket() as other, (tmp_path / "said").open("w+b") as said:
        process = lend(custody, databases, [silent, other], stderr=said, **variables)
        assert process.wait(LIMIT_S) == 2
        said.seek(0)
        assert told in said.read().decode()
