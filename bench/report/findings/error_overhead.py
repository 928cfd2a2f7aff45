"""What each kind of error adds, on either arm."""

from collections.abc import Iterator

from bench.criteria.error_overhead import blocks_needed, overheads
from bench.model import ExperimentRecord, Role
from bench.report import words


def sentences(experiment: ExperimentRecord) -> Iterator[str]:
    """A sentence for each arm."""
    blocks = experiment.facts.get("blocks", ())
    if len(blocks) < blocks_needed():
        return
    for role in (Role.BASELINE, Role.CANDIDATE):
        listed = "; ".join(
            f"{kind} {words.quantity(found.estimate, 's')} ({words.quantity(found.low, 's')} to "
            f"{words.quantity(found.high, 's')})"
            for kind, found in overheads(blocks, role).items()
        )
        yield f"{role}, beyond a request that succeeds: {listed}; {len(blocks)} blocks."
