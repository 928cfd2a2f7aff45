"""Every setting and every knob of the service, from environment variables `DOCAICHE_<FIELD>`.

The default of each knob is the tuned value; `DOCAICHE_PRESET=baseline` turns all of them off, and a knob's own
variable still has the last word. Importing this module opens nothing and imports no driver.
"""

import difflib
import hashlib
import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import SplitResult, urlsplit

from pydantic import Field, SecretStr, ValidationError, ValidationInfo, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from service.errors import ConfigurationError

PREFIX = "DOCAICHE_"
SECRETS = Path("/run/secrets")
"""Where container engines put files with secrets; a setting's file has its variable's name in small letters."""
Seconds = Annotated[float, Field(gt=0, le=3600)]
DATABASE_SCHEMES = ("postgresql", "postgres")
REDIS_SCHEMES = ("redis", "rediss")
NEXT_URL = re.compile(r",(?=[a-z]+://)")
"""The comma between two URLs; a password may hold another."""
REDIS_DATABASE = re.compile(r"/?([0-9]{1,9}/?)?")
"""The path of a URL of Redis; redis-py passes over any other and takes database 0."""
IN_HEADER = re.compile(r"[!-~]+")


@dataclass(frozen=True, slots=True)
class Knob:
    """One tuning switch: a typed field of Settings with its two named values."""

    name: str
    field: str
    off: Any
    on: Any
    changes: str
    """What is different when it is on."""
    why: str
    """Why that may help."""
    in_database: bool = False
    """Whether it needs the database in the state that `sql/tuning/<knob>.apply.sql` makes."""
    needs: str = ""
    """The setting without which it changes nothing; empty if there is none."""


KNOBS: Mapping[str, Knob] = {
    knob.name: knob
    for knob in (
        Knob(
            *("api", "api", "legacy", "v1"),
            changes="typed answers, pure ASGI middleware and one query per search",
            why="less work per request: no task per middleware, no generic encoding, no text that nobody asked for",
        ),
        Knob(
            *("pool", "pool", "basic", "tuned"),
            changes="as many connections as the cores can use, all opened at start, with deadlines",
            why="more queries at a time than cores only wait inside PostgreSQL, where nobody sees it",
        ),
        Knob(
            *("reset", "reset", "full", "dirty"),
            changes="a connection is reset at release only when its session may have been changed",
            why="the reset is a round trip of its own, for short queries half the cost of a checkout",
        ),
        Knob(
            *("indexes", "indexes", False, True),
            changes="indexes that fit the filters and the text search",
            why="rows are found, not scanned for",
            in_database=True,
        ),
        Knob(
            *("fulltext", "fulltext", False, True),
            changes="text vectors and lengths are stored when a document is written",
            why="ranking reads a vector; it does not parse every matching text again",
            in_database=True,
        ),
        Knob(
            *("settings", "database_settings", False, True),
            changes="the database has cost constants of an SSD, no compiler, and an autovacuum that comes early",
            why="counting still reads indexes alone after writes; plans fit documents that are not in memory",
            in_database=True,
        ),
        Knob(
            *("cache", "cache", False, True),
            changes="answers are kept in Redis for a short while",
            why="popular requests come again and again",
        ),
        Knob(
            *("breaker", "breaker", False, True),
            changes="a circuit breaker stands before Weaviate",
            why="requests do not pile up behind a Weaviate that hangs, and leave room for the others",
            needs="weaviate_url",
        ),
    )
}

PRESETS: Mapping[str, str] = {"tuned": "on", "baseline": "off"}
"""What every knob is, unless its own variable says otherwise."""


