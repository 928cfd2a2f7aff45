"""Was the machine fit to measure? The checks' findings over all experiments."""

from collections.abc import Mapping

from bench import checks
from bench.model import ExperimentRecord, Session, Status

NOTHING = "Nothing was measured, so there is nothing to believe; look for the first error of the run."


def session(experiments: Mapping[str, ExperimentRecord]) -> Session:
    """Valid when something was measured and every check holds for every experiment.

    Slots that an experiment keeps in its facts count like others. Each reason is one sentence with the observed value,
    the bound and the remedy.
    """
    measured = {name: record for name, record in experiments.items() if record.status is not Status.FAILED}
    if not measured:
        return Session(valid=False, reasons=(NOTHING,))
    reasons = tuple(
        f"{name}: {finding.reason}"
        for name, record in measured.items()
        for finding in checks.findings(record)
        if not finding.ok
    )
    return Session(valid=not reasons, reasons=reasons)
