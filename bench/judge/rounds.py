"""Files of pytest-benchmark held against each other: ratios with intervals, judged by rules.

Rounds of one file share one process and one moment, so they are never the unit. With four files or more on each side
the file is: one figure each, and the shift between the two samples of files. With one on each side it is a batch, a
tenth of its rounds in their order; what differs from one start of the process to the next is then not in the interval,
which is said.
"""

import math
import re
from collections.abc import Iterator, Sequence
from statistics import median

from bench.errors import TooFewPairs
from bench.judge.floors import Floors, delta
from bench.judge.gate import comparison_check, concluded
from bench.model import (
    METRICS,
    Benchmark,
    BenchmarkFile,
    Effect,
    Gate,
    GateCheck,
    Policy,
    Rule,
    Session,
    Verdict,
)
from bench.stats import batches, rank_sum
from bench.stats.interval import Interval

ALPHA = 0.05
ONE_FILE = (
    "One file on a side: the intervals come from batches of its rounds and do not know what another start of the "
    "process would change; four files on each side do."
)
UNWATCHED = "pytest-benchmark records no disturbance of the machine: nothing here says that it was quiet."

Files = Sequence[BenchmarkFile]


def refusal(new: Files, old: Files) -> str:
    """Why these files must not be held against each other; empty when they may."""
    machines = {file.machine: file.name for file in (*new, *old)}
    if len(machines) > 1:
        said = " and ".join(f"{name} on {machine}" for machine, name in machines.items())
        return f"{said}: no stored baseline from another machine is judged by; time both revisions on one machine."
    enough = rank_sum.fewest(ALPHA)
    for side in (new, old):
        if 1 < len(side) < enough:
            return f"{len(side)} files on one side: give one, or {enough} and more, so that the file is the unit."
    if (len(new) > 1) != (len(old) > 1):
        return "One side has several files, the other one: the file is the unit on both sides or on none."
    return ""


def gate_rounds(new: Files, old: Files, policy: Policy, floors: Floors | None) -> Gate:
    """Judge every benchmark that both sides have by the rules that fit it."""
    rules = policy.fail or tuple(
        Rule("", "*", metric, delta(metric, policy.delta, None).value) for metric in policy.metrics
    )
    known = {one.fullname: one for file in (*new, *old) for one in file.benchmarks}
    asked = [(one, rule) for one in known.values() for rule in _fitting(one, rules)]
    notes = [UNWATCHED, *([ONE_FILE] if len(new) == 1 else [])]
    checks = []
    for one, rule in asked:
        effect = _effect(new, old, one, rule.metric, family=len(asked))
        title = f"{one.fullname} {rule.metric}"
        if isinstance(effect, str):
            checks.append(GateCheck(title, Verdict.NOT_MEASURED, effect, required=_held_before(one, old)))
            continue
        smallest = delta(rule.metric, {rule.metric: rule.delta}, floors)
        notes.append(smallest.note)
        checks.append(comparison_check(title, effect, smallest.value))
    checks += _idle(rules, asked)
    return concluded(_names(new), _names(old), checks, Session(valid=True), notes, policy.inconclusive)


def fits(rule: Rule, one: Benchmark) -> bool:
    """Whether a rule is about a benchmark: `*` and `?` as in file names, without them any part of the text."""
    if not rule.field:
        return True
    text: str = getattr(one, rule.field)
    if not set("*?") & set(rule.pattern):
        return rule.pattern in text
    # Brackets are no wildcards here: they stand in every name of a parametrised test.
    form = re.escape(rule.pattern).replace(r"\*", ".*").replace(r"\?", ".")
    return re.fullmatch(form, text, re.DOTALL) is not None


def _fitting(one: Benchmark, rules: Sequence[Rule]) -> list[Rule]:
    """The rules that count for a benchmark: of each metric the last one that fits."""
    found = {rule.metric: rule for rule in rules if fits(rule, one)}
    return [found[metric] for metric in METRICS if metric in found]


def _idle(rules: Sequence[Rule], asked: Sequence[tuple[Benchmark, Rule]]) -> Iterator[GateCheck]:
    """Rules that guard nothing, most likely misspelt: they must not read as passed."""
    fitted = [one for one, _ in asked]
    for rule in rules:
        if not any(fits(rule, one) for one in fitted):
            yield GateCheck(str(rule), Verdict.NOT_MEASURED, "No benchmark of these files fits this rule.")


def _held_before(one: Benchmark, old: Files) -> bool:
    """A benchmark that is new has nothing to be held against, which is no gap in the gate."""
    return all(any(each.fullname == one.fullname for each in file.benchmarks) for file in old)


def _effect(new: Files, old: Files, one: Benchmark, metric: str, *, family: int) -> Effect | str:
    sides: list[list[Benchmark]] = []
    for side in (new, old):
        found = [each for file in side for each in file.benchmarks if each.fullname == one.fullname]
        if len(found) < len(side):
            return f"It is missing in {len(side) - len(found)} of {_names(side)}."
        if any(not each.rounds for each in found):
            return "The file keeps no rounds; write it with --benchmark-json, or --benchmark-save-data."
        sides.append(found)
    try:
        over, under = (_units(side, metric) for side in sides)
        ratio = rank_sum.shift(over, under, alpha=ALPHA / family)
    except TooFewPairs as error:
        return _too_few(error, metric, sides, family)
    if len(new) == 1 and (least := min(batches.worth(side[0].rounds) for side in sides)) < batches.LEAST_WORTH:
        return (
            f"Its rounds resemble each other so much that a tenth of a file is worth {least:.1f} of them: the machine "
            "changed while they ran; raise the rounds, or give four files on each side."
        )
    return _described(ratio.exp(), metric, one, over, under, family)


def _units(side: Sequence[Benchmark], metric: str) -> list[float]:
    """The logarithm of the figure of each file, or of each batch of the only one."""
    if len(side) == 1:
        return batches.log_figures(side[0].rounds, metric)
    return [batches.log_figure(each.rounds, metric) for each in side]


def _described(
    ratio: Interval, metric: str, one: Benchmark, over: Sequence[float], under: Sequence[float], family: int
) -> Effect:
    return Effect(
        metric=metric,
        scope=one.fullname,
        comparison="new/old",
        ratio=ratio.estimate,
        ci=(ratio.low, ratio.high),
        confidence=1 - ALPHA,
        n_pairs=min(len(over), len(under)),
        mde=None,
        numerator=math.exp(median(over)),
        denominator=math.exp(median(under)),
        adjusted=f"Bonferroni over {family}" if family > 1 else "",
    )


def _too_few(error: TooFewPairs, metric: str, sides: Sequence[Sequence[Benchmark]], family: int) -> str:
    fewest = min(len(each.rounds) for side in sides for each in side)
    if fewest < batches.rounds_needed(metric):
        return f"{fewest} rounds are too few for {metric}: {error.need} are needed; raise the rounds of the benchmark."
    said = f"{error.have} files on a side are too few for {family} judgements together"
    return f"{said}: {error.need} are needed, or rules for fewer benchmarks."


def _names(files: Files) -> str:
    return ", ".join(file.name for file in files)
