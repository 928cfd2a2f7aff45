"""May a run be believed? A healthy session passes every check, and each check has what makes it fail."""

from dataclasses import replace

import numpy as np
import pytest

from bench import checks, judge
from bench.checks import loaded
from bench.model import CONTROL, Role, SlotHealth, Status

HEALTHY = SlotHealth(steal=0.01, throttled_s=0.0, neighbour_cores=0.1)
SICK_SLOTS = {
    "steal": ({"health": replace(HEALTHY, steal=0.08)}, "took 8.0% of the processor time, more than 5%"),
    "throttling": ({"health": replace(HEALTHY, throttled_s=0.3)}, "for 5.0% of the time, more than 1%"),
    "neighbours": ({"health": replace(HEALTHY, neighbour_cores=0.8)}, "0.80 cores busy, more than 0.5"),
    "lag": ({"lag_p50_s": 0.002, "lag_p99_s": 0.02}, "2.00 ms late (p99 up to 20.0 ms), "),
    "drops": ({"dropped": 1}, "8 arrivals at the candidate were never sent"),
    "errors": ({"errors": 10}, "2.0% of the requests to the candidate failed, more than 1%"),
    "saturation": ({"generator_cores": 0.95}, "0.95 cores busy while it loaded the candidate, more than 0.9"),
    "identity": ({"arm": "another"}, "Slots of the candidate were measured on another instead of candidate"),
}
"""What is changed in the candidate's slots (in all slots where it is the machine's) and what the reason says."""
MACHINE = {"steal", "throttling", "neighbours"}


def finding(check: str, experiment):
    """What one check says."""
    return checks.find()[check](experiment)


def test_a_healthy_session_passes_every_check(synthetic):
    """Nothing is found where nothing is wrong."""
    assert all(finding.ok and finding.reason == "" for finding in checks.findings(synthetic.experiment()))


def test_every_check_is_found_and_has_a_case_that_fails():
    """Adding a check without a negative case is noticed; findings carry the name of their module."""
    assert set(checks.find()) == {*SICK_SLOTS, "control"}


def test_findings_are_named_like_their_checks(synthetic):
    """A finding says which check it comes from."""
    assert [finding.check for finding in checks.findings(synthetic.experiment())] == list(checks.find())


@pytest.mark.parametrize("check", SICK_SLOTS)
def test_each_check_fails_on_what_it_looks_for_and_no_other_does(synthetic, check):
    """One thing wrong is found by one check, with the observed value, the bound and the remedy in a sentence."""
    changes, says = SICK_SLOTS[check]
    slots = synthetic.changed(synthetic.slots(), None if check in MACHINE else Role.CANDIDATE, **changes)
    failed = [each for each in checks.findings(synthetic.experiment(slots)) if not each.ok]
    assert [each.check for each in failed] == [check]
    assert says in failed[0].reason
    assert failed[0].reason.endswith(".")
    assert ";" in failed[0].reason


def in_facts(synthetic, excused=0, **changes):
    """The experiment `pool`: slots of asyncpg's pool and of a tuned one, all in its facts."""
    arms = {Role.BASELINE: "pool-basic", Role.CANDIDATE: "pool-5"}
    records = [replace(slot, arm=arms[slot.slot.role]) for slot in synthetic.slots() if slot.slot.role in arms]
    slots = [{loaded.KEY: loaded.kept(replace(slot, **changes), excused=excused)} for slot in records]
    known = tuple(replace(synthetic.arm(Role.CANDIDATE), name=name) for name in arms.values())
    return synthetic.experiment((), name="pool", arms=known, facts={"slots": slots})


@pytest.mark.parametrize("check", SICK_SLOTS)
def test_each_check_voids_a_session_whose_slots_are_in_its_facts(synthetic, check):
    """Pool, breaker, ablation and cache keep slots of their own kind: the same checks look at them."""
    assert judge.session({"pool": in_facts(synthetic)}).valid
    found = judge.session({"pool": in_facts(synthetic, **SICK_SLOTS[check][0])})
    assert not found.valid
    failed = [each.check for each in checks.findings(in_facts(synthetic, **SICK_SLOTS[check][0])) if not each.ok]
    assert failed == [check]


@pytest.mark.parametrize("place", ["slots", "machine", "rows"])
def test_every_place_in_the_facts_is_looked_at(synthetic, place):
    """The blocks of `error_overhead` as one, the hit ratios of `cache` as rows."""
    slots = in_facts(synthetic, health=replace(HEALTHY, steal=0.3)).facts["slots"]
    facts = {"ratios": {place: slots}} if place == "rows" else {place: slots}
    found = checks.findings(replace(in_facts(synthetic), facts=facts))
    assert [each.check for each in found if not each.ok] == ["steal"]


def test_errors_that_an_experiment_makes_on_purpose_are_no_doubt(synthetic):
    """A pool that turns requests away, and a fault, fail requests; what fails beside those counts."""
    assert judge.session({"pool": in_facts(synthetic, excused=10, errors=10)}).valid
    assert not judge.session({"pool": in_facts(synthetic, excused=10, errors=40)}).valid
    told = loaded.disturbed(HEALTHY, "pool-5", 2.0, dropped=0)
    assert judge.session({"pool": replace(in_facts(synthetic), facts={"slots": [{loaded.KEY: told}]})}).valid


def test_what_the_system_does_not_tell_is_not_held_against_it(synthetic):
    """MacOS knows neither steal nor throttling: unknown is not unwell."""
    slots = synthetic.changed(synthetic.slots(), health=SlotHealth())
    assert all(each.ok for each in checks.findings(synthetic.experiment(slots)))


