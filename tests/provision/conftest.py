"""Servers shared by the tests that only ask them, and labs in processes of their own."""

import asyncio
import json
import os
import pwd
import shutil
import signal
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import pytest

from bench.lifetime import Custody, sweep
from bench.lifetime.processes import birth
from bench.provision import Images, Servers, start

SCRIPT = Path(__file__).with_name("serving_lab.py")
ROOT = Path(__file__).parents[2]
LIMIT_S = 60.0


@pytest.fixture
def custody(tmp_path: Path) -> Iterator[Custody]:
    """Custody with a state folder of its own."""
    with Custody.open(tmp_path / "leases") as opened:
        yield opened


@pytest.fixture(scope="package")
def embedded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    """Embedded servers for tests that leave nothing in them."""
    with Custody.open(tmp_path_factory.mktemp("leases")) as custody, asyncio.Runner() as runner:
        context = start("embedded", custody)
        yield runner.run(context.__aenter__())
        runner.run(context.__aexit__(None, None, None))


@pytest.fixture(autouse=True)
def engine(request: pytest.FixtureRequest) -> None:
    """Skip tests marked `docker` where no engine with the images answers; fail where one is required."""
    if request.node.get_closest_marker("docker") is None:
        return
    from bench.provision.docker import obstacle

    reason = obstacle(Images.from_environment())
    if reason is None:
        return
    if os.environ.get("PERFLAB_REQUIRE_DOCKER") == "1":
        pytest.fail(f"PERFLAB_REQUIRE_DOCKER=1, but {reason}.")
    pytest.skip(f"{reason[0].upper()}{reason[1:]}.")


@dataclass
class ServingLab:
    """A running lab and what it says there is."""

    process: "subprocess.Popen[str]"
    state: Path
    token: str = ""
    guard: int = 0
    dsn: str = ""
    redis_url: str = ""
    processes: list[tuple[int, str]] = field(default_factory=list)
    folders: list[str] = field(default_factory=list)
    segments: list[int] = field(default_factory=list)

    def end(self, number: int) -> None:
        """Signal the lab and wait until it is gone."""
        self.process.send_signal(number)
        self.process.wait(LIMIT_S)

    def kill_guard(self) -> None:
        """End the guard at once and wait until it is gone."""
        os.kill(self.guard, signal.SIGKILL)
        self.wait_for_guard()

    def wait_for_guard(self) -> None:
        """Wait until the guard has ended."""
        deadline = time.monotonic() + LIMIT_S
        while _alive(self.guard):
            assert time.monotonic() < deadline
            time.sleep(0.02)

    def remains(self) -> list[str]:
        """Everything of the lab that is still there."""
        return [
            *(f"process {pid}" for pid, born in self.processes if birth(pid) == born and _alive(pid)),
            *(f"folder {folder}" for folder in self.folders if Path(folder).exists()),
            *(f"shared memory {segment}" for segment in self.segments if segment in _shared_memory()),
            *(f"container {name}" for name in self.containers()),
        ]

    def containers(self) -> list[str]:
        """Names of the lab's containers, running or not."""
        if shutil.which("docker") is None:
            return []
        done = subprocess.run(
            ["docker", "ps", "-aq", "--filter", f"label=perflab.lease={self.token}"],
            capture_output=True,
            text=True,
            check=False,
        )
        return done.stdout.split()

    def gone(self) -> list[str]:
        """Wait until nothing remains; answer what does after the limit."""
        deadline = time.monotonic() + LIMIT_S
        while (left := self.remains()) and time.monotonic() < deadline:
            time.sleep(0.02)
        return left


Start = Callable[..., ServingLab]


Interpreter = tuple[Path, dict[str, str]]


@pytest.fixture(scope="package")
def everyones_python() -> Iterator[Interpreter]:
    """This interpreter where every user may run it, and the environment that it needs there.

    It may stand below a folder of root's own; then its parts are copied.
    """
    packages = {"PYTHONPATH": f"{ROOT}{os.pathsep}{sysconfig.get_path('purelib')}", "HOME": "/"}
    try:
        subprocess.run([sys.executable, "--version"], check=True, capture_output=True, user="nobody")
    except PermissionError:
        with tempfile.TemporaryDirectory(prefix="perflab-python-") as folder:
            home = Path(folder)
            home.chmod(0o755)
            unneeded = shutil.ignore_patterns("site-packages", "test", "config-*", "__pycache__")
            library = Path(sysconfig.get_path("stdlib"))
            shutil.copytree(library, home / "lib" / library.name, ignore=unneeded)
            for shared in Path(sysconfig.get_config_var("LIBDIR")).glob("libpython*.so*"):
                shutil.copy2(shared, home / "lib")
            program = Path(shutil.copy2(Path(sys.executable).resolve(), home))
            yield program, {**packages, "PYTHONHOME": folder, "LD_LIBRARY_PATH": str(home / "lib")}
    else:
        yield Path(sys.executable), packages


@pytest.fixture
def start_lab(request: pytest.FixtureRequest) -> Iterator[Start]:
    """Start labs with servers, as this user or as an ordinary one; a failed test leaves nothing."""
    labs: list[ServingLab] = []

    def start_one(kind: str, way: str = "wait", *, ordinary: bool = False) -> ServingLab:
        account = pwd.getpwnam("nobody") if ordinary and os.geteuid() == 0 else None
        state = Path(tempfile.mkdtemp(prefix="perflab-state-"))
        if account is not None:
            os.chown(state, account.pw_uid, account.pw_gid)
            program, environment = request.getfixturevalue("everyones_python")
        else:
            program, environment = Path(sys.executable), {"PYTHONPATH": str(ROOT)}
        process = subprocess.Popen(
            [program, SCRIPT, state, kind, way],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd="/",
            env={**os.environ, **environment},
            user=None if account is None else account.pw_uid,
            group=None if account is None else account.pw_gid,
            extra_groups=None if account is None else [],
            start_new_session=True,
        )
        labs.append(ServingLab(process, state))
        assert process.stdout is not None
        assert process.stderr is not None
        said = process.stdout.readline()
        assert said, process.stderr.read()
        for name, value in json.loads(said).items():
            setattr(labs[-1], name, value)
        return labs[-1]

    yield start_one
    for lab in labs:
        lab.process.kill()
        lab.process.communicate()
        if lab.guard:
            lab.wait_for_guard()
        sweep(lab.state)
        shutil.rmtree(lab.state)


def _alive(pid: int) -> bool:
    try:
        return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def _shared_memory() -> set[int]:
    """Numbers of the System V segments there are (proc(5), sysvipc)."""
    listing = Path("/proc/sysvipc/shm")
    lines = listing.read_text().splitlines()[1:] if listing.exists() else []
    return {int(line.split()[1]) for line in lines}
