"""What an error allocates beside a success: counted by the interpreter and not timed, so alike on any machine."""

import asyncio
import gc
import tracemalloc
from collections.abc import Iterator

import pytest
import structlog
from starlette.types import ASGIApp, Receive, Scope, Send

from bench.micro import failing
from bench.micro.failing import LEGACY, REQUESTS, SUCCESS, Asked
from service import logs

WARM, COUNTED = 20, 11
MOST = 1.5
"""Times the bytes that a page of 20 hits holds at its highest: the highest kind is at 0.9."""
TRACEBACK = 3.0
"""For a defect, whose log line has every call: it is at 1.8."""


@pytest.fixture(autouse=True)
def collected() -> Iterator[None]:
    """Log lines as the service writes them, and nothing cleared away while bytes are counted."""
    logs.configure("info")
    # A logger that is kept on its first use would be so for all tests after this one.
    structlog.configure(cache_logger_on_first_use=False)
    gc.collect()
    gc.disable()
    yield
    gc.enable()
    structlog.reset_defaults()


async def held(app: ASGIApp, asked: Asked) -> int:
    """Most bytes that a request holds at one time: the median of some, once everything that is kept is there."""
    for _ in range(WARM):
        await failing.drained(app, asked)
    tracemalloc.start()
    try:
        found = []
        for _ in range(COUNTED):
            tracemalloc.reset_peak()
            before, _ = tracemalloc.get_traced_memory()
            await failing.drained(app, asked)
            found.append(tracemalloc.get_traced_memory()[1] - before)
        return sorted(found)[COUNTED // 2]
    finally:
        tracemalloc.stop()


def is_bounded(kind: str, error: int, success: int) -> bool:
    """Whether a kind of error stays within its share of what a success allocates."""
    return error <= (TRACEBACK if kind == "500 defect" else MOST) * success


async def test_no_kind_of_error_allocates_much_more_than_a_success() -> None:
    """Envelope, log line and all; a defect has its traceback beside."""
    success = await held(failing.application(REQUESTS[SUCCESS]), REQUESTS[SUCCESS])
    for kind, asked in REQUESTS.items():
        error = await held(failing.application(asked), asked)
        assert is_bounded(kind, error, success), f"{kind}: {error} bytes, {success} for a success"


async def test_a_handler_that_allocates_is_found() -> None:
    """Planted around the application: thirty thousand bytes for each error are beyond the bound."""
    asked = REQUESTS["404 path"]
    app = failing.application(asked)

    async def wasteful(scope: Scope, receive: Receive, send: Send) -> None:
        kept = bytearray(30_000)
        await app(scope, receive, send)
        del kept

    success = await held(failing.application(REQUESTS[SUCCESS]), REQUESTS[SUCCESS])
    assert not is_bounded("404 path", await held(wasteful, asked), success)


def test_every_kind_is_answered_with_its_status() -> None:
    """By either API: what is benchmarked is the error that its name says."""
    for api, several in (("v1", REQUESTS), ("legacy", LEGACY)):
        for asked in several.values():
            status, _ = asyncio.run(failing.answered(failing.application(asked, api=api), asked))
            assert status == asked.status
