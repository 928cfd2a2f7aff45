"""Claims, what is read for them, and the one rule that judges them all."""

import json
import tomllib
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench import criteria, judge
from bench.criteria import Reading, Unmeasured
from bench.criteria.error_overhead import BESIDE, KINDS, SUCCESS
from bench.criteria.rollback import PROCEDURES
from bench.model import Direction, ExperimentRecord, Status, Verdict
from tests.judge.test_pooling import facts

CASES = json.loads((Path(__file__).parent / "cases" / "margin.json").read_text())
SPEC = Path(__file__).parents[2] / "specs" / "phase2.toml"
JUDGED = sorted(criteria.find())
FIXED_IDS = [
    *("response_time", "response_consistency", "query_time", "pool_utilization", "pool_efficiency", "pooling_gain"),
    *("error_overhead", "breaker_prevention", "api_parity", "single_api", "consistent_errors", "vulnerabilities"),
    *("infrastructure", "rollback"),
]
FINITE = st.floats(-10, 10)
HELD = {"done": True, "undone": True, "requests": 100, "failed": 0}
BLOCK = {role: dict.fromkeys((SUCCESS, *KINDS, *BESIDE.values()), 0.001) for role in ("baseline", "candidate")}
BLOCKS = [
    {"block": block, "arm": arm, "fault": fault, "due": 100, "collateral": failed}
    for block in range(8)
    for arm, fault, failed in (("no fault", "", 0), ("without", "hang", 60 + block), ("with", "hang", block % 3))
]
FACTS = {
    "breaker_prevention": {"slots": BLOCKS},
    "vulnerabilities": {"scans": {"image": {"measured": True, "counted": {"CRITICAL": 0}, "files": []}}},
    "infrastructure": {"checks": [{"check": "syntax", "status": "passed", "found": [], "reason": ""}]},
    "rollback": {"procedures": dict.fromkeys(PROCEDURES, HELD)},
    "error_overhead": {"blocks": [BLOCK] * 12},
    **dict.fromkeys(("pool_utilization", "pool_efficiency", "pooling_gain"), facts()),
    "api_parity": {"parity": {"asked": 100, "different": 0}},
    "single_api": {"duplicates": {"candidate": {"routes": 16, "pairs": []}}},
    "consistent_errors": {"errors": {"candidate": {"asked": 200, "bad": []}}},
}
"""What criteria read that do not rest on pairs."""


def reading(value: float, low: float, high: float) -> Reading:
    """A reading of twelve pairs."""
    return Reading(value, low, high, confidence=0.95, n=12, mde=0.05, log_scale=True)


def evidence(synthetic, criterion: str, ratio: float = 0.6) -> dict[str, ExperimentRecord]:
    """Experiments in which each criterion has something to read."""
    spread = synthetic.effect(ratio, ratio * 0.95, ratio * 1.05, metric="spread")
    return {
        name: replace(
            synthetic.experiment(synthetic.slots(ratio), extra=[spread], name=name), facts=FACTS.get(criterion, {})
        )
        for name in criteria.find()[criterion].EXPERIMENTS
    }


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_case(case):
    """Each case kept as data has its verdict, and its reason says what it must."""
    verdict, reason = criteria.verdict(criteria.catalogue()[case["claim"]], reading(*case["reading"]))
    assert verdict == case["verdict"]
    assert case.get("says", "") in reason
    assert (reason == "") == (verdict is Verdict.PASS)


@given(st.lists(FINITE, min_size=3, max_size=3).map(sorted), FINITE, st.booleans())
def test_mirroring_claim_and_reading_keeps_the_verdict(ends, threshold, inclusive):
    """`above` with everything negated is `below`: both directions follow one rule."""
    low, value, high = ends
    above = replace(
        criteria.catalogue()["error_overhead"], direction=Direction.ABOVE, threshold=threshold, inclusive=inclusive
    )
    below = replace(above, direction=Direction.BELOW, threshold=-threshold)
    there, _ = criteria.verdict(above, reading(value, low, high))
    back, _ = criteria.verdict(below, reading(-value, -high, -low))
    assert there == back


@given(st.lists(FINITE, min_size=3, max_size=3).map(sorted), FINITE)
def test_pass_and_fail_exclude_each_other_and_narrowing_never_reverses(ends, threshold):
    """A verdict on an interval holds for every value in it; INCONCLUSIVE only where values disagree."""
    claim = replace(criteria.catalogue()["error_overhead"], threshold=threshold)
    low, value, high = ends
    verdict, _ = criteria.verdict(claim, reading(value, low, high))
    points = {criteria.verdict(claim, reading(end, end, end))[0] for end in (low, high)}
    assert points == ({Verdict.PASS, Verdict.FAIL} if verdict is Verdict.INCONCLUSIVE else {verdict})


def test_the_catalogue_holds_the_fixed_ids():
    """The ids are part of the contract, in the order of the scorecard."""
    assert list(criteria.catalogue()) == FIXED_IDS
    assert {claim.unit for claim in criteria.catalogue().values()} == {"fraction", "ratio", "s", "count"}
    optional = {claim.id for claim in criteria.catalogue().values() if not claim.required}
    assert optional == {"vulnerabilities", "infrastructure"}


