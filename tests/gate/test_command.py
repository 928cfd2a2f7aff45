"""`perflab gate` from the command line: what it reads, writes and answers."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from bench.cli.gate import gate
from bench.errors import PerflabError, StoreError, UsageError
from bench.model import Verdict, machine
from tests.gate.conftest import as_stored, benchmark_file, criterion, measured, run

Keep = Callable[..., Path]


def called(*arguments: object, **environment: str) -> Result:
    """The command's end; its exit code is its return value."""
    return CliRunner().invoke(
        gate, [*map(str, arguments)], standalone_mode=False, env={"GITHUB_STEP_SUMMARY": None, **environment}
    )


def refused(*arguments: object) -> PerflabError:
    """The error that the command ends with, which is exit code 2."""
    error = called(*arguments).exception
    assert isinstance(error, PerflabError)
    return error


def written(path: Path, **options: Any) -> Path:
    """A file of pytest-benchmark."""
    stored = {name: options.pop(name) for name in ("node", "data") if name in options}
    path.write_text(json.dumps(as_stored(benchmark_file(**options), **stored)))
    return path


@pytest.mark.parametrize(
    ("record", "code"),
    [
        (run(criterion()), 0),
        (run(criterion(verdict=Verdict.FAIL)), 1),
        (run(criterion(verdict=Verdict.INCONCLUSIVE)), 3),
        (run(criterion(), valid=False), 4),
        (run(), 4),
        (run(criterion(verdict=Verdict.NOT_MEASURED)), 4),
    ],
)
def test_it_answers_with_the_exit_code_of_a_run(keep: Keep, record: Any, code: int) -> None:
    """Good, failed, undecided, unfit, and a gate without any measurement."""
    assert called(keep(record)).return_value == code


def test_it_writes_all_its_pages(keep: Keep, tmp_path: Path) -> None:
    """JUnit XML, Markdown, JSON, annotations and the step summary, which is appended to."""
    summary = tmp_path / "summary.md"
    summary.write_text("from the step before\n")
    files = {name: tmp_path / f"gate.{name}" for name in ("junit", "markdown", "json")}
    options = [word for name, path in files.items() for word in (f"--{name}", path)]
    result = called(keep(run(criterion())), *options, "--github", GITHUB_STEP_SUMMARY=str(summary))
    assert result.return_value == 0
    assert "::notice title=perflab gate::The gate is open" in result.output
    assert "<testsuite" in files["junit"].read_text()
    assert files["markdown"].read_text().startswith("<!-- perflab gate -->")
    assert json.loads(files["json"].read_text())["exit_code"] == 0
    assert summary.read_text() == "from the step before\n" + files["markdown"].read_text()


def test_the_policy_of_the_run_s_own_spec_counts(keep: Keep) -> None:
    """A spec may let the undecided pass; --policy overrides it."""
    folder = keep(run(criterion(), criterion("query_time", Verdict.INCONCLUSIVE)), gate={"inconclusive": "pass"})
    assert called(folder).return_value == 0
    policy = folder.parent / "gate.toml"
    policy.write_text('[gate]\ninconclusive = "fail"\n')
    assert called(folder, "--policy", policy).return_value == 1


def test_a_comparison_is_read_from_its_run(keep: Keep) -> None:
    """What `perflab compare` wrote beside the record is judged; a verdict that there is not is damage."""
    found = {"verdict": "REGRESSION", "ratio": 1.2, "ci": [1.1, 1.3], "metric": "p50", "n_pairs": 12, "mde": 0.02,
             "delta": 0.03, "sentence": "slower", "confidence": 0.95, "aa": None, "confirmation": None, "others": [],
             "counters": {}, "deciding_budget_s": None}  # fmt: skip
    assert called(keep(run(), "slower", comparison=found)).return_value == 1
    assert (
        called(
            keep(run(), "same", comparison={**found, "verdict": "EQUIVALENT", "ratio": 1.0, "ci": [0.99, 1.01]})
        ).return_value
        == 0
    )
    assert "verdict" in str(refused(keep(run(), "odd", comparison={**found, "verdict": "?"})))


def test_the_calibration_card_of_the_run_s_machine_raises_delta(keep: Keep) -> None:
    """A card beside the runs is found by the machine; one that is damaged is told, not ignored."""
    record = measured(1.1)
    folder = keep(record, gate={"criteria": [], "comparisons": ["response_time"]})
    assert called(folder).return_value == 1
    card = folder.parent / "calibration" / f"{machine(record.environment)}.json"
    card.parent.mkdir()
    card.write_text('{"metrics": {"p50": {"floor": 0.2, "trials": 40}}}')
    result = called(folder)
    assert result.return_value == 0
    assert "finds 20.0%" in result.output
    card.write_text('{"metrics": {"p50": {}}}')
    assert "is damaged" in str(refused(folder))


