"""An arm proves what it is: the lab refuses to measure a service that is not the one the plan names."""

from collections.abc import Mapping
from dataclasses import dataclass

import httpx
from pydantic import BaseModel, ConfigDict, ValidationError

from bench.errors import SubjectError

PATH = "/identity"


class DatabaseIdentity(BaseModel):
    """The state of the database that the service really uses."""

    model_config = ConfigDict(frozen=True)

    name: str
    columns: tuple[str, ...]
    indexes: tuple[str, ...]
    settings: tuple[str, ...] = ()


class Identity(BaseModel):
    """What `GET /identity` answers."""

    model_config = ConfigDict(frozen=True)

    service: str
    version: str
    pid: int
    config_hash: str
    knobs: dict[str, str]
    database: DatabaseIdentity


@dataclass(frozen=True, slots=True)
class Expected:
    """What an arm should say."""

    config_hash: str
    knobs: Mapping[str, str]
    columns: frozenset[str] = frozenset()
    indexes: frozenset[str] = frozenset()
    """Empty: the database is not checked."""
    settings: frozenset[str] | None = None
    """Of the database alone; there may be none. None: they are not checked."""


async def identify(name: str, base_url: str) -> Identity:
    """Ask the arm `name` what it is.

    Raises SubjectError when it does not answer, or not in the form of an identity.
    """
    try:
        async with httpx.AsyncClient(base_url=base_url, timeout=5.0, trust_env=False) as client:
            response = await client.get(PATH)
            response.raise_for_status()
            return Identity.model_validate_json(response.content)
    except (httpx.HTTPError, ValidationError) as error:
        # A connection that breaks off has no words of its own.
        reason = str(error) or type(error).__name__
        raise SubjectError(f"{name} at {base_url}{PATH} does not tell its identity ({reason}).") from error


def verify(name: str, identity: Identity, expected: Expected) -> None:
    """Hold an identity against what it should be.

    Raises SubjectError naming the first difference.
    """
    for knob, value in expected.knobs.items():
        actual = identity.knobs.get(knob, "absent")
        if actual != value:
            raise SubjectError(f"{name} is not the arm it should be: knob {knob} is {actual}, planned is {value}.")
    if identity.config_hash != expected.config_hash:
        raise SubjectError(
            f"{name} is not the arm it should be: its configuration hash is {identity.config_hash}, "
            f"planned is {expected.config_hash}; look for DOCAICHE_ variables in your environment."
        )
    database = identity.database
    for what, told, planned in (
        ("indexes", database.indexes, expected.indexes or None),
        ("columns", database.columns, expected.columns or None),
        ("settings", database.settings, expected.settings),
    ):
        if planned is not None:
            _same(name, what, set(told), planned)


def _same(name: str, what: str, actual: set[str], planned: frozenset[str]) -> None:
    if actual != planned:
        difference = ", ".join(sorted(actual ^ planned))
        raise SubjectError(f"{name} runs on a database in another state than planned: {what} differ in {difference}.")
