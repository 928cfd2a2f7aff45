"""The closed model, as Locust has it: users who each wait for an answer before they ask again.

Latency counts from the send, so a service that stops is hardly noticed. It serves to find out how much an
arm holds; for latencies take the open model.
"""

import random
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import gevent
from gevent.event import Event
from gevent.pool import Group

from bench.errors import LoadError
from bench.load.generator import stragglers
from bench.load.generator.pool import START_LIMIT_S, disconnect
from bench.load.generator.slot import LaneOutcome, Outcome
from bench.load.generator.stillness import still
from bench.load.messages import Command

if TYPE_CHECKING:
    from bench.load.generator.recorder import Recorder
    from bench.load.generator.scenario import Scenario


def run(command: Command, scenario: "Scenario", recorder: "Recorder") -> Outcome:
    """Run `command.users` users for the slot. Raises LoadError when they cannot start or only ever fail."""
    (lane,) = command.lanes
    scenario.aim(lane.base_url)
    random.seed(command.seed)
    gate = _Gate(recorder, command.users)
    users = [user_class(scenario.environment) for user_class in scenario.spread(command.users)]
    group = Group()
    errors = _Errors(scenario.environment.events.user_error)
    try:
        for user in users:
            gate.guard(user)
            user.start(group)
        gate.wait(group, errors)
        with still():
            started, cpu = time.time(), time.process_time()
            zero = recorder.begin()
            gate.open.set()
            gevent.sleep(command.duration_s)
            for user in users:
                if not user.greenlet.dead:
                    user.stop()
            late = stragglers.wait(group, slot_left_s=0.0, limit_s=command.straggler_s)
            cores = (time.process_time() - cpu) / (time.perf_counter() - zero)
            (rows,) = recorder.end()
    finally:
        group.kill(timeout=stragglers.LAST_WORDS_S)
        errors.close()
        for user in users:
            disconnect(user)
    if not rows and errors.count:
        raise LoadError(f"No request was sent: every task failed, first with {errors.first}.")
    facts = {"users": len(users), "stragglers": late, "task_errors": errors.count}
    return Outcome(started, cores, [LaneOutcome(rows, 0, facts)])


class _Gate:
    """Keeps users between their `on_start`, which is not recorded, and their first task, until all are there."""

    def __init__(self, recorder: "Recorder", expected: int) -> None:
        self._recorder = recorder
        self._expected = expected
        self._arrived = 0
        self.open = Event()

    def guard(self, user: Any) -> None:
        """Put the gate behind the user's `on_start`, and silence before its `on_stop`."""
        on_start, on_stop = user.on_start, user.on_stop

        def start() -> None:
            self._quietly(on_start)
            self._arrived += 1
            self.open.wait()

        user.on_start = start
        user.on_stop = lambda: self._quietly(on_stop)

    def wait(self, group: Group, errors: "_Errors") -> None:
        """Wait until all users stand before the gate. Raises LoadError when one does not get there."""
        with gevent.Timeout(START_LIMIT_S, LoadError(f"on_start was not done after {START_LIMIT_S:g} s.")):
            while self._arrived < self._expected:
                if len(group) < self._expected:
                    raise LoadError(f"on_start failed with {errors.first or 'StopUser'}.")
                gevent.sleep(0.001)

    def _quietly(self, action: Callable[[], None]) -> None:
        with self._recorder.quiet():
            action()


class _Errors:
    """Counts what tasks raise."""

    def __init__(self, user_error: Any) -> None:
        """`user_error` is the hook `events.user_error`, which Locust leaves untyped."""
        self._event = user_error
        self._event.add_listener(self._note)
        self.count = 0
        self.first = ""

    def close(self) -> None:
        """Count no longer."""
        self._event.remove_listener(self._note)

    def _note(self, exception: BaseException, **_others: object) -> None:
        self.count += 1
        self.first = self.first or f"{type(exception).__name__}: {exception}"
