"""Do two processes of the same thing measure the same (A/A)?

A 95 % interval misses the truth in one good session of twenty; voiding each of those would teach people to
run again until it fits. So the control is judged at its own, stricter level, and only a shift that matters
counts: both conditions together void under 1 % of good sessions (docs/statistics.md), and a real bias of
twice SHIFT still shows.
"""

import math

from bench.checks.arms import unwell, well
from bench.model import CONTROL, Effect, ExperimentRecord, Finding
from bench.stats import signed_rank
from bench.stats.looks import FEWEST

NAME = "control"
ALPHA = 0.01
"""One good session in a hundred at most; six pairs cannot reach it and are held to their widest interval, 0.03."""
SHIFT = 0.03
"""The smallest difference that matters to a comparison; a smaller shift cannot make a verdict on its own."""
METRICS = ("p50", "mean")
"""The first that was measured is looked at: one test a session, or the levels would add up."""


def check(experiment: ExperimentRecord) -> Finding:
    """The control's ratio to the baseline is not, with confidence, off 1 by more than SHIFT."""
    effect = _effect(experiment)
    if effect is None or len(effect.pairs) < FEWEST:
        return well(NAME)
    alpha = max(ALPHA, 2 / 2 ** len(effect.pairs))
    interval = signed_rank.estimate([math.log(ratio) for ratio in effect.pairs], alpha=alpha)
    if interval.low <= 0 <= interval.high or abs(interval.estimate) <= math.log1p(SHIFT):
        return well(NAME)
    low, high = math.exp(interval.low) - 1, math.exp(interval.high) - 1
    return unwell(
        NAME,
        f"A second process of the baseline measured {effect.ratio - 1:+.1%} in {effect.metric} "
        f"({1 - alpha:.0%} interval {low:+.1%} to {high:+.1%}), more than {SHIFT:.0%} off what should be equal; "
        "look for state that the processes do not share (caches, connections) and measure again.",
    )


def _effect(experiment: ExperimentRecord) -> Effect | None:
    control = {
        effect.metric: effect
        for effect in experiment.effects
        if effect.comparison == CONTROL.label and effect.scope == "all"
    }
    return next((control[metric] for metric in METRICS if metric in control), None)
