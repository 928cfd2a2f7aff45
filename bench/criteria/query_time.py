"""How much less time does the database spend on the same queries?

The mean over a slot decides: the queries come in the proportions of the workload, so the ratio of means is
the ratio of the total database time that the workload costs, which is what an engineer pays for and what
`pg_stat_statements` ranks by. The median would tell the time of whichever query happens to stand in the
middle of the mix: a change that makes the one slow query ten times faster would not move it, and one that
makes the cheapest faster would. An outlier in a slot moves that slot's mean; the signed-rank interval over
pairs is what keeps it from moving the verdict. Each query's own effect stands beside it.
"""

from bench.criteria import evidence
from bench.criteria.reading import Evidence, Reading, Unmeasured

EXPERIMENT = "query_time"
EXPERIMENTS = (EXPERIMENT,)
METRIC = "mean"


def read(experiments: Evidence) -> Reading | Unmeasured:
    """The fraction by which the candidate's mean query time is lower than the baseline's."""
    record = evidence.measured(experiments, EXPERIMENT)
    if isinstance(record, Unmeasured):
        return record
    effect = evidence.main_effect(record, METRIC)
    if effect is None:
        return evidence.too_few(record, METRIC, 1)
    return evidence.improvement(record, effect)
