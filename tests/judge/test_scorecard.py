"""One line a claim, early stopping, and the exit code."""

from dataclasses import replace
from itertools import product

import pytest

from bench import criteria, judge
from bench.model import Session, Status, Verdict

CLAIMS = criteria.catalogue()
GOOD, BAD = Session(valid=True), Session(valid=False, reasons=("Steal.",))


def results(synthetic, *verdicts: Verdict, required: bool = True):
    """Results with these verdicts."""
    template = judge.scorecard({}, [CLAIMS["response_time"]])[0]
    return [replace(template, verdict=verdict, required=required) for verdict in verdicts]


def test_every_claim_has_its_line(synthetic):
    """The scorecard follows the claims in order; what was not measured says why and shows no figure."""
    card = judge.scorecard({"response_time": synthetic.experiment()}, list(CLAIMS.values()))
    assert [line.id for line in card] == list(CLAIMS)
    for line in card:
        assert (line.verdict is Verdict.NOT_MEASURED) == (line.measured is None) == (line.ci is None)
        assert line.reason != "" or line.verdict is Verdict.PASS
    by_id = {line.id: line for line in card}
    assert by_id["response_time"].verdict is Verdict.PASS
    assert "infrastructure was not run" in by_id["infrastructure"].reason
    assert not by_id["vulnerabilities"].required


def test_a_line_holds_what_was_read(synthetic):
    """Value, interval, pairs and detectable effect are those of the experiment."""
    record = synthetic.experiment()
    line = judge.scorecard({"response_time": record}, [CLAIMS["response_time"]])[0]
    effect = record.effects[0]
    assert line.measured == pytest.approx(1 - effect.ratio)
    assert line.ci == pytest.approx((1 - effect.ci[1], 1 - effect.ci[0]))
    assert (line.n, line.mde, line.confidence) == (8, effect.mde, 0.95)


def test_a_partial_run_is_judged_and_said_to_be_partial(synthetic):
    """What was measured before a cut counts, and the line says that there is more to come."""
    record = synthetic.experiment(status=Status.PARTIAL, reason="Interrupted after 8 pairs.")
    line = judge.scorecard({"response_time": record}, [CLAIMS["response_time"]])[0]
    assert line.verdict is Verdict.PASS
    assert line.reason == "From a part of response_time only: Interrupted after 8 pairs."


def test_a_changed_threshold_is_said_in_the_claim(synthetic):
    """The claim's words name a figure; where a spec changed it, the line says so."""
    changed = replace(CLAIMS["response_time"], threshold=0.35)
    line = judge.scorecard({"response_time": synthetic.experiment()}, [changed])[0]
    assert line.claim == "API response time improved by 20% (threshold changed to 35.0%)"
    assert line.threshold == 0.35


def test_a_look_decides_when_every_claim_on_the_experiment_is_decided(synthetic):
    """PASS and FAIL both end it; a straddling claim goes on; claims on other experiments have no say."""
    clear = synthetic.experiment(synthetic.slots(0.5)).effects
    tail = synthetic.effect(0.8, 0.7, 0.9, metric="spread")
    wide = synthetic.effect(1.0, 0.8, 1.2, metric="spread")
    everything = list(CLAIMS.values())
    assert judge.decided("response_time", [*clear, tail], everything)
    assert not judge.decided("response_time", [*clear, wide], everything)
    assert judge.decided("response_time", clear, [CLAIMS["response_time"], CLAIMS["query_time"]])
    worse = synthetic.experiment(synthetic.slots(1.5)).effects
    assert judge.decided("response_time", worse, [CLAIMS["response_time"]])


def test_what_nobody_claims_is_measured_to_its_end(synthetic):
    """Without a claim, or without an effect yet, no look decides."""
    clear = synthetic.experiment(synthetic.slots(0.5)).effects
    assert not judge.decided("response_time", clear, [])
    assert not judge.decided("response_time", clear, [CLAIMS["rollback"]])
    assert not judge.decided("response_time", [], [CLAIMS["response_time"]])


@pytest.mark.parametrize(
    ("verdicts", "session", "code"),
    [
        ([Verdict.PASS], GOOD, 0),
        ([Verdict.PASS, Verdict.FAIL], GOOD, 1),
        ([Verdict.PASS, Verdict.INCONCLUSIVE], GOOD, 3),
        ([Verdict.PASS, Verdict.NOT_MEASURED], GOOD, 3),
        ([Verdict.INCONCLUSIVE, Verdict.FAIL], BAD, 1),
        ([Verdict.PASS], BAD, 4),
        ([Verdict.INCONCLUSIVE], BAD, 4),
        ([], GOOD, 4),
        ([Verdict.NOT_MEASURED], GOOD, 3),
        ([Verdict.NOT_MEASURED], BAD, 4),
    ],
)
def test_exit_code(synthetic, verdicts, session, code):
    """The code follows the order: failed, unfit, inconclusive, good."""
    assert judge.exit_code(results(synthetic, *verdicts), session) == code


@pytest.mark.parametrize(
    ("verdicts", "session", "code"),
    [
        ([Verdict.PASS, Verdict.NOT_MEASURED], GOOD, 2),
        ([Verdict.PASS], GOOD, 2),
        ([Verdict.INCONCLUSIVE], BAD, 2),
        ([Verdict.PASS, Verdict.FAIL], GOOD, 1),
    ],
)
def test_an_experiment_that_broke_is_told_after_what_failed(synthetic, verdicts, session, code):
    """The harness broke: 2, whatever else stays open, and never good; but a FAIL was measured and comes first."""
    assert judge.exit_code(results(synthetic, *verdicts), session, broke=True) == code


def test_what_is_not_required_may_be_missing(synthetic):
    """A missing optional criterion beside a passed one is good; alone it is nothing measured."""
    missing = results(synthetic, Verdict.NOT_MEASURED, required=False)
    assert judge.exit_code([*results(synthetic, Verdict.PASS), *missing], GOOD) == 0
    assert judge.exit_code(missing, GOOD) == 4


@pytest.mark.parametrize("count", [0, 1, 2, 3])
def test_no_run_reads_as_good_without_a_pass_in_a_valid_session(synthetic, count):
    """Over all combinations, 0 needs a PASS, a valid session, and no FAIL or INCONCLUSIVE."""
    for verdicts, session, required in product(product(Verdict, repeat=count), (GOOD, BAD), (True, False)):
        code = judge.exit_code(results(synthetic, *verdicts, required=required), session)
        clean = Verdict.PASS in verdicts and not {Verdict.FAIL, Verdict.INCONCLUSIVE} & set(verdicts)
        whole = not required or Verdict.NOT_MEASURED not in verdicts
        assert (code == 0) == (clean and whole and session.valid)


def test_a_claim_on_its_very_threshold_rarely_passes(synthetic):
    """Where the truth is exactly 20 %, the claim passes in 2.5 % of 400 seeded sessions at most (plus three errors)."""
    verdicts = [
        judge.scorecard(
            {"response_time": synthetic.experiment(synthetic.slots(0.8, seed=seed, sd=0.05))}, [CLAIMS["response_time"]]
        )[0].verdict
        for seed in range(400)
    ]
    allowed = 0.025 + 3 * (0.025 * 0.975 / 400) ** 0.5
    assert verdicts.count(Verdict.PASS) / 400 <= allowed
    assert verdicts.count(Verdict.FAIL) / 400 <= allowed
