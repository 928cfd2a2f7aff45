"""`auto` chooses docker where it can and says why it does not."""

import pytest

from bench.errors import ProvisionError, UsageError
from bench.lifetime import Custody
from bench.provision import Images, Kind, choose, start

UNREACHABLE = "127.0.0.1:1/perflab/nothing:1"
"""An image in a registry where nobody listens."""


async def test_without_an_engine_auto_is_embedded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where no engine answers, the choice is embedded and the reason says so."""
    monkeypatch.setenv("DOCKER_HOST", "unix:///nonexistent/docker.sock")
    kind, reason = await choose("auto", Images())
    assert kind is Kind.EMBEDDED
    assert "no container engine answers" in reason


@pytest.mark.docker
async def test_with_an_engine_and_images_auto_is_docker() -> None:
    """Where an engine answers and has the images, the choice is docker and the reason names them."""
    images = Images.from_environment()
    kind, reason = await choose("auto", images)
    assert kind is Kind.DOCKER
    assert images.postgres in reason
    assert images.redis in reason


@pytest.mark.docker
async def test_without_an_image_auto_is_embedded() -> None:
    """Where an image is neither there nor to be had, the choice is embedded and the reason names it."""
    kind, reason = await choose("auto", Images(redis=UNREACHABLE, postgres=Images.from_environment().postgres))
    assert kind is Kind.EMBEDDED
    assert UNREACHABLE in reason


async def test_what_was_asked_for_is_not_second_guessed(monkeypatch: pytest.MonkeyPatch, custody: Custody) -> None:
    """`docker` without an engine is an error with the way out, not silently something else."""
    monkeypatch.setenv("DOCKER_HOST", "unix:///nonexistent/docker.sock")
    assert (await choose("docker", Images()))[0] is Kind.DOCKER
    with pytest.raises(
        ProvisionError, match="no container engine answers at unix:///nonexistent.*; use --services embedded"
    ):
        async with start("docker", custody):
            pass


async def test_an_unknown_kind_is_named_with_the_known(custody: Custody) -> None:
    """A misspelt kind is a UsageError that lists the right ones."""
    with pytest.raises(UsageError, match="dokcer.*auto, docker, embedded, external"):
        async with start("dokcer", custody):
            pass


def test_images_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each image has its variable; an unset or empty one means the default."""
    monkeypatch.setenv("PERFLAB_POSTGRES_IMAGE", "mine:1")
    monkeypatch.setenv("PERFLAB_REDIS_IMAGE", "")
    assert Images.from_environment() == Images("mine:1", Images().redis)
