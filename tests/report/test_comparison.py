"""A comparison as it is read: on the terminal, in report.md and report.html, and as a value."""

from dataclasses import replace
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from bench import report, store
from bench.judge.contest import COMPARISON
from bench.lab import Comparison, report_again
from bench.lab.assembly import judged
from bench.model import ArmRecord, ComparisonVerdict, Role, RunRecord
from bench.report import console, words
from tests.experiments.test_comparison import play
from tests.store.records import smallest_run
from tests.stored import quiet

COUNTED = {
    "baseline": {"GET /x": [{"queries": 3.0, "bytes": 10.0}, {"queries": 3.0, "bytes": 12.0}]},
    "candidate": {"GET /x": [{"queries": 4.0, "bytes": 10.0}, {"queries": 4.0, "bytes": 10.0}]},
}


async def made(folder: Path, ratio: float) -> RunRecord:
    """A comparison with a scripted load, judged and stored; the arms differ in commit and a knob."""
    played = await play(folder, ratio)
    experiments = dict(played.experiments)
    arms = tuple(
        ArmRecord(
            role,
            str(role),
            "serve <it>",
            {"cache": "on" if role is Role.CANDIDATE else "off"},
            "c" if role is Role.CANDIDATE else "b",
            facts={"arm": f"git:{'new' if role is Role.CANDIDATE else 'old'}", "folder": "/here"},
        )
        for role in Role
    )
    main = experiments[COMPARISON]
    experiments[COMPARISON] = replace(main, arms=arms, facts={**main.facts, "counters": COUNTED})
    experiments = {name: replace(each, slots=quiet(each.slots)) for name, each in experiments.items()}
    record = judged(replace(smallest_run(), spec="compare", experiments=experiments, criteria=()), ())
    store.write(record, folder)
    return record


async def test_the_terminal_tells_the_arms_the_counts_and_the_verdict(tmp_path: Path) -> None:
    """What differs between the arms, what is counted, every metric; the verdict stands at the end."""
    record = await made(tmp_path, 1.25)
    out = StringIO()
    console.show(record, tmp_path, Console(file=out, width=160))
    said = out.getvalue()
    for piece in (
        "git:old",
        "git:new",
        "the same",
        "cache off",
        "cache on",
        "not the same when counted again",
        "(Holm)",
    ):
        assert piece in said
    assert "REGRESSION: p50" in said.splitlines()[-2]
    assert "Confirmed: 4 fresh pairs" in said.splitlines()[-2]
    assert said.splitlines()[-1].endswith("exit code 1")


async def test_both_reports_say_the_same(tmp_path: Path) -> None:
    """The answer in a sentence, the metrics, the arms; a comparison has no scorecard."""
    record = await made(tmp_path, 0.8)
    (tmp_path / "figures").mkdir()
    record = report.draw(record, tmp_path)
    report.write(record, tmp_path)
    for page in ("report.md", "report.html"):
        text = (tmp_path / page).read_text()
        assert "IMPROVEMENT: p50 2" in text
        assert "decides; A/A" in text
        assert "git:old" in text
        assert "Scorecard" not in text
        assert "serve &lt;it" in text
    assert "Effects with their intervals" in {figure.title for figure in record.experiments[COMPARISON].figures}


async def test_a_stored_comparison_is_judged_again_without_a_spec(tmp_path: Path) -> None:
    """From its samples' summaries alone: the same verdict, the same numbers."""
    record = await made(tmp_path, 1.25)
    (tmp_path / "figures").mkdir()
    again, _ = report_again(tmp_path, notebooks=False)
    assert again.comparison == record.comparison
    assert again.exit_code == record.exit_code == 1


async def test_it_is_a_value_for_scripts_and_notebooks(tmp_path: Path) -> None:
    """Verdict, ratio, interval; the JSON of --json; words where a notebook shows it."""
    await made(tmp_path, 1.25)
    found = Comparison.read(tmp_path)
    assert found.verdict is ComparisonVerdict.REGRESSION
    assert found.interval[0] < found.ratio < found.interval[1]
    told = found.as_json()
    assert told["arms"]["candidate"]["knobs"] == {"cache": "on"}
    assert told["counters"]["GET /x"]["queries"] == {"baseline": 3.0, "candidate": 4.0, "exact": True}
    assert told["aa"]["n_pairs"] == told["n_pairs"]
    assert repr(found).startswith("REGRESSION: p50")


async def test_what_is_open_names_a_budget(tmp_path: Path) -> None:
    """The sentence ends with what would probably decide."""
    record = await made(tmp_path, 1.05)
    assert record.comparison is not None
    said = words.comparison(replace(record.comparison, deciding_budget_s=321.0))
    assert said.endswith("--budget 321 would probably decide.")
    assert "INCONCLUSIVE" in said


async def test_a_run_without_a_verdict_shows_none(tmp_path: Path) -> None:
    """A comparison that was cut off prints no table that could be taken for an answer."""
    record = await made(tmp_path, 1.25)
    out = StringIO()
    console.show_comparison(replace(record, comparison=None), tmp_path, Console(file=out))
    assert out.getvalue() == ""


async def test_the_call_works_inside_a_running_loop() -> None:
    """As in a notebook; what is wrong is the same sentence there."""
    from bench import compare
    from bench.errors import UsageError

    with pytest.raises(UsageError, match="is no arm"):
        compare("nothing", "cmd:serve {port}", paths=("/",))