class Settings(BaseSettings):
    """The configuration of one process; frozen."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="forbid", hide_input_in_errors=True)

    database_url: SecretStr
    redis_mode: Literal["single", "cluster"] = "single"
    redis_url: SecretStr = SecretStr("redis://127.0.0.1:6379/0")
    """Of the one Redis, or of any node of the cluster; several nodes with commas between them."""
    host: str = "127.0.0.1"
    port: int = Field(4000, ge=0, le=65_535)
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    preset: Literal["tuned", "baseline"] = "tuned"

    anonymous: Literal["reader", "nobody"] = "reader"
    """What a request without an API key may do: read, or nothing."""
    admin_key: SecretStr | None = Field(None, min_length=32)
    """An API key with the role admin that is in no database: the way in for whoever operates the service."""

    rate_limit: str | None = Field(None, pattern=r"^[1-9][0-9]{0,8}/(second|minute|hour|day)$")
    """How many requests each caller may make, such as 600/minute; as many as they like when not set."""
    rate_limit_unknown: Literal["allow", "refuse"] = "allow"
    """Whether requests are served while Redis cannot count them."""

    api: Literal["legacy", "v1"] = "v1"
    pool: Literal["basic", "tuned"] = "tuned"
    pool_size: int = Field(5, ge=1, le=200)
    """Connections of the tuned pool: 2 x cores + 1 for two cores. A query that runs keeps a core busy."""
    command_timeout_s: Seconds = 10.0
    """Longest that a query of the tuned pool may take."""
    acquire_timeout_s: Seconds = 5.0
    """Longest that a request may wait for a connection of the tuned pool."""
    acquire_queue: int = Field(100, ge=0, le=100_000)
    """Most requests that may wait for a connection of the tuned pool at a time; the next is refused at once."""
    reset: Literal["full", "dirty"] = "dirty"
    indexes: bool = True
    fulltext: bool = True
    database_settings: bool = True
    most_requests: int | None = Field(None, ge=1, le=100_000)
    """Most requests of v1 under way at a time; the next is refused. As many as come when not set."""
    cache: bool = True
    cache_ttl_s: Seconds = 30.0
    cache_deadline_s: Seconds = 0.05
    """Longest that a request may wait for Redis before it goes on without."""
    cache_negative_ttl_s: Seconds = 5.0
    """How long it is remembered that there is no such thing: shorter, since somebody may just be making it."""

    weaviate_url: str | None = None
    """Where Weaviate is; without it hybrid search answers from full text."""
    weaviate_api_key: SecretStr | None = None
    weaviate_alpha: float = Field(0.75, ge=0, le=1)
    """The weight of vectors against words; the default is Weaviate's. Without a vectorizer there it has to be 0."""
    weaviate_timeout_s: Seconds = 1.0
    """Longest that one call to Weaviate may take."""
    weaviate_slow_s: Seconds = 0.5
    """A call that takes longer is slow; of a shorter timeout than twice that, half."""
    weaviate_concurrency: int = Field(16, ge=1, le=1000)
    """Calls to Weaviate under way at a time, and connections to it."""
    weaviate_attempts: int = Field(1, ge=1, le=5)
    """How often a call that fails is made; 1 is no retry."""
    breaker: bool = True
    """Whether a circuit breaker stands before Weaviate."""
    breaker_kind: Literal["own", "seed", "interlock"] = "own"
    """Whose: that of `service.resilience`, or to compare it, the seed's as it was written or interlock-cb's."""
    breaker_recovery_s: Seconds = 5.0
    """How long an open circuit stays open before a few calls may try."""

    @model_validator(mode="before")
    @classmethod
    def _fill_from_preset(cls, values: dict[str, Any]) -> dict[str, Any]:
        if values.get("preset") != "baseline":
            return values
        return {knob.field: knob.off for knob in KNOBS.values()} | values

    @field_validator("database_url")
    @classmethod
    def _is_url_of_postgresql(cls, url: SecretStr) -> SecretStr:
        _check_url(url.get_secret_value(), DATABASE_SCHEMES)
        return url

    @field_validator("redis_url")
    @classmethod
    def _is_url_of_redis(cls, url: SecretStr, info: ValidationInfo) -> SecretStr:
        urls = NEXT_URL.split(url.get_secret_value())
        for one in urls:
            if not REDIS_DATABASE.fullmatch(_check_url(one, REDIS_SCHEMES).path):
                raise ValueError("what follows the address must be the number of a database, such as /0")
        cluster = info.data.get("redis_mode") == "cluster"
        if len(urls) > 1 and not cluster:
            raise ValueError("it may name several nodes only when DOCAICHE_REDIS_MODE is cluster")
        if cluster and any(urlsplit(one).path.strip("/") not in {"", "0"} for one in urls):
            raise ValueError("a Redis Cluster has no database but 0; leave the number at the end out")
        return url

    @field_validator("weaviate_url")
    @classmethod
    def _is_plain_address(cls, url: str | None) -> str | None:
        if url is None:
            return None
        parts = _parts(url)
        if parts.port == 0 or parts.scheme not in {"http", "https"} or not parts.hostname:
            raise ValueError("it must be a URL that begins with http:// or https://")
        if parts.username is not None or parts.query or parts.fragment:
            # Addresses are logged. A key in one would be, too.
            raise ValueError("it must be an address alone; the key belongs into DOCAICHE_WEAVIATE_API_KEY")
        return url.rstrip("/")

    @field_validator("weaviate_api_key")
    @classmethod
    def _fits_into_a_header(cls, key: SecretStr | None) -> SecretStr | None:
        if key is not None and not IN_HEADER.fullmatch(key.get_secret_value()):
            raise ValueError("it must be printable ASCII without blanks")
        return key

    @property
    def redis_urls(self) -> tuple[str, ...]:
        """The URLs in `redis_url`."""
        return tuple(NEXT_URL.split(self.redis_url.get_secret_value()))

    def knobs(self) -> dict[str, str]:
        """Each knob as `on` or `off`."""
        return {name: "on" if getattr(self, knob.field) == knob.on else "off" for name, knob in KNOBS.items()}

    def config_hash(self) -> str:
        """Fingerprint of everything that changes behaviour: no secrets, no addresses."""
        elsewhere = {"database_url", "redis_url", "weaviate_url", "host", "port", "log_level", "preset"}
        kept = self.model_dump(mode="json", exclude=elsewhere | {"admin_key", "weaviate_api_key"})
        # Not where it is, but that it is there.
        kept["weaviate"] = self.weaviate_url is not None
        return hashlib.sha256(json.dumps(kept, sort_keys=True).encode()).hexdigest()[:16]


