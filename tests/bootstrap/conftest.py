"""Checkouts small enough to install in a second: the real script, a project of one module, a lock of three packages."""

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

TOOLS = ("sh", "cat", "cmp", "cp", "env", "mkdir", "readlink", "rm", "sed", "sleep", "tail", "uname")
"""What the script and the interpreters that it starts may expect of any machine."""

PYPROJECT = """
[build-system]
requires = ["setuptools"]
build-backend = "setuptools.build_meta"

[project]
name = "perflab"
version = "0"

[project.scripts]
perflab = "tiny:main"

[tool.setuptools]
py-modules = ["tiny"]
"""

TINY = """
import json, os, sys
from importlib.util import find_spec

def main():
    print(json.dumps({"arguments": sys.argv[1:], "cwd": os.getcwd(), "prefix": sys.prefix, "file": __file__,
                      "attrs": find_spec("attrs") is not None, "writes": not sys.dont_write_bytecode}))
    return 3 if "fail" in sys.argv else 0
"""


def locked(*names: str) -> str:
    """These packages' entries of the real lock."""
    text = (ROOT / "requirements.lock").read_text()
    entries = {re.match(r"[\w.-]+", entry)[0]: entry for entry in re.split(r"\n(?=\w)", text) if "==" in entry}
    return "\n".join(entries[name] for name in names) + "\n"


@dataclass
class Checkout:
    """A folder with ./perflab, and the environment variables that it is started with."""

    path: Path
    bin: Path
    environment: dict[str, str] = field(default_factory=dict)

    @property
    def script(self) -> Path:
        """The script itself."""
        return self.path / "perflab"

    def start(self, *command: str | Path, cwd: Path | None = None, **popen) -> subprocess.Popen:
        """Start ./perflab, or another command that ends up there, with nothing but `bin` on PATH."""
        environment = {**os.environ, "PATH": str(self.bin), **self.environment}
        for name in ("PERFLAB_PYTHON", "PYTHONPATH", "VIRTUAL_ENV"):
            if name not in self.environment:
                environment.pop(name, None)
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
        return subprocess.Popen(command or (self.script,), cwd=cwd or "/", env=environment, **pipes, **popen)

    def run(self, *command: str | Path, cwd: Path | None = None, **popen) -> subprocess.CompletedProcess:
        """Start it and wait; standard output and error as text."""
        with self.start(*command, cwd=cwd, **popen) as process:
            out, err = process.communicate()
        return subprocess.CompletedProcess(process.args, process.returncode, out, err)

    def program(self, name: str, script: str) -> Path:
        """A program of this name on PATH, written in sh."""
        path = self.bin / name
        path.unlink(missing_ok=True)
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)
        return path

    def link(self, name: str, target: str | Path) -> None:
        """The real program under this name on PATH."""
        (self.bin / name).unlink(missing_ok=True)
        (self.bin / name).symlink_to(target)


def make_checkout(folder: Path) -> Checkout:
    """A fresh checkout, in a path with a space and a quote, on a machine with Python and no uv."""
    path, tools = folder / "per f'lab", folder / "bin"
    path.mkdir(parents=True)
    tools.mkdir()
    shutil.copy(ROOT / "perflab", path)
    (path / "pyproject.toml").write_text(PYPROJECT)
    (path / "tiny.py").write_text(TINY)
    (path / "requirements.lock").write_text(locked("iniconfig", "setuptools", "uv"))
    checkout = Checkout(path, tools)
    for tool in TOOLS:
        checkout.link(tool, shutil.which(tool))
    checkout.link("python3", Path(sys.base_prefix) / "bin" / f"python3.{sys.version_info.minor}")
    return checkout


def real_uv() -> str:
    """The uv of this environment, or the one on PATH."""
    beside = Path(sys.executable).with_name("uv")
    found = str(beside) if beside.exists() else shutil.which("uv")
    if found is None:
        pytest.skip("uv is not installed; ./perflab installs it")
    return found


@pytest.fixture
def bare(tmp_path: Path) -> Checkout:
    """A fresh checkout on a machine with Python and without uv."""
    return make_checkout(tmp_path)


@pytest.fixture
def fresh(bare: Checkout) -> Checkout:
    """A fresh checkout on a machine with Python and uv."""
    bare.link("uv", real_uv())
    return bare


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Checkout:
    """A checkout after its first start; tests that share it leave it as it is."""
    checkout = make_checkout(tmp_path_factory.mktemp("installed"))
    checkout.link("uv", real_uv())
    first = checkout.run()
    assert first.returncode == 0, first.stderr
    assert "installing into" in first.stderr
    return checkout
