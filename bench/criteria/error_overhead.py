"""How long does an error take beyond a request that succeeds? The kind that may take longest decides.

The success is a route that does nothing, so all that an error takes beyond it counts as its handling: routing that
finds nothing, validation, the handler, the envelope. Differences in seconds over blocks, by Hodges and Lehmann with the
exact signed-rank interval; widened by Bonferroni over the kinds, since the worst of them is chosen. What an error waits
for before it is one counts, too: the key that is looked up, the database that is asked for a connection.
"""

from collections.abc import Mapping, Sequence

from bench.criteria import evidence
from bench.criteria.reading import Evidence, Reading, Unmeasured
from bench.model import Role
from bench.stats import signed_rank
from bench.stats.interval import Interval

EXPERIMENT = "error_overhead"
EXPERIMENTS = (EXPERIMENT,)
SUCCESS = "success"
BOTH = ("validation", "unknown path", "method", "malformed body")
"""Kinds that either API has."""
KINDS = (
    *BOTH,
    *("version", "unknown key", "role", "too large", "media type"),
    *("database away", "defect"),
)
"""Every kind that can be provoked over HTTP, and without which nobody can speak of the worst one."""
BESIDE = {
    "too large": "success, new connection",
    "media type": "success, new connection",
    "database away": "success, database away",
    "defect": "success, defect",
}
"""What a kind is held against where it is not SUCCESS: a success of the same service, over as new a connection."""
ALPHA = 0.05
GOAL_S = 0.00005
"""What handling should add beside the claim's threshold; nothing is judged by it."""

Blocks = Sequence[Mapping[str, Mapping[str, float]]]
"""Of each block, by role and kind, the median seconds."""


def blocks_needed() -> int:
    """Fewest blocks with an interval for every kind."""
    return signed_rank.fewest(ALPHA / len(KINDS))


def overheads(blocks: Blocks, role: Role) -> dict[str, Interval]:
    """Seconds that each kind which this arm has takes beyond its success.

    Raises TooFewPairs.
    """
    found = {}
    for kind in (kind for kind in KINDS if all(kind in block[role] for block in blocks)):
        beyond = [block[role][kind] - block[role][BESIDE.get(kind, SUCCESS)] for block in blocks]
        found[kind] = signed_rank.estimate(beyond, alpha=ALPHA / len(KINDS))
    return found


def read(experiments: Evidence) -> Reading | Unmeasured:
    """What the worst kind of error adds in the candidate, in seconds."""
    record = evidence.measured(experiments, EXPERIMENT)
    if isinstance(record, Unmeasured):
        return record
    blocks: Blocks = record.facts.get("blocks", ())
    if len(blocks) < blocks_needed():
        return Unmeasured(f"Too few blocks: {len(blocks)}, at least {blocks_needed()} are needed; give more --budget.")
    worst = max(overheads(blocks, Role.CANDIDATE).values(), key=lambda interval: interval.high)
    return Reading(
        value=worst.estimate,
        low=worst.low,
        high=worst.high,
        confidence=1 - ALPHA,
        n=len(blocks),
        evidence=evidence.figures(record),
    )
