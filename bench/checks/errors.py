"""Did the arms answer, and equally well?"""

from bench.checks.arms import unwell, well
from bench.checks.loaded import Loaded, by_arm
from bench.model import ExperimentRecord, Finding

NAME = "errors"
MOST = 0.01
"""Share of requests that may fail. Failed requests are not timed; more than one in a hundred could be the p99."""
MOST_APART = 0.005
"""How far the shares of two arms may lie apart: an arm that sheds its slow requests as errors looks faster."""


def check(experiment: ExperimentRecord) -> Finding:
    """Each arm fails at most MOST of its requests, and no two arms differ by more than MOST_APART."""
    counted = {arm: [slot for slot in slots if slot.errors is not None] for arm, slots in by_arm(experiment).items()}
    shares = {arm: _share(slots) for arm, slots in counted.items() if slots}
    if not shares:
        return well(NAME)
    worst, best = max(shares, key=shares.__getitem__), min(shares, key=shares.__getitem__)
    if shares[worst] > MOST:
        return unwell(
            NAME,
            f"{shares[worst]:.1%} of the requests to the {worst} failed, more than {MOST:.0%}; "
            "look at the error column of its samples and at its log.",
        )
    if shares[worst] - shares[best] > MOST_APART:
        return unwell(
            NAME,
            f"{shares[worst]:.1%} of the requests to the {worst} failed and {shares[best]:.1%} of those to the {best}, "
            f"more than {MOST_APART:.1%} apart; look at the error column of the samples.",
        )
    return well(NAME)


def _share(slots: list[Loaded]) -> float:
    failed = sum(slot.errors or 0 for slot in slots)
    # `n` counts the requests that were timed, which are those that succeeded.
    total = failed + sum(slot.n for slot in slots)
    return failed / total if total else 0.0
