"""loadtests/search.py under plain Locust, and in the generator."""

import asyncio
import json
import os
import re
import socket
import sys
from pathlib import Path

import pytest

from bench.lifetime import Custody
from bench.load.locust import LocustLoad
from tests.load.driving import Server, rows, slot

ROOT = Path(__file__).parents[2]
SEARCH = ROOT / "loadtests" / "search.py"
NAMES = {"search GET", "search POST", "stats", "collections", "health"}


async def locust(*arguments: str, **environment: str) -> tuple[int, str]:
    """Run plain Locust without its web page; answer its exit code and all that it printed."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "locust", "-f", str(SEARCH), "--headless", "-u", "2", *arguments),
        cwd=ROOT,
        env={**os.environ, **environment},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    printed, _ = await process.communicate()
    assert process.returncode is not None
    return process.returncode, printed.decode()


def paths(server: Server) -> set[str]:
    """The paths that were asked, without their parameters."""
    return {target.partition("?")[0] for _, target, _ in server.log()}


async def test_plain_locust_runs_every_operation(server: Server) -> None:
    """`locust -f loadtests/search.py` asks the API that /identity tells, and ends with 0."""
    code, printed = await locust("-t", "2s", "--host", server.url)
    assert code == 0, printed
    assert all(re.search(rf"(GET|POST) +{name} ", printed) for name in NAMES), printed
    assert paths(server) == {f"/api/v1/{noun}" for noun in ("search", "stats", "collections", "health")}


async def test_the_recorded_parameters_are_sent(server: Server, tmp_path: Path) -> None:
    """GET sends a search's fields in the query, POST in a JSON body; a field that is null is not sent."""
    workload = tmp_path / "one.jsonl"
    search = {"op": "search", "q": 'a "b c"', "workspace": "w", "technology": None, "limit": 5, "offset": 10}
    lines = [{"workload": 1}, {**search, "method": "GET", "kind": "phrase"}, {**search, "method": "POST"}]
    workload.write_text("\n".join(json.dumps(line) for line in lines))
    code, printed = await locust("-t", "1s", "--host", server.url, "--api", "legacy", "--workload", str(workload))
    assert code == 0, printed
    assert {(method, target) for method, target, _ in server.log()} == {
        ("GET", "/api/search?q=a+%22b+c%22&workspace=w&limit=5&offset=10"),
        ("POST", "/api/search"),
    }
    bodies = [json.loads(body) for method, _, body in server.log() if method == "POST"]
    assert bodies[0] == {"q": 'a "b c"', "workspace": "w", "limit": 5, "offset": 10}


async def test_an_operation_may_have_a_name_of_its_own(server: Server, tmp_path: Path) -> None:
    """It stands in the statistics in place of the usual one, which the others keep; the request is the same."""
    workload = tmp_path / "named.jsonl"
    lines = [{"workload": 1}, {"op": "stats", "workspace": "w", "name": "stats @2"}, {"op": "health"}]
    workload.write_text("\n".join(json.dumps(line) for line in lines))
    code, printed = await locust("-t", "1s", "--host", server.url, "--api", "v1", "--workload", str(workload))
    assert code == 0, printed
    assert re.search(r"GET +stats @2 ", printed), printed
    assert re.search(r"GET +health ", printed), printed
    assert paths(server) == {"/api/v1/stats", "/api/v1/health"}


@pytest.mark.parametrize(
    ("prefix", "reason"), [("/bare", "the answer lacks hits, total"), ("/garbled", "the answer is not JSON")]
)
async def test_a_wrong_answer_is_a_failure_with_its_reason(server: Server, prefix: str, reason: str) -> None:
    """200 with the wrong body fails the request, and Locust's exit code says so."""
    code, printed = await locust("-t", "3s", "--host", server.url + prefix, "--api", "v1")
    assert code == 1
    assert reason in printed


async def test_no_service_is_told_with_the_way_out() -> None:
    """Where nobody listens, the message names the address, the reason and the option that needs no answer."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound, and nobody accepts
        host = f"http://127.0.0.1:{taken.getsockname()[1]}"
        _, printed = await locust("-t", "1s", "--host", host)
    told = rf"{host}/identity does not tell the API \(\[Errno \d+\] Connection refused\); give --api legacy or v1"
    assert re.search(told, printed), printed


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (None, "cannot be read: No such file"),
        ("", 'its first line is not {"workload": 1, ...}'),
        ('{"workload": 1}\n', "it holds no operations"),
        ('{"workload": 1}\n{"op": "fly"}\n', "there is no operation 'fly'"),
        ('{"workload": 1}\n{"op": "stats"}\n', "an operation lacks 'workspace'"),
    ],
)
async def test_a_bad_workload_is_one_sentence(tmp_path: Path, content: str | None, reason: str) -> None:
    """A workload that cannot be used ends Locust at once with what is wrong with it."""
    workload = tmp_path / "workload.jsonl"
    if content is not None:
        workload.write_text(content)
    code, printed = await locust("-t", "1s", PERFLAB_WORKLOAD=str(workload))
    assert code != 0
    assert reason in printed
    assert "Traceback" not in printed


async def test_the_lab_runs_it_as_it_is(server: Server, custody: Custody, tmp_path: Path) -> None:
    """In the generator the same file gives the same names, on the workload and the API that the lab tells."""
    load = LocustLoad(custody=custody, locustfile=SEARCH, samples=tmp_path, environment={"PERFLAB_API": "legacy"})
    async with load:
        sample = await load.open_model(150).run(slot(1.5), server.target())
    assert {row.name for row in rows(sample)} == NAMES
    assert {row.error for row in rows(sample)} == {""}
    assert paths(server) == {f"/api/{noun}" for noun in ("search", "stats", "collections", "health")}
