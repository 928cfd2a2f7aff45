"""What a calibration says, on simulated rounds whose truth is known."""

import json
from collections.abc import Mapping
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import binom

from bench.errors import StoreError
from bench.judge import trials
from bench.judge.contest import CONFIRMING_PAIRS
from bench.judge.trials import Pair, Round, Triple
from bench.model import ArmRecord, ComparisonVerdict, Role, SlotHealth
from bench.model.calibration import AA, Card, Condition, Detection, Rate
from bench.report import calibration as report
from bench.stats import power, rivals
from bench.store import calibration as cards
from tests.judge.sessions import Session, alarms

PAIRS = 8
SLOWER = Condition("cpu", 0.2)
ARMS = tuple(ArmRecord(role, str(role), "", {}, "same") for role in Role)


def rounds(slower: float = 1.2, windows: int = 3) -> list[Round]:
    """Of A/A and one slowdown, in calm weather."""
    found = []
    for seed in range(windows):
        equal, slow = (Session("calm", ratio, PAIRS, seed) for ratio in (1.0, slower))
        for one, other in zip(equal.rounds, slow.rounds, strict=True):
            found.append(Round({AA: one.triples[AA], SLOWER: other.triples[slow.condition]}, ARMS))
    return found


def card(**changes: object) -> Card:
    """Of three trials."""
    complete = trials.windows(rounds(), PAIRS)
    metrics = [trials.metric_card(complete, metric, 0.004) for metric in ("p50", "mean")]
    latencies = {}
    for window in complete:
        for each in window:
            for triple in each.triples.values():
                for slot in (triple.baseline, triple.candidate):
                    latencies[slot.samples] = np.full(30, slot.metrics["p50"])
    made = Card(
        schema_version=cards.VERSION, machine="here-1", made="2025-01-01T00:00:00Z", commit="c0ffee", seed=1, repeats=3,
        pairs=PAIRS, slot_s=1.0, turn_s=0.06, pair_s=5.0, rate=100.0, median_s=0.004, unfit=0,
        metrics={each.metric: each for each in metrics if each is not None},
        rivals=trials.alarms(complete, lambda slot: latencies[slot.samples]),
        promises=(trials.promise(Pair(5, 0.05), 0.05, 0.02, budget_s=60),),
    )  # fmt: skip
    return replace(made, **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize("weather", ["drift of 20 %", "stalls", "autocorrelated", "step of 15 %"])
def test_equal_arms_are_called_different_as_rarely_as_promised(weather: str) -> None:
    """In any weather: at most 1 % of 200 sessions, within what chance explains."""
    wrong = sum(Session(weather, 1.0, PAIRS, seed).ours(0.05) for seed in range(200))
    assert wrong <= binom.ppf(0.999, 200, 0.01)


def test_what_other_rules_call_slower_in_changing_weather() -> None:
    """Requests of one slot are not independent: tests over them, and before/after, alarm far above 5 %."""
    found = alarms("autocorrelated", 1.0, pairs=PAIRS, runs=100)
    assert found["perflab, delta 5 %"] <= 3
    assert found["requests"] >= 12
    assert alarms("step of 15 %", 1.0, pairs=PAIRS, runs=100)["sequential"] >= 25


def test_a_real_slowdown_is_found_whatever_the_weather() -> None:
    """Twenty per cent, by our rule; and the other rules see that too: they are no straw men."""
    found = alarms("drift of 20 %", 1.2, pairs=PAIRS, runs=40)
    assert min(found.values()) >= 34, found


def test_a_trial_is_judged_as_a_comparison_is() -> None:
    """Slower is a regression only where the fresh pairs show it again."""
    window = rounds()[: PAIRS + CONFIRMING_PAIRS]
    judged = trials.trial(window, SLOWER, "p50", 0.05)
    assert judged is not None
    assert judged.verdict is ComparisonVerdict.REGRESSION
    assert judged.ratio == pytest.approx(1.2, rel=0.1)
    passing = [
        *window[:PAIRS],
        *(replace(each, triples={**each.triples, SLOWER: each.triples[AA]}) for each in window[PAIRS:]),
    ]
    unconfirmed = trials.trial(passing, SLOWER, "p50", 0.05)
    assert unconfirmed is not None
    assert unconfirmed.verdict is ComparisonVerdict.INCONCLUSIVE
    assert trials.trial(window, SLOWER, "p99", 0.05) is None


def test_an_incomplete_trial_counts_nowhere() -> None:
    """Windows are disjoint, and the last one is left out when it was cut off."""
    assert [len(each) for each in trials.windows(rounds()[:-1], PAIRS)] == [PAIRS + CONFIRMING_PAIRS] * 2


def test_an_unfit_session_is_in_no_rate() -> None:
    """A neighbour that took the machine makes the trial unfit, and the card has one trial fewer."""
    fit = trials.windows(rounds(windows=2), PAIRS)
    assert all(trials.fit(window, SLOWER).valid for window in fit), trials.fit(fit[0], SLOWER).reasons
    busy = SlotHealth(steal=0.5, throttled_s=0.0, neighbour_cores=1.9)

    def on_a_busy_machine(triple: Triple) -> Triple:
        return replace(triple, baseline=replace(triple.baseline, health=busy))

    spoilt = [replace(each, triples={of: on_a_busy_machine(t) for of, t in each.triples.items()}) for each in fit[0]]
    found = trials.metric_card([spoilt, fit[1]], "p50", 0.004)
    assert found is not None
    assert {each.said.trials for each in found.detections} == {1}


def test_the_card_tells_what_was_injected_and_what_was_found() -> None:
    """The injected share is of the metric's own value, so that mean and p50 can be held to their own truth."""
    found = card().metrics
    for metric in ("p50", "mean"):
        slow = [each for each in found[metric].detections if each.condition == SLOWER]
        assert [each.delta for each in slow] == list(trials.DELTAS)
        assert all(each.said.hits == each.said.trials == 3 for each in slow)
        assert all(each.ratio == pytest.approx(1.2, rel=0.1) for each in slow)
        assert all(each.said.hits == 0 for each in found[metric].detections if each.condition == AA)
    assert found["mean"].floor is not None
    assert found["p50"].floor is not None
    assert found["mean"].floor < found["p50"].floor
    assert trials.metric_card(trials.windows(rounds(), PAIRS), "p99", 0.004) is None


@pytest.mark.parametrize(
    ("shares", "floor"),
    [
        ({0.02: 0.2, 0.05: 0.97, 0.10: 1.0}, 0.05),
        ({0.02: 1.0, 0.05: 0.5, 0.10: 1.0}, 0.10),
        ({0.02: 0.1, 0.05: 0.5, 0.10: 0.9}, None),
    ],
)
def test_the_floor_is_the_smallest_from_which_on_all_are_found(
    shares: Mapping[float, float], floor: float | None
) -> None:
    """A small one that was found by luck below a larger one that was not does not count."""
    found = [
        Detection(Condition("cpu", size), 0.02, size, 1 + size, Rate(round(100 * share), 100, (0.0, 1.0)))
        for size, share in shares.items()
    ]
    assert trials.floor(found) == floor
    missed_as_waiting = Detection(Condition("wait", 0.10), 0.02, 0.10, 1.1, Rate(50, 100, (0.4, 0.6)))
    assert trials.floor([*found, missed_as_waiting]) is None


def test_what_is_foretold_comes_true() -> None:
    """The chance that the noise foretells is that of simulated intervals, within two points; pairs bring it to 95 %."""
    from bench.stats import signed_rank

    rng = np.random.default_rng(3)
    n, noise, distance = 12, 0.05, 0.04
    said = power.chance(noise, distance, n=n, alpha=0.05)
    hits = sum(signed_rank.estimate(rng.normal(distance, noise, n), alpha=0.05).low > 0 for _ in range(2_000))
    assert said == pytest.approx(hits / 2_000, abs=0.04)
    pairs = power.pairs_for(noise, distance, alpha=0.05, chance=0.95)
    assert pairs is not None
    assert power.chance(noise, distance, n=pairs, alpha=0.05) >= 0.94
    assert power.pairs_for(noise, 0.0, alpha=0.05, chance=0.95) is None
    assert all(
        power.chance(noise, distance, n=a, alpha=0.05) < power.chance(noise, distance, n=b, alpha=0.05)
        for a, b in pairwise((6, 12, 24, 48))
    )


def test_a_budget_of_too_few_pairs_promises_nothing() -> None:
    """And says what it would take."""
    short = trials.promise(Pair(5, 0.05), 0.05, 0.02, budget_s=30)
    assert short.chance == 0
    assert "cannot find" in report.foretold(short)
    assert "no budget" in report.foretold(trials.promise(Pair(5, 0.05), 0.02, 0.05, budget_s=60))


def test_shorter_pairs_of_a_small_budget_are_foretold_as_they_are() -> None:
    """More of them fit in and each scatters more; the time that would do is told in pairs of the usual length."""
    usual = trials.promise(Pair(8, 0.03), 0.10, 0.05, budget_s=60)
    shorter = trials.promise(Pair(8, 0.03), 0.10, 0.05, budget_s=60, within=Pair(6, 0.04))
    worse = trials.promise(Pair(8, 0.03), 0.10, 0.05, budget_s=60, within=Pair(6, 0.08))
    assert usual.chance == 0 < worse.chance < shorter.chance
    assert shorter.pairs == 6
    assert shorter.needed_s == usual.needed_s


def test_a_card_is_kept_and_read_again(tmp_path: Path) -> None:
    """The gate reads its floors; a damaged one is an error, never no card; the page names what was said by whom."""
    made = card()
    path = cards.write(made, tmp_path)
    assert cards.read(path) == made
    assert cards.floors(tmp_path, "here-1") == {name: each.floor for name, each in made.metrics.items()}
    assert cards.floors(tmp_path, "there-2") is None
    page, figure = report.write(made, path)
    assert "Kayenta" in page.read_text()
    assert "20% cpu" in page.read_text()
    assert figure.stat().st_size > 10_000
    path.write_text(json.dumps({"metrics": {"p50": {}}}))
    with pytest.raises(StoreError, match="damaged"):
        cards.floors(tmp_path, "here-1")
    with pytest.raises(StoreError, match="damaged"):
        cards.read(path)
    with pytest.raises(StoreError, match="no calibration card"):
        cards.read(tmp_path / "none.json")


def test_the_rules_of_others_on_known_answers() -> None:
    """Each where it must alarm and where it must not."""
    rng = np.random.default_rng(1)
    base = [rng.lognormal(0, 0.3, 100) for _ in range(6)]
    slower = [slot * 1.3 for slot in base]
    for name, rule in rivals.RULES.items():
        assert rule(base, slower), name
        assert not rule(slower, base), name
    # Kayenta takes three interquartile ranges for outliers, so one slot of stalls is none of its business.
    stalled = [*base[:-1], base[-1] * 50]
    assert rivals.mean(base, stalled)
    assert not rivals.kayenta(base, [*base[:-1], np.append(base[-1][:-3], [50.0] * 3)])
