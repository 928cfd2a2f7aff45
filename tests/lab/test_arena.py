"""The ground of a comparison: who gets servers, which databases, which environment."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from bench.errors import SubjectError, UsageError
from bench.experiments import comparison_counts
from bench.lab import sources
from bench.lab.arena import arena
from bench.lab.matches import Match
from bench.lifetime import Custody
from bench.model import Role
from bench.runner import Silent
from bench.store import RunFolder
from bench.subject import Command, start
from tests.lab.test_compare import commit
from tests.subject.test_packages import wheel

APP = """
import asyncpg, os
async def app(scope, receive, send):
    connection = await asyncpg.connect(os.environ["DSN"])
    try:
        for _ in range(int(os.environ.get("TIMES", 1))):
            name, count = await connection.fetchrow("SELECT current_database(), count(*) FROM thing")
        await connection.execute("INSERT INTO thing VALUES (2)")
    finally:
        await connection.close()
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": f"{name} {count}".encode()})
"""
PREPARE = """
import asyncio, asyncpg, sys
async def main():
    connection = await asyncpg.connect(sys.argv[1])
    await connection.execute("CREATE TABLE thing AS SELECT 1 AS one")
    await connection.close()
asyncio.run(main())
"""
SERVE = f"{sys.executable} -m uvicorn dbapp:app --port {{port}} --log-level warning --lifespan off"


@pytest.fixture
def custody(tmp_path: Path) -> Iterator[Custody]:
    """A custody whose lease is the test's own."""
    with Custody.open(tmp_path / "leases") as opened:
        yield opened


@pytest.fixture
def standing(tmp_path: Path) -> Path:
    """A folder with a service that needs a database, and what fills that."""
    (tmp_path / "dbapp.py").write_text(APP)
    (tmp_path / "prepare.py").write_text(PREPARE)
    return tmp_path


@pytest.mark.servers
async def test_each_arm_has_a_copy_of_the_prepared_database(custody: Custody, standing: Path) -> None:
    """What one arm writes no other reads; statements are counted for each by itself."""
    match = Match(f"cmd:DSN={{database_url}} {SERVE}", f"cmd:DSN={{database_url}} TIMES=3 {SERVE}", standing=standing)
    baseline, candidate = sources.read(match, custody)
    async with arena(
        baseline,
        candidate,
        custody=custody,
        folder=RunFolder(standing),
        services="embedded",
        ready="/",
        prepare=f"{sys.executable} prepare.py {{database_url}}",
        restart=True,
        progress=Silent(),
    ) as ground:
        await ground.contestants.start()
        async with httpx.AsyncClient(trust_env=False) as client:
            said = {
                role: (await client.get(target.base_url)).text for role, target in ground.contestants.targets.items()
            }
        names = {role: text.split()[0] for role, text in said.items()}
        assert names == {role: f"arm_{role}" for role in Role} == dict(ground.databases)
        urls = {role: target.base_url for role, target in ground.contestants.targets.items()}
        asks = dict.fromkeys(Role, comparison_counts.of_paths(["/"]))
        counted, missing = await comparison_counts.count(asks, urls, ground.servers, ground.databases, ground.caches)
        assert missing == ""
        queries = {role: passes["GET /"][0]["queries"] for role, passes in counted.items()}
        assert queries["candidate"] - queries["baseline"] == 2
        assert ground.services.kind == "embedded"


@pytest.mark.servers
async def test_no_password_is_recorded(custody: Custody, standing: Path) -> None:
    """Of a command that takes its database as a word, the record shows the placeholder."""
    line = f"{sys.executable} -m http.server {{port}} --bind 127.0.0.1 --directory {standing}"
    match = Match(f"cmd:sh -c 'exec {line}' {{database_url}}", f"cmd:{line}", standing=standing)
    async with arena(
        *sources.read(match, custody),
        custody=custody,
        folder=RunFolder(standing),
        services="embedded",
        ready="/",
        prepare=None,
        restart=True,
        progress=Silent(),
    ) as ground:
        await ground.contestants.start()
        command = {record.role: record.command for record in ground.contestants.records()}
        assert command[Role.BASELINE].endswith(" {database_url}")
        assert "http.server {port}" in command[Role.CANDIDATE]
        assert dict(ground.databases).keys() == {Role.BASELINE, Role.CONTROL}


