"""What the image installs: the part of requirements.lock that the service needs, word by word.

The one lock stays the only place where versions are chosen. Which packages are the service's own says the dependency
group `service` of pyproject.toml; what these need is read from the metadata of what is installed here.
"""

import re
import tomllib
from collections.abc import Iterator, Mapping
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from bench.errors import UsageError

NAME = "service.lock"
GROUP = "service"
HEAD = f"# The service's part of requirements.lock, for its image. Written by `python -m bench.image` as {NAME}.\n"
ENTRY = re.compile(r"^([\w.-]+)==[^\n]*(?:\n    --hash=[^\n]*)+", re.MULTILINE)
PYTHONS = ("3.11", "3.12", "3.13", "3.14")
"""Those that a base may have; in all their patches, of which the first needs most."""
PLATFORM = {"sys_platform": "linux", "platform_system": "Linux", "os_name": "posix"}


def service_lock(root: Path) -> str:
    """The text of service.lock for the checkout at `root`.

    Raises UsageError when a package that the service needs is not in requirements.lock.
    """
    group = tomllib.loads((root / "pyproject.toml").read_text())["dependency-groups"][GROUP]
    locked = entries((root / "requirements.lock").read_text())
    return HEAD + "".join(f"{entry}\n" for name in sorted(needed(group, locked)) for entry in locked[name])


def entries(lock: str) -> Mapping[str, tuple[str, ...]]:
    """Each package's entries in a lock: several where platforms or Pythons differ."""
    found: dict[str, tuple[str, ...]] = {}
    for match in ENTRY.finditer(lock):
        name = canonicalize_name(match[1])
        found[name] = (*found.get(name, ()), match[0])
    return found


def needed(group: list[str], locked: Mapping[str, tuple[str, ...]]) -> set[str]:
    """The names of these packages and of all that they need on Linux."""
    waiting, seen = [Requirement(line) for line in group], set[tuple[str, frozenset[str]]]()
    while waiting:
        one = waiting.pop()
        key = canonicalize_name(one.name), frozenset(one.extras)
        if key in seen:
            continue
        if key[0] not in locked:
            raise UsageError(f"requirements.lock has no {one.name}, which the service needs; refresh it.")
        seen.add(key)
        waiting.extend(_needs(one))
    return {name for name, _ in seen}


def _needs(one: Requirement) -> Iterator[Requirement]:
    try:
        lines = metadata.requires(one.name) or []
    except metadata.PackageNotFoundError:
        # Needed by another Python than this one, and small enough to need nothing itself.
        lines = []
    for needs in map(Requirement, lines):
        if needs.marker is None or any(
            needs.marker.evaluate({**PLATFORM, "python_version": python, "python_full_version": patch, "extra": extra})
            for python in PYTHONS
            for patch in (f"{python}.0", f"{python}.99")
            for extra in (*one.extras, "")
        ):
            yield needs
