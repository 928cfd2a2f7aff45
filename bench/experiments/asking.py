"""One request after another over one connection, with as little client around them as there can be."""

import asyncio
import re
from collections.abc import Mapping
from time import perf_counter

from bench.errors import SubjectError

LENGTH = re.compile(rb"content-length: (\d+)", re.IGNORECASE)
LIMIT_S = 30.0


class Connection:
    """A connection to a service on this machine; open it as `async with`."""

    def __init__(self, port: int) -> None:
        self._port = port

    async def __aenter__(self) -> "Connection":
        self._reader, self._writer = await asyncio.open_connection("127.0.0.1", self._port)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._writer.close()

    async def ask(self, request: bytes) -> tuple[int, float]:
        """The status of the answer, and the seconds from the first byte sent to the last one received.

        Raises SubjectError when there is none.
        """
        began = perf_counter()
        try:
            async with asyncio.timeout(LIMIT_S):
                self._writer.write(request)
                head = await self._reader.readuntil(b"\r\n\r\n")
                length = LENGTH.search(head)
                if length is not None:
                    await self._reader.readexactly(int(length[1]))
        except (OSError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError) as error:
            line = request.partition(b"\r\n")[0].decode()
            raise SubjectError(f"`{line}` was not answered: {error or type(error).__name__}") from error
        return int(head.split(b" ", 2)[1]), perf_counter() - began


def request(
    method: str, path: str, body: bytes = b"", content_type: str = "", headers: Mapping[str, str] | None = None
) -> bytes:
    """A request of HTTP/1.1."""
    lines = [f"{method} {path} HTTP/1.1", "host: 127.0.0.1"]
    lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
    if content_type:
        lines.append(f"content-type: {content_type}")
    if body:
        lines.append(f"content-length: {len(body)}")
    return "\r\n".join([*lines, "", ""]).encode() + body
