"""What the report says of an ablation: what is proved, what is not, and never one for the other."""

from dataclasses import replace
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from rich.console import Console

from bench.ablation import layout
from bench.model import ExperimentRecord, Status
from bench.report import console, findings, markdown
from bench.report.figures import experiments as figures
from tests.ablation.simulated import additive, facts
from tests.ablation.test_reading import EFFECTS, KNOBS, PAIRED

COSTS: dict[str, Any] = {
    "writes": {"batch": {"plain": [100.0] * 8, "indexes and fulltext": [25.0] * 8}, "single": {"plain": [9.0] * 8}},
    "indexes": [
        {"name": "documents_search", "knob": "fulltext", "bytes": 3 * 2**20, "table_share": 0.38, "build_s": 0.5,
         "build_rows": 2000}
    ],
    "arms": {"none": {"pool": "off"}, "all": {"pool": "on"}},
    "memory": [
        {"arm": "none", "service_bytes": 80 * 2**20, "connections": 11, "backends_bytes": 27 * 2**20},
        {"arm": "all", "service_bytes": 81 * 2**20, "connections": 6, "backends_bytes": 17 * 2**20},
    ],
}  # fmt: skip


def measured(budget_s: float = 138, *, noise: float = 0.05, truth: Any = PAIRED, **more: Any) -> ExperimentRecord:
    """The record of a simulated ablation; 46 arms, 30 for 90 s, 16 for 48 s, 9 for 18 s."""
    laid_out = layout(KNOBS, seed=3, budget_s=budget_s, slot_s=1, overhead_s=0)
    found = {**facts(laid_out, truth, noise=noise), **more}
    for slot in found["slots"]:
        slot["dropped"] = 0
    return ExperimentRecord("ablation", "What?", "So.", Status.COMPLETE, "", (), (), (), (), found)


def said(record: ExperimentRecord) -> str:
    """All sentences."""
    return " ".join(findings.of(record))


def test_what_is_proved_is_said_with_its_interval() -> None:
    """The strong knobs, the pair, the whole way; `reset`, which does nothing, stands under INCONCLUSIVE."""
    text = said(measured())
    proved, _, rest = text.partition("INCONCLUSIVE")
    assert "`indexes`" in proved
    assert "`reset`" not in proved
    assert "`reset`" in rest
    assert "`indexes` and `fulltext`: they bring less together than apart" in text
    assert "as it should." in text


def test_where_noise_hides_everything_nothing_is_claimed() -> None:
    """The negative: every knob is INCONCLUSIVE, so are the interactions, and no cell of the verdicts says faster."""
    record = measured(noise=8.0)
    assert "Shares of that way" not in said(record)
    assert "of 15 two-way interactions none has an interval without 1" in said(record)
    contributions = findings.tables(record)[0]
    assert {row[-1] for row in contributions.rows} == {"INCONCLUSIVE"}


def test_a_bad_control_is_said() -> None:
    """Two processes of the same configuration that differ for sure: nobody is told to rely on it."""
    record = measured()
    for slot in record.facts["slots"]:
        if slot["arm"] == "all again":
            slot["mean"] *= 2
    assert "as it should NOT" in said(record)


def test_pairs_that_cannot_be_told_apart_are_named_together() -> None:
    """At resolution IV, with the reason and the way out."""
    text = said(measured(90))
    assert "of resolution IV" in text
    assert "`indexes` and `fulltext`" in text


def test_a_small_budget_says_what_it_did_not_measure() -> None:
    """Leaving one out: no interactions, and the bar is what an absence costs."""
    text = said(measured(18))
    assert "interactions of single pairs were not measured" in text
    assert "its effect last" in text


def test_too_few_blocks_say_so() -> None:
    """And draw nothing."""
    record = measured(48)
    record.facts["slots"] = record.facts["slots"][:20]
    assert "too few for any effect" in said(record)
    assert findings.tables(record) == ()


def test_nothing_measured_says_nothing(tmp_path: Path) -> None:
    """No sentence, no table, no figure."""
    record = replace(measured(), facts={})
    assert findings.of(record) == findings.tables(record) == ()
    assert list(figures.draw(record, tmp_path, lambda name: tmp_path / name)) == []


def test_the_costs_are_tables() -> None:
    """Rows per second with their ratio, each index with its size, each arm with its memory; unseen is not nothing."""
    text = markdown.page(_run(measured(**COSTS)))
    assert "| indexes and fulltext | many rows at once | 25 | 0.25 | 0.25 to 0.25 | 8 |" in text
    assert "| documents_search | fulltext | 3.0 MiB | 38 % | 500 ms over 2,000 rows |" in text
    assert "| pool | 80.0 MiB → 81.0 MiB | 11 → 6 | 27.0 MiB → 17.0 MiB |" in text
    assert "0.25 times the rows per second of the plain one" in text


def test_memory_that_nobody_saw_is_not_told_as_none() -> None:
    """PostgreSQL in a container: its processes are not seen from here."""
    unseen = [{**arm, "backends_bytes": None} for arm in COSTS["memory"]]
    text = markdown.page(_run(measured(**{**COSTS, "memory": unseen})))
    assert "| pool | 80.0 MiB → 81.0 MiB | 11 → 6 | not seen |" in text


def test_the_terminal_shows_the_same(tmp_path: Path) -> None:
    """Tables and sentences, and where the report is."""
    shown = StringIO()
    console.show_findings(measured(**COSTS), tmp_path, Console(file=shown, width=200))
    assert "documents_search" in shown.getvalue()
    assert "they bring less together than apart" in shown.getvalue()
    assert str(tmp_path / "report.html") in shown.getvalue()


@pytest.mark.parametrize(("budget_s", "names"), [
    (18, ["waterfall"]), (48, ["waterfall", "alone_and_last"]), (138, ["waterfall", "alone_and_last", "interactions"]),
])  # fmt: skip
def test_figures_are_drawn_where_there_is_something_to_draw(tmp_path: Path, budget_s: float, names: list[str]) -> None:
    """Each a picture with its finding in words and the blocks in its caption."""
    record = measured(budget_s, truth=additive(EFFECTS))
    drawn = list(figures.draw(record, tmp_path, lambda name: tmp_path / f"ablation.{name}.png"))
    assert [Path(figure.path).name for figure in drawn] == [f"ablation.{name}.png" for name in names]
    assert "indexes" in drawn[0].alt
    for figure in drawn:
        assert "blocks" in figure.caption
        with Image.open(tmp_path / Path(figure.path).name) as image:
            assert image.width >= 900
            assert len(image.convert("L").getcolors() or [0] * 256) > 10


def _run(record: ExperimentRecord) -> Any:
    from tests.store.records import smallest_run

    return replace(smallest_run(), experiments={record.name: record})
