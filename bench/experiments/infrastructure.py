"""Does the infrastructure's code hold, and does it deploy?"""

import asyncio
from collections.abc import Sequence

from bench import design, image, infrastructure
from bench.errors import ToolError
from bench.experiments.context import Bench, Latencies
from bench.model import Effect, Look, Plan
from bench.runner import Records
from bench.spec import ExperimentSpec


class Infrastructure:
    """Every check of terraform/ once; no arm is started."""

    name = "infrastructure"
    question = "Does the infrastructure's code hold, and does it deploy?"
    method = (
        "The Dockerfile is held to its rules, and built where an engine has its base. "
        "The Terraform files are parsed, their resources held against what the "
        "provider knows, modules against what they are given, and each variable's rules tried with what they must "
        "refuse. Where the provider can be installed and an engine answers, the development environment is deployed "
        "and taken down."
    )
    metric = "count"

    def plan(self, timing: ExperimentSpec, seed: int) -> Plan:  # noqa: ARG002 - a protocol's method
        """No slots: nothing here depends on time."""
        return design.unslotted(self.name, seed)

    async def run(self, bench: Bench) -> None:
        """Check; a Terraform that crashes leaves the criterion unmeasured, and the run goes on."""
        bench.progress.stage(self.name)
        try:
            outcomes = await asyncio.to_thread(infrastructure.check)
        except ToolError as error:
            outcomes = (infrastructure.Outcome.not_run("terraform", str(error)),)
        built = await asyncio.to_thread(_built)
        bench.draft.facts["checks"] = [outcome.facts() for outcome in (_dockerfile(), built, *outcomes)]

    def analyse(self, looks: Sequence[Look], slots: Records, latencies: Latencies) -> tuple[Effect, ...]:  # noqa: ARG002
        """None: facts alone."""
        return ()


def _dockerfile() -> infrastructure.Outcome:
    checks = image.checks((image.ROOT / "Dockerfile").read_text())
    return infrastructure.Outcome.of(
        "dockerfile", tuple(f"{check.rule}: {check.objection}" for check in checks if check.objection)
    )


def _built() -> infrastructure.Outcome:
    tried = image.trial(image.ROOT)
    if tried.reason:
        return infrastructure.Outcome.not_run("image", tried.reason)
    return infrastructure.Outcome.of("image", (tried.objection,) if tried.objection else ())


EXPERIMENT = Infrastructure()
