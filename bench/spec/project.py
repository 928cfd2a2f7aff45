"""`perflab.toml` of a user's repository: how its service is started and asked, in the table [compare]."""

import tomllib

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from bench.errors import UsageError

FILE = "perflab.toml"


class Project(BaseModel):
    """What a repository says of its service; the options of `perflab compare` come first."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    command: str | None = None
    """With {port}, and where the service takes them {database_url} and {redis_url}; run in the work tree."""
    prepare: str | None = None
    """Run once on the empty database at {database_url}; every arm gets a copy of what it leaves."""
    ready: str | None = None
    path: tuple[str, ...] = Field(default=(), description="what to request, beside a workload")
    workload: str | None = None
    """A Locust file, from the repository's root."""


def read_project(text: bytes, where: str) -> Project:
    """Read the file's contents; without a table [compare] it says nothing.

    Raises UsageError naming `where` for what is not TOML, and for keys that there are not.
    """
    try:
        return Project.model_validate(tomllib.loads(text.decode()).get("compare", {}))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"{where} is not valid TOML: {error}.") from error
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        if first["type"] == "extra_forbidden":
            raise UsageError(
                f"{where}: unknown key `{key}` in [compare]; valid are {', '.join(Project.model_fields)}."
            ) from error
        raise UsageError(f"{where}: `{key}` in [compare]: {first['msg'].lower()}.") from error
