import asyncio

import pytest

from service.cache import NoAnswers, RedisAnswers
from service.errors import NotFoundError
from service.resilience import CircuitBreaker, CircuitState
from tests.service.cache.kept import Kept, settings
from tests.service.work import Work

NEVER = Work.failing(AssertionError("not from the cache"))


async def test_a_miss_computes_and_a_hit_does_not(answers: RedisAnswers) -> None:
    """The second who asks the same gets what the first computed."""
    work = Work.ready()
    assert [await answers.get_or_compute("search", {"q": "a"}, work) for _ in range(3)] == [b"answer"] * 3
    assert work.times == 1
    assert await answers.healthy()


@pytest.mark.parametrize("answer", [b"", b"+", b"-", b"-answer", bytes(range(256))])
async def test_answers_are_any_bytes(answer: bytes, answers: RedisAnswers) -> None:
    """What was computed comes back as it was, whatever it looks like."""
    assert await answers.get_or_compute("search", {}, Work.ready(answer)) == answer
    assert await answers.get_or_compute("search", {}, NEVER) == answer


@pytest.mark.parametrize(
    ("operation", "request_", "version"),
    [("stats", {"q": "a"}, "corpus"), ("search", {"q": "b"}, "corpus"), ("search", {"q": "a"}, "another corpus")],
    ids=["operation", "request", "corpus"],
)
async def test_what_differs_is_not_mixed_up(
    operation: str, request_: dict[str, object], version: str, answers: RedisAnswers, kept: Kept
) -> None:
    """Another operation, another request and another corpus are each another key."""
    await answers.get_or_compute("search", {"q": "a"}, Work.ready(b"first"))
    async with kept.opened(version) as other:
        assert await other.get_or_compute(operation, request_, Work.ready(b"second")) == b"second"


async def test_processes_share_what_they_remember(answers: RedisAnswers, kept: Kept) -> None:
    """What one computed the other does not."""
    for number in range(20):
        await answers.get_or_compute("search", {"q": number}, Work.ready(str(number).encode()))
    await answers._flights.settle()
    async with kept.opened() as other:
        for number in range(20):
            assert await other.get_or_compute("search", {"q": number}, NEVER) == str(number).encode()


async def test_keys_live_for_a_while_and_not_all_equally_long(answers: RedisAnswers, kept: Kept) -> None:
    """Every key expires within its time to live, and keys filled together do not expire together."""
    for number in range(40):
        await answers.get_or_compute("search", {"q": number}, Work.ready())
    await answers._flights.settle()
    remaining_s = await kept.remaining_s()
    assert len(remaining_s) == 40
    assert all(0 < seconds <= 30 for seconds in remaining_s)
    assert max(remaining_s) - min(remaining_s) > 1


async def test_a_failure_is_not_remembered(answers: RedisAnswers) -> None:
    """Who asks after a computation failed computes anew."""
    with pytest.raises(ValueError, match="no"):
        await answers.get_or_compute("search", {}, Work.failing(ValueError("no")))
    assert await answers.get_or_compute("search", {}, Work.ready(b"later")) == b"later"


async def test_that_there_is_nothing_is_remembered(answers: RedisAnswers) -> None:
    """Who asks for what is not there learns why, and the second time without a computation."""
    work = Work.failing(NotFoundError("There is no document 7 in köln."))
    for _ in range(3):
        with pytest.raises(NotFoundError, match=r"\AThere is no document 7 in köln\.\Z"):
            await answers.get_or_compute("content", {"id": 7}, work)
    assert work.times == 1


async def test_that_there_is_nothing_is_forgotten_sooner(kept: Kept) -> None:
    """It has a time to live of its own, after which what has come meanwhile is found."""
    async with kept.opened(cache_negative_ttl_s=10) as answers:
        with pytest.raises(NotFoundError):
            await answers.get_or_compute("content", {}, Work.failing(NotFoundError("no")))
        await answers._flights.settle()
        (remaining_s,) = await kept.remaining_s()
    assert 0 < remaining_s <= 10
    async with kept.opened(cache_negative_ttl_s=0.001) as answers:
        with pytest.raises(NotFoundError):
            await answers.get_or_compute("content", {"id": 8}, Work.failing(NotFoundError("no")))
        await answers._flights.settle()
        await asyncio.sleep(0.01)
        assert await answers.get_or_compute("content", {"id": 8}, Work.ready()) == b"answer"