@pytest.mark.servers
async def test_a_database_that_cannot_be_prepared_is_told(custody: Custody, standing: Path) -> None:
    """The command's last words and its exit code."""
    match = Match(f"cmd:DSN={{database_url}} {SERVE}", f"cmd:A=1 DSN={{database_url}} {SERVE}", standing=standing)
    failing = arena(
        *sources.read(match, custody),
        custody=custody,
        folder=RunFolder(standing),
        services="embedded",
        ready="/",
        prepare=f"{sys.executable} -c 'raise SystemExit(\"no schema\")' {{database_url}}",
        restart=True,
        progress=Silent(),
    )
    with pytest.raises(SubjectError, match="--prepare ended with exit code 1: no schema"):
        await failing.__aenter__()


async def test_without_placeholders_nothing_is_started_for_them(custody: Custody, standing: Path) -> None:
    """Servers cost seconds; who does not ask for them gets none."""
    match = Match(f"cmd:{SERVE}", f"cmd:A=1 {SERVE}", standing=standing)
    async with arena(
        *sources.read(match, custody),
        custody=custody,
        folder=RunFolder(standing),
        services="embedded",
        ready="/",
        prepare=None,
        restart=True,
        progress=Silent(),
    ) as ground:
        assert ground.servers is None
        assert ground.services.kind == "none"


async def test_a_service_behind_a_url_is_no_neighbour(custody: Custody, standing: Path) -> None:
    """Its CPU time is the arm's own where it runs on this machine."""
    serve = (sys.executable, "-m", "http.server", "{port}", "--bind", "127.0.0.1")
    served = await start(Command("files", serve, ready_path="/"), custody, standing)
    match = Match(f"url:{served.base_url}", f"cmd:{SERVE}", standing=standing)
    async with arena(
        *sources.read(match, custody),
        custody=custody,
        folder=RunFolder(standing),
        services="embedded",
        ready="/",
        prepare=None,
        restart=True,
        progress=Silent(),
    ) as ground:
        # As the lab sees a process that it did not start: by its number alone.
        assert served.pid in ground.own._roots


def test_revisions_with_other_lock_files_get_environments_of_their_own(
    custody: Custody, standing: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each program finds the packages of its own revision; with equal lock files both run as perflab was started."""
    monkeypatch.setattr(sources, "CACHE", standing / "cache")
    for version in ("1.0", "2.0"):
        (standing / "requirements.txt").write_text(wheel(standing, version))
        commit(standing, version, "requirements.txt", "dbapp.py")
    (standing / "dbapp.py").write_text("changed")
    commit(standing, "same packages", "dbapp.py")

    def said(revision: str, other: str) -> list[str]:
        match = Match(f"git:{revision}", f"git:{other}", command="python -c 'import tiny' {port}", standing=standing)
        found = []
        for source in sources.read(match, custody):
            assert source.command is not None
            environment = dict(source.command.environment)
            done = subprocess.run(
                ["python", "-c", "import tiny; print(tiny.VERSION)"],
                env=environment, capture_output=True, text=True, check=False,
            )  # fmt: skip
            found.append(done.stdout.strip() or source.described.facts["environment"])
        return found

    assert said("HEAD~2", "HEAD~1") == ["1.0", "2.0"]
    assert said("HEAD~1", "HEAD") == ["as perflab was started"] * 2


def test_commits_of_the_same_files_are_one_arm(custody: Custody, standing: Path) -> None:
    """A commit that changes nothing cannot be slower."""
    commit(standing, "one", "dbapp.py")
    subprocess.run(["git", "-C", standing, "tag", "other"], check=True)
    with pytest.raises(UsageError, match="git:HEAD and git:other are one and the same arm"):
        sources.read(Match("git:HEAD", "git:other", command=SERVE, standing=standing), custody)


def test_a_spec_s_arm_says_which_it_is(custody: Custody) -> None:
    """The role is the option's own unless it is named; documents and knobs are the spec's."""
    baseline, candidate = sources.read(Match("spec:phase2", "spec:phase2"), custody)
    assert baseline.described.facts["spec"] == "the baseline of phase2"
    assert candidate.described.facts["spec"] == "the candidate of phase2"
    assert set((baseline.knobs or {}).values()) == {"off"}
    assert baseline.described.facts["documents"] == "100,000"
    with pytest.raises(UsageError, match=r"ask for different documents \(100,000 and 20,000\)"):
        sources.ground_spec(*sources.read(Match("spec:phase2", "knobs:cache=off"), custody))


def test_the_ground_of_knobs_has_a_database_for_each_state(custody: Custody) -> None:
    """The knobs of either arm, on the documents of both."""
    spec = sources.ground_spec(*sources.read(Match("knobs:indexes=off", "knobs:all=off"), custody))
    assert spec.corpus.documents == sources.DOCUMENTS
    assert spec.arms["baseline"].set.keys() == {*sources.KNOBS} - {"indexes"}
    assert spec.arms["candidate"].set == {}
    assert not spec.experiments
