"""The users of one arm in the open model: started before the slot, waiting to be given arrivals."""

from collections import deque
from contextlib import suppress
from types import TracebackType
from typing import Any, Self

import gevent
from locust import FastHttpUser, HttpUser, User
from locust.user.task import LOCUST_STATE_RUNNING, DefaultTaskSet

from bench.errors import LoadError
from bench.load.generator.recorder import Recorder
from bench.load.generator.scenario import Scenario

START_LIMIT_S = 20.0
STOP_LIMIT_S = 2.0


class Pool:
    """Idle users by class, longest idle first, so that every connection is in use and warm.

    Grows up to `bound` users; entering starts the first ones, leaving stops them all.
    """

    def __init__(self, scenario: Scenario, recorder: Recorder, base_url: str, *, first: int, bound: int) -> None:
        self._scenario = scenario
        self._base_url = base_url
        self._recorder = recorder
        self._first = min(first, bound)
        self._bound = bound
        self._idle: dict[type[User], deque[User]] = {user_class: deque() for user_class in scenario.classes}
        self._users: dict[User, bool] = {}

    @property
    def size(self) -> int:
        """Users that exist."""
        return len(self._users)

    def take(self, user_class: type[User]) -> User | None:
        """An idle user of this class, or a new one, whom `perform` must start; None when the pool is exhausted."""
        idle = self._idle[user_class]
        if idle:
            return idle.popleft()
        return self._make(user_class) if self.size < self._bound else None

    def start(self, user: User) -> None:
        """Run `on_start`, unless that has been done; its requests are not recorded."""
        if not self._users[user]:
            with self._recorder.quiet():
                user.on_start()
            self._users[user] = True

    def give(self, user: User) -> None:
        """Take a user back."""
        self._idle[type(user)].append(user)

    def retire(self, user: User) -> None:
        """Let go of a user that is not to be used again; another may take its place."""
        if self._users.pop(user, False):
            self._stop(user)

    def __enter__(self) -> Self:
        users = [self._make(user_class) for user_class in self._scenario.spread(self._first)]
        starting = [gevent.spawn(self.start, user) for user in users]
        gevent.joinall(starting, timeout=START_LIMIT_S)
        for user, greenlet in zip(users, starting, strict=True):
            if not greenlet.successful():
                gevent.killall(starting)
                reason = f"{type(greenlet.exception).__name__}: {greenlet.exception}" if greenlet.ready() else "stuck"
                raise LoadError(f"on_start of {type(user).__name__} at {user.host} failed ({reason}).")
            self.give(user)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with gevent.Timeout(STOP_LIMIT_S, exception=False):
            for user in [user for user, started in self._users.items() if started]:
                self._stop(user)
        self._users.clear()

    def _make(self, user_class: type[User]) -> User:
        user = self._scenario.user(user_class, self._base_url)
        user._state = LOCUST_STATE_RUNNING  # noqa: SLF001 - as User.run does, for code that asks
        user._taskset_instance = DefaultTaskSet(user)  # noqa: SLF001
        self._users[user] = False
        return user

    def _stop(self, user: Any) -> None:
        # The measurement is over for this user: what goes wrong in its goodbye says nothing about the service.
        with self._recorder.quiet(), suppress(Exception):
            user.on_stop()
        disconnect(user)


def disconnect(user: User) -> None:
    """Close the user's connections now, not when its memory is collected in the middle of another slot."""
    if isinstance(user, FastHttpUser):
        user.client.client.clientpool.close()
    elif isinstance(user, HttpUser):
        user.client.close()
