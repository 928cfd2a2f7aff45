"""Terraform files as python-hcl2 reads them, and what the checks ask of them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

MARK = "__"
"""Keys that python-hcl2 adds, such as for comments, begin with it."""
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
