"""The slots of an experiment by arm, and findings: what the checks share."""

from collections.abc import Mapping

from bench.model import ExperimentRecord, Finding, Role, SlotRecord


def by_role(experiment: ExperimentRecord) -> Mapping[Role, list[SlotRecord]]:
    """The slots of each role that ran."""
    grouped: dict[Role, list[SlotRecord]] = {}
    for record in experiment.slots:
        grouped.setdefault(record.slot.role, []).append(record)
    return grouped


def well(check: str) -> Finding:
    """Nothing to complain about."""
    return Finding(check, ok=True, reason="")


def unwell(check: str, reason: str) -> Finding:
    """One sentence with the observed value, the bound and the remedy."""
    return Finding(check, ok=False, reason=reason)
