"""The image, built once, and what it needs to run."""

import asyncio
import os
from collections.abc import Iterator

import pytest

from bench.image import ROOT, build
from bench.lifetime import Custody
from bench.provision import Images
from tests.image.stack import Container, Stack

TAG = "perflab/service:test"
BASE = "PERFLAB_BASE_IMAGE"


@pytest.fixture(scope="session")
def image() -> str:
    """The id of the image built from this checkout; skipped where no engine answers, unless one is required."""
    from bench.provision.docker import obstacle

    reason = obstacle(Images.from_environment())
    if reason is not None:
        if os.environ.get("PERFLAB_REQUIRE_DOCKER") == "1":
            pytest.fail(f"PERFLAB_REQUIRE_DOCKER=1, but {reason}.")
        pytest.skip(f"{reason[0].upper()}{reason[1:]}.")
    base = os.environ.get(BASE)
    if not base:
        return build(ROOT, TAG)
    # A base of this machine's own reaches packages as this machine does.
    return build(ROOT, TAG, arguments={"BASE": base}, network="host")


@pytest.fixture(scope="session")
def stack(image: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """PostgreSQL and Redis beside the image, with a prepared database."""
    with Custody.open(tmp_path_factory.mktemp("leases")) as custody:
        started = Stack.start(image, custody)
        try:
            asyncio.run(started.prepare())
            yield started
        finally:
            started.remove()


@pytest.fixture(scope="session")
def served(stack: Stack) -> Container:
    """The service, healthy, on a database that requests may change."""
    return stack.service("served", asyncio.run(stack.database("served")))
