"""Every setting and every knob of the service, from environment variables `DOCAICHE_<FIELD>`.

The default of each knob is the tuned value; the preset `off` of all knobs is the baseline.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from service.errors import ConfigurationError

PREFIX = "DOCAICHE_"


@dataclass(frozen=True, slots=True)
class Knob:
    """One tuning switch: a typed field of Settings with its two named values."""

    field: str
    off: Any
    on: Any
    changes: str
    """What is different when it is on, and why that may help."""
    in_database: bool = False
    """Whether it needs the database in the state that `sql/tuning/<knob>.apply.sql` makes."""


KNOBS: Mapping[str, Knob] = {
    "api": Knob("api", "legacy", "v1", "typed answers, pure ASGI middleware and one round trip per search"),
    "pool": Knob("pool", "basic", "tuned", "a pool sized to the cores, with deadlines, held for queries only"),
    "reset": Knob("reset", "full", "dirty", "no reset round trip at release unless the session was changed"),
    "indexes": Knob("indexes", False, True, "indexes that fit the filters and the text search", in_database=True),
    "fulltext": Knob("fulltext", False, True, "text vectors stored, not computed by each query", in_database=True),
    "cache": Knob("cache", False, True, "answers kept in Redis for a short while"),
}


class Settings(BaseSettings):
    """The configuration of one process; frozen."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="forbid")

    database_url: SecretStr
    redis_url: SecretStr = SecretStr("redis://127.0.0.1:6379/0")
    host: str = "127.0.0.1"
    port: int = Field(4000, ge=0, le=65_535)
    log_level: Literal["debug", "info", "warning", "error"] = "info"

    api: Literal["legacy", "v1"] = "v1"
    pool: Literal["basic", "tuned"] = "tuned"
    pool_size: int = Field(8, ge=1, le=200)
    """Connections of the tuned pool. Small: a query keeps a core busy, and more of them only queue elsewhere."""
    command_timeout_s: float = Field(10.0, gt=0)
    acquire_timeout_s: float = Field(5.0, gt=0)
    reset: Literal["full", "dirty"] = "dirty"
    indexes: bool = True
    fulltext: bool = True
    cache: bool = True
    cache_ttl_s: float = Field(30.0, gt=0)
    cache_deadline_s: float = Field(0.05, gt=0)
    """Longest that a request may wait for Redis before it goes on without."""

    def knobs(self) -> dict[str, str]:
        """Each knob as `on` or `off`."""
        return {name: "on" if getattr(self, knob.field) == knob.on else "off" for name, knob in KNOBS.items()}

    def config_hash(self) -> str:
        """Fingerprint of everything that changes behaviour: no secrets, no addresses."""
        kept = self.model_dump(mode="json", exclude={"database_url", "redis_url", "host", "port", "log_level"})
        return hashlib.sha256(json.dumps(kept, sort_keys=True).encode()).hexdigest()[:16]


def load(**values: Any) -> Settings:
    """Settings from the environment; `values` replace what it says.

    Raises ConfigurationError naming the variable that is missing or wrong.
    """
    try:
        return Settings(**values)
    except ValidationError as error:
        first = error.errors()[0]
        variable = PREFIX + str(first["loc"][0]).upper()
        raise ConfigurationError(f"{variable}: {first['msg'].lower()}.") from error


def knob_environment(values: Mapping[str, str]) -> dict[str, str]:
    """The environment variables that set knobs to `on` or `off`."""
    chosen = {KNOBS[name].field: KNOBS[name].on if value == "on" else KNOBS[name].off for name, value in values.items()}
    return {PREFIX + field.upper(): str(value).lower() for field, value in chosen.items()}
