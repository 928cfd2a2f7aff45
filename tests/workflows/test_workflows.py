"""The workflows of GitHub: their form, their safety, and that the checks of both find what is wrong."""

import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))

SOUND = """\
name: sound
on: push
permissions: {}
concurrency: sound
jobs:
  one:
    runs-on: ubuntu-24.04
    name: one
    permissions:
      contents: read
    steps:
      - uses: actions/checkout@08c6903cd8c0fde910a37f88322edcfb5dd907a8 # v5.0.0
        with:
          persist-credentials: false
      - run: make
"""


def program(name: str, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """What a checker of this environment says."""
    return subprocess.run(
        [str(Path(sys.executable).with_name(name)), *arguments], capture_output=True, text=True, check=False
    )


def audited(*paths: Path) -> "subprocess.CompletedProcess[str]":
    """By zizmor, without asking anybody."""
    return program("zizmor", "--offline", "--no-progress", "--format", "plain", *map(str, paths))


def shaped(*paths: Path) -> "subprocess.CompletedProcess[str]":
    """Against GitHub's own schema, which the checker brings along."""
    return program("check-jsonschema", "--builtin-schema", "vendor.github-workflows", *map(str, paths))


def test_there_are_workflows() -> None:
    """The checks below look at something."""
    assert {path.name for path in WORKFLOWS} >= {"benchmark.yml", "checks.yml", "nightly.yml"}


def test_they_have_the_form_that_github_reads() -> None:
    """Keys, types and events."""
    done = shaped(*WORKFLOWS)
    assert done.returncode == 0, done.stdout + done.stderr


def test_they_are_safe() -> None:
    """Pinned actions, least permissions, nobody's text in a script."""
    done = audited(*WORKFLOWS)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("right", "wrong", "finding"),
    [
        ("@08c6903cd8c0fde910a37f88322edcfb5dd907a8 # v5.0.0", "@v5", "unpinned-uses"),
        ("run: make", "run: echo ${{ github.event.issue.title }}", "template-injection"),
        ("permissions:\n      contents: read", "permissions: write-all", "excessive-permissions"),
    ],
)
def test_what_is_unsafe_is_found(right: str, wrong: str, finding: str, tmp_path: Path) -> None:
    """Each flaw in a workflow that is sound without it."""
    folder = tmp_path / ".github" / "workflows"
    folder.mkdir(parents=True)
    path = folder / "flawed.yml"
    path.write_text(SOUND)
    assert audited(path).returncode == 0
    path.write_text(SOUND.replace(right, wrong))
    done = audited(path)
    assert done.returncode != 0
    assert finding in done.stdout


@pytest.mark.parametrize(("right", "wrong"), [("steps:", "stepps:"), ("on: push", "on: pushed"), ("- run: make", "-")])
def test_what_is_malformed_is_found(right: str, wrong: str, tmp_path: Path) -> None:
    """A misspelt key, an event that there is not, a step of nothing."""
    path = tmp_path / "flawed.yml"
    path.write_text(SOUND)
    assert shaped(path).returncode == 0
    path.write_text(SOUND.replace(right, wrong))
    assert shaped(path).returncode != 0


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_a_pin_says_its_version_and_what_runs_is_here(path: Path) -> None:
    """Every action has its version beside it, and every script of ours that a workflow calls exists."""
    for line in path.read_text().splitlines():
        if "uses:" in line:
            assert " # v" in line, line
    steps = [step for job in yaml.safe_load(path.read_text())["jobs"].values() for step in job["steps"]]
    words = " ".join(step.get("run", "") for step in steps).split()
    for script in {word for word in words if word.startswith((".ci/", "./"))}:
        assert (ROOT / script).is_file(), script
