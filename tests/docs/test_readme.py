"""The README says what there is: a reader must be able to trust it."""

import re
from pathlib import Path

import pytest

from bench import criteria, experiments
from bench.cli import COMMANDS
from bench.lab.options import known
from bench.spec import load
from service.settings import KNOBS

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()


def rows(text: str, heading: str) -> dict[str, str]:
    """First and second column of the table below a heading; the name without its marks."""
    section = text.partition(f"## {heading}\n")[2].partition("\n## ")[0]
    cells = [line.strip("| ").split(" | ") for line in section.splitlines() if line.startswith("| `")]
    return {row[0].strip("`"): row[1] for row in cells}


def test_it_opens_with_the_two_commands() -> None:
    """Run and test, before anything else."""
    code = [line.split("#")[0].strip() for line in README.splitlines() if line.startswith("    ./perflab")]
    assert code[:2] == ["./perflab run --quick", "./perflab test"]
    assert README.index(code[0]) < 100


def test_every_knob_stands_in_it_with_what_it_changes() -> None:
    """The table of knobs is that of the service's settings."""
    assert rows(README, "Knobs of the reference service") == {name: knob.changes for name, knob in KNOBS.items()}


def test_a_knob_that_is_missing_would_be_found() -> None:
    """The comparison above can fail."""
    assert rows(README.replace("| `cache` |", "| cache |"), "Knobs of the reference service").keys() != KNOBS.keys()


@pytest.mark.parametrize("command", sorted(COMMANDS))
def test_every_command_is_mentioned(command: str) -> None:
    """In the README or in the changelog's list of commands."""
    assert re.search(rf"(perflab |`){command}\b", README + (ROOT / "CHANGELOG.md").read_text())


def test_links_lead_somewhere() -> None:
    """Every relative link of README and docs is a file of the checkout."""
    for page in (ROOT / "README.md", ROOT / "CHANGELOG.md", *(ROOT / "docs").glob("*.md"), *ROOT.glob("*/README.md")):
        for target in re.findall(r"\]\((?!https?://|#)([^)#]+)", page.read_text()):
            assert (page.parent / target).exists(), f"{page.name}: {target}"


def test_the_paths_of_the_map_exist() -> None:
    """Every path that the map names is there; of one with a placeholder, its folder."""
    section = README.partition("## The map")[2].partition("\n## ")[0]
    paths = re.findall(r"`([\w./-]+/[\w./<>-]*)`", section)
    assert len(paths) > 8
    for path in paths:
        place = ROOT / re.split(r"<|NN", path)[0]
        assert place.exists(), path


def test_what_can_be_measured_is_in_a_spec() -> None:
    """Every experiment has a table in a spec that ships, and every criterion a line in the default one."""
    spec = (ROOT / "specs/phase2.toml").read_text()
    every = "".join(path.read_text() for path in (ROOT / "specs").glob("*.toml"))
    for name in experiments.find():
        assert f"[experiments.{name}]" in every
    for name in criteria.catalogue():
        assert re.search(rf"^{name} = ", spec, re.MULTILINE), name


@pytest.mark.parametrize("spec", sorted((ROOT / "specs").glob("*.toml")), ids=lambda path: path.stem)
def test_every_spec_that_ships_is_valid(spec: Path) -> None:
    """A spec of ours loads with what is known today, under its own name."""
    assert load(spec, known()).name == spec.stem
