"""Known weaknesses of files and image, scanned outside a run and judged as a run judges them."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from bench import criteria, judge, scanning
from bench.criteria.vulnerabilities import EXPERIMENT
from bench.errors import StoreError
from bench.model import CriterionResult, ExperimentRecord, Status

CLAIM = "vulnerabilities"
VERDICT = "verdict.json"


@dataclass(frozen=True, slots=True)
class Weaknesses:
    """What the scanners found, and what the claim is worth."""

    scans: Sequence[scanning.Scan]
    verdict: CriterionResult

    def facts(self) -> Mapping[str, Any]:
        """Each scan by its name, and the claim's verdict by its own."""
        return {**{scan.name: scan.facts() for scan in self.scans}, CLAIM: asdict(self.verdict)}


def weaknesses(root: Path, into: Path) -> Weaknesses:
    """Scan and judge; the verdict stands beside the scanners' reports.

    Raises ToolError when a scanner crashes; no earlier verdict is left then.
    """
    (into / VERDICT).unlink(missing_ok=True)
    scans = scanning.scan(root, into)
    facts = {"scans": {scan.name: scan.facts() for scan in scans}}
    record = ExperimentRecord(
        EXPERIMENT, "", "", Status.COMPLETE, "", arms=(), looks=(), slots=(), effects=(), facts=facts
    )
    (verdict,) = judge.scorecard({EXPERIMENT: record}, [criteria.catalogue()[CLAIM]])
    try:
        (into / VERDICT).write_text(json.dumps(asdict(verdict), indent=1) + "\n")
    except OSError as error:
        raise StoreError(f"{into / VERDICT} cannot be written ({error.strerror}); choose another --out.") from error
    return Weaknesses(scans, verdict)
