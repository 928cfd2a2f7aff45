"""A wire between the service and a server, which can be cut, silenced and slowed down while both live on."""

import asyncio
from typing import TYPE_CHECKING, Literal, Self
from urllib.parse import urlsplit, urlunsplit

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

Mode = Literal["through", "silent"]


class Wire:
    """Forwards TCP from a port of its own; an async context manager."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._to = urlsplit(url)
        self.accepted = 0
        """Connections that came."""
        self.asked = asyncio.Event()
        """Set whenever bytes for the server have arrived."""
        self.mode: Mode = "through"
        self.before: Callable[[], Awaitable[object]] | None = None
        """Awaited before bytes for the server are passed on to it: what takes its time here makes the server slow."""
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()
        self._port = 0

    async def __aenter__(self) -> Self:
        await self.mend()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.cut()

    @property
    def url(self) -> str:
        """The server's URL with this wire's port in it."""
        user, at, _ = self._to.netloc.rpartition("@")
        return urlunsplit(self._to._replace(netloc=f"{user}{at}127.0.0.1:{self._port}"))

    async def cut(self) -> None:
        """Break every connection and refuse new ones."""
        if self._server is not None:
            self._server.close()
            for writer in list(self._writers):
                writer.transport.abort()
            await self._server.wait_closed()
            self._server = None

    async def mend(self) -> None:
        """Forward, on the same port as before."""
        self.mode = "through"
        self._server = await asyncio.start_server(self._connected, "127.0.0.1", self._port)
        self._port = self._server.sockets[0].getsockname()[1]

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.accepted += 1
        there_reader, there_writer = await asyncio.open_connection(self._to.hostname, self._to.port)
        await asyncio.gather(
            self._forward(reader, there_writer, is_request=True),
            self._forward(there_reader, writer, is_request=False),
        )

    async def _forward(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, is_request: bool) -> None:
        self._writers.add(writer)
        try:
            while chunk := await reader.read(65_536):
                if is_request:
                    self.asked.set()
                    if self.before is not None:
                        await self.before()
                if self.mode == "silent":
                    continue
                writer.write(chunk)
                await writer.drain()
        except ConnectionError:
            pass
        finally:
            self._writers.discard(writer)
            writer.close()
