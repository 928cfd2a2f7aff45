"""A Locust file, loaded as Locust loads it and checked to be one that slots can be made of."""

import os
import random
import traceback
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import locust
from locust.argument_parser import get_parser
from locust.env import Environment
from locust.user.markov_taskset import MarkovTaskSet
from locust.user.task import TaskSet
from locust.util.load_locustfile import load_locustfile

from bench.errors import LoadError


@dataclass(frozen=True, slots=True)
class Scenario:
    """The user classes of a Locust file and the environment that they live in.

    `environment.runner` is None, as in `locust.run_single_user`: users are started here, not by a runner,
    whose statistics would cost time at every request.
    """

    classes: tuple[type[locust.User], ...]
    environment: Environment

    @property
    def weights(self) -> list[float]:
        """The weight of each class."""
        return [user_class.weight for user_class in self.classes]

    def aim(self, base_url: str) -> None:
        """Send the users made from now on to `base_url`, and tell the Locust file that a test starts."""
        self.environment.host = base_url
        for user_class in self.classes:
            user_class.host = base_url
        self.tell("test_start")

    def user(self, user_class: type[locust.User], base_url: str) -> locust.User:
        """A user for `base_url`, wherever others are sent."""
        user_class.host = base_url
        made = user_class(self.environment)
        # What is asked for later is looked up on the class, which the next user may change.
        made.host = base_url
        return made

    def tell(self, event: str, **facts: object) -> None:
        """Fire an event of `locust.events`, whose hooks are untyped."""
        getattr(self.environment.events, event).fire(environment=self.environment, **facts)

    def draw(self, rng: random.Random, count: int) -> list[type[locust.User]]:
        """Who each of `count` arrivals is, by weight."""
        return rng.choices(self.classes, self.weights, k=count)

    def spread(self, count: int) -> list[type[locust.User]]:
        """The classes of `count` users, as even a mix by weight as whole users allow."""
        credit = [0.0] * len(self.classes)
        chosen = []
        for _ in range(count):
            credit = [have + weight for have, weight in zip(credit, self.weights, strict=True)]
            first = credit.index(max(credit))
            credit[first] -= sum(self.weights)
            chosen.append(self.classes[first])
        return chosen


def load(path: Path) -> Scenario:
    """Load a Locust file with its custom arguments at their defaults (their environment variables count).

    Raises LoadError when it cannot be imported, holds no users, or users that slots cannot be made of.
    """
    try:
        found, _shapes = load_locustfile(str(path))
    except (Exception, SystemExit) as error:
        raise LoadError(f"{path} cannot be loaded: {_why(error, path)}.") from error
    classes = tuple(user_class for user_class in found.values() if user_class.weight > 0)
    if not classes:
        raise LoadError(f"{path} defines no user class with a weight; add one that extends FastHttpUser.")
    for user_class in classes:
        _check(path, user_class)
    environment = Environment(
        user_classes=list(classes),
        events=locust.events,
        locustfile=path.name,
        parsed_options=get_parser(default_config_files=[]).parse_args([]),
    )
    loaded = Scenario(classes, environment)
    loaded.tell("init", runner=None, web_ui=None)
    return loaded


def _check(path: Path, user_class: type[locust.User]) -> None:
    where = f"{path}: {user_class.__name__}"
    if user_class.fixed_count:
        raise LoadError(f"{where} has a fixed_count, which means nothing where arrivals are planned; use weight.")
    if not user_class.tasks:
        raise LoadError(f"{where} has no tasks; mark one with @task.")
    if markov := next((task for task in _nested(user_class.tasks) if issubclass(task, MarkovTaskSet)), None):
        raise LoadError(f"{where} uses the MarkovTaskSet {markov.__name__}, which is not supported; use TaskSet.")


def _nested(tasks: Sequence[object]) -> list[type[TaskSet]]:
    sets = [task for task in tasks if isinstance(task, type) and issubclass(task, TaskSet)]
    return sets + [inner for outer in sets for inner in _nested(outer.tasks)]


def _why(error: BaseException, path: Path) -> str:
    """What was raised, and the last line of the Locust file that led there."""
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if Path(frame.filename) == path]
    if isinstance(error, SyntaxError) and error.filename == os.fspath(path):
        lines = [error.lineno]
    place = f" (line {lines[-1]})" if lines else ""
    return f"{type(error).__name__}: {' '.join(str(error).split())}{place}"
