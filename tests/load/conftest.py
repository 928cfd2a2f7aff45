"""A real server to load, custody of the generator, and slots."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bench.lifetime import Custody
from bench.load.locust import LocustLoad
from tests.load.driving import Locusts, Server

SERVER = Path(__file__).with_name("server.py")
ROOT = Path(__file__).parents[2]
HEADER = "from locust import FastHttpUser, HttpUser, TaskSet, SequentialTaskSet, MarkovTaskSet, task, transition\n"


@pytest.fixture(scope="package")
def serving() -> Iterator[Server]:
    """The server's process, shared by all tests of this folder."""
    with subprocess.Popen(
        [sys.executable, str(SERVER)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        yield Server(f"http://127.0.0.1:{int(process.stdout.readline())}")
        process.stdin.close()


@pytest.fixture
def server(serving: Server) -> Server:
    """The server with an empty log."""
    serving.forget()
    return serving


@pytest.fixture
def custody(tmp_path: Path) -> Iterator[Custody]:
    """Custody with a state folder of its own."""
    with Custody.open(tmp_path / "leases") as opened:
        yield opened


@pytest.fixture
def locusts(custody: Custody, tmp_path: Path) -> Locusts:
    """Make a LocustLoad of the text of a Locust file; Locust's names are imported for it."""

    def make(text: str, **options: Any) -> LocustLoad:
        file = tmp_path / "scenario.py"
        file.write_text(HEADER + text)
        return LocustLoad(**{"custody": custody, "locustfile": file, "samples": tmp_path, **options})

    return make


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory that is not the checkout, with a module `bench` of its own."""
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    (folder / "bench.py").write_text("raise RuntimeError('the wrong bench')\n")
    monkeypatch.chdir(folder)

    return folder
