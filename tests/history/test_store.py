"""`history.jsonl`: appended whole, read as far as it can be, nothing lost."""

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from bench.errors import StoreError
from bench.store import history
from tests.history.remembered import entry

ROOT = Path(__file__).parents[2]
WRITER = """
import sys
from pathlib import Path
from bench.store import history
from tests.history.remembered import entry
for number in range(25):
    history.append(Path(sys.argv[1]), entry(int(sys.argv[2]) * 25 + number))
"""


def test_what_is_appended_is_read_again(tmp_path: Path) -> None:
    """Every field of every run, in the order in which they began."""
    entries = [entry(number, 0.5 + number / 10) for number in range(3)]
    for each in (entries[2], entries[0], entries[1]):
        history.append(tmp_path, each)
    assert history.read(tmp_path) == history.History(tuple(entries), ())


def test_there_may_be_none_yet(tmp_path: Path) -> None:
    """A reports folder without a history is empty, not wrong."""
    assert history.read(tmp_path) == history.History((), ())


def test_a_resumed_run_counts_once(tmp_path: Path) -> None:
    """Of a run that was appended twice the last line is the whole one."""
    history.append(tmp_path, entry(1, 0.5))
    history.append(tmp_path, entry(1, 0.6))
    (only,) = history.read(tmp_path).entries
    assert only.effects[0].ratio == 0.6


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("{", "the line is broken"),
        ("[]", "it has version None"),
        ('{"history_version": 99}', "it has version 99"),
        ('{"history_version": 1}', "it is damaged at `run_id`"),
        ("\udcff", "the line is broken"),
    ],
)
def test_a_broken_line_costs_itself_alone(tmp_path: Path, line: str, said: str) -> None:
    """It is told with its number, stays in the file, and the runs around it are read."""
    history.append(tmp_path, entry(1))
    with (tmp_path / history.FILE).open("a", errors="surrogateescape") as file:
        file.write(line + "\n")
    history.append(tmp_path, entry(2))
    found = history.read(tmp_path)
    assert [each.run_id for each in found.entries] == ["run-001", "run-002"]
    assert len(found.complaints) == 1
    assert f"history.jsonl:2 is left out: {said}" in found.complaints[0]
    assert len((tmp_path / history.FILE).read_bytes().splitlines()) == 3


def test_a_line_that_a_crash_cut_off_does_not_take_the_next_one(tmp_path: Path) -> None:
    """Half a line without its end: the next run begins a line of its own."""
    history.append(tmp_path, entry(1))
    path = tmp_path / history.FILE
    path.write_bytes(path.read_bytes() + path.read_bytes()[:100])
    history.append(tmp_path, entry(2))
    found = history.read(tmp_path)
    assert [each.run_id for each in found.entries] == ["run-001", "run-002"]
    assert len(found.complaints) == 1


def test_runs_that_end_together_do_not_mix(tmp_path: Path) -> None:
    """Four processes append at once: a hundred whole lines."""
    writers = [
        subprocess.Popen([sys.executable, "-c", WRITER, str(tmp_path), str(number)], cwd=ROOT) for number in range(4)
    ]
    assert [writer.wait() for writer in writers] == [0] * 4
    found = history.read(tmp_path)
    assert len(found.entries) == 100
    assert found.complaints == ()


def test_a_line_is_plain_json(tmp_path: Path) -> None:
    """Other programs read it without perflab: commit, environment, effects, calibration."""
    history.append(tmp_path, replace(entry(1), calibration={"p50": 0.04, "p99": None}))
    stored = json.loads((tmp_path / history.FILE).read_text())
    assert stored["environment"]["commit"] == f"{1:040x}"
    assert stored["effects"][0]["ratio"] == 0.5
    assert stored["calibration"] == {"p50": 0.04, "p99": None}


def test_a_place_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    """Its path and what to do."""
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match=r"history\.jsonl \(Not a directory\); free space there"):
        history.append(tmp_path / "file", entry(1))