def load(**values: Any) -> Settings:
    """Settings from the environment, else from files in SECRETS; `values` replace what they say.

    Raises ConfigurationError naming the variable that is missing, wrong or unknown.
    """
    _refuse_unknown_variables()
    try:
        return Settings(_secrets_dir=SECRETS if SECRETS.is_dir() else None, **values)
    except ValidationError as error:
        # Without its cause: a traceback of pydantic's error is no help to whoever set a variable.
        raise ConfigurationError(_sentence(error)) from None


def knob_environment(values: Mapping[str, str]) -> dict[str, str]:
    """The environment variables that set knobs to `on` or `off`.

    Raises ConfigurationError for a knob or a state that does not exist.
    """
    environment = {}
    for name, state in values.items():
        if name not in KNOBS:
            raise ConfigurationError(f"There is no knob {name}; there are {', '.join(KNOBS)}.")
        if state not in PRESETS.values():
            raise ConfigurationError(f"The knob {name} cannot be {state}: it is on or off.")
        knob = KNOBS[name]
        environment[PREFIX + knob.field.upper()] = str(knob.on if state == "on" else knob.off).lower()
    return environment


def _check_url(url: str, schemes: tuple[str, ...]) -> SplitResult:
    parts = _parts(url)
    if parts.scheme not in schemes:
        raise ValueError(f"it must be a URL that begins with {schemes[0]}://")
    return parts


def _parts(url: str) -> SplitResult:
    # Without the value in the messages, as Python's own have it: it holds a password.
    try:
        parts = urlsplit(url)
    except ValueError:
        raise ValueError("it is no URL; in names and passwords all but letters and digits is written as %XX") from None
    try:
        _ = parts.port
    except ValueError:
        raise ValueError("its port must be a number up to 65535") from None
    return parts


def _refuse_unknown_variables() -> None:
    known = [PREFIX + name.upper() for name in Settings.model_fields]
    for name in os.environ:
        if name.upper().startswith(PREFIX) and name.upper() not in known:
            nearest = difflib.get_close_matches(name.upper(), known, n=1)
            meant = f"did you mean {nearest[0]}?" if nearest else f"there are {', '.join(known)}."
            raise ConfigurationError(f"{name} is not a setting; {meant}")


def _sentence(error: ValidationError) -> str:
    first = error.errors(include_url=False, include_input=False)[0]
    variable = PREFIX + "_".join(str(part) for part in first["loc"]).upper()
    if first["type"] == "missing":
        return f"{variable} is not set."
    message = first["msg"].removeprefix("Value error, ")
    return f"{variable} is wrong: {message[0].lower()}{message[1:]}."
