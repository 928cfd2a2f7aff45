"""What do the service's parts cost by themselves, and how much of a request do they explain?"""

import asyncio
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

import httpx

from bench import design
from bench.errors import SubjectError
from bench.experiments import requests
from bench.experiments.arms import Arm, arms
from bench.experiments.context import Bench, Latencies
from bench.load.generator.server_timing import parse
from bench.model import Effect, Look, Plan, Role
from bench.runner import Records
from bench.spec import ExperimentSpec

if TYPE_CHECKING:
    from bench.corpus import Operation

ROOT = Path(__file__).resolve().parents[2]
REQUEST_PATH = "bench/micro/test_request_path.py"
OTHERS = ("bench/micro/test_error_path.py", "bench/micro/test_breaker.py", "bench/micro/test_pool.py")
OTHERS_S = 20.0
"""What these need beside the first."""
KEPT = "micro.json"
SEARCHES = 60
LIMIT_S = 60.0


class Micro:
    """pytest-benchmark's suites in a process of their own, and a few searches over HTTP beside them."""

    name = "micro"
    question = "What do the service's parts cost by themselves, and how much of a request do they explain?"
    method = (
        "The suites of bench/micro time validation, encoding and middleware inside one event loop, the consolidated "
        "API beside the old one. Searches sent one after another tell by Server-Timing how long the application "
        "itself took, so that the parts can be held against the whole."
    )
    metric = "median"

    def plan(self, timing: ExperimentSpec, seed: int) -> Plan:  # noqa: ARG002 - a protocol's method
        """No slots: one caller, one request at a time."""
        return design.unslotted(self.name, seed)

    async def run(self, bench: Bench) -> None:
        """Time the parts, then the whole."""
        bench.progress.stage(f"{self.name}: the parts")
        suites = (REQUEST_PATH, *(OTHERS if bench.timing.budget_s >= OTHERS_S else ()))
        bench.draft.facts["parts"] = await _parts(bench, suites)
        bench.save()
        searches = [operation for operation in bench.operations if requests.kind(operation) == "search GET"]
        distinct = list(dict.fromkeys(searches))[:SEARCHES]
        async with arms(bench) as started:
            bench.progress.stage(f"{self.name}: the whole")
            bench.draft.facts["whole"] = {
                str(role): await _whole(started[role], distinct) for role in (Role.BASELINE, Role.CANDIDATE)
            }

    def analyse(self, looks: Sequence[Look], slots: Records, latencies: Latencies) -> tuple[Effect, ...]:  # noqa: ARG002
        """Parts are not compared between arms here."""
        return ()


async def _parts(bench: Bench, suites: Sequence[str]) -> dict[str, dict[str, float]]:
    """Median seconds of a round by group and name; pytest-benchmark's own file stays in the run."""
    kept, log = bench.folder.path / KEPT, bench.logs / "micro.log"
    command = [sys.executable, "-m", "pytest", *suites, "--quiet", f"--benchmark-json={kept}"]
    with log.open("wb") as output:
        process = bench.custody.spawn(command, cwd=ROOT, stdout=output, stderr=output)
        try:
            await asyncio.to_thread(process.wait)
        finally:
            bench.custody.end(process.pid)
    if process.returncode:
        last = log.read_text(errors="replace").strip().splitlines()[-1:]
        raise SubjectError(f"the micro benchmarks failed ({''.join(last)}); see what `perflab bench` says.")
    return medians(json.loads(kept.read_text()))


def medians(stored: Mapping[str, Any]) -> dict[str, dict[str, float]]:
    """Median seconds of a round, by group and by the parameter in the test's name."""
    found: dict[str, dict[str, float]] = {}
    for one in stored["benchmarks"]:
        name = one["name"].partition("[")[2].removesuffix("]") or one["name"]
        found.setdefault(one["group"], {})[name] = float(one["stats"]["median"])
    return found


async def _whole(arm: Arm, searches: "Sequence[Operation]") -> dict[str, float]:
    """Median seconds of a search as its caller sees it, and of the application's own part."""
    api = arm.identity.knobs["api"]
    whole, own = [], []
    async with httpx.AsyncClient(base_url=arm.running.base_url, timeout=LIMIT_S, trust_env=False) as client:
        for operation in searches:
            answer = await requests.send(client, api, operation)
            whole.append(answer.elapsed.total_seconds())
            told = parse(answer.headers.get("server-timing", ""))
            own.append(told["app"] + told["encode"])
    return {"whole": median(whole), "app": median(own), "n": float(len(searches))}


EXPERIMENT = Micro()
