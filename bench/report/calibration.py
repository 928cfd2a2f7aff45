"""The calibration card for people: Markdown and a figure beside its JSON file."""

from collections.abc import Iterator
from pathlib import Path

from bench.errors import StoreError
from bench.model.calibration import AA, OURS, Card, Detection, MetricCard, Promise, Rate
from bench.report import words
from bench.report.figures import detection
from bench.report.markdown import tabulated

RULES = {
    "sequential": "half the time the one, then the other; median +5 %",
    "mean": "pytest-benchmark's compare-fail, mean:5%",
    "requests": "Mann-Whitney over single requests, 5 %",
    "kayenta": "Kayenta's NetflixACAJudge",
}


def write(card: Card, beside: Path) -> tuple[Path, Path]:
    """Write the page and the figure beside the card's JSON file; answer their paths. Raises StoreError."""
    page, drawn = beside.with_suffix(".md"), beside.with_suffix(".png")
    try:
        detection.draw(card, drawn)
        page.write_text("\n".join(_lines(card, drawn.name)) + "\n")
    except OSError as error:
        raise StoreError(f"The calibration card cannot be written to {page}: {error.strerror}.") from error
    return page, drawn


def foretold(each: Promise) -> str:
    """One sentence: what a budget finds here, or that it cannot."""
    what = f"{each.slowdown:.0%} slower (delta {each.delta:.0%})"
    needed = "no budget finds that" if each.needed_s is None else f"95 % takes {each.needed_s:.0f} s"
    if not each.chance:
        return f"in {each.budget_s:.0f} s this machine cannot find {what}: too few pairs; {needed}"
    return f"in {each.budget_s:.0f} s this machine finds {what} in {each.chance:.0%} of comparisons; {needed}"


def headline(card: Card) -> str:
    """What the card says, in a sentence or two."""
    metric = next(iter(card.metrics.values()))
    false = [each for each in metric.detections if each.condition == AA]
    alarms = ", ".join(f"{_rate(each.said)} at delta {each.delta:.0%}" for each in false)
    found = "no slowdown tried was found in 95 % of its trials" if metric.floor is None else (
        f"slowdowns from {words.percent(metric.floor)} on are found in 95 % of trials or more"
    )  # fmt: skip
    return f"{metric.metric}: {found}; false alarms on equal arms: {alarms}."


def _lines(card: Card, figure: str) -> Iterator[str]:
    turns = f" in turns of {words.seconds(card.turn_s)}" if card.turn_s else ""
    yield f"# Calibration of {card.machine}"
    yield ""
    yield headline(card)
    yield ""
    yield (
        f"{card.made}, commit {card.commit[:10]}, seed {card.seed}. {card.repeats} trials of {card.pairs} pairs for "
        f"each slowdown, slots of {card.slot_s:.1f} s{turns} at {card.rate:.0f} requests/s, arms started again before "
        f"every pair; the baseline's median latency is {words.seconds(card.median_s)}. In `perflab compare` a pair "
        f"takes {card.pair_s:.1f} s. {card.unfit} of the trials were not fit to measure and are left out."
    )
    yield ""
    yield f"![Share of trials in which a slowdown was found, by its size]({figure})"
    for metric in card.metrics.values():
        yield ""
        yield from _metric(metric)
    yield ""
    yield "## Foretold from the noise alone, before anything was slowed"
    yield ""
    yield from (f"* {foretold(each)}" for each in card.promises)
    yield ""
    yield "## What other tools' rules say of the same requests"
    yield ""
    labels = list(next(iter(card.rivals.values()), {}))
    yield from tabulated(
        ("alarms", *labels),
        [(RULES[name], *(_share(by_label[label]) for label in labels)) for name, by_label in card.rivals.items()],
    )


def _metric(metric: MetricCard) -> Iterator[str]:
    yield f"## {metric.metric}"
    yield ""
    yield f"Without a slowdown the log ratio of a pair scatters by {words.percent(metric.noise)}."
    yield ""
    yield from tabulated(
        ("injected", "true change", "measured", "delta", f"said by {OURS}", "95 % interval"),
        [_row(each) for each in metric.detections],
    )


def _row(each: Detection) -> tuple[str, ...]:
    low, high = each.said.ci
    return (
        each.condition.label, f"+{words.percent(each.of_metric)}", f"{each.ratio - 1:+.1%}", f"{each.delta:.0%}",
        _rate(each.said), f"{low:.0%} to {high:.0%}",
    )  # fmt: skip


def _rate(rate: Rate) -> str:
    return f"{rate.hits} of {rate.trials}"


def _share(rate: Rate) -> str:
    return f"{rate.share:.0%}"
