"""Do the image and the files have known weaknesses?"""

import asyncio
from collections.abc import Sequence
from pathlib import Path

from bench import design, scanning
from bench.errors import ToolError
from bench.experiments.context import Bench, Latencies
from bench.model import Effect, Look, Plan
from bench.runner import Records
from bench.spec import ExperimentSpec

ROOT = Path(__file__).resolve().parents[2]
FOLDER = "scan"


class Scanned:
    """Every scanner once; no arm is started."""

    name = "scan"
    question = "Do the image and the repository's files have known weaknesses?"
    method = (
        "Trivy and hadolint read the repository's files and the image that PERFLAB_IMAGE names, without network. "
        "What could not be looked at, for want of an image or a vulnerability database, is said and counts as nothing."
    )
    metric = "count"

    def plan(self, timing: ExperimentSpec, seed: int) -> Plan:  # noqa: ARG002 - a protocol's method
        """No slots: nothing here depends on time."""
        return design.unslotted(self.name, seed)

    async def run(self, bench: Bench) -> None:
        """Scan; a scanner that is missing or crashes leaves the criterion unmeasured, and the run goes on."""
        bench.progress.stage(self.name)
        try:
            scans = await asyncio.to_thread(scanning.scan, ROOT, bench.folder.path / FOLDER)
        except ToolError as error:
            bench.draft.facts["scans"] = {"image": {"measured": False, "reason": str(error)}}
            return
        bench.draft.facts["scans"] = {scan.name: scan.facts() for scan in scans}

    def analyse(self, looks: Sequence[Look], slots: Records, latencies: Latencies) -> tuple[Effect, ...]:  # noqa: ARG002
        """None: facts alone."""
        return ()


EXPERIMENT = Scanned()
