"""The whole run in one paragraph: its doubts, what it found with intervals, and what its criteria come to."""

from collections.abc import Iterator, Sequence

from bench.model import CriterionResult, RunRecord, Status, Verdict
from bench.report import findings, sections, words

MAIN = (("response_time", "p50", "The API answers"), ("query_time", "mean", "The database answers"))
"""The experiments that a run is about, the metric that decides, and how the sentence begins."""
BESIDE = {
    "pooling_gain": "The tuned pool takes {} off the mean latency of the basic one",
    "breaker_prevention": "The breaker prevents {} of the failures beside a dependency that hangs",
    "error_overhead": "Handling an error adds {}",
}
"""What else is worth a sentence where it was measured, by its criterion."""
MANY = {
    Verdict.PASS: ("passes", "pass"),
    Verdict.FAIL: ("fails", "fail"),
    Verdict.INCONCLUSIVE: ("is undecided", "are undecided"),
    Verdict.NOT_MEASURED: ("was not measured", "were not measured"),
}


def answer(record: RunRecord) -> str:
    """The whole run in one paragraph, its doubts first."""
    if record.comparison is not None:
        return words.comparison(record.comparison)
    found = [*_headline(record), *_beside(record.criteria)]
    if not any(sections.rests_on(result, record.experiments) for result in record.criteria):
        # A run of other experiments: no criterion tells what they found.
        said = [*found, *_first_findings(record)]
        return " ".join([*_doubts(record), *(said or ["No criterion was judged."])])
    return " ".join([*_doubts(record), *found, _tally(record.criteria)])


def _doubts(record: RunRecord) -> Iterator[str]:
    if not record.session.valid:
        yield "This session was not fit to measure, so nothing below can be relied on."
    cut = [name for name, experiment in record.experiments.items() if experiment.status is not Status.COMPLETE]
    if cut:
        yield f"Partial: {', '.join(cut)} did not run to the end."


def _headline(record: RunRecord) -> Iterator[str]:
    for name, metric, subject in MAIN:
        experiment = record.experiments.get(name)
        found = experiment and words.main_effect(experiment.effects, metric)
        if found:
            slow, quick = sorted(found.ci, reverse=True)
            yield (
                f"{subject} {words.change(found.ratio)} ({metric} {words.from_to(found)}; {found.confidence * 100:g} % "
                f"interval: {words.change(slow)} to {words.change(quick)})."
            )


def _beside(results: Sequence[CriterionResult]) -> Iterator[str]:
    for result in results:
        if result.id in BESIDE and result.measured is not None:
            value, interval = words.quantity(result.measured, result.unit), words.interval(result)
            yield BESIDE[result.id].format(value) + (f" ({interval})." if interval else ".")


def _first_findings(record: RunRecord) -> Iterator[str]:
    for experiment in record.experiments.values():
        yield from findings.of(experiment)[:1]


def _tally(results: Sequence[CriterionResult]) -> str:
    said = []
    for verdict, (one, many) in MANY.items():
        those = [result for result in results if result.verdict is verdict]
        if those:
            named = "" if verdict is Verdict.PASS else ": " + ", ".join(map(_half_a_sentence, those))
            said.append(f"{len(those)} {one if len(those) == 1 else many}{named}")
    return f"Of {len(results)} criteria {'; '.join(said)}."


def _half_a_sentence(result: CriterionResult) -> str:
    if result.measured is None:
        return result.id
    straddles = result.verdict is Verdict.INCONCLUSIVE
    found = words.interval(result) if straddles else words.quantity(result.measured, result.unit)
    return f"{result.id} ({found}, where {words.threshold(result)} is asked)"
