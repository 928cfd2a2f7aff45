"""Whatever ends the generator, or keeps it from starting, is one sentence; nothing goes on in the background."""

import asyncio
import os
import signal
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from bench.errors import LoadError
from bench.lifetime import Custody
from bench.load.locust import LocustLoad
from tests.load.driving import Locusts, Server, rows, slot

VISITOR = """
class Visitor(FastHttpUser):
    @task
    def ask(self):
        self.client.get("/")
"""


async def _under_load(server: Server, after: int = 5) -> None:
    while len(await asyncio.to_thread(server.log)) < after:  # noqa: ASYNC110 - another process is watched
        await asyncio.sleep(0.05)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "import nowhere\n",
            r"scenario.py cannot be loaded: ModuleNotFoundError: No module named 'nowhere' \(line 2\)",
        ),
        ("def broken(:\n", r"cannot be loaded: SyntaxError: .* \(line 2\)"),
        ("raise SystemExit('set TOKEN first')\n", "cannot be loaded: SystemExit: set TOKEN first"),
        ("x = 1\n", "defines no user class with a weight"),
        ("class Idle(FastHttpUser):\n    pass\n", "Idle has no tasks; mark one with @task"),
        (f"{VISITOR}    fixed_count = 3\n", "Visitor has a fixed_count"),
        (
            "class Chain(MarkovTaskSet):\n"
            "    @transition('a')\n"
            "    def a(self): pass\n"
            "class Outer(TaskSet):\n"
            "    tasks = [Chain]\n"
            "class Visitor(FastHttpUser):\n"
            "    tasks = [Outer]\n",
            "Visitor uses the MarkovTaskSet Chain, which is not supported",
        ),
        ("import os\nprint('last words')\nos._exit(3)\n", "ended with exit code 3: last words"),
    ],
)
async def test_a_locust_file_that_cannot_be_used_is_told(locusts: Locusts, text: str, message: str) -> None:
    """What keeps a Locust file from being loaded is a LoadError that names the file, the reason and the line."""
    load = locusts(text)
    with pytest.raises(LoadError, match=message):
        await load.start()
    assert load.pid is None


async def test_a_missing_locust_file_is_told_before_anything_starts(custody: Custody, tmp_path: Path) -> None:
    """A path that leads nowhere is a LoadError with the path."""
    load = LocustLoad(custody=custody, locustfile=tmp_path / "none.py", samples=tmp_path)
    with pytest.raises(LoadError, match="There is no Locust file .*none.py"):
        await load.start()


async def test_a_killed_generator_is_told_and_the_next_slot_has_a_new_one(
    locusts: Locusts, server: Server, tmp_path: Path
) -> None:
    """Kill -9 in the middle of a slot is a LoadError that says so; the next slot runs as if nothing had been."""
    async with locusts(VISITOR) as load:
        first = load.pid
        running = asyncio.create_task(load.open_model(50).run(slot(60), server.target()))
        await _under_load(server)
        assert first is not None
        os.kill(first, signal.SIGKILL)
        with pytest.raises(LoadError, match="The load generator was ended by SIGKILL"):
            await running
        assert "parquet" not in " ".join(str(path) for path in tmp_path.iterdir())  # noqa: ASYNC240
        sample = await load.open_model(50).run(slot(0.3), server.target())
        assert load.pid not in {None, first}
    assert sample.n == len(rows(sample)) > 0


async def test_a_cancelled_slot_ends_the_generator(locusts: Locusts, server: Server) -> None:
    """After cancellation no process is left and no request comes any more."""
    async with locusts(VISITOR) as load:
        pid = load.pid
        assert pid is not None
        running = asyncio.create_task(load.open_model(50).run(slot(60), server.target()))
        await _under_load(server)
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
        assert load.pid is None
        assert not psutil.pid_exists(pid)
        before = len(server.log())
        await asyncio.sleep(0.3)
        assert len(server.log()) == before


async def test_leaving_the_context_ends_the_generator(locusts: Locusts) -> None:
    """The process lives exactly as long as the context."""
    async with locusts(VISITOR) as load:
        pid = load.pid
        assert pid is not None
        assert psutil.pid_exists(pid)
    assert not psutil.pid_exists(pid)
    assert load.pid is None


async def test_a_generator_that_does_not_answer_is_given_up(locusts: Locusts, server: Server) -> None:
    """A task that never lets go is a LoadError after the grace, with what the generator printed last."""
    text = "print('stuck here', flush=True)\n" + VISITOR + "        while True: pass\n"
    async with locusts(text, straggler_s=0.1, grace_s=1.0) as load:
        pid = load.pid
        with pytest.raises(LoadError, match="did not end its slot within 1.6 s: .*stuck here"):
            await load.open_model(50).run(slot(0.5), server.target())
    assert pid is not None
    assert not psutil.pid_exists(pid)


@pytest.mark.parametrize("model", ["open", "closed"])
async def test_users_that_cannot_start_are_told(locusts: Locusts, server: Server, model: str) -> None:
    """An `on_start` that fails is a LoadError with its reason, in both models."""
    text = VISITOR + "    def on_start(self):\n        raise RuntimeError('no token')\n"
    async with locusts(text) as load:
        chosen = load.open_model(20) if model == "open" else load.closed_model(2)
        with pytest.raises(LoadError, match="on_start .*RuntimeError: no token"):
            await chosen.run(slot(0.5), server.target())


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("pass", "sent no request"),
        ("raise RuntimeError('broken task')", "every task failed, first with RuntimeError: broken task"),
    ],
)
async def test_a_locust_file_that_asks_nothing_is_told(
    locusts: Locusts, server: Server, body: str, message: str
) -> None:
    """A closed slot without a single request is a LoadError, not a capacity of zero."""
    text = f"class Visitor(FastHttpUser):\n    @task\n    def ask(self):\n        {body}\n"
    async with locusts(text) as load:
        with pytest.raises(LoadError, match=message):
            await load.closed_model(2).run(slot(0.3), server.target())


async def test_a_locust_file_that_stops_the_test_is_told(locusts: Locusts, server: Server) -> None:
    """StopTest in a task is a LoadError with its words."""
    text = (
        "from locust.exception import StopTest\n"
        "class Visitor(FastHttpUser):\n    @task\n    def ask(self):\n        raise StopTest('enough')\n"
    )
    async with locusts(text) as load:
        with pytest.raises(LoadError, match="stopped the test: enough"):
            await load.open_model(20).run(slot(0.3), server.target())


async def test_samples_that_cannot_be_written_are_told(locusts: Locusts, server: Server, tmp_path: Path) -> None:
    """A samples folder that is gone is a sentence from the generator, which ends with it."""
    async with locusts(VISITOR, samples=tmp_path / "gone") as load:
        with pytest.raises(LoadError, match="The samples cannot be written to .*gone"):
            await load.open_model(20).run(slot(0.3), server.target())


async def test_an_unknown_schedule_is_told(locusts: Locusts, server: Server) -> None:
    """The generator hands back what the lab would have been told itself."""
    async with locusts(VISITOR, arrivals="uniform") as load:
        with pytest.raises(LoadError, match="no arrival schedule 'uniform'"):
            await load.open_model(20).run(slot(0.3), server.target())


async def test_the_working_directory_does_not_matter(
    locusts: Callable[..., LocustLoad], server: Server, elsewhere: Path
) -> None:
    """The generator starts from a folder that has a `bench` of its own."""
    async with locusts(VISITOR) as load:
        sample = await load.open_model(30).run(slot(0.3), server.target())
    assert sample.n > 0