def test_the_default_spec_is_judged_by_the_whole_catalogue():
    """No claim is left out of the default run, and none is named that does not exist."""
    assert set(tomllib.loads(SPEC.read_text())["criteria"]) == set(criteria.catalogue())


def test_every_module_that_reads_has_a_claim():
    """A criterion's module is named like its claim; the three of the first slice are there."""
    assert set(JUDGED) <= set(criteria.catalogue())
    assert {"response_time", "response_consistency", "query_time"} <= set(JUDGED)


@pytest.mark.parametrize("criterion", JUDGED)
def test_a_reading_lies_in_its_interval(synthetic, criterion):
    """Whatever a criterion reads is enclosed by its interval and rests on something."""
    found = criteria.find()[criterion].read(evidence(synthetic, criterion))
    assert isinstance(found, Reading)
    assert found.low <= found.value <= found.high
    assert found.n > 0


@pytest.mark.parametrize("criterion", JUDGED)
def test_an_experiment_that_was_not_run_is_said_to_be_missing(criterion):
    """Without its experiment a criterion is unmeasured and names it."""
    found = criteria.find()[criterion].read({})
    assert isinstance(found, Unmeasured)
    assert criteria.find()[criterion].EXPERIMENTS[0] in found.reason


@pytest.mark.parametrize("criterion", JUDGED)
def test_a_failed_experiment_measures_nothing(synthetic, criterion):
    """A failed experiment passes its reason on, whatever its record still holds."""
    records = {
        name: replace(record, status=Status.FAILED, reason="The arm died.")
        for name, record in evidence(synthetic, criterion).items()
    }
    found = criteria.find()[criterion].read(records)
    assert isinstance(found, Unmeasured)
    assert "The arm died." in found.reason


@pytest.mark.parametrize("criterion", sorted(set(JUDGED) - set(FACTS)))
def test_too_few_pairs_are_said(synthetic, criterion):
    """Four pairs of plenty of requests each give no reading, and the reason tells how many are needed."""
    slots = synthetic.changed(synthetic.slots(pairs=4), n=5_000)
    name = criteria.find()[criterion].EXPERIMENTS[0]
    found = criteria.find()[criterion].read({name: synthetic.experiment(slots, name=name)})
    assert isinstance(found, Unmeasured)
    assert "at least 6" in found.reason


def test_too_few_requests_for_the_median_are_said(synthetic):
    """A slot of thirty requests carries no p50; the reason tells both figures."""
    slots = synthetic.changed(synthetic.slots(), n=30, metrics={"mean": 0.01})
    found = criteria.find()["response_time"].read({"response_time": synthetic.experiment(slots)})
    assert isinstance(found, Unmeasured)
    assert "p50 needs 40 requests in every slot, one had 30" in found.reason


def test_too_few_requests_for_the_tail_are_said(synthetic):
    """312 requests per arm carry no p99; the reason tells both figures, and how long it takes at this load."""
    slots = synthetic.changed(synthetic.slots(), n=39)
    loaded_s = sum(record.slot.duration_s for record in slots)
    found = criteria.find()["response_consistency"].read({"response_time": synthetic.experiment(slots)})
    assert isinstance(found, Unmeasured)
    assert "p99 needs 2,000 requests per arm, had 312" in found.reason
    assert f"slots of {loaded_s * 2000 / 312:,.0f} s in all" in found.reason


def test_an_improvement_is_one_minus_the_ratio(synthetic):
    """A ratio of 0.6 is an improvement of 40 %, its interval mirrored."""
    record = synthetic.experiment(synthetic.slots(0.6))
    effect = record.effects[0]
    found = criteria.find()["response_time"].read({"response_time": record})
    assert isinstance(found, Reading)
    assert (found.value, found.low, found.high) == pytest.approx((1 - effect.ratio, 1 - effect.ci[1], 1 - effect.ci[0]))


def test_query_time_reads_the_mean(synthetic):
    """Total database time decides: a median that stood still does not hide it."""
    slots = [replace(record, metrics={**record.metrics, "p50": 0.01}) for record in synthetic.slots(0.5, sd=0.0)]
    found = criteria.find()["query_time"].read({"query_time": synthetic.experiment(slots, name="query_time")})
    assert isinstance(found, Reading)
    assert found.value == pytest.approx(0.5)


@pytest.mark.parametrize("criterion", sorted(set(JUDGED) - {"response_consistency", *FACTS}))
def test_identical_arms_never_prove_a_claim(synthetic, criterion):
    """Over 200 seeded sessions of equal arms no claim of an improvement ever passes."""
    name = criteria.find()[criterion].EXPERIMENTS[0]
    claim = criteria.catalogue()[criterion]
    verdicts = [
        judge.scorecard({name: synthetic.experiment(synthetic.slots(1.0, seed=seed, sd=0.05), name=name)}, [claim])[0]
        for seed in range(200)
    ]
    assert {result.verdict for result in verdicts} <= {Verdict.FAIL, Verdict.INCONCLUSIVE}
