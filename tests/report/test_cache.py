"""The report on the cache says what was measured, and no more: each sentence has its opposite here."""

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bench import observations
from bench.model import ComparisonVerdict, Effect, ExperimentRecord, Figure, Status
from bench.observations import Observation
from bench.report import findings
from bench.report.figures import experiments as figures
from bench.report.findings.cache import against_single, pays_from, points

LEVELS = [0.0, 0.5, 1.0]


def ratios(*, blocks: int = 6, miss: float = 1.2, hit: float = 0.4, noise: float = 0.01) -> dict[str, Any]:
    """Rows in which a miss and a hit cost shares of the 4 ms without the cache."""
    rng = np.random.default_rng(1)
    rows = []
    for block in range(blocks):
        for level in ["off", *LEVELS]:
            share = 1.0 if isinstance(level, str) else (1 - level) * miss + level * hit
            mean = 0.004 * share * float(np.exp(rng.normal(0, noise)))
            rows.append({
                "block": block, "level": level, "n": 100, "failed": 0, "dropped": 0,
                "hit_ratio": 0.0 if isinstance(level, str) else level, "mean": mean, "p50": mean * 0.8,
            })  # fmt: skip
    return {"levels": LEVELS, "rows": rows, "p95": {}}


def death(*, failed: int = 0, opening: bool = True, dropped: int = 0, asked: int = 150) -> dict[str, Any]:
    """A node dies after two seconds; `failed` of the dead node's `asked` requests fail after its circuit opened."""

    def phase(n: int, hits: float, mean: float, bad: int = 0) -> dict[str, float | None]:
        return {"n": n, "failed": bad, "hit_ratio": hits, "longest": mean * 5, "mean": mean}

    nobody = {"n": 0, "failed": 0, "hit_ratio": None, "longest": None}
    return {
        "sample": "samples/death.parquet",
        "duration_s": 4.0,
        "died_s": 2.0,
        "killed": 0,
        "dropped": dropped,
        "openings": 1 if opening else 0,
        "opening": {"after_s": 2.25, "by_s": 2.27, "tried": 12} if opening else None,
        "reasons": ["HTTP 503"] if failed else [],
        "groups": {
            "killed": {
                "before": phase(100, 1.0, 0.001),
                "opening": phase(10, 0.0, 0.004) if asked else nobody,
                "after": phase(asked - 10, 0.0, 0.003, failed) if asked else nobody,
            },
            "others": {
                "before": phase(200, 1.0, 0.001),
                "opening": phase(20, 1.0, 0.001) if asked else nobody,
                "after": phase(200, 1.0, 0.001) if asked else nobody,
            },
        },
    }


def effect(ratio: float, low: float, high: float, metric: str = "p50") -> Effect:
    """Of a cluster against one Redis."""
    return Effect(metric, "all", "candidate/baseline", ratio, (low, high), 0.95, 8, 0.03, 0.002 * ratio, 0.002)


def record(*effects: Effect, **facts: Any) -> ExperimentRecord:
    """As a run keeps it."""
    return ExperimentRecord(
        name="cache", question="", method="", status=Status.COMPLETE, reason="", arms=(), looks=(), slots=(),
        effects=effects, facts=facts,
    )  # fmt: skip


def said(*effects: Effect, **facts: Any) -> str:
    """All sentences."""
    return "\n".join(findings.of(record(*effects, **facts)))


def test_nothing_measured_says_nothing() -> None:
    """A run that was cut off at once has no sentence and no figure."""
    assert said() == ""
    assert list(figures.draw(record(), Path(), Path)) == []


def test_the_break_even_is_told_with_its_interval() -> None:
    """Misses at 120 % and hits at 40 %: from a quarter of hits on; the interval holds that."""
    text = said(ratios=ratios())
    told = re.search(r"Break-even hit ratio: (\d+) % \(95 % interval: (\d+) % to (\d+) %; 6 blocks\)", text)
    assert told, text
    at, low, high = map(int, told.groups())
    assert low <= 25 <= high
    assert low <= at <= high
    assert re.search(r"^0\.0 % hits: 4\.\d+ ms on average", text, re.MULTILINE)
    assert re.search(r"a request that never hits costs (19|20|21) % more", text)


@pytest.mark.parametrize(
    ("blocks", "miss", "hit", "expected"),
    [
        (2, 1.2, 0.4, "from 2 blocks, too few for an interval (6 are needed)"),
        (6, 1.4, 1.2, "The cache costs time at any hit ratio, so there is no break-even"),
        (6, 0.8, 0.2, "The cache saves time at any hit ratio, so there is no break-even"),
    ],
)
def test_where_there_is_no_break_even_none_is_told(blocks: int, miss: float, hit: float, expected: str) -> None:
    """Too few blocks, a cache that never pays, one that always does: each in its own words."""
    text = said(ratios=ratios(blocks=blocks, miss=miss, hit=hit))
    assert expected in text
    assert "95 % interval" not in text


def test_a_cache_without_effect_is_told_to_be_in_doubt() -> None:
    """The interval goes from end to end."""
    text = said(ratios=ratios(blocks=8, miss=1.0, hit=1.0, noise=0.1))
    assert "(95 % interval: 0 % or less to 100 % or more; 8 blocks)" in text


def test_a_block_that_was_cut_off_counts_nowhere() -> None:
    """Its rows stay in the facts; no point rests on them."""
    whole, cut = ratios(blocks=6), ratios(blocks=7)
    cut["rows"] = cut["rows"][:-1]
    assert [point.blocks for point in points({"ratios": cut})] == [6, 6, 6, 6]
    balance = pays_from({"ratios": whole})
    assert balance is not None
    assert balance.blocks == 6


