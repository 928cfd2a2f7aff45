"""Terraform files as python-hcl2 reads them, and what the checks ask of them."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

MARK = "__"
"""Keys that python-hcl2 adds, such as for comments, begin with it."""
FOR_PEOPLE = ("description", "error_message", "__comments__")
BLOCK = "__is_block__"
"""python-hcl2 marks with it what was written as a block, and not as an attribute."""


@dataclass(frozen=True, slots=True)
class Parsed:
    """One file."""

    path: Path
    body: Mapping[str, Any]

    def labelled(self, kind: str) -> Iterator[tuple[tuple[str, ...], Mapping[str, Any]]]:
        """Every top-level block of a kind with its labels, such as ("docker_container", "service")."""
        for each in self.body.get(kind, ()):
            yield from _below((), each)


def _below(labels: tuple[str, ...], block: Mapping[str, Any]) -> Iterator[tuple[tuple[str, ...], Mapping[str, Any]]]:
    if BLOCK in block:
        yield labels, block
        return
    for label, inner in block.items():
        yield from _below((*labels, label.strip('"')), inner)


def code(body: object) -> str:
    """What Terraform evaluates, as text to look for references in: not what is written for people alone."""
    return json.dumps(_evaluated(body))


def _evaluated(body: object) -> object:
    if isinstance(body, Mapping):
        return {name: _evaluated(inner) for name, inner in body.items() if name not in FOR_PEOPLE}
    return [_evaluated(inner) for inner in body] if isinstance(body, list) else body


def terraform_files(folder: Path) -> list[Path]:
    """Every .tf and .tftest.hcl below a folder, but for what Terraform itself downloaded."""
    found = [*folder.rglob("*.tf"), *folder.rglob("*.tftest.hcl")]
    return sorted(path for path in found if ".terraform" not in path.parts)


def parse(path: Path) -> Parsed:
    """Raises ValueError with the place of the first thing that is no HCL."""
    import hcl2
    from lark.exceptions import LarkError

    try:
        return Parsed(path, hcl2.loads(path.read_text()))
    except LarkError as error:
        raise ValueError(str(error).splitlines()[0]) from error
