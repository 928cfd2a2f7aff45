"""Where a run is kept."""

from pathlib import Path

import pytest

from bench.lab.options import Options
from bench.lab.running import _Run


def test_a_place_named_from_here_stays_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`--out below/here` is meant from where one stands, also by notebooks, which run elsewhere."""
    monkeypatch.chdir(tmp_path)
    run = _Run.new(Options(quick=True, reports=Path("below/here")))
    assert run.folder.path.is_absolute()
    assert run.folder.path.parent == tmp_path / "below/here"