def test_failures_while_hit_ratios_are_measured_are_told() -> None:
    """They have no time, so whoever reads the times has to know."""
    facts = ratios()
    assert "failed" not in said(ratios=facts)
    facts["rows"][0]["failed"] = 3
    assert "3 requests failed or were not sent" in said(ratios=facts)


@pytest.mark.parametrize(
    ("ratio", "low", "high", "verdict"),
    [
        (1.10, 1.05, 1.15, ComparisonVerdict.REGRESSION),
        (1.00, 0.98, 1.02, ComparisonVerdict.EQUIVALENT),
        (1.02, 0.97, 1.07, ComparisonVerdict.INCONCLUSIVE),
        (1.05, 1.01, 1.09, ComparisonVerdict.INCONCLUSIVE),
        (0.90, 0.85, 0.95, ComparisonVerdict.IMPROVEMENT),
    ],
)
def test_a_cluster_is_slower_only_with_its_whole_interval(
    ratio: float, low: float, high: float, verdict: ComparisonVerdict
) -> None:
    """Not with its estimate alone, and not within the 3 % that do not matter."""
    found = effect(ratio, low, high)
    assert against_single(found) is verdict
    text = said(found)
    assert f"A cluster against one Redis, p50: {verdict}" in text
    assert ("slower by more than" in text) == (verdict is ComparisonVerdict.REGRESSION)


def test_a_death_without_failures_says_how_sure_that_is() -> None:
    """None of 370: fewer than 0.8 % with 95 % confidence; what was killed and when its circuit opened."""
    text = said(deaths={"cluster": death()})
    assert "A node of the cluster was killed under load: none of 370 requests failed afterwards" in text
    assert "fewer than 0.8 % do" in text
    assert "its circuit opened 250 ms to 270 ms after the death, when 12 requests had tried in vain" in text
    assert "requests whose answers the dead node kept: before 1.00 ms on average with 100 % hits" in text


def test_failures_after_a_death_are_said_plainly() -> None:
    """How many, of how many, and why; nowhere that none failed."""
    text = said(deaths={"cluster": death(failed=7), "single": death(failed=1)})
    assert "A node of the cluster was killed under load: 7 of 370 requests failed afterwards (HTTP 503)" in text
    assert "The one Redis was killed under load: 1 of 370 requests failed afterwards (HTTP 503)" in text
    assert "none of" not in text


def test_what_was_not_seen_after_a_death_is_not_claimed() -> None:
    """No circuit that opened, requests that were never sent, or no request at all."""
    assert "was not seen to open" in said(deaths={"cluster": death(opening=False)})
    assert "4 requests could not even be sent" in said(deaths={"cluster": death(dropped=4)})
    text = said(deaths={"cluster": death(asked=0)})
    assert "nothing is known of errors" in text
    assert "none of" not in text


def test_commands_are_told_for_both() -> None:
    """A request that is not remembered takes two, in either; nothing sent is said as such."""
    counted = {"missed": {"get": 1.0, "set": 1.0}, "remembered": {"get": 1.0}}
    text = said(commands={"single": counted, "cluster": {**counted, "remembered": {}}})
    assert "One Redis is sent, per request, 1 GET and 1 SET when its answer is not remembered and 1 GET" in text
    assert "The cluster is sent, per request, 1 GET and 1 SET when its answer is not remembered and nothing" in text


def test_what_was_not_measured_is_told() -> None:
    """The experiment's own sentence."""
    assert said(not_measured="Not measured: no cluster here.") == "Not measured: no cluster here."


def drawn(folder: Path, **facts: Any) -> dict[str, Figure]:
    """The figures by the name of their file."""
    made = figures.draw(record(**facts), folder, lambda name: folder / f"cache.{name}.png")
    return {Path(figure.path).name: figure for figure in made}


def observed(folder: Path, *, failing: bool) -> None:
    """Requests around a death, as the load generator writes them."""
    (folder / "samples").mkdir()
    rows = []
    for index in range(400):
        due, dead = index * 0.01, index >= 200
        status = 503 if failing and index in {230, 231} else 200
        name = f"search GET @{index % 3}"
        rows.append(Observation(name, due, due, due + (0.004 if dead else 0.001), status, "", 100, 0.0, 0.0, 0.0005, 0))
    observations.write(folder / "samples" / "death.parquet", observations.columns(rows))


@pytest.mark.parametrize("failing", [False, True])
def test_the_figures_say_what_they_show(tmp_path: Path, failing: bool) -> None:
    """Both are written; their words hold the finding, failures included."""
    observed(tmp_path, failing=failing)
    found = drawn(tmp_path, ratios=ratios(), deaths={"cluster": death(failed=2 if failing else 0)})
    assert set(found) == {"cache.hit_ratio.png", "cache.deaths.png"}
    assert all((tmp_path / name).stat().st_size > 10_000 for name in found)
    assert f"{2 if failing else 0} of 370 requests failed afterwards" in found["cache.deaths.png"].alt
    assert "6 blocks" in found["cache.hit_ratio.png"].caption


def test_a_death_whose_sample_is_gone_is_not_drawn(tmp_path: Path) -> None:
    """The run folder may have lost it; what is left is drawn."""
    assert set(drawn(tmp_path, ratios=ratios(blocks=2), deaths={"cluster": death()})) == {"cache.hit_ratio.png"}


def test_a_partial_run_is_told_by_what_it_has() -> None:
    """An interrupted experiment keeps its hit ratios."""
    partial = replace(record(ratios=ratios()), status=Status.PARTIAL, reason="interrupted")
    assert findings.of(partial)
    assert not findings.of(replace(partial, status=Status.FAILED))
