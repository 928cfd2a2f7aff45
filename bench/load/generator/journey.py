"""What one user does when it arrives: one task, picked with Locust's weights."""

import random
from typing import Any

from locust import SequentialTaskSet, TaskSet, User
from locust.exception import InterruptTaskSet, RescheduleTask, RescheduleTaskImmediately


def perform(user: User) -> None:
    """Perform one task of the user.

    A TaskSet is entered, one of its tasks performed, and left again; of a SequentialTaskSet all tasks in
    their order. `interrupt()` ends the journey. Draws come from the module `random`, as in Locust.
    """
    try:
        _perform(user, random.choice(user.tasks))
    except (InterruptTaskSet, RescheduleTask, RescheduleTaskImmediately):
        return


def _perform(parent: Any, task: Any) -> None:
    if isinstance(task, type) and issubclass(task, TaskSet):
        _visit(task(parent))
    else:
        task(parent)


def _visit(place: Any) -> None:
    place.on_start()
    try:
        if isinstance(place, SequentialTaskSet):
            for task in place.tasks:
                _perform(place, task)
        else:
            _perform(place, place.get_next_task())
    finally:
        place.on_stop()
