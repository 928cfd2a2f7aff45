"""Two runs of the same spec on the same machine: did the effect itself change?

Each run's effect is a ratio of interleaved arms, so what the machine did in its hour has cancelled; the ratio of the
two ratios tells whether the candidate lost ground. Its interval has two parts. The scatter of the pairs in both runs:
Hodges and Lehmann's shift with the rank-sum interval. And what differs from one start of a process to the next, which
no pair within a run can show: each run's A/A control is one draw of it. Both add in quadrature, the second with
Student's quantile for its two degrees of freedom.
"""

import math
from dataclasses import replace

from bench.errors import TooFewPairs
from bench.model import CONTROL, MAIN, Effect, ExperimentRecord, Role, RunRecord, machine
from bench.stats import rank_sum
from bench.stats.interval import Interval

ALPHA = 0.05
DRAWS = 2
"""Controls: one in each run."""
SCOPE = "all"


def refusal(new: RunRecord, old: RunRecord) -> str:
    """Why the two must not be held against each other; empty when they may."""
    if machine(new.environment) != machine(old.environment):
        return (
            f"{old.run_id} was measured on {machine(old.environment)}, {new.run_id} on {machine(new.environment)}: no "
            "stored baseline from another machine is judged by; measure both revisions here, interleaved, with "
            "`perflab compare`."
        )
    if new.spec != old.spec:
        return (
            f"{old.run_id} is a run of the spec {old.spec}, {new.run_id} of {new.spec}: they ask different questions."
        )
    return ""


def ratio_of_ratios(new: RunRecord, old: RunRecord, experiment: str, metric: str, *, family: int) -> Effect | str:
    """The new run's effect over the old one's, above 1 where the candidate lost ground; or why there is none.

    `family` is how many such effects are judged together: the interval is widened to hold for all (Bonferroni).
    """
    found = [_effects(run.experiments.get(experiment), metric) for run in (new, old)]
    for run, pair in zip((new, old), found, strict=True):
        if isinstance(pair, str):
            return f"{run.run_id}: {pair}"
    (over, over_control), (under, under_control) = (pair for pair in found if not isinstance(pair, str))
    if (reason := _changed_baseline(new.experiments[experiment], old.experiments[experiment])) != "":
        return reason
    alpha = ALPHA / family
    logs = [[math.log(ratio) for ratio in effect.pairs] for effect in (over, under)]
    try:
        within = rank_sum.shift(*logs, alpha=alpha)
    except TooFewPairs as error:
        return str(error)
    between = math.hypot(math.log(over_control.ratio), math.log(under_control.ratio))
    whole = _widened(within, between, alpha).exp()
    return replace(
        over,
        comparison=f"{new.run_id}/{old.run_id}",
        ratio=whole.estimate,
        ci=(whole.low, whole.high),
        confidence=1 - ALPHA,
        n_pairs=min(over.n_pairs, under.n_pairs),
        mde=None,
        numerator=over.ratio,
        denominator=under.ratio,
        adjusted=f"Bonferroni over {family}" if family > 1 else "",
        pairs=(),
    )


def _effects(record: ExperimentRecord | None, metric: str) -> tuple[Effect, Effect] | str:
    """The main effect and the control's."""
    if record is None:
        return "this experiment was not run"
    found = [_find(record, comparison, metric) for comparison in (MAIN.label, CONTROL.label)]
    if found[0] is None:
        return f"{record.name} has no effect of {metric} made of pairs"
    if found[1] is None:
        return f"{record.name} has no A/A control, so nothing tells what a mere restart changes"
    return found[0], found[1]


def _find(record: ExperimentRecord, comparison: str, metric: str) -> Effect | None:
    wanted = (comparison, SCOPE, metric)
    found = (effect for effect in record.effects if (effect.comparison, effect.scope, effect.metric) == wanted)
    return next((effect for effect in found if effect.pairs), None)


def _changed_baseline(new: ExperimentRecord, old: ExperimentRecord) -> str:
    """A ratio to another baseline is another ratio."""
    hashes = [next((arm.config_hash for arm in record.arms if arm.role is Role.BASELINE), "") for record in (new, old)]
    return "" if hashes[0] == hashes[1] else f"{new.name}: the baselines of the two runs are configured differently"


def _widened(within: Interval, between: float, alpha: float) -> Interval:
    from scipy.special import stdtrit

    reach = float(stdtrit(DRAWS, 1 - alpha / 2)) * between
    low = within.estimate - math.hypot(within.estimate - within.low, reach)
    high = within.estimate + math.hypot(within.high - within.estimate, reach)
    return Interval(within.estimate, low, high, within.confidence)
