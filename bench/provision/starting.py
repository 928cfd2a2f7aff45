"""Choose where servers come from, and start them."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from bench.errors import UsageError
from bench.lifetime import Custody
from bench.provision.embedded import embedded
from bench.provision.external import External, external
from bench.provision.servers import Images, Kind, Servers


async def choose(kind: str, images: Images) -> tuple[Kind, str]:
    """Turn `auto` into `docker` or `embedded`; answer the kind and why, in one sentence.

    Raises UsageError for an unknown kind.
    """
    try:
        asked = Kind(kind)
    except ValueError as error:
        raise UsageError(f"--services {kind}: unknown; choose {', '.join(Kind)}.") from error
    if asked is not Kind.AUTO:
        return asked, f"{asked} was asked for."
    from bench.provision.docker import obstacle

    reason = await asyncio.to_thread(obstacle, images)
    if reason is not None:
        return Kind.EMBEDDED, f"auto chose embedded because {reason}."
    return Kind.DOCKER, f"auto chose docker because an engine answers with {images.postgres} and {images.redis}."


@asynccontextmanager
async def start(
    kind: str,
    custody: Custody,
    *,
    settings: Mapping[str, str] | None = None,
    snapshot: Path | None = None,
    images: Images | None = None,
    where: External | None = None,
) -> AsyncIterator[Servers]:
    """Start servers of a kind; they end with the context, and with `custody` at the latest.

    `settings` are PostgreSQL's, over `settings.THROWAWAY`. An embedded PostgreSQL begins from a copy of
    `snapshot` where that was made by the same version (`servers.postgres.restored` says so). `images` and
    `where` default to the environment. Raises UsageError for an unknown kind and ProvisionError when a
    server does not start or answer.
    """
    images = images or Images.from_environment()
    chosen, reason = await choose(kind, images)
    match chosen:
        case Kind.DOCKER:
            from bench.provision.docker import containers

            provider = containers(custody, settings or {}, images, reason)
        case Kind.EXTERNAL:
            provider = external(where or External.from_environment(), settings or {}, reason)
        case _:
            provider = embedded(custody, settings or {}, snapshot, reason)
    async with provider as servers:
        yield servers
