"""Slots to effects, effects to verdicts, checks to session validity, all to an exit code: pure.

effects(slots, looks=...)         ratios of latency metrics with their intervals
spread_effects(slots, ...)        the ratio of tail ratios, from the observations themselves
compare(effect, delta)            improvement, regression, equivalent, inconclusive or invalid
comparison(experiments, session)  the verdict on two arms, a regression only when it is confirmed
session(experiments)              was the machine fit to measure?
scorecard(experiments, claims)    one line for each claim
decided(name, effects, claims)    may the experiment stop at this look?
exit_code(criteria, session)      what the command answers
gate_run, gate_rounds             a run, or files of pytest-benchmark, against a policy
"""

from bench.judge.comparison import ComparisonResult, compare
from bench.judge.contest import comparison, confirmed, look
from bench.judge.effects import effects, spread_effects
from bench.judge.exit import ExitCode, broken, comparison_exit_code, exit_code
from bench.judge.gate import Compared, gate_run
from bench.judge.rounds import gate_rounds
from bench.judge.scorecard import decided, scorecard
from bench.judge.session import session

__all__ = [
    "Compared",
    "ComparisonResult",
    "ExitCode",
    "broken",
    "compare",
    "comparison",
    "comparison_exit_code",
    "confirmed",
    "decided",
    "effects",
    "exit_code",
    "gate_rounds",
    "gate_run",
    "look",
    "scorecard",
    "session",
    "spread_effects",
]
