"""The open model: latency from the moment a request was due, nothing lost, nothing delayed without a word."""

import asyncio
import math
from pathlib import Path

import httpx

from bench import arrivals
from bench.load import Target
from tests.load.driving import Locusts, Server, rows, slot

ROOT = """
class Visitor(FastHttpUser):
    @task
    def ask(self):
        self.client.get("/")
"""


async def _frozen_for(server: Server, seconds: float) -> None:
    async with httpx.AsyncClient(trust_env=False, timeout=30) as client:
        asked = len(server.log())
        while len(await asyncio.to_thread(server.log)) < asked + 5:  # noqa: ASYNC110 - another process is watched
            await asyncio.sleep(0.05)
        await client.get(f"{server.url}/freeze", params={"s": seconds})


async def test_a_freeze_slows_all_that_were_due_in_the_open_model_only(locusts: Locusts, server: Server) -> None:
    """A server that stops for half a second makes dozens of requests slow in the open model, two in the closed one."""
    slow: dict[str, int] = {}
    async with locusts(ROOT, arrivals="constant") as load:
        for name, model in {"open": load.open_model(100), "closed": load.closed_model(2)}.items():
            sample, _ = await asyncio.gather(model.run(slot(2.5), server.target()), _frozen_for(server, 0.5))
            slow[name] = sum(row.end_s - row.intended_s > 0.3 for row in rows(sample))
    # 100 a second over the 0.2 s after which a request still waits 0.3 s; each closed user waits once, and may once
    # more where the machine itself stands still.
    assert slow["open"] >= 15
    assert slow["closed"] <= 4


async def test_arrivals_without_an_idle_user_are_counted_as_dropped(locusts: Locusts, server: Server) -> None:
    """With two users and slow answers most arrivals are dropped; what is neither dropped nor kept does not exist."""
    text = ROOT.replace('"/"', '"/slow?s=0.4"')
    async with locusts(text, users=2) as load:
        sample = await load.open_model(50).run(slot(), server.target())
    assert sample.facts["users"] == 2
    assert 0 < sample.n <= 8
    assert sample.n + sample.dropped == sample.facts["arrivals"]
    assert sample.n == len(server.log())


async def test_the_pool_grows_before_anything_is_dropped(locusts: Locusts, server: Server) -> None:
    """While users are left to be made nothing is dropped, though answers are slow."""
    text = ROOT.replace('"/"', '"/slow?s=0.6"')
    async with locusts(text) as load:
        sample = await load.open_model(60).run(slot(), server.target())
    assert sample.dropped == 0
    assert sample.facts["users"] > 16


async def test_every_request_is_kept_as_it_was_due(locusts: Locusts, server: Server) -> None:
    """The file holds what the server saw, at the moments of the schedule, with Server-Timing and length."""
    async with locusts(ROOT) as load:
        sample = await load.open_model(80).run(slot(), server.target())
    kept = rows(sample)
    assert len(kept) == sample.n == len(server.log())
    assert [round(row.intended_s, 6) for row in kept] == [
        round(moment, 6) for moment in arrivals.arrivals("poisson", 80, 1.0, 7)
    ]
    assert all(row.intended_s <= row.start_s <= row.end_s for row in kept)
    assert {(row.name, row.status, row.error) for row in kept} == {("GET /", 200, "")}
    assert {(row.pool_s, row.db_s, row.cache_s, row.app_s) for row in kept} == {(0.0015, 0.0025, 0.00025, 0.003)}
    assert all(row.queue_s >= 0 for row in kept)
    # Locust reads two clocks for one start: where it is held up between them, the way there may look too long.
    assert sum(row.queue_s <= row.end_s - row.start_s for row in kept) >= 0.9 * len(kept)
    assert all(math.isnan(row.encode_s) for row in kept)
    assert all(row.bytes > 20 for row in kept)
    assert 0 < sample.generator_cores < 2


ELSEWHERE = """
class Visitor(FastHttpUser):
    @task
    def ask(self):
        self.client.get("/elsewhere")
"""


async def test_another_machine_s_clock_tells_no_queue(locusts: Locusts, server: Server) -> None:
    """A service that began before the request was sent is not believed; its other parts are."""
    async with locusts(ELSEWHERE) as load:
        kept = rows(await load.open_model(20).run(slot(), server.target()))
    assert kept
    assert all(math.isnan(row.queue_s) and row.app_s == 0.003 for row in kept)


DRAWING = """
import random

class Visitor(FastHttpUser):
    @task(3)
    def ask(self):
        self.client.get(f"/ask/{random.randrange(10**9)}")
        random.random()

    @task
    def tell(self):
        self.client.post("/tell", json={"n": random.randrange(10**9)}, name=f"tell {random.randrange(10**9)}")

class Other(FastHttpUser):
    weight = 2

    @task
    def other(self):
        self.client.get(f"/other/{random.randrange(10**9)}")
"""


async def test_one_seed_sends_the_same_requests_to_both_arms(locusts: Locusts, server: Server) -> None:
    """Same seed: the same requests at the same moments, although one arm answers late; another seed: others."""
    names, asked = [], []
    async with locusts(DRAWING) as load:
        for prefix, seed in (("", 7), ("/sluggish", 7), ("", 8)):
            server.forget()
            sample = await load.open_model(150).run(slot(seed=seed), server.target(prefix))
            names.append([(round(row.intended_s, 6), row.name) for row in rows(sample)])
            # The order on the wire is the kernel's; which requests there are is not.
            asked.append(sorted((method, target.removeprefix(prefix), body) for method, target, body in server.log()))
    assert names[0] == names[1] != names[2]
    assert asked[0] == asked[1] != asked[2]
    assert len(asked[0]) > 50
    assert {name.split("/")[1] if "/" in name else "tell" for _, name in names[0]} == {"ask", "tell", "other"}


