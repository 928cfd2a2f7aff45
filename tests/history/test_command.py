"""`perflab history` from the command line, and what a run leaves in it."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from bench.cli.history import history as command
from bench.errors import PerflabError
from bench.lab.remembering import remember
from bench.model.history import HistoryEntry
from bench.stats import changes
from bench.store import history
from tests.history.remembered import course, entry
from tests.stored import make_run


def kept(reports: Path, entries: list[HistoryEntry]) -> Path:
    """A reports folder with this history."""
    for each in entries:
        history.append(reports, each)
    return reports


def called(reports: Path, *arguments: str) -> Result:
    """The command's end."""
    return CliRunner().invoke(command, ["--out", str(reports), *arguments], standalone_mode=False)


def refused(reports: Path, *arguments: str) -> str:
    """What the command complains of, which is exit code 2."""
    error = called(reports, *arguments).exception
    assert isinstance(error, PerflabError)
    return str(error)


def test_it_says_since_when(tmp_path: Path) -> None:
    """Machine, figures, the change with run and commits, and a figure."""
    result = called(kept(tmp_path, course((10, 0.5), (10, 0.6))))
    assert result.return_value == 0
    said = " ".join(result.output.split())
    assert "slower since run-010" in said
    assert f"{9:040x}"[:12] + ".." + f"{10:040x}"[:12] in said
    (figure,) = (tmp_path / "history").glob("*.phase2.png")
    assert figure.read_bytes().startswith(b"\x89PNG")


def test_json_holds_runs_series_and_changes(tmp_path: Path) -> None:
    """Everything, and nothing else on standard output."""
    found = json.loads(called(kept(tmp_path, course((10, 0.5), (10, 0.6))), "--json").output)
    assert len(found["runs"]) == 20
    assert {each["name"] for each in found["series"]} == {"response_time.p50", "response_time.p50.time_s"}
    assert len(found["changes"]) == 2


def test_an_empty_history_says_how_to_begin(tmp_path: Path) -> None:
    """Not an error: nothing was run yet."""
    result = called(tmp_path)
    assert result.return_value == 0
    assert "No run is remembered" in result.output


def test_few_runs_and_unfit_ones_are_said(tmp_path: Path) -> None:
    """Why there are no change points, and why a run is missing."""
    said = " ".join(called(kept(tmp_path, [entry(0), entry(1, valid=False)])).output.split())
    assert "1 of 2 runs were not fit to measure" in said
    assert "from 10 runs" in said


def test_a_broken_line_is_said(tmp_path: Path) -> None:
    """The rest is shown."""
    kept(tmp_path, [entry(0)])
    with (tmp_path / history.FILE).open("a") as file:
        file.write("{\n")
    assert "history.jsonl:2 is left out" in " ".join(called(tmp_path).output.split())


def test_without_the_library_the_reader_hears_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Series are shown, changes are not, and the reason stands there."""
    kept(tmp_path, course((10, 0.5), (10, 0.6)))
    monkeypatch.setattr(changes, "find_spec", lambda _: None)
    said = " ".join(called(tmp_path).output.split())
    assert "no build for this Python" in said
    assert "slower since" not in said


def test_wrong_words_are_told_with_the_nearest(tmp_path: Path) -> None:
    """Machine, spec, metric, range; and what cannot be halved."""
    kept(tmp_path, course((20, 0.5)))
    assert "--machine nowhere" in refused(tmp_path, "--machine", "nowhere")
    assert "did you mean `phase2`?" in refused(tmp_path, "--spec", "phase")
    assert "did you mean `response_time.p50`?" in refused(tmp_path, "--bisect", "respons_time.p50")
    assert "did not become slower" in refused(tmp_path, "--bisect", "response_time.p50")
    assert "write GOOD..BAD" in refused(tmp_path, "--bisect", "p50", "--between", "HEAD")
    assert "belongs to --bisect" in refused(tmp_path, "--between", "a..b")


def test_a_metric_of_two_machines_must_be_chosen(tmp_path: Path) -> None:
    """Two machines are two histories."""
    kept(tmp_path, [entry(0), entry(1, machine="other-1")])
    assert "Choose with --machine" in refused(tmp_path, "--bisect", "response_time.p50")


def test_a_run_is_remembered_with_its_figures(tmp_path: Path) -> None:
    """Commit, machine, effects over all requests, verdicts, calibration."""
    record = make_run(tmp_path / "run", only=("response_time",))
    remember(record, tmp_path / "run")
    (found,) = history.read(tmp_path).entries
    assert found.run_id == record.run_id
    assert {effect.metric for effect in found.effects} >= {"p50", "mean"}
    assert {effect.comparison for effect in found.effects} == {"candidate/baseline", "control/baseline"}
    assert found.verdicts["response_time"] == "PASS"
    assert found.calibration is None


def test_the_calibration_of_the_machine_is_kept_with_the_run(tmp_path: Path) -> None:
    """As the card said at that time; and the comparison that the run was made for."""
    record = make_run(tmp_path / "run", only=("response_time",))
    remember(record, tmp_path / "run")
    name = history.read(tmp_path).entries[0].machine
    (tmp_path / "calibration").mkdir()
    (tmp_path / "calibration" / f"{name}.json").write_text(
        '{"metrics": {"p50": {"floor": 0.04}, "p99": {"floor": null}}}'
    )
    stored = json.loads((tmp_path / "run/run.json").read_text())
    (tmp_path / "run/run.json").write_text(json.dumps({**stored, "comparison": {"verdict": "EQUIVALENT"}}))
    remember(record, tmp_path / "run")
    (found,) = history.read(tmp_path).entries
    assert found.calibration == {"p50": 0.04, "p99": None}
    assert found.comparison == {"verdict": "EQUIVALENT"}
