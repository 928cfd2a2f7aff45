"""uvicorn, as the service runs it: stopped without a failed request, where somebody else holds the socket.

uvicorn closes idle connections the moment it is told to stop. A request that is on its way just then meets a closed
socket, and the client sees a reset. Here connections are drained first: nothing new is accepted, every answer says
`Connection: close` (RFC 9112 section 9.6), and who is idle is left open until it has asked once more or `drain_s` has
passed, which is longer than clients keep an idle connection.
"""

import asyncio
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import uvicorn
from fastapi import FastAPI
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

GRACE_S = 5
"""How long requests under way may take when the service is told to stop."""
DRAIN_S = 6.0
"""How long an idle connection may be used once more: httpx closes its own after 5 s."""
KEEP_ALIVE_S = 75
"""How long a connection may be idle: longer than most clients keep one, so that they close it, not we under them."""
MOST_BYTES = 64 * 1024
"""The longest message on a WebSocket, as of a body."""
PING_S = 20.0
"""How often a client on a WebSocket is asked whether it is there, and how long it may take to say so."""
POLL_S = 0.05
LAST = (b"connection", b"close")


class Server(uvicorn.Server):
    """Stopped by SIGTERM and SIGINT without dying of them, so that what is open can be closed after."""

    def __init__(
        self, config: uvicorn.Config, *, drain_s: float = 0.0, ready: Callable[[], None] = lambda: None
    ) -> None:
        """Drain for `drain_s` at SIGTERM; call `ready` as soon as connections are accepted."""
        super().__init__(config)
        self._drain_s = drain_s
        self._ready = ready

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Drain at SIGTERM and stop; at Ctrl-C stop without, and at a second one drop what is under way."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.handle_exit, number, None)
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Accept connections, then say so."""
        await super().startup(sockets)
        self._ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Drain, then close what is left."""
        if self._drain_s:
            await self._drain()
        await super().shutdown(sockets)

    async def _drain(self) -> None:
        for server in self.servers:
            # This process's place at the socket, not the socket: whoever else accepts from it goes on.
            server.close()
        # Of every request that is yet to come, and then of those under way.
        self.server_state.default_headers = [*self.server_state.default_headers, LAST]
        for connection in self.server_state.connections:
            if isinstance(connection, HttpToolsProtocol) and connection.cycle and not connection.cycle.response_started:
                connection.cycle.keep_alive = False
        with suppress(TimeoutError):
            async with asyncio.timeout(self._drain_s):
                # uvicorn has no event for it, and looks in the same way itself.
                while self.server_state.connections and signal.SIGINT not in self._captured_signals:  # noqa: ASYNC110
                    await asyncio.sleep(POLL_S)


def configured(app: FastAPI) -> uvicorn.Config:
    """How uvicorn serves the application."""
    return uvicorn.Config(
        app,
        http="httptools",
        ws="websockets-sansio",
        # The longest message is a search; compressing what is that short costs more than it saves.
        ws_max_size=MOST_BYTES,
        ws_per_message_deflate=False,
        ws_ping_interval=PING_S,
        ws_ping_timeout=PING_S,
        # The lifespan is entered by whoever serves: what fails in it is told in one sentence, not in a traceback.
        lifespan="off",
        access_log=False,
        log_config=None,
        log_level="warning",
        # Nobody stands in front of it; behind a proxy, that proxy's word on the client would have to be trusted.
        proxy_headers=False,
        timeout_keep_alive=KEEP_ALIVE_S,
        timeout_graceful_shutdown=GRACE_S,
    )
