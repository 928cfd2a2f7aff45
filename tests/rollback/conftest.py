"""The servers of the service's tests, and a service behind a socket that outlives it."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from bench.lifetime import Custody
from tests.rollback.operator import Operator
from tests.service.conftest import custody, databases, own_copy, own_environment, servers

__all__ = ["custody", "databases", "own_copy", "own_environment", "servers"]

PATIENT = {"acquire_timeout_s": "120", "acquire_queue": "100000", "command_timeout_s": "120"}
"""A busy machine makes requests late; only what a procedure does to them may make them fail."""


@pytest.fixture
async def operate(custody: Custody, tmp_path: Path) -> AsyncIterator[Callable[..., Awaitable[Operator]]]:
    """Starts a service with settings and gives the operator's place at it."""
    async with AsyncExitStack() as stack:

        async def begin(**settings: str) -> Operator:
            return await stack.enter_async_context(Operator(custody, tmp_path, {**PATIENT, **settings}))

        yield begin
