"""Which commit of a range made it slower: halving the range, with a comparison that may not know.

Each step compares the last commit known to be good with one in the middle. A step that stays undecided tells nothing
about its commit: its neighbours are tried, and where none of them can be told either, the answer is the range that is
left, never a commit that was only guessed.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bench.model import ComparisonVerdict

Compare = Callable[[str, str], ComparisonVerdict]
"""The verdict of the second commit against the first, the baseline."""

SLOWER = ComparisonVerdict.REGRESSION
NOT_SLOWER = frozenset({ComparisonVerdict.EQUIVALENT, ComparisonVerdict.IMPROVEMENT})


@dataclass(frozen=True, slots=True)
class Step:
    """One comparison that was made."""

    baseline: str
    candidate: str
    verdict: ComparisonVerdict


@dataclass(frozen=True, slots=True)
class Bisection:
    """What is known in the end: the change lies after `good` and not after `bad`."""

    good: str
    bad: str
    between: tuple[str, ...]
    """Commits between the two that could not be told; empty when `bad` is the one."""
    steps: tuple[Step, ...]
    confirmed: bool
    """Whether the ends of the range differ at all: without that there is nothing to look for."""


def bisect(good: str, commits: Sequence[str], compare: Compare) -> Bisection:
    """Halve `commits`, which follow `good` in order; the last one is said to be slower, which is checked first."""
    steps: list[Step] = []

    def slower(candidate: str) -> bool | None:
        verdict = compare(good, candidate)
        steps.append(Step(good, candidate, verdict))
        return True if verdict is SLOWER else False if verdict in NOT_SLOWER else None

    if slower(commits[-1]) is not True:
        return Bisection(good, commits[-1], tuple(commits[:-1]), tuple(steps), confirmed=False)
    # Of `commits`, all up to `low` are not slower, `high` is.
    low, high = -1, len(commits) - 1
    untold: set[int] = set()
    while candidates := [at for at in range(low + 1, high) if at not in untold]:
        at = min(candidates, key=lambda place: abs(place - (low + high) / 2))
        answer = slower(commits[at])
        if answer is None:
            untold.add(at)
        elif answer:
            high = at
        else:
            low = at
    last_good = good if low < 0 else commits[low]
    return Bisection(last_good, commits[high], tuple(commits[low + 1 : high]), tuple(steps), confirmed=True)


def answer(found: Bisection) -> str:
    """What the bisection says, in one sentence."""
    if not found.confirmed:
        verdict = found.steps[-1].verdict
        return (
            f"{found.bad[:12]} against {found.good[:12]} is {verdict}: the range cannot be halved; measure longer, or "
            "look at what else changed on the machine."
        )
    if found.between:
        return (
            f"Slower since one of {len(found.between) + 1} commits, {found.good[:12]}..{found.bad[:12]}: those between "
            "could not be told apart; measure longer."
        )
    return f"Slower since {found.bad[:12]}; {found.good[:12]} before it is not."
