"""`python -m service`: serve, as the DOCAICHE_ environment variables say."""

import asyncio
import signal
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
import uvloop
from fastapi import FastAPI

from service import logs
from service.app import create
from service.errors import ConfigurationError, ServiceError
from service.settings import Settings, load

GRACE_S = 5
"""How long requests under way may take when the service is told to stop."""
MOST_BYTES = 64 * 1024
"""The longest message on a WebSocket, as of a body."""
BACKLOG = 2048
CANNOT_START = 2


class Server(uvicorn.Server):
    """uvicorn, stopped by SIGTERM and SIGINT without dying of them, so that what is open can be closed after."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Stop gracefully at the first signal, at once at a second Ctrl-C."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.handle_exit, number, None)
        yield


async def serve(settings: Settings) -> None:
    """Serve until told to stop.

    Raises ServiceError when a dependency, the database's state or the port does not allow it.
    """
    app = create(settings)
    with bound(settings.host, settings.port) as listener:
        async with app.router.lifespan_context(app):
            await Server(configured(app)).serve(sockets=[listener])


def configured(app: FastAPI) -> uvicorn.Config:
    """How uvicorn serves the application."""
    return uvicorn.Config(
        app,
        http="httptools",
        ws="websockets-sansio",
        # The longest message is a search; compressing what is that short costs more than it saves.
        ws_max_size=MOST_BYTES,
        ws_per_message_deflate=False,
        # The lifespan is entered here: what fails in it is told in one sentence, not in a traceback.
        lifespan="off",
        access_log=False,
        log_config=None,
        log_level="warning",
        # Nobody stands in front of it; behind a proxy, that proxy's word on the client would have to be trusted.
        proxy_headers=False,
        timeout_graceful_shutdown=GRACE_S,
    )


def bound(host: str, port: int) -> socket.socket:
    """A listening socket.

    Raises ConfigurationError when the address cannot be had.
    """
    try:
        return socket.create_server((host, port), family=_family(host), backlog=BACKLOG)
    except OSError as error:
        raise ConfigurationError(f"DOCAICHE_HOST and DOCAICHE_PORT cannot be served: {error}.") from error


def main() -> None:
    """Serve until told to stop; what prevents the start is one sentence and exit code 2."""
    try:
        settings = load()
        logs.configure(settings.log_level)
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(serve(settings))
    except ServiceError as error:
        sys.stderr.write(f"docaiche: {error}\n")
        sys.exit(CANNOT_START)


def _family(host: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in host else socket.AF_INET


if __name__ == "__main__":
    main()
