"""Slots to effects, effects to verdicts, checks to session validity, all to an exit code: pure.

effects(slots, looks=...)         ratios of latency metrics with their intervals
spread_effects(slots, ...)        the ratio of tail ratios, from the observations themselves
compare(effect, delta)            improvement, regression, equivalent, inconclusive or invalid
session(experiments)              was the machine fit to measure?
scorecard(experiments, claims)    one line for each claim
decided(name, effects, claims)    may the experiment stop at this look?
exit_code(criteria, session)      what the command answers
"""

from bench.judge.comparison import ComparisonResult, compare
from bench.judge.effects import effects, spread_effects
from bench.judge.exit import ExitCode, exit_code
from bench.judge.scorecard import decided, scorecard
from bench.judge.session import session

__all__ = [
    "ComparisonResult",
    "ExitCode",
    "compare",
    "decided",
    "effects",
    "exit_code",
    "scorecard",
    "session",
    "spread_effects",
]
