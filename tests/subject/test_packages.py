"""Environments as lock files ask for them."""

import subprocess
import sys
from pathlib import Path

import pytest

from bench.errors import SubjectError
from bench.subject.packages import LockFile, environment, lock_file, variables


def wheel(folder: Path, version: str) -> str:
    """A package made here: nothing is fetched."""
    from zipfile import ZipFile

    info = f"tiny-{version}.dist-info"
    path = folder / f"tiny-{version}-py3-none-any.whl"
    with ZipFile(path, "w") as archive:
        archive.writestr("tiny.py", f"VERSION = '{version}'\n")
        archive.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: tiny\nVersion: {version}\n")
        archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr(f"{info}/RECORD", f"tiny.py,,\n{info}/METADATA,,\n{info}/WHEEL,,\n{info}/RECORD,,\n")
    return f"tiny @ {path.as_uri()}\n"


def said(venv: Path) -> str:
    """What the environment's python has installed."""
    program = [str(venv / "bin" / "python"), "-c", "import tiny; print(tiny.VERSION)"]
    return subprocess.run(program, capture_output=True, text=True, check=True).stdout.strip()


def test_each_lock_file_has_its_own_environment(tmp_path: Path) -> None:
    """Two versions side by side; the same lock file finds the environment that it made before."""
    old, new = (LockFile("requirements.txt", wheel(tmp_path, version).encode()) for version in ("1.0", "2.0"))
    before, after = environment(old, tmp_path / "cache"), environment(new, tmp_path / "cache")
    assert (said(before), said(after)) == ("1.0", "2.0")
    marked = before / "made-once"
    marked.touch()
    assert environment(old, tmp_path / "cache") == before
    assert marked.exists()


def test_an_environment_that_was_not_finished_is_made_anew(tmp_path: Path) -> None:
    """A killed installation leaves no half of one behind."""
    lock = LockFile("requirements.txt", wheel(tmp_path, "1.0").encode())
    half = tmp_path / "cache" / lock.hash / "venv"
    half.mkdir(parents=True)
    (half / "half").touch()
    assert said(environment(lock, tmp_path / "cache")) == "1.0"
    assert not (half / "half").exists()


def test_what_cannot_be_installed_is_told(tmp_path: Path) -> None:
    """In uv's own last words."""
    lock = LockFile("requirements.txt", b"tiny @ file:///nowhere/tiny-1.0-py3-none-any.whl\n")
    with pytest.raises(SubjectError, match=r"uv cannot make the environment of requirements.txt \(.+\); check"):
        environment(lock, tmp_path / "cache")


def test_one_lock_file_decides() -> None:
    """uv.lock before the requirements that are exported from it; it is read with pyproject.toml."""
    files = {"requirements.txt": b"a", "uv.lock": b"b", "pyproject.toml": b"c"}
    found = lock_file(files.get)
    assert found == LockFile("uv.lock", b"b", b"c")
    assert found.hash != LockFile("uv.lock", b"b", b"changed").hash
    assert LockFile("requirements.txt", b"a", b"c").hash == LockFile("requirements.txt", b"a", b"changed").hash
    assert lock_file({"app.py": b""}.get) is None


def test_its_programs_come_first() -> None:
    """`python` and scripts are the environment's."""
    told = variables(Path("/there"))
    assert told["PATH"].startswith("/there/bin:")
    assert told["VIRTUAL_ENV"] == "/there"
    assert sys.prefix not in told["VIRTUAL_ENV"]
