"""The open model: requests come when they are due, however slow the service is.

Each due arrival is given to an idle user, who performs one task in a greenlet of its own. The latency of
its first request counts from the moment it was due, so a service that stops for a while is charged for
every request that would have come meanwhile (no coordinated omission). An arrival that finds no idle user
is counted as dropped, never delayed without a word.

Several arms may take turns (`bench.arrivals.in_turns`): then each is a lane, with users of its own.
"""

import random
import time
from contextlib import ExitStack
from math import ceil
from typing import TYPE_CHECKING

from gevent import Greenlet
from locust import User
from locust.exception import StopTest, StopUser

from bench.arrivals import Arrival, arrivals, in_turns, spread_s
from bench.errors import LoadError
from bench.load.generator import stragglers
from bench.load.generator.alarm import alarm
from bench.load.generator.foresight import Foresight
from bench.load.generator.journey import perform
from bench.load.generator.pool import Pool, disconnect
from bench.load.generator.slot import LaneOutcome, Outcome
from bench.load.generator.stillness import still
from bench.load.messages import Command

if TYPE_CHECKING:
    from bench.load.generator.recorder import Recorder
    from bench.load.generator.scenario import Scenario

FIRST_USERS = 16
FIRST_SECONDS = 0.25
"""A pool begins with as many users as a quarter of a second brings, so that it seldom grows while measured."""


def run(command: Command, scenario: "Scenario", recorder: "Recorder") -> Outcome:
    """Run one slot, or several in turns. Raises LoadError when `on_start` fails or the Locust file stops the test."""
    schedule = arrivals(command.arrivals, command.rate, command.duration_s, command.seed)
    classes = scenario.draw(random.Random(f"users {command.seed}"), len(schedule))
    due = _due(command, schedule)
    lasts_s = spread_s(command.duration_s, len(command.lanes), command.turn_s)
    with ExitStack() as stack:
        lanes = [stack.enter_context(_pool(command, scenario, recorder, lane.base_url)) for lane in command.lanes]
        slot = _Slot(command, lanes, recorder)
        with alarm() as clock, still():
            started, cpu = time.time(), time.process_time()
            zero = recorder.begin(len(lanes))
            for moment, lane, index in due:
                clock.wait(zero + moment - slot.foresight.lead_s)
                slot.arrive(lane, index, zero + moment, classes[index])
            left_s = zero + lasts_s - time.perf_counter()
            late = stragglers.wait(slot.under_way, slot_left_s=left_s, limit_s=command.straggler_s)
            cores = (time.process_time() - cpu) / (time.perf_counter() - zero)
            rows = recorder.end()
        if slot.stop is not None:
            raise LoadError(f"The Locust file stopped the test: {slot.stop}")
        together = {"arrivals": len(schedule), "stragglers": late, "task_errors": slot.task_errors}
        return Outcome(
            started,
            cores,
            [
                LaneOutcome(kept, dropped, {**together, "users": pool.size})
                for kept, dropped, pool in zip(rows, slot.dropped, lanes, strict=True)
            ],
        )


def _due(command: Command, schedule: list[float]) -> list[Arrival]:
    """What is due to which lane."""
    if len(command.lanes) == 1:
        return [Arrival(moment, 0, index) for index, moment in enumerate(schedule)]
    return in_turns(schedule, command.duration_s, len(command.lanes), command.turn_s, command.seed)


def _pool(command: Command, scenario: "Scenario", recorder: "Recorder", base_url: str) -> Pool:
    scenario.aim(base_url)
    first = max(FIRST_USERS, ceil(command.rate * FIRST_SECONDS))
    return Pool(scenario, recorder, base_url, first=first, bound=command.users)


class _Slot:
    """What happens to the arrivals of one slot, or of several in turns."""

    def __init__(self, command: Command, lanes: list[Pool], recorder: "Recorder") -> None:
        self._seed = command.seed
        self._lanes = lanes
        self._recorder = recorder
        self.dropped = [0] * len(lanes)
        self.task_errors = 0
        self.stop: StopTest | None = None
        self.under_way: set[Greenlet] = set()
        self.foresight = Foresight(command.rate)

    def arrive(self, lane: int, index: int, due: float, user_class: type[User]) -> None:
        """Give an arrival to a user, or count it as dropped."""
        user = self._lanes[lane].take(user_class)
        if user is None:
            self.dropped[lane] += 1
            return
        greenlet = Greenlet.spawn(self._serve, lane, index, due, user)
        self.under_way.add(greenlet)
        greenlet.rawlink(self.under_way.discard)

    def _serve(self, lane: int, index: int, due: float, user: User) -> None:
        pool, usable = self._lanes[lane], False
        try:
            with self._recorder.arrival(due, type(user).__name__, lane):
                pool.start(user)
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
            pool.give(user)
        else:
            pool.retire(user)
            disconnect(user)
