"""The open model: requests come when they are due, however slow the service is.

Each due arrival is given to an idle user, who performs one task in a greenlet of its own. The latency of
its first request counts from the moment it was due, so a service that stops for a while is charged for
every request that would have come meanwhile (no coordinated omission). An arrival that finds no idle user
is counted as dropped, never delayed without a word.
"""

import random
import time
from math import ceil
from typing import TYPE_CHECKING

from gevent import Greenlet
from locust import User
from locust.exception import StopTest, StopUser

from bench.arrivals import arrivals
from bench.errors import LoadError
from bench.load.generator import stragglers
from bench.load.generator.alarm import alarm
from bench.load.generator.foresight import Foresight
from bench.load.generator.journey import perform
from bench.load.generator.pool import Pool, disconnect
from bench.load.generator.slot import Outcome
from bench.load.generator.stillness import still
from bench.load.messages import Command

if TYPE_CHECKING:
    from bench.load.generator.recorder import Recorder
    from bench.load.generator.scenario import Scenario

FIRST_USERS = 16
FIRST_SECONDS = 0.25
"""The pool begins with as many users as a quarter of a second brings, so that it seldom grows while measured."""


def run(command: Command, scenario: "Scenario", recorder: "Recorder") -> Outcome:
    """Run one slot. Raises LoadError when `on_start` fails or the Locust file stops the test."""
    schedule = arrivals(command.arrivals, command.rate, command.duration_s, command.seed)
    classes = scenario.draw(random.Random(f"users {command.seed}"), len(schedule))
    first = max(FIRST_USERS, ceil(command.rate * FIRST_SECONDS))
    with Pool(scenario, recorder, first=first, bound=command.users) as pool:
        slot = _Slot(command, pool, recorder)
        with alarm() as clock, still():
            started, cpu = time.time(), time.process_time()
            zero = recorder.begin()
            for index, (moment, user_class) in enumerate(zip(schedule, classes, strict=True)):
                clock.wait(zero + moment - slot.foresight.lead_s)
                slot.arrive(index, zero + moment, user_class)
            left_s = zero + command.duration_s - time.perf_counter()
            late = stragglers.wait(slot.under_way, slot_left_s=left_s, limit_s=command.straggler_s)
            cores = (time.process_time() - cpu) / (time.perf_counter() - zero)
            rows = recorder.end()
        if slot.stop is not None:
            raise LoadError(f"The Locust file stopped the test: {slot.stop}")
        facts = {"arrivals": len(schedule), "users": pool.size, "stragglers": late, "task_errors": slot.task_errors}
        return Outcome(started, rows, slot.dropped, cores, facts)


class _Slot:
    """What happens to the arrivals of one slot."""

    def __init__(self, command: Command, pool: Pool, recorder: "Recorder") -> None:
        self._seed = command.seed
        self._pool = pool
        self._recorder = recorder
        self.dropped = 0
        self.task_errors = 0
        self.stop: StopTest | None = None
        self.under_way: set[Greenlet] = set()
        self.foresight = Foresight(command.rate)

    def arrive(self, index: int, due: float, user_class: type[User]) -> None:
        """Give an arrival to a user, or count it as dropped."""
        user = self._pool.take(user_class)
        if user is None:
            self.dropped += 1
            return
        greenlet = Greenlet.spawn(self._serve, index, due, user)
        self.under_way.add(greenlet)
        greenlet.rawlink(self.under_way.discard)

    def _serve(self, index: int, due: float, user: User) -> None:
        usable = False
        try:
            with self._recorder.arrival(due, type(user).__name__):
                self._pool.start(user)
                self.foresight.await_due(due)
                # Seeded per arrival, not per slot: what a task draws must not depend on the order in which
                # answers came back, or the arms of a triple would not get the same requests.
                random.seed((self._seed << 32) + index)
                perform(user)
            usable = True
        except StopUser:
            pass
        except StopTest as stop:
            self.stop = stop
        except Exception:  # noqa: BLE001 - any error of the task is its own; the recorder has kept it
            self.task_errors += 1
            usable = True
        if usable:
            self._pool.give(user)
        else:
            self._pool.retire(user)
            disconnect(user)
