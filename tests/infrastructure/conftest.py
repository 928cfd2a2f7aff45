"""Programs that stand in for Terraform and for the engine's command line."""

from collections.abc import Callable
from pathlib import Path

import pytest

from bench.infrastructure import applying

Put = Callable[[str, str], None]


@pytest.fixture
def put(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Put:
    """Put a shell script on PATH, before all others; each notes its words in the file `asked` first."""
    programs = tmp_path / "programs"
    programs.mkdir()
    monkeypatch.setenv("PATH", f"{programs}:/usr/bin:/bin")
    monkeypatch.setenv("ASKED", str(tmp_path / "asked"))
    monkeypatch.delenv(applying.IMAGE, raising=False)

    def put(name: str, script: str) -> None:
        path = programs / name
        path.write_text(f'#!/bin/sh\necho "{name} $*" >>"$ASKED"\n{script}\n')
        path.chmod(0o755)

    return put


@pytest.fixture
def asked(tmp_path: Path) -> Callable[[], list[str]]:
    """What the programs were asked, in order."""
    return lambda: (tmp_path / "asked").read_text().splitlines()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """As much of a folder of Terraform files as its commands are run in."""
    made = tmp_path / "terraform"
    for place in ("environments/development", "environments/production", "modules/stack/tests"):
        (made / place).mkdir(parents=True)
    (made / "modules/stack/tests/one.tftest.hcl").touch()
    return made
