"""How much faster does the API answer? The p50 from the intended start decides.

The median is what most users feel, it is the steadiest figure on a noisy machine, and one decides so that
nobody can choose afterwards; p95, p99 and mean stand beside it in the experiment's effects.
"""

from bench.criteria import evidence
from bench.criteria.reading import Evidence, Reading, Unmeasured
from bench.stats.quantiles import QUANTILES, needed

EXPERIMENT = "response_time"
EXPERIMENTS = (EXPERIMENT,)
METRIC = "p50"


def read(experiments: Evidence) -> Reading | Unmeasured:
    """The fraction by which the candidate's p50 is lower than the baseline's."""
    record = evidence.measured(experiments, EXPERIMENT)
    if isinstance(record, Unmeasured):
        return record
    effect = evidence.main_effect(record, METRIC)
    if effect is None:
        return evidence.too_few(record, METRIC, needed(QUANTILES[METRIC]))
    return evidence.improvement(record, effect)
