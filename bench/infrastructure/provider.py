"""What the docker provider knows: resources, their attributes and blocks, from a list of its documentation.

The provider's own schema needs its program, which this machine may not be able to fetch; the list is that of
kreuzwerker/docker 4.5, docs/resources, for the resources that terraform/ uses.
"""

import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from bench.infrastructure.files import BLOCK, MARK, Parsed, code

SCHEMA = Path(__file__).with_name("docker_provider.json")
META = frozenset({"count", "for_each", "depends_on", "provider", "lifecycle"})
"""Terraform's own, in every resource."""
REFERENCE = re.compile(r"\b(docker_\w+)\.\w+(?:\[[^\]]*\])?\.(\w+)")
SELF = re.compile(r"\bself\.(\w+)")


@cache
def schema() -> Mapping[str, Any]:
    """By resource: `required`, `optional` and `computed` attributes, and `blocks` of the same form."""
    resources: Mapping[str, Any] = json.loads(SCHEMA.read_text())["resources"]
    return resources


def complaints(parsed: Parsed) -> Iterator[str]:
    """Whatever the provider would refuse in a file's resources: unknown or missing attributes, wrong references."""
    for (kind, name), body in parsed.labelled("resource"):
        place = f"{parsed.path.name}: {kind}.{name}"
        if kind not in schema():
            yield f"{place}: the provider has no such resource, or it is not in {SCHEMA.name}"
            continue
        yield from _body(place, body, schema()[kind], META)
        for attribute in SELF.findall(code(body)):
            if attribute not in _attributes(schema()[kind]):
                yield f"{place}: self has no {attribute}"
    for kind, attribute in REFERENCE.findall(code(parsed.body)):
        if kind in schema() and attribute not in _attributes(schema()[kind]):
            yield f"{parsed.path.name}: {kind} has no attribute {attribute} to refer to"


def _body(place: str, body: Mapping[str, Any], known: Mapping[str, Any], meta: frozenset[str]) -> Iterator[str]:
    blocks = known.get("blocks", {})
    written = dict(_written(body))
    for name, inner in written.items():
        if name in meta or name.startswith(MARK):
            continue
        if name in blocks:
            for block in inner if isinstance(inner, list) else [inner]:
                yield from _block(f"{place}.{name}", block, blocks[name])
        elif name not in known.get("required", ()) and name not in known.get("optional", ()):
            why = "is computed, not set" if name in known.get("computed", ()) else "is unknown"
            yield f"{place}: {name} {why}"
    for name in known.get("required", ()):
        if name not in written:
            yield f"{place}: {name} is missing"


def _block(place: str, block: object, known: Mapping[str, Any]) -> Iterator[str]:
    if not isinstance(block, dict) or BLOCK not in block:
        yield f"{place} is a block, not an attribute"
        return
    yield from _body(place, block, known, frozenset())


def _written(body: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Attributes and blocks; a dynamic block counts as what it makes."""
    for name, inner in body.items():
        if name != "dynamic":
            yield name, inner
    made: dict[str, list[Any]] = {}
    for dynamic in body.get("dynamic", ()):
        for label, block in dynamic.items():
            made.setdefault(label.strip('"'), []).extend(block.get("content", []))
    for name, blocks in made.items():
        yield name, [*body.get(name, []), *blocks]


def _attributes(known: Mapping[str, Any]) -> set[str]:
    return {*known.get("required", ()), *known.get("optional", ()), *known.get("computed", ()), "id"}
