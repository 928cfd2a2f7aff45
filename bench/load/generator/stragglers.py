"""Requests that have not ended when the slot has."""

from collections.abc import Iterable

import gevent
from gevent import Greenlet

LAST_WORDS_S = 1.0


class StragglerError(TimeoutError):
    """Raised inside a request that did not end in time.

    An OSError, which both of Locust's HTTP clients take for a failed connection: they tell of the request
    under its own name, as failed, with its time so far.
    """


def wait(greenlets: Iterable[Greenlet], *, slot_left_s: float, limit_s: float) -> int:
    """Wait for what is under way; what is not done `limit_s` after the slot ends as an error.

    Answers how many did.
    """
    running = list(greenlets)
    # A timer counts from the loop's own time, which stands still while a greenlet runs: it would end too early.
    gevent.get_hub().loop.update_now()
    gevent.joinall(running, timeout=max(slot_left_s, 0.0) + limit_s)
    late = [greenlet for greenlet in running if not greenlet.ready()]
    gevent.killall(late, StragglerError(f"no answer {limit_s:g} s after the end of the slot"), timeout=LAST_WORDS_S)
    # Whoever goes on to a next request after that is ended without being heard.
    gevent.killall([greenlet for greenlet in late if not greenlet.ready()], timeout=LAST_WORDS_S)
    return len(late)
