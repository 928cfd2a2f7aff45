import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace

import httpx
import psutil
import pytest

from bench.errors import SubjectError
from bench.lifetime import Custody
from bench.subject import Command, command, start

SERVER = (sys.executable, "-m", "http.server", "{port}", "--bind", "127.0.0.1")


@pytest.fixture
def custody(tmp_path: Path) -> Iterator[Custody]:
    """A custody whose lease is the test's own."""
    with Custody.open(tmp_path / "leases") as opened:
        yield opened


async def test_a_service_is_started_on_a_free_port_and_answers(custody: Custody, tmp_path: Path) -> None:
    """The command's {port} is filled in, and the service answers where it was said to."""
    running = await start(Command("files", SERVER, ready_path="/"), custody, tmp_path)
    async with httpx.AsyncClient(trust_env=False) as client:
        assert (await client.get(running.base_url)).status_code == 200
    assert psutil.pid_exists(running.pid)


async def test_two_services_do_not_meet(custody: Custody, tmp_path: Path) -> None:
    """Each start has its own port."""
    first = await start(Command("a", SERVER, ready_path="/"), custody, tmp_path)
    second = await start(Command("b", SERVER, ready_path="/"), custody, tmp_path)
    assert first.base_url != second.base_url


async def test_a_service_that_dies_is_told_with_its_last_lines(custody: Custody, tmp_path: Path) -> None:
    """What the service printed before it died is in the error, with its exit code."""
    dying = Command("dying", (sys.executable, "-c", "import sys; print('no such database'); sys.exit(7)"))
    with pytest.raises(SubjectError, match=r"dying ended with exit code 7 at start: no such database"):
        await start(dying, custody, tmp_path)


async def test_a_service_that_never_gets_ready_is_told(
    custody: Custody, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A service that answers 404 on its ready path is not measured, and not left; the error says what it answered."""

    # Its time is up once it has answered, however long that takes here.
    def now() -> float:
        answered = any(" 404 " in log.read_text() for log in tmp_path.glob("files*.log"))
        return 2 * command.START_LIMIT_S if answered else 0.0

    monkeypatch.setattr(command, "time", SimpleNamespace(monotonic=now))
    with pytest.raises(
        SubjectError, match=rf"was not ready within {command.START_LIMIT_S:.0f} s \(/health/ready: status 404\)"
    ):
        await start(Command("files", SERVER), custody, tmp_path)
    # One that comes up late would disturb what is measured next.
    assert not [one for one in _commands() if "http.server" in one]


async def test_a_command_that_does_not_exist_is_told(custody: Custody, tmp_path: Path) -> None:
    """A misspelt program is named."""
    with pytest.raises(SubjectError, match="`no-such-program` cannot be started"):
        await start(Command("typo", ("no-such-program",)), custody, tmp_path)


async def test_a_port_that_is_taken_meanwhile_is_replaced(
    custody: Custody, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When another program has taken the chosen port, the service is started on another one."""
    taken = await start(Command("first", SERVER, ready_path="/"), custody, tmp_path)
    used = int(taken.base_url.rpartition(":")[2])
    ports = iter([used, command.free_port()])
    monkeypatch.setattr(command, "free_port", lambda: next(ports))
    # The first server answers on the taken port, so readiness alone would not notice: the process must live.
    second = await start(Command("second", SERVER, ready_path="/"), custody, tmp_path)
    assert second.base_url != taken.base_url


def _commands() -> list[list[str]]:
    """Of all processes below this one; those that end meanwhile are left out."""
    found = []
    for child in psutil.Process().children(recursive=True):
        with suppress(psutil.Error):
            found.append(child.cmdline())
    return found