def test_an_experiment_without_slots_has_nothing_to_check(synthetic):
    """Experiments that count rather than time pass the checks of timing."""
    assert all(each.ok for each in checks.findings(synthetic.experiment(())))


def test_disturbance_just_within_its_bounds_is_still_well(synthetic):
    """What stays just within the bounds is allowed."""
    health = SlotHealth(steal=0.0499, throttled_s=0.0599, neighbour_cores=0.499)
    slots = synthetic.changed(synthetic.slots(), health=health, generator_cores=0.899)
    assert all(each.ok for each in checks.findings(synthetic.experiment(slots)))


def test_one_disturbed_slot_does_not_void_a_session(synthetic):
    """Machine and generator are judged over all slots: interleaving and ranks carry a single bad one."""
    slots = list(synthetic.slots())
    slots[3] = replace(slots[3], health=replace(HEALTHY, steal=0.5, neighbour_cores=1.5), generator_cores=1.0)
    slots[3] = replace(slots[3], lag_p50_s=0.01)
    assert all(each.ok for each in checks.findings(synthetic.experiment(slots)))


def test_lag_counts_only_where_arrivals_were_planned(synthetic):
    """A closed-model slot has no intended starts, so no lag can be in its latencies."""
    slots = synthetic.changed(synthetic.slots(), offered_rate=None, lag_p50_s=1.0)
    assert finding("lag", synthetic.experiment(slots)).ok


def test_arms_that_fail_unequally_are_found_below_the_common_bound(synthetic):
    """0.8 % errors are allowed, but not when only one arm has them."""
    experiment = synthetic.experiment(synthetic.changed(synthetic.slots(), Role.CANDIDATE, errors=4))
    assert "apart" in finding("errors", experiment).reason
    everywhere = synthetic.experiment(synthetic.changed(synthetic.slots(), errors=4))
    assert finding("errors", everywhere).ok


def test_an_arm_of_which_every_request_failed_is_found(synthetic):
    """Nothing timed and everything failed is the worst share there is."""
    slots = synthetic.changed(synthetic.slots(), Role.CANDIDATE, n=0, errors=500, metrics={})
    assert "100.0% of the requests to the candidate" in finding("errors", synthetic.experiment(slots)).reason


def test_an_arm_that_never_told_what_it_is_is_found(synthetic):
    """Loading an arm without a record of its identity voids the run."""
    experiment = synthetic.experiment(arms=(synthetic.arm(Role.BASELINE), synthetic.arm(Role.CONTROL)))
    assert "candidate was loaded but never told" in finding("identity", experiment).reason


@pytest.mark.parametrize("changes", [{"config_hash": "x"}, {"knobs": {"pool": "on"}}, {"database": "idx_extra"}])
def test_a_control_that_is_not_the_baselines_twin_is_found(synthetic, changes):
    """A control with another configuration or database controls nothing."""
    arms = tuple(replace(arm, **changes) if arm.role is Role.CONTROL else arm for arm in map(synthetic.arm, Role))
    assert "controls nothing" in finding("identity", synthetic.experiment(arms=arms)).reason


def test_a_control_that_is_really_off_is_found(synthetic):
    """A second process of the baseline that measures 10 % more voids the session, with interval and bound."""
    reason = finding("control", synthetic.experiment(synthetic.slots(control=1.10, sd=0.02))).reason
    assert "more than 3% off what should be equal" in reason
    assert "99% interval" in reason


def test_a_control_that_is_off_by_less_than_matters_is_left_alone(synthetic):
    """A shift of 1 %, however certain, cannot make a verdict."""
    assert finding("control", synthetic.experiment(synthetic.slots(control=1.01, sd=0.001))).ok


def test_a_noisy_control_is_not_held_against_the_session(synthetic):
    """Wide intervals are told by the verdicts; the check asks only whether the control is off."""
    experiment = synthetic.experiment(synthetic.slots(sd=0.3, seed=4))
    control = next(effect for effect in experiment.effects if effect.comparison == CONTROL.label)
    assert abs(control.ratio - 1) > 0.03
    assert finding("control", experiment).ok


@pytest.mark.parametrize("sd", [0.02, 0.08])
def test_good_sessions_are_voided_in_one_percent_at_most(synthetic, sd):
    """Over 400 seeded sessions with an equal control the check voids 1 % (three standard errors allowed)."""
    voided = np.mean(
        [not finding("control", synthetic.experiment(synthetic.slots(seed=seed, sd=sd))).ok for seed in range(400)]
    )
    assert voided <= 0.01 + 3 * (0.01 * 0.99 / 400) ** 0.5


def test_a_session_is_valid_until_a_check_fails(synthetic):
    """Reasons name the experiment and are those of the checks."""
    good, bad = synthetic.experiment(), synthetic.experiment(synthetic.changed(synthetic.slots(), dropped=1))
    assert judge.session({"response_time": good}).valid
    found = judge.session({"response_time": good, "query_time": bad})
    assert not found.valid
    assert [reason.split(":")[0] for reason in found.reasons] == ["query_time"]


def test_a_session_that_measured_nothing_is_not_valid(synthetic):
    """No experiment, or failed ones only, is no session to believe in."""
    failed = synthetic.experiment(status=Status.FAILED, reason="The arm died.")
    for experiments in ({}, {"response_time": failed}):
        found = judge.session(experiments)
        assert not found.valid
        assert "Nothing was measured" in found.reasons[0]


def test_a_failed_experiment_does_not_void_the_others(synthetic):
    """What one experiment measured stands, though another failed half-way."""
    sick = synthetic.changed(synthetic.slots(), dropped=1)
    failed = synthetic.experiment(sick, status=Status.FAILED, reason="The arm died.")
    assert judge.session({"response_time": synthetic.experiment(), "query_time": failed}).valid
