"""Is the candidate's tail, relative to its own median, no longer than the baseline's at the same load?

Spread = p99 / p50 of all requests of an arm; the reading is candidate's spread / baseline's. A candidate
that is twice as fast everywhere keeps a ratio of 1: consistency is not speed.
"""

from bench.criteria import evidence
from bench.criteria.reading import Evidence, Reading, Unmeasured
from bench.model import MAIN, ExperimentRecord
from bench.stats.quantiles import QUANTILES, needed

EXPERIMENT = "response_time"
EXPERIMENTS = (EXPERIMENT,)


def read(experiments: Evidence) -> Reading | Unmeasured:
    """The ratio of the arms' p99 / p50."""
    record = evidence.measured(experiments, EXPERIMENT)
    if isinstance(record, Unmeasured):
        return record
    effect = evidence.main_effect(record, "spread")
    if effect is None:
        return _too_few(record)
    return Reading(
        value=effect.ratio,
        low=effect.ci[0],
        high=effect.ci[1],
        confidence=effect.confidence,
        n=effect.n_pairs,
        mde=effect.mde,
        evidence=evidence.figures(record),
        log_scale=True,
    )


def _too_few(record: ExperimentRecord) -> Unmeasured:
    need = needed(QUANTILES["p99"])
    have = min(
        sum(slot.n for slot in record.slots if slot.slot.role is role) for role in (MAIN.numerator, MAIN.denominator)
    )
    if have < need:
        loaded_s = sum(slot.slot.duration_s for slot in record.slots)
        at_this_load = f"at this load slots of {loaded_s * need / have:,.0f} s in all would hold them; " if have else ""
        return Unmeasured(
            f"Too few observations: p99 needs {need:,} requests per arm, had {have:,}; {at_this_load}"
            "give a larger --budget or more load."
        )
    return evidence.too_few(record, "p99 / p50", 0)
