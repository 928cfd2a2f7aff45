"""What other tools' rules say of the same requests: is the candidate slower?

Each takes the latencies of the baseline's and of the candidate's slots, in the order of the pairs, and answers whether
it would have raised an alarm. They are here to be held beside the rules of this project, not to judge by.

sequential   before/after: half of the time the one, then the other; an alarm where the median is 5 % higher
mean         pytest-benchmark, `--benchmark-compare-fail=mean:5%`: all requests, means, no interval
requests     Mann-Whitney over single requests at 5 %, as k6 and Locust users do with exported samples
kayenta      Spinnaker's NetflixACAJudge with its defaults (MannWhitneyClassifier.scala, spinnaker/kayenta): outliers
             beyond three interquartile ranges left out, then the 98 % interval of the shift beyond a quarter of its
             own estimate, and the ratio of means above 1
"""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Slots = Sequence[NDArray[np.float64]]

THRESHOLD = 1.05
ALPHA = 0.05
KAYENTA_LEVEL = 0.98
KAYENTA_TOLERANCE = 0.25
OUTLIER_RANGES = 3.0


def sequential(baseline: "Slots", candidate: "Slots") -> bool:
    """The baseline's slots of the first half against the candidate's of the second, by the median of all requests."""
    half = len(baseline) // 2
    before, after = np.concatenate(baseline[:half]), np.concatenate(candidate[half:])
    return bool(np.median(after) > THRESHOLD * np.median(before))


def mean(baseline: "Slots", candidate: "Slots") -> bool:
    """By the means of all requests."""
    return bool(np.concatenate(candidate).mean() > THRESHOLD * np.concatenate(baseline).mean())


def requests(baseline: "Slots", candidate: "Slots") -> bool:
    """By the ranks of single requests, as if each were independent."""
    from scipy.stats import mannwhitneyu

    return bool(mannwhitneyu(np.concatenate(candidate), np.concatenate(baseline), alternative="greater").pvalue < ALPHA)


def kayenta(baseline: "Slots", candidate: "Slots") -> bool:
    """High, as Kayenta calls it."""
    before, after = (_without_outliers(np.concatenate(slots)) for slots in (baseline, candidate))
    low, estimate = _shift(before, after, KAYENTA_LEVEL)
    return bool(low > KAYENTA_TOLERANCE * abs(estimate) and after.mean() > before.mean())


RULES: Mapping[str, Callable[["Slots", "Slots"], bool]] = {
    "sequential": sequential,
    "mean": mean,
    "requests": requests,
    "kayenta": kayenta,
}


def _without_outliers(values: "NDArray[np.float64]") -> "NDArray[np.float64]":
    first, third = np.quantile(values, (0.25, 0.75))
    reach = OUTLIER_RANGES * (third - first)
    kept: NDArray[np.float64] = values[(values >= first - reach) & (values <= third + reach)]
    return kept


def _shift(before: "NDArray[np.float64]", after: "NDArray[np.float64]", level: float) -> tuple[float, float]:
    """Lower bound and estimate (Hodges-Lehmann) of after - before, from all differences.

    Source: Hollander, Wolfe, Chicken, Nonparametric Statistical Methods, 3rd edition, section 4.3; large samples.
    """
    from scipy.special import ndtri

    n, m = len(before), len(after)
    differences = np.sort(np.subtract.outer(after, before).ravel())
    index = n * m / 2 - float(ndtri(0.5 + level / 2)) * np.sqrt(n * m * (n + m + 1) / 12)
    return float(differences[max(int(index), 0)]), float(np.median(differences))