def test_two_runs_are_held_against_each_other(keep: Keep) -> None:
    """The candidate that lost ground closes the gate."""
    new, old = keep(measured(0.7, run_id="new"), "new"), keep(measured(0.5, run_id="old", seed=5), "old")
    result = called(new, "--against", old)
    assert result.return_value == 1
    assert "against old" in result.output


def test_a_quick_run_is_not_held_against_a_full_one(keep: Keep) -> None:
    """The same spec with another corpus measured another thing: refused with both settings."""
    new, old = keep(measured(0.5, run_id="new"), "new"), keep(measured(0.5, run_id="old", seed=5), "old")
    spec = json.loads((old / "spec.json").read_text())
    (old / "spec.json").write_text(json.dumps({**spec, "corpus": {"documents": 20_000}}))
    said = str(refused(new, "--against", old))
    assert "response_time was measured with 100,000 documents" in said
    assert "with 20,000 documents" in said


def test_benchmark_files_are_held_against_each_other(tmp_path: Path) -> None:
    """Two files, with a rule for a group on the command line or in a policy."""
    new, old = written(tmp_path / "new.json", factor=1.3, seed=2), written(tmp_path / "old.json")
    assert called(new, "--against", old, "--fail", "group:group p50>5%").return_value == 1
    assert called(new, "--against", old, "--fail", "group:group p50>60%").return_value == 0
    policy = tmp_path / "gate.toml"
    policy.write_text('[gate]\nfail = ["p50>60%"]\n')
    assert called(new, "--against", old, "--policy", policy).return_value == 0
    assert called(new, "--against", old, "--policy", policy, "--fail", "p50>5%").return_value == 1


def test_many_benchmark_files_are_the_unit(tmp_path: Path) -> None:
    """Four files on each side: --against is said four times."""
    new = [written(tmp_path / f"n{i}.json", factor=1.3, seed=i) for i in range(4)]
    old = [word for i in range(4) for word in ("--against", written(tmp_path / f"o{i}.json", seed=9 + i))]
    assert called(*new, *old, "--fail", "p50>5%").return_value == 1


def test_benchmark_files_of_two_machines_are_refused(tmp_path: Path) -> None:
    """Exit code 2 with the reason, not a figure."""
    new, old = written(tmp_path / "new.json"), written(tmp_path / "old.json", node="elsewhere")
    assert "another machine" in str(refused(new, "--against", old))


def test_files_that_are_no_runs_are_told(tmp_path: Path, keep: Keep) -> None:
    """Missing, not JSON, JSON of something else, damaged: each one sentence that names the file."""
    for name, text, said in (
        ("absent.json", None, "cannot be read"),
        ("broken.json", "{", "is not JSON"),
        ("other.json", '{"a": 1}', "is neither a run, nor the answer of a comparison, nor"),
        ("list.json", "[1]", "is neither a run"),
        ("half.json", '{"machine_info": {}, "benchmarks": [{"name": 1}]}', "no whole file of pytest-benchmark"),
        ("later.json", '{"schema_version": 99}', "schema version 99"),
    ):
        path = tmp_path / name
        if text is not None:
            path.write_text(text)
        error = refused(path)
        assert isinstance(error, StoreError)
        assert said in str(error)
        assert name in str(error)
    assert "run.json cannot be read" in str(refused(tmp_path / "nowhere"))


def test_what_cannot_be_judged_together_is_told(tmp_path: Path, keep: Keep) -> None:
    """A run against a file, a file alone, a run against itself, rules for a run, two runs at once."""
    folder, file = keep(run(criterion())), written(tmp_path / "new.json")
    other = keep(measured(1.0), "other")
    for arguments, said in (
        ((folder, "--against", file), "give two of a kind"),
        ((file,), "name it with --against FILE"),
        ((folder, "--against", folder), "cannot be held against itself"),
        ((folder, "--fail", "p50>5%"), "--fail is for files of pytest-benchmark"),
        ((folder, other), "One run is judged at a time"),
        ((file, "--against", written(tmp_path / "old.json", seed=3), "--fail", "p42>5%"), "--fail: `p42>5%`"),
    ):
        error = refused(*arguments)
        assert isinstance(error, UsageError)
        assert said in str(error)


def test_a_place_that_cannot_be_written_is_told(keep: Keep, tmp_path: Path) -> None:
    """The file's name and what to do."""
    assert "choose another place" in str(refused(keep(run(criterion())), "--junit", tmp_path / "no" / "gate.xml"))
