"""What an error adds is measured over HTTP and judged by its worst kind."""

import asyncio
import random
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bench.criteria import error_overhead as criterion
from bench.criteria import margin
from bench.criteria.catalogue import catalogue
from bench.criteria.error_overhead import BESIDE, BOTH, KINDS, SUCCESS, blocks_needed
from bench.criteria.reading import Reading, Unmeasured
from bench.environment import OwnProcesses
from bench.errors import BudgetTooSmall, SubjectError
from bench.experiments import Draft, asking, error_overhead
from bench.experiments.error_overhead import EXPERIMENT, Asked, asked, block
from bench.lifetime import Custody
from bench.model import Role, Verdict
from bench.provision import Servers
from bench.report import findings
from bench.runner import Silent
from bench.spec import ExperimentSpec
from bench.subject import KNOBS
from tests.experiments.conftest import STATES
from tests.experiments.test_counters import record


@asynccontextmanager
async def planted(pause_s: float) -> AsyncIterator[int]:
    """A service whose handler of errors takes this long; its port."""

    async def slow(_: Request, __: Exception) -> Response:
        await asyncio.sleep(pause_s)
        return JSONResponse({"error": "x"}, 404)

    async def live(_: Request) -> Response:
        return JSONResponse({})

    app = Starlette(routes=[Route("/health/live", live)], exception_handlers={404: slow})
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="warning", lifespan="off"))
    serving = asyncio.create_task(server.serve())
    async with asyncio.timeout(10):
        while not server.started:  # noqa: ASYNC110 - uvicorn has no event for it
            await asyncio.sleep(0.01)
    yield server.servers[0].sockets[0].getsockname()[1]
    server.should_exit = True
    await serving


def judged(blocks: list[dict[str, dict[str, float]]]) -> tuple[Verdict, Reading]:
    """The verdict on what these blocks say."""
    told = replace(record({"blocks": blocks}), name="error_overhead")
    reading = criterion.read({"error_overhead": told})
    assert isinstance(reading, Reading)
    verdict, _ = margin.verdict(catalogue()["error_overhead"], reading)
    return verdict, reading


def simulated(overhead_s: float, count: int = 20) -> list[dict[str, dict[str, float]]]:
    """Blocks in which one kind takes so much longer."""
    drawn = random.Random(1)
    blocks = []
    for _ in range(count):
        kinds = {kind: 0.001 + drawn.gauss(0, 0.0001) for kind in (SUCCESS, *KINDS, *BESIDE.values())}
        kinds["method"] += overhead_s
        blocks.append({"baseline": kinds, "candidate": kinds})
    return blocks


async def test_a_handler_of_twenty_milliseconds_fails() -> None:
    """Planted in a real service and measured over HTTP: the claim of five milliseconds does not hold."""
    kinds = {SUCCESS: asked("off")[SUCCESS]} | {kind: asked("off")["unknown path"] for kind in BOTH}
    async with planted(0.02) as port:
        measured = [await block(port, kinds, random.Random(n)) for n in range(blocks_needed())]
    verdict, reading = judged([{"baseline": one, "candidate": one} for one in measured])
    assert verdict is Verdict.FAIL
    assert reading.low > 0.005


def test_the_worst_kind_decides() -> None:
    """One slow kind among good ones fails, one of a tenth of a millisecond passes, one at the threshold is neither."""
    assert judged(simulated(0.006))[0] is Verdict.FAIL
    assert judged(simulated(0.0001))[0] is Verdict.PASS
    assert judged(simulated(0.005))[0] is Verdict.INCONCLUSIVE


def test_too_few_blocks_are_no_reading() -> None:
    """Nor is a budget that holds no more; the sentence says how many it takes."""
    told = replace(record({"blocks": simulated(0.0, blocks_needed() - 1)}), name="error_overhead")
    reading = criterion.read({"error_overhead": told})
    assert isinstance(reading, Unmeasured)
    assert str(blocks_needed()) in reading.reason
    assert findings.of(told) == ()
    with pytest.raises(BudgetTooSmall, match="error_overhead"):
        EXPERIMENT.plan(ExperimentSpec(budget_s=blocks_needed() * error_overhead.BLOCK_S - 0.1), 7)


def test_both_arms_are_told() -> None:
    """Kind by kind, with intervals."""
    said: Any = findings.of(replace(record({"blocks": simulated(0.001)}), name="error_overhead"))
    assert [sentence.partition(",")[0] for sentence in said] == ["baseline", "candidate"]
    assert re.search(r"; method (\d+ µs|1\.\d+ ms) \(\d+ µs to 1\.\d+ ms\); ", said[1])


async def test_an_error_that_is_none_is_not_measured() -> None:
    """A request that was to fail and did not would make errors look cheap."""
    kinds = {SUCCESS: asked("off")[SUCCESS], "validation": Asked(asking.request("GET", "/health/live"))}
    async with planted(0.0) as port:
        with pytest.raises(SubjectError, match="validation was answered with 200"):
            await block(port, kinds, random.Random(1))


@pytest.mark.servers
@pytest.mark.slow
async def test_every_kind_is_provoked_on_real_services(servers: Servers, tmp_path: Path) -> None:
    """The consolidated API errs in every way of the catalogue, the database's absence and a defect included."""
    with Custody.open(tmp_path / "leases") as custody:
        bench: Any = SimpleNamespace(
            draft=Draft(),
            timing=ExperimentSpec(budget_s=blocks_needed() * error_overhead.BLOCK_S + 0.1),
            seed=7,
            servers=servers,
            databases={role: servers.postgres.dsn(STATES[role].name) for role in Role},
            knobs={role: dict.fromkeys(KNOBS, "on" if role is Role.CANDIDATE else "off") for role in Role},
            custody=custody,
            own=OwnProcesses(),
            logs=tmp_path,
            progress=Silent(),
        )
        await EXPERIMENT.run(bench)
    blocks = bench.draft.facts["blocks"]
    assert set(blocks[0]["candidate"]) == {SUCCESS, *KINDS, *BESIDE.values()}
    assert set(blocks[0]["baseline"]) == {SUCCESS, *BOTH}
    assert set(criterion.overheads(blocks, Role.CANDIDATE)) == set(KINDS)
    assert set(criterion.overheads(blocks, Role.BASELINE)) == set(BOTH)
    _, reading = judged(blocks)
    assert reading.high == max(one.high for one in criterion.overheads(blocks, Role.CANDIDATE).values())
