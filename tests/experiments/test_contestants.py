"""Arms that are started again between pairs and held to be what they were."""

import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import psutil
import pytest

from bench.errors import SubjectError
from bench.experiments.contestants import Contestant, Contestants, Description
from bench.lifetime import Custody
from bench.model import Role
from bench.subject import Command

SERVER = (sys.executable, "-m", "http.server", "{port}", "--bind", "127.0.0.1")


@pytest.fixture
def custody(tmp_path: Path) -> Iterator[Custody]:
    """A custody whose lease is the test's own."""
    with Custody.open(tmp_path / "leases") as opened:
        yield opened


def contestants(custody: Custody, folder: Path, *, restart: bool = True) -> Contestants:
    """Three servers of one folder's files."""
    (folder / "logs").mkdir()
    described = Description("cmd:http.server", "hash")
    arms = [Contestant(role, described, Command(str(role), SERVER, ready_path="/", folder=folder)) for role in Role]
    return Contestants(arms, custody, folder / "logs", restart=restart)


async def test_they_are_started_again_before_each_pair_but_the_first(custody: Custody, tmp_path: Path) -> None:
    """Other processes at other addresses each time, and none of the earlier ones left."""
    arms = contestants(custody, tmp_path)
    await arms.start()
    first = dict(arms.targets)
    await arms.renew()
    assert arms.targets == first
    await arms.renew()
    assert {target.base_url for target in arms.targets.values()}.isdisjoint(t.base_url for t in first.values())
    async with httpx.AsyncClient(trust_env=False) as client:
        for target in first.values():
            with pytest.raises(httpx.ConnectError):
                await client.get(target.base_url)
        assert (await client.get(arms.targets[Role.CONTROL].base_url)).status_code == 200


async def test_they_stay_where_that_is_asked_for(custody: Custody, tmp_path: Path) -> None:
    """`--no-restart`: the same processes from beginning to end."""
    arms = contestants(custody, tmp_path, restart=False)
    await arms.start()
    first = dict(arms.targets)
    await arms.renew()
    await arms.renew()
    assert arms.targets == first
    assert not arms.can_restart


async def test_one_that_died_is_told_with_what_it_said(custody: Custody, tmp_path: Path) -> None:
    """A killed server is found before the next pair; the log's last lines come with it."""
    arms = contestants(custody, tmp_path)
    await arms.start()
    port = int(arms.targets[Role.CANDIDATE].base_url.rpartition(":")[2])
    listening = [c.pid for c in psutil.net_connections("tcp") if c.laddr.port == port and c.status == "LISTEN"]
    killed = psutil.Process(listening[0])
    killed.kill()
    killed.wait()
    with pytest.raises(SubjectError, match=r"The candidate \(cmd:http.server\) ended while it was measured: .*HTTP"):
        await arms.renew()


async def test_one_that_tells_another_identity_is_refused(custody: Custody, tmp_path: Path) -> None:
    """What /identity tells must stay; a process number may change, an unreadable answer tells nothing."""
    arms = contestants(custody, tmp_path)
    (tmp_path / "identity").write_text("not JSON")
    await arms.start()
    (tmp_path / "identity").write_text('{"version": "1", "pid": 1}')
    with pytest.raises(SubjectError, match=r"is not what it was .* told \{\}, now \{'version': '1'\}"):
        await arms.check()
    again = contestants(custody, tmp_path / "logs")
    (tmp_path / "logs" / "identity").write_text('{"version": "1", "pid": 1}')
    await again.start()
    (tmp_path / "logs" / "identity").write_text('{"version": "1", "pid": 2}')
    await again.check()
    told = {record.role: record for record in again.records()}
    assert told[Role.CONTROL].config_hash == told[Role.BASELINE].config_hash == "hash"


async def test_a_url_is_asked_and_left_alone(custody: Custody, tmp_path: Path) -> None:
    """A service that somebody else started is measured where it is; when it is gone, that is told."""
    served = contestants(custody, tmp_path)
    await served.start()
    url = served.targets[Role.BASELINE].base_url
    (tmp_path / "more").mkdir()
    arms = Contestants([Contestant(Role.BASELINE, Description("url:x", "h"), None, url)], custody, tmp_path / "more")
    await arms.start()
    await arms.renew()
    assert not arms.can_restart
    assert arms.targets[Role.BASELINE].base_url == url
    served.end()
    with pytest.raises(SubjectError, match=r"The baseline \(url:x\) does not answer .* check that it runs"):
        await arms.check()
