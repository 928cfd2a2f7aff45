"""The reference service as an arm: the only module of the lab that knows the service, by its settings alone."""

import sys
from collections.abc import Mapping

from bench.subject.command import Command
from bench.subject.identity import Expected
from service import settings as service_settings

MODULE = "service"
KNOBS: Mapping[str, str] = {name: knob.changes for name, knob in service_settings.KNOBS.items()}
"""Every knob and what it changes."""
SEARCH_KNOBS: tuple[str, ...] = tuple(name for name, knob in service_settings.KNOBS.items() if not knob.needs)
"""Knobs that change something for a service with PostgreSQL and Redis alone."""
DATABASE_KNOBS: tuple[str, ...] = tuple(name for name, knob in service_settings.KNOBS.items() if knob.in_database)
"""Knobs that need the database in another state, in the order in which their tuning is applied."""


def reference(
    name: str,
    knobs: Mapping[str, str],
    *,
    database_url: str,
    redis_url: str,
    fields: Mapping[str, str] | None = None,
    module: str = MODULE,
) -> Command:
    """How to start the reference service with each knob `on` or `off`.

    `fields` are settings that are no knobs; `module` serves as `service` does.
    """
    environment = {
        **service_settings.knob_environment(knobs),
        **{service_settings.PREFIX + field.upper(): value for field, value in (fields or {}).items()},
        f"{service_settings.PREFIX}DATABASE_URL": database_url,
        f"{service_settings.PREFIX}REDIS_URL": redis_url,
        f"{service_settings.PREFIX}PORT": "{port}",
    }
    return Command(name, (sys.executable, "-m", module), environment)


def setting(name: str) -> str:
    """The environment variable of a setting of the reference service.

    Raises KeyError for one that it does not have.
    """
    if name not in service_settings.Settings.model_fields:
        raise KeyError(name)
    return f"{service_settings.PREFIX}{name.upper()}"


def expected(
    knobs: Mapping[str, str],
    *,
    columns: frozenset[str] = frozenset(),
    indexes: frozenset[str] = frozenset(),
    settings: frozenset[str] | None = None,
    fields: Mapping[str, str] | None = None,
) -> Expected:
    """What the reference service must say of itself when it was started so, on a database in that state."""
    chosen = {service_settings.KNOBS[name].field: _value(name, state) for name, state in knobs.items()}
    # A Settings made here reads the lab's own environment as the arm's process does; explicit values come first.
    meant = service_settings.load(database_url="postgresql://127.0.0.1/any", **chosen, **(fields or {}))
    return Expected(meant.config_hash(), dict(knobs), columns, indexes, settings)


def _value(name: str, state: str) -> object:
    knob = service_settings.KNOBS[name]
    return knob.on if state == "on" else knob.off
