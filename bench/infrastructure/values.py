"""Values that the provider refuses, or that nobody should write: empty words in commands, passwords in environments.

Beside them what has no label, so that nobody finds it who takes a deployment away. Commands and environments are often
put together elsewhere than where they are used, so everything is read that is named after one.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from bench.infrastructure.files import MARK, Parsed

COMMAND = re.compile(r"(^|_)(command|entrypoint)$")
EMPTY_WORD = re.compile(r'^""$|[\[,]\s*""')
"""An element of a list, on its own or within an expression."""
ENVIRONMENT = re.compile(r"(^|_)(env|environment)$")
SECRET = re.compile(
    r'\b((?:[A-Z0-9]+_)*(?:PASS|PASSWORD|SECRET|TOKEN|ADMIN_KEY|API_KEY|DATABASE_URL|REDIS_URL|DSN))"?\s*='
)
"""A variable whose name does not end with FILE."""

LABELLED = ("docker_container", "docker_network", "docker_volume")


def complaints(parsed: Parsed) -> Iterator[str]:
    """Every such value of one file, with what it is named after."""
    for name, value in _named(parsed.body):
        texts = list(_texts(value))
        if COMMAND.search(name) and any(map(EMPTY_WORD.search, texts)):
            yield f"{parsed.path.name}: {name} has an empty word, which the provider refuses"
        if ENVIRONMENT.search(name):
            for secret in sorted({found for text in texts for found in SECRET.findall(text)}):
                yield f"{parsed.path.name}: {name} gives {secret}, which would stand in the state; mount a file"
    for (kind, name), body in parsed.labelled("resource"):
        if kind in LABELLED and "labels" not in (*body, *_dynamic(body)):
            yield f"{parsed.path.name}: {kind}.{name} has no labels"


def _dynamic(body: Mapping[str, Any]) -> Iterator[str]:
    for block in body.get("dynamic", ()):
        yield from (label.strip('"') for label in block)


def _named(body: Any) -> Iterator[tuple[str, Any]]:
    """Attributes, and blocks by their labels, at every depth."""
    if isinstance(body, dict):
        for key, value in body.items():
            yield key.strip('"'), value
            yield from _named(value)
    elif isinstance(body, list):
        for each in body:
            yield from _named(each)


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for each in value:
            yield from _texts(each)
    elif isinstance(value, dict):
        for key, inner in value.items():
            if not key.startswith(MARK):
                yield f"{key}="
                yield from _texts(inner)
