"""Numbers and effects as a person says them: the one place where seconds become milliseconds."""

from bench.model import ComparisonRecord, CriterionResult, Effect, Verdict

MARKS = {
    Verdict.PASS: "✔",
    Verdict.FAIL: "✘",
    Verdict.INCONCLUSIVE: "?",
    Verdict.NOT_MEASURED: "○",
}
"""A shape for each verdict, so that none rests on colour alone."""
FACTOR_BELOW = 0.5
"""Below this ratio a factor reads better than a percentage."""


def seconds(value: float) -> str:
    """A duration with three significant digits in the unit that suits it."""
    for unit, scale in (("s", 1.0), ("ms", 1e3), ("µs", 1e6)):
        if value * scale >= 1 or unit == "µs":
            return f"{_three_digits(value * scale)} {unit}"
    raise AssertionError


def percent(value: float) -> str:
    """A fraction as a percentage, with a digit more where it is small."""
    return f"{value * 100:.1f} %" if abs(value) < 0.1 else f"{value * 100:.0f} %"


def quantity(value: float, unit: str) -> str:
    """A measured value or threshold of a criterion in its unit."""
    if unit == "fraction":
        return percent(value)
    if unit == "s":
        return seconds(value) if value >= 0 else f"-{seconds(-value)}"
    if unit == "count":
        return f"{value:g}"
    return _three_digits(value)


def interval(result: CriterionResult) -> str:
    """A criterion's interval; empty where there is none."""
    if result.ci is None:
        return ""
    low, high = (quantity(bound, result.unit) for bound in result.ci)
    return f"{low} to {high}"


def threshold(result: CriterionResult) -> str:
    """A criterion's threshold with the side on which it is good."""
    return f"{'at least' if result.direction == 'above' else 'at most'} {quantity(result.threshold, result.unit)}"


def effect(found: Effect) -> str:
    """An effect in one sentence, with its interval, its pairs and what they could have seen."""
    low, high = found.ci
    said = f"{change(found.ratio)} (95 % interval: {change(low)} to {change(high)}; {found.n_pairs} pairs"
    if found.mde is not None:
        said += f"; smallest change that they could see: {percent(found.mde)}"
    return f"{said})"


def change(ratio: float) -> str:
    """A ratio of times as a change."""
    if ratio < FACTOR_BELOW:
        return f"{_three_digits(1 / ratio)} times faster"
    if ratio > 1 / FACTOR_BELOW:
        return f"{_three_digits(ratio)} times slower"
    if round(abs(ratio - 1), 3) == 0:
        return "no change"
    return f"{percent(abs(1 - ratio))} {'faster' if ratio < 1 else 'slower'}"


def from_to(found: Effect) -> str:
    """The typical values of both arms."""
    if found.metric == "spread":
        return f"{_three_digits(found.denominator)} → {_three_digits(found.numerator)}"
    return f"{seconds(found.denominator)} → {seconds(found.numerator)}"


def comparison(found: ComparisonRecord) -> str:
    """The verdict on two arms in a paragraph: the answer, the noise beside it, what would decide."""
    said = [f"{found.verdict}: {found.sentence}"]
    if found.aa is not None:
        low, high = found.aa.ci
        said.append(f"The baseline against itself (A/A): {change(found.aa.ratio)} ({low:.3f} to {high:.3f}).")
    if found.mde is not None:
        said.append(f"The smallest change that {found.n_pairs} pairs could see is {percent(found.mde)}.")
    if found.deciding_budget_s is not None:
        said.append(f"--budget {found.deciding_budget_s:.0f} would probably decide.")
    return " ".join(said)


def main_effect(effects: tuple[Effect, ...], metric: str) -> Effect | None:
    """The effect of candidate over baseline on all requests for a metric."""
    wanted = ("candidate/baseline", "all", metric)
    return next((found for found in effects if (found.comparison, found.scope, found.metric) == wanted), None)


def _three_digits(value: float) -> str:
    if value == 0:
        return "0"
    magnitude = abs(value)
    decimals = 0 if magnitude >= 100 else 1 if magnitude >= 10 else 2 if magnitude >= 1 else 3
    return f"{value:,.{decimals}f}"
