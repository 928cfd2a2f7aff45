"""Every request that Locust tells of, as an observation from its intended start."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import gevent
from locust.exception import CatchResponseError

from bench.load.generator import server_timing
from bench.observations import Observation

REASON_LENGTH = 300
"""A reason longer than this holds a page of HTML or a traceback, which a table of errors cannot show."""


class Recorder:
    """Listens to `events.request` from `begin` to `end`.

    While it listens it only appends to a list; headers are read afterwards.
    """

    def __init__(self, request: Any) -> None:
        """`request` is the hook `events.request`, which Locust leaves untyped."""
        self._zero = 0.0
        self._listening = False
        self._kept: list[list[tuple[Observation, tuple[str, float] | None]]] = []
        self._due: dict[object, float] = {}
        self._lane: dict[object, int] = {}
        self._quiet: set[object] = set()
        request.add_listener(self._keep)

    def begin(self, lanes: int = 1) -> float:
        """Start a slot of so many lanes; answers the perf_counter of its start."""
        self._kept = [[] for _ in range(lanes)]
        self._due = {}
        self._lane = {}
        self._zero = time.perf_counter()
        self._listening = True
        return self._zero

    def end(self) -> list[list[Observation]]:
        """End the slot: the observations of each lane in the order of their intended starts."""
        self._listening = False
        lanes = [[_with_parts(row, *told) if told else row for row, told in kept] for kept in self._kept]
        return [sorted(rows, key=lambda row: row.intended_s) for rows in lanes]

    @contextmanager
    def quiet(self) -> Iterator[None]:
        """Do not listen to the calling greenlet: `on_start` and `on_stop` are no part of the workload."""
        current = gevent.getcurrent()
        self._quiet.add(current)
        try:
            yield
        finally:
            self._quiet.discard(current)

    @contextmanager
    def arrival(self, due: float, name: str, lane: int = 0) -> Iterator[None]:
        """The calling greenlet's next request was due at `due` of perf_counter; later ones when they are sent.

        All of them, and those of the greenlets that it starts, are `lane`'s. Should the block fail before any request
        has been told of, the failure itself is kept under `name`: an arrival is never lost.
        """
        current = gevent.getcurrent()
        self._due[current] = due
        self._lane[current] = lane
        began = time.perf_counter()
        try:
            yield
        except Exception as error:
            if current in self._due and self._listening:
                now = time.perf_counter()
                row = Observation(name, due - self._zero, began - self._zero, now - self._zero, 0, _told(error))
                self._kept[lane].append((row, None))
            raise
        finally:
            self._due.pop(current, None)
            self._lane.pop(current, None)

    def _keep(  # Locust's names and order
        self,
        request_type: str,
        name: str,
        response_time: float | None,
        response_length: int | None,
        exception: BaseException | None = None,
        start_time: float | None = None,
        response: Any = None,
        **_others: object,
    ) -> None:
        current = gevent.getcurrent()
        if not self._listening or current in self._quiet:
            return
        took = (response_time or 0.0) / 1000
        # Locust tells the start on the wall clock. Its distance from now is put on perf_counter, so that a
        # step of the wall clock between two requests moves nothing.
        sent = time.time() - took if start_time is None else start_time
        age = time.time() - sent
        start = time.perf_counter() - self._zero - age
        due = self._due.pop(current, None)
        intended = start if due is None else due - self._zero
        start = max(start, intended)
        status = getattr(response, "status_code", None)
        if status is None:
            status = 0 if exception is not None or response is not None else 200
        headers = getattr(response, "headers", None)
        row = Observation(
            name if name and name[0] != "/" and "://" not in name else f"{request_type} {name}",
            intended,
            start,
            start + took,
            status,
            _reason(exception, status) if exception is not None else "",
            response_length or 0,
        )
        header = headers.get("server-timing") if headers else None
        self._kept[self._lane_of(current)].append((row, (header, sent) if header else None))

    def _lane_of(self, greenlet: Any) -> int:
        """That of the arrival which the greenlet serves, or whose greenlet started it; the first where nobody knows."""
        while greenlet is not None and greenlet not in self._lane:
            parent = getattr(greenlet, "spawning_greenlet", None)
            greenlet = parent() if parent is not None else None
        return self._lane.get(greenlet, 0)


def _with_parts(row: Observation, header: str, sent: float) -> Observation:
    """The row with what the service told of it; `sent` is the start on the wall clock."""
    queue_s = server_timing.began(header) - sent
    # A service on another machine has another clock: what cannot be is not told.
    told: dict[str, Any] = {"queue_s": queue_s} if 0 <= queue_s <= row.end_s - row.start_s else {}
    told |= {f"{part}_s": seconds for part, seconds in server_timing.parse(header).items()}
    return row._replace(**told)


def _reason(error: BaseException, status: int) -> str:
    """Why a request failed, in words that do not hold its URL: else there are as many errors as requests."""
    if isinstance(error, CatchResponseError):
        return _one_line(str(error)) or "failed"  # the Locust file's own words
    return f"HTTP {status}" if status >= 400 else _told(_root(error))


def _root(error: BaseException) -> BaseException:
    """What the HTTP clients have wrapped: a refused or reset connection, a timeout."""
    # geventhttpclient keeps it in an attribute of its own.
    inner: BaseException | None = getattr(error, "original", None) or error.__cause__ or error.__context__
    return error if inner is None else _root(inner)


def _told(error: BaseException) -> str:
    return _one_line(f"{type(error).__name__}: {error}")


def _one_line(text: str) -> str:
    return " ".join(text.split())[:REASON_LENGTH]