async def test_later_requests_of_a_task_count_from_their_own_start(locusts: Locusts, server: Server) -> None:
    """Only the first request of an arrival was due with it; the second is not charged for the first."""
    text = """
class Visitor(FastHttpUser):
    @task
    def two(self):
        self.client.get("/slow?s=0.2", name="first")
        self.client.get("/", name="second")
"""
    async with locusts(text) as load:
        sample = await load.open_model(20).run(slot(), server.target())
    kept = rows(sample)
    second = [row for row in kept if row.name == "second"]
    assert len(second) == len(kept) / 2 == sample.facts["arrivals"]
    assert all(row.intended_s == row.start_s for row in second)
    assert all(row.start_s >= 0.2 for row in second)


async def test_requests_that_never_end_become_errors_under_their_name(locusts: Locusts, server: Server) -> None:
    """What is unanswered at the end is kept as failed, with its time so far, by either of Locust's clients."""
    text = """
class Fast(FastHttpUser):
    @task
    def ask(self):
        self.client.get("/slow?s=60", name="fast")

class Plain(HttpUser):
    @task
    def ask(self):
        self.client.get("/slow?s=60", name="plain")
"""
    async with locusts(text, straggler_s=0.2) as load:
        sample = await load.open_model(20).run(slot(0.5), server.target())
    kept = rows(sample)
    assert {row.name for row in kept} == {"fast", "plain"}
    assert all(row.status == 0 and "no answer 0.2 s after the end of the slot" in row.error for row in kept)
    assert all(row.end_s >= 0.7 - 0.002 for row in kept)
    assert sample.n == sample.facts["arrivals"] == sample.facts["stragglers"]


async def test_failures_are_kept_with_their_reason(locusts: Locusts, server: Server) -> None:
    """A status, a validation of the Locust file, and a task that raises before it asks: each is a row that says why."""
    text = """
class Visitor(FastHttpUser):
    @task
    def fails(self):
        self.client.get("/fail?q=1")

    @task
    def judged(self):
        with self.client.get("/", name="judged", catch_response=True) as response:
            response.failure("not what was asked for")

    @task
    def raises(self):
        raise RuntimeError("before any request")
"""
    async with locusts(text) as load:
        sample = await load.open_model(60).run(slot(), server.target())
    assert {(row.name, row.status, row.error) for row in rows(sample)} == {
        ("GET /fail?q=1", 500, "HTTP 500"),
        ("judged", 200, "not what was asked for"),
        ("Visitor", 0, "RuntimeError: before any request"),
    }
    assert sample.n == sample.facts["arrivals"]


async def test_a_server_that_is_not_there_is_an_error_per_arrival(locusts: Locusts) -> None:
    """Connections refused are observations without a status, as many as arrivals."""
    async with locusts(ROOT) as load:
        sample = await load.open_model(30).run(slot(), Target("arm", "http://127.0.0.1:1"))
    assert {row.status for row in rows(sample)} == {0}
    assert all("refused" in row.error for row in rows(sample))
    assert sample.n == sample.facts["arrivals"]


async def test_greetings_and_goodbyes_are_not_measured(locusts: Locusts, server: Server) -> None:
    """Requests of `on_start` and `on_stop` reach the server and not the sample."""
    text = """
class Visitor(FastHttpUser):
    def on_start(self):
        self.client.get("/login")

    def on_stop(self):
        self.client.get("/logout")

    @task
    def ask(self):
        self.client.get("/")
"""
    async with locusts(text) as load:
        for model in (load.open_model(20), load.closed_model(16)):
            sample = await model.run(slot(0.5), server.target())
            assert {row.name for row in rows(sample)} == {"GET /"}
    paths = [target for _, target, _ in server.log()]
    assert paths.count("/login") == paths.count("/logout") == 32


async def test_nested_task_sets_are_entered_and_left(locusts: Locusts, server: Server) -> None:
    """An arrival performs one task of a TaskSet, nested ones too, and all of a SequentialTaskSet in order."""
    text = """
class Inner(TaskSet):
    @task
    def inner(self):
        self.client.get("/inner")
        self.interrupt()

class Outer(TaskSet):
    tasks = [Inner]

class Journey(SequentialTaskSet):
    @task
    def one(self):
        self.client.get("/one")

    @task
    def two(self):
        self.client.get("/two")

class Visitor(HttpUser):
    tasks = {Outer: 1, Journey: 1}
"""
    async with locusts(text) as load:
        sample = await load.open_model(60).run(slot(), server.target())
    counts = {name: sum(row.name == name for row in rows(sample)) for name in ("GET /inner", "GET /one", "GET /two")}
    assert counts["GET /one"] == counts["GET /two"] > 0
    assert counts["GET /inner"] + counts["GET /one"] == sample.facts["arrivals"]
    assert sample.n == sum(counts.values())


async def test_the_locust_file_s_own_listeners_and_prints_do_no_harm(
    locusts: Locusts, server: Server, tmp_path: Path
) -> None:
    """A file that prints, and listens to test_start and request, runs as under Locust."""
    text = f"""
from pathlib import Path
from locust import events

@events.test_start.add_listener
def started(environment, **_):
    print("started at", environment.host)
    Path({str(tmp_path / "host")!r}).write_text(environment.host)

@events.request.add_listener
def asked(name, **_):
    print("asked", name)
{ROOT}"""
    async with locusts(text) as load:
        sample = await load.open_model(30).run(slot(0.5), server.target())
    assert (tmp_path / "host").read_text() == server.url
    assert sample.n == len(server.log())
