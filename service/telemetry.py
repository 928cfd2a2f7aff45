"""Server-Timing: where the time of a request went, told in a header on every answer.

    pool   waiting for a database connection, and giving it back
    db     queries
    cache  Redis, and waiting for another request that computes the same answer
    vector Weaviate, where it was asked
    encode turning what was found into the bytes of the answer
    app    everything else in the service, until its answer begins
    began  when the service began with the request, as a description: seconds since 1970. A client on the same machine
           subtracts from it the moment at which it sent: the way there and the queue before the service.

The instrument is the same for both APIs and stands outside everything else, so that it favours neither.
"""

from contextvars import ContextVar
from time import perf_counter, time
from typing import Literal

from starlette.types import ASGIApp, Message, Receive, Scope, Send

Part = Literal["pool", "db", "cache", "vector", "encode"]


class Timing:
    """Seconds spent by one request, by part."""

    __slots__ = ("began", "cache", "db", "encode", "pool", "returned", "vector")

    def __init__(self) -> None:
        self.pool = 0.0
        self.db = 0.0
        self.cache = 0.0
        self.vector = 0.0
        self.encode = 0.0
        self.began = time()
        self.returned = 0.0

    def header(self, total: float) -> bytes:
        """The header's value for a request that took `total` seconds, in milliseconds."""
        app = max(total - self.pool - self.db - self.cache - self.vector - self.encode, 0.0)
        vector = f"vector;dur={self.vector * 1e3:.4f}, " if self.vector else ""
        return (
            f"pool;dur={self.pool * 1e3:.4f}, db;dur={self.db * 1e3:.4f}, "
            f"cache;dur={self.cache * 1e3:.4f}, {vector}encode;dur={self.encode * 1e3:.4f}, "
            f'app;dur={app * 1e3:.4f}, began;desc="{self.began:.6f}"'
        ).encode()


# A task started by a request (BaseHTTPMiddleware starts one) sees the same Timing object.
_current: ContextVar[Timing | None] = ContextVar("timing", default=None)


def spent(part: Part, seconds: float) -> None:
    """Add seconds to a part of the current request; outside a request they are dropped."""
    timing = _current.get()
    if timing is not None:
        setattr(timing, part, getattr(timing, part) + seconds)


class Timed:
    """Add the time of a `with` block to a part of the current request; outside a request it is dropped."""

    # A class, not a generator: it costs half of what `contextlib.contextmanager` does.
    __slots__ = ("_began", "_part")

    def __init__(self, part: Part) -> None:
        self._part = part
        self._began = 0.0

    def __enter__(self) -> None:
        self._began = perf_counter()

    def __exit__(self, *_: object) -> None:
        spent(self._part, perf_counter() - self._began)


def returned() -> None:
    """An endpoint has answered, and the framework begins to encode; nothing outside a request."""
    timing = _current.get()
    if timing is not None:
        timing.returned = perf_counter()


def encoded() -> None:
    """The answer is bytes: what passed since `returned` was encoding; nothing where no endpoint has answered."""
    timing = _current.get()
    if timing is not None and timing.returned:
        timing.encode += perf_counter() - timing.returned


class ServerTiming:
    """Pure ASGI middleware that puts Server-Timing on every answer."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection; see the ASGI specification."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        timing = Timing()
        token = _current.set(timing)
        began = perf_counter()

        async def send_timed(message: Message) -> None:
            if message["type"] == "http.response.start":
                header = (b"server-timing", timing.header(perf_counter() - began))
                message["headers"] = [*message.get("headers", ()), header]
            await send(message)

        try:
            await self._app(scope, receive, send_timed)
        finally:
            _current.reset(token)
