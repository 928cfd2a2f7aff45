"""`python -m service`: serve, as the DOCAICHE_ environment variables say, on a socket of its own or on a lent one."""

import asyncio
import sys
from collections.abc import Callable

import uvloop
from fastapi import FastAPI

from service import logs
from service.app import create
from service.errors import ServiceError
from service.server import DRAIN_S, Server, configured
from service.settings import Settings, load
from service.sockets import bound, lent_listener, notify_ready

CANNOT_START = 2


async def serve(settings: Settings, make: Callable[[Settings], FastAPI] = create) -> None:
    """Serve what `make` makes until told to stop; drain where the socket was lent, since somebody else serves on.

    Raises ServiceError when a dependency, the database's state or the port does not allow it.
    """
    app = make(settings)
    lent = lent_listener()
    with lent or bound(settings.host, settings.port) as listener:
        async with app.router.lifespan_context(app):
            server = Server(configured(app), drain_s=DRAIN_S if lent else 0.0, ready=notify_ready)
            await server.serve(sockets=[listener])


def main(make: Callable[[Settings], FastAPI] = create) -> None:
    """Serve what `make` makes until told to stop; what prevents the start is one sentence and exit code 2."""
    try:
        settings = load()
        logs.configure(settings.log_level)
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(serve(settings, make))
    except ServiceError as error:
        sys.stderr.write(f"docaiche: {error}\n")
        sys.exit(CANNOT_START)


if __name__ == "__main__":
    main()