async def test_everyone_who_waits_learns_that_there_is_nothing(
    answers: RedisAnswers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One computes; all who asked meanwhile get the same reason."""
    work = Work(failure=NotFoundError("no"))
    waiting = asyncio.Semaphore(0)
    join = answers._flights._join

    async def join_and_tell(flight: "asyncio.Future[bytes]") -> bytes | None:
        waiting.release()
        return await join(flight)

    monkeypatch.setattr(answers._flights, "_join", join_and_tell)
    asking = [asyncio.create_task(answers.get_or_compute("content", {}, work)) for _ in range(5)]
    for _ in range(4):
        await waiting.acquire()
    work.may_end.set()
    ended = await asyncio.gather(*asking, return_exceptions=True)
    assert [(type(error), str(error)) for error in ended] == [(NotFoundError, "no")] * 5
    assert work.times == 1


async def test_after_an_invalidation_everything_is_computed_anew(answers: RedisAnswers) -> None:
    """Answers, and that there is nothing: none of another version is given."""
    for operation, request in (("search", {"workspace": "a"}), ("collections", {})):
        await answers.get_or_compute(operation, request, Work.ready(b"old"))
    with pytest.raises(NotFoundError):
        await answers.get_or_compute("content", {"workspace": "a"}, Work.failing(NotFoundError("no")))
    answers.invalidate("corpus 2")
    for operation, request in (("search", {"workspace": "a"}), ("collections", {}), ("content", {"workspace": "a"})):
        assert await answers.get_or_compute(operation, request, Work.ready(b"new")) == b"new"
        assert await answers.get_or_compute(operation, request, NEVER) == b"new"


async def test_a_workspace_is_invalidated_alone(answers: RedisAnswers) -> None:
    """Its answers and those across all workspaces are computed anew; those of others are still there."""
    for request in ({"workspace": "a"}, {"workspace": "b"}, {}):
        await answers.get_or_compute("stats", request, Work.ready(b"old"))
    answers.invalidate("7", workspace="a")
    assert await answers.get_or_compute("stats", {"workspace": "a"}, Work.ready(b"new")) == b"new"
    assert await answers.get_or_compute("stats", {}, Work.ready(b"new")) == b"new"
    assert await answers.get_or_compute("stats", {"workspace": "b"}, NEVER) == b"old"


async def test_processes_that_heard_the_same_share_again(answers: RedisAnswers, kept: Kept) -> None:
    """The announced version, not the process, makes the generation: what one computes after it the other finds."""
    async with kept.opened() as other:
        for process in (answers, other):
            process.invalidate("7", workspace="a")
        await answers.get_or_compute("stats", {"workspace": "a"}, Work.ready(b"new"))
        await answers._flights.settle()
        assert await other.get_or_compute("stats", {"workspace": "a"}, NEVER) == b"new"


@pytest.mark.parametrize("workspace", ["a", None])
async def test_what_was_begun_before_an_invalidation_is_not_given_after_it(
    workspace: str | None, answers: RedisAnswers
) -> None:
    """A computation that read the old documents may end, and be stored, later than the invalidation came."""
    slow = Work(b"old")
    asking = asyncio.create_task(answers.get_or_compute("stats", {"workspace": "a"}, slow))
    await slow.begun.wait()
    answers.invalidate("7", workspace)
    fresh = Work.ready(b"new")
    # Not even while it is under way: whoever asks now does not wait for the old answer.
    assert await answers.get_or_compute("stats", {"workspace": "a"}, fresh) == b"new"
    slow.may_end.set()
    assert await asking == b"old"
    assert await answers.get_or_compute("stats", {"workspace": "a"}, NEVER) == b"new"


async def test_a_stale_fill_is_not_found_by_the_first_who_asks_later(answers: RedisAnswers) -> None:
    """The same when nobody asked in between."""
    slow = Work(b"old")
    asking = asyncio.create_task(answers.get_or_compute("stats", {"workspace": "a"}, slow))
    await slow.begun.wait()
    answers.invalidate("7", "a")
    slow.may_end.set()
    assert await asking == b"old"
    assert await answers.get_or_compute("stats", {"workspace": "a"}, Work.ready(b"new")) == b"new"


async def test_breakers_can_be_watched(kept: Kept) -> None:
    """Each has a name of its own, and whoever listens is told what it does."""
    heard: list[tuple[str, CircuitState]] = []

    class Ear:
        def on_transition(self, breaker: CircuitBreaker, before: CircuitState, after: CircuitState) -> None:
            heard.append((breaker.name, after))

        def on_rejected(self, breaker: CircuitBreaker) -> None:
            """Not asked about."""

    answers = RedisAnswers(settings(kept.urls[0], redis_mode=kept.mode), "corpus", listeners=[Ear()])
    await answers.open()
    names = [breaker.name for breaker in answers.breakers()]
    assert len(set(names)) == len(names) == (1 if kept.mode == "single" else 4)
    for breaker in answers.breakers():
        breaker.transition_to(CircuitState.FORCED_OPEN)
    assert heard == [(name, CircuitState.FORCED_OPEN) for name in names]
    await answers.close()


async def test_without_a_cache_everything_is_computed() -> None:
    """What remembers nothing has the same interface."""
    nothing, work = NoAnswers(), Work.ready()
    await nothing.open()
    assert [await nothing.get_or_compute("search", {}, work) for _ in range(2)] == [b"answer"] * 2
    nothing.invalidate("7", "a")
    assert nothing.breakers() == ()
    with pytest.raises(NotFoundError):
        await nothing.get_or_compute("content", {}, Work.failing(NotFoundError("no")))
    assert work.times == 2
    assert await nothing.healthy()
    await nothing.close()
