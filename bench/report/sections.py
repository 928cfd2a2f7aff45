"""What both reports say, in the order in which they say it."""

from collections.abc import Container, Sequence
from dataclasses import dataclass

from bench import criteria
from bench.model import (
    CONTROL,
    ComparisonRecord,
    CriterionResult,
    Direction,
    Effect,
    ExperimentRecord,
    RunRecord,
    Verdict,
)
from bench.report import changed, words

COMPARED = ("metric", "candidate / baseline", "interval", "change", "")
"""The head of `compared`."""
SECONDARY = ("p95", "p99", "mean", "p50", "spread")


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the scorecard, in words."""

    mark: str
    verdict: str
    kind: str
    """The verdict as a style name."""
    id: str
    claim: str
    origin: str
    measured: str
    interval: str
    threshold: str
    n: str
    mde: str
    reason: str
    experiment: str
    """Whose section shows it; empty where none does."""


@dataclass(frozen=True, slots=True)
class EffectRow:
    """One line of an experiment's table of effects."""

    what: str
    change: str
    ratio: str
    interval: str
    values: str
    pairs: str
    mde: str


def scorecard(results: Sequence[CriterionResult], experiments: Container[str] = ()) -> list[Row]:
    """One row a criterion of a run with these experiments; what was measured first."""
    ordered = sorted(results, key=lambda result: result.verdict is Verdict.NOT_MEASURED)
    return [_row(result, rests_on(result, experiments)) for result in ordered]


def rests_on(result: CriterionResult, experiments: Container[str]) -> tuple[str, ...]:
    """Those of the experiments that a criterion reads."""
    known = criteria.find()
    wanted = known[result.id].EXPERIMENTS if result.id in known else ()
    return tuple(name for name in wanted if name in experiments)


def compared(found: ComparisonRecord) -> list[tuple[str, ...]]:
    """The metric that decides a comparison, then the others with p-values that count their number (Holm)."""
    decides = "decides" if found.aa is None else f"decides; A/A {found.aa.ratio:.3f}"
    rows = [(found.metric, found.ratio, found.ci, decides)]
    for other in found.others:
        said = f"{'differs' if other.differs else 'may be chance'}, p = {other.p_value:.2g} (Holm)"
        rows.append((other.metric, other.ratio, other.ci, said))
    return [
        (metric, f"{ratio:.3f}", f"{low:.3f} to {high:.3f}", words.change(ratio), said)
        for metric, ratio, (low, high), said in rows
    ]


def effect_rows(experiment: ExperimentRecord) -> list[EffectRow]:
    """Every effect in a line."""
    return [_effect_row(effect) for effect in experiment.effects]


def decides(experiment: ExperimentRecord, record: RunRecord) -> list[str]:
    """What would change the verdicts that rest on this experiment: a reason, or how far a pass reaches."""
    named = [result for result in record.criteria if rests_on(result, {experiment.name})]
    return [f"{result.id}: {said}" for result in named if (said := result.reason or _reaches(result))]


def _reaches(result: CriterionResult) -> str:
    """Up to which threshold a criterion that passes would have passed."""
    if result.verdict is not Verdict.PASS or result.ci is None:
        return ""
    above = result.direction is Direction.ABOVE
    nearest = result.ci[0] if above else result.ci[1]
    if nearest == result.threshold:
        return f"passes; a single case {'less' if above else 'more'} would change that."
    return (
        f"passes; a threshold beyond {words.quantity(nearest, result.unit)}, the near end of the interval, would "
        f"change that (it is {words.threshold(result)})."
    )


def machine(record: RunRecord) -> list[tuple[str, str]]:
    """The environment, as pairs of name and value."""
    env, services = record.environment, record.services
    commit = env.commit or "not a checkout"
    return [
        ("Machine", f"{env.cores} cores, {env.memory_bytes / 2**30:.0f} GiB, {env.cpu}"),
        ("System", f"{env.os}, kernel {env.kernel}, {env.machine}"),
        ("Virtualisation", env.virtualisation or "none seen"),
        ("Servers", f"{services.kind}: PostgreSQL {services.postgres}, {services.redis}. {services.reason}"),
        ("Python", f"{env.python}; " + ", ".join(f"{name} {version}" for name, version in env.packages.items())),
        ("Commit", f"{commit}{', with uncommitted changes' if env.dirty else ''}"),
        ("Spec and seed", f"{record.spec}, {record.seed}"),
        ("Started, took", f"{record.started}, {record.duration_s:.0f} s"),
    ]


def facts(experiment: ExperimentRecord) -> list[tuple[str, str]]:
    """What an experiment says of its own arms and load, as pairs of name and value."""
    known = experiment.facts
    said = changed.arms(experiment)
    if "rate" in known:
        reason = f": {known['rate_reason']}" if "rate_reason" in known else ""
        said.append(("Offered rate", f"{known['rate']:.1f} requests/s to every arm{reason}"))
    if "capacity" in known:
        held = ", ".join(f"{role} {value:g}" for role, value in known["capacity"].items())
        said.append(("Capacity", f"{held} requests/s"))
    if "calls_per_slot" in known:
        said.append(("Requests per slot", f"{known['calls_per_slot']}, the same for all arms of a triple"))
    took = f"{experiment.duration_s:.0f} s"
    if experiment.slots:
        seen = sum(slot.n for slot in experiment.slots)
        said.append(("Slots", f"{len(experiment.slots)}, {seen:,} judged observations, {took}"))
    else:
        said.append(("Took", took))
    return said


def evidence(experiment: ExperimentRecord) -> list[str]:
    """What in the run's folder the section rests on, as paths from there."""
    rests = ["run.json", *(figure.path for figure in experiment.figures)]
    if experiment.slots or experiment.facts.get("slots"):
        rests.insert(1, "samples/")
    return rests


def name_of(page: str) -> str:
    """An executed notebook's file as a reader calls it: `notebooks/03_query_speed.html` is 03 query speed."""
    return page.rpartition("/")[2].removesuffix(".html").replace("_", " ")


def _row(result: CriterionResult, experiments: Sequence[str]) -> Row:
    return Row(
        mark=words.MARKS[result.verdict],
        verdict=result.verdict.replace("_", " "),
        kind=result.verdict.lower().replace("_", "-"),
        id=result.id,
        claim=result.claim,
        origin=result.origin,
        measured="" if result.measured is None else words.quantity(result.measured, result.unit),
        interval=words.interval(result),
        threshold=words.threshold(result),
        n=str(result.n) if result.n else "",
        mde="" if result.mde is None else words.percent(result.mde),
        reason=result.reason,
        experiment=experiments[0] if experiments else "",
    )


def _effect_row(effect: Effect) -> EffectRow:
    noise = "noise (A/A), " if effect.comparison == CONTROL.label else ""
    scope = "" if effect.scope == "all" else f"{effect.scope}, "
    metric = "p99 / p50" if effect.metric == "spread" else effect.metric
    low, high = effect.ci
    said = words.change(effect.ratio)
    if effect.metric == "spread":
        said = said.replace("faster", "shorter tail").replace("slower", "longer tail")
    return EffectRow(
        what=f"{noise}{scope}{metric}",
        change=said,
        ratio=f"{effect.ratio:.3g}",
        interval=f"{low:.3g} to {high:.3g}" + (f" ({effect.adjusted})" if effect.adjusted else ""),
        values=words.from_to(effect),
        pairs=str(effect.n_pairs),
        mde="" if effect.mde is None else words.percent(effect.mde),
    )
