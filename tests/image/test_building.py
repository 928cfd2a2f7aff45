"""A build that fails is one sentence with the engine's own reason."""

from pathlib import Path

import pytest

from bench.errors import ToolError
from bench.image import ROOT, Trial, build, trial, trying


def program(folder: Path, script: str) -> None:
    """A `docker` that does this."""
    path = folder / "docker"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only folder on PATH, beside the shell's."""
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin")
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/no.sock")
    return tmp_path


def test_no_docker_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where there is no command line of an engine."""
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ToolError, match="docker is not installed"):
        build(ROOT, "perflab/none")


def test_an_engine_without_rights_is_said(path: Path) -> None:
    """In the engine's own words, before anything is sent to it."""
    program(path, "echo 'permission denied while trying to connect to the Docker daemon socket' >&2; exit 1")
    with pytest.raises(ToolError, match=r"no container engine can be used \(permission denied"):
        build(ROOT, "perflab/none")


def test_a_step_that_fails_is_said(path: Path) -> None:
    """The last lines of the build are the reason; what goes before is left out."""
    program(path, '[ "$1" = build ] || exit 0; seq 99 >&2; echo "hash mismatch" >&2; exit 1')
    with pytest.raises(ToolError, match=r"does not build \(98 \| 99 \| hash mismatch\)"):
        build(ROOT, "perflab/none")


@pytest.mark.parametrize(
    ("script", "objection", "reason"),
    [
        ("exit 0", "", ""),
        ('[ "$1" = build ] || exit 0; echo "hash mismatch" >&2; exit 1', "does not build (hash mismatch)", ""),
        (
            '[ "$1" = build ] || exit 0; echo "NewConnectionError" >&2; exit 1',
            "",
            "does not build (NewConnectionError)",
        ),
        ('[ "$1" = build ] || exit 0; exec sleep 60', "", "does not build within 1 s"),
        ('[ "$2" = inspect ] && exit 1; exit 0', "", "The engine does not have some:base"),
        ("echo 'permission denied' >&2; exit 1", "", "no container engine can be used (permission denied)"),
    ],
)
def test_a_trial_blames_the_dockerfile_for_its_own_faults_alone(
    script: str, objection: str, reason: str, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A step that fails is one; no engine, no base, no network and no time are why nothing is known."""
    monkeypatch.setenv(trying.BASE, "some:base")
    monkeypatch.setattr(trying, "LIMIT_S", 1.0)
    program(path, script)
    found = trial(ROOT)
    assert (bool(found.objection), bool(found.reason)) == (bool(objection), bool(reason))
    assert objection in found.objection
    assert reason in found.reason


def test_a_trial_builds_on_the_base_that_is_there(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The Dockerfile's own, where nobody named another; nothing is pulled."""
    monkeypatch.delenv(trying.BASE, raising=False)
    program(path, f'echo "$*" >>{path}/asked')
    assert trial(ROOT) == Trial()
    asked = (path / "asked").read_text()
    assert "image inspect python:3.11-slim-bookworm@sha256:" in asked
    assert "pull" not in asked


@pytest.mark.docker
def test_a_real_builder_s_failure_is_said(image: str, tmp_path: Path) -> None:
    """The engine stops at a step that fails; the project's own Dockerfile was built."""
    assert image.startswith("sha256:")
    (tmp_path / "Dockerfile").write_text(f'FROM {image}\nRUN ["python", "-c", "raise SystemExit(3)"]\n')
    with pytest.raises(ToolError, match="does not build"):
        build(tmp_path, "perflab/none")
