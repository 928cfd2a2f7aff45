"""docs/service.md tells every setting and every operation of the reference service."""

import re
from pathlib import Path

import pytest

from service.app import create
from service.settings import Settings, load

PAGE = (Path(__file__).parents[2] / "docs/service.md").read_text()


def section(heading: str) -> str:
    """What stands below a heading."""
    return PAGE.partition(f"## {heading}\n")[2].partition("\n## ")[0]


@pytest.mark.parametrize("setting", sorted(Settings.model_fields))
def test_every_setting_is_told(setting: str) -> None:
    """With its default and what it is."""
    assert re.search(rf"^\|[^|]*`{setting}`", section("Settings"), re.MULTILINE)


def test_every_operation_is_told() -> None:
    """By method and path, as the schema has them; and none that is not there."""
    paths = create(load(database_url="postgresql://nowhere/nothing")).openapi()["paths"]
    there = {f"{method.upper()} {path}" for path, item in paths.items() for method in item}
    assert (
        set(re.findall(r"`((?:GET|POST|PUT|DELETE) /[^`]*)`", section("Operations").partition("\n\n`/docs`")[0]))
        == there
    )
