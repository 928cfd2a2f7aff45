"""Builds the image of the service with the engine that answers."""

import shutil
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path

from bench.errors import ToolError

ROOT = Path(__file__).resolve().parents[2]
LIMIT_S = 900.0
ENGINE_S = 30.0
"""For a question that an engine answers at once."""
LAST_LINES = 3
NOT_FETCHED = ("NewConnectionError", "name resolution", "Network is unreachable", "timed out", "ProxyError", "SSLError")
"""What pip says where packages cannot be had: no fault of the Dockerfile."""


class DoesNotBuild(ToolError):  # noqa: N818 - what it is
    """The engine works, packages can be fetched, and a step of the Dockerfile fails."""


def obstacle(base: str) -> str | None:
    """Why nothing can be built on this base here; None where an engine answers that has it."""
    try:
        docker = _engine(ROOT)
    except ToolError as error:
        return str(error)
    try:
        _run((docker, "image", "inspect", base), ROOT, "it is not there", ENGINE_S)
    except ToolError:
        return f"The engine does not have {base}; `docker pull` it, or name another one with PERFLAB_BASE_IMAGE."
    return None


def build(
    root: Path,
    tag: str,
    *,
    arguments: Mapping[str, str] | None = None,
    network: str | None = None,
    limit_s: float = LIMIT_S,
) -> str:
    """Build what `Dockerfile` in `root` says, as `tag`, and answer the image's id.

    `arguments` are the file's build arguments, such as BASE; `network` is the one that packages are fetched through.
    Raises ToolError when there is no engine, when it refuses this user, or when it is not done within `limit_s`;
    DoesNotBuild, which is one, when a step fails.
    """
    docker = _engine(root)
    # The classic builder keeps the container of a step that failed, unless told.
    options = ("--quiet", "--force-rm", *_options(arguments or {}, network))
    problem = f"{root / 'Dockerfile'} does not build"
    _run((docker, "build", *options, "--tag", tag, "."), root, problem, limit_s, DoesNotBuild)
    inspect = (docker, "image", "inspect", "--format", "{{.Id}}", tag)
    return _run(inspect, root, f"{tag} was built and is gone", ENGINE_S).strip()


def _engine(root: Path) -> str:
    """The command line of an engine that answers."""
    docker = shutil.which("docker")
    if docker is None:
        raise ToolError("The image cannot be built: docker is not installed.")
    version = (docker, "version", "--format", "{{.Server.Version}}")
    _run(version, root, "no container engine can be used", ENGINE_S)
    return docker


def _options(arguments: Mapping[str, str], network: str | None) -> Iterator[str]:
    if network is not None:
        yield from ("--network", network)
    for name, value in arguments.items():
        yield from ("--build-arg", f"{name}={value}")


def _run(
    command: tuple[str, ...], root: Path, problem: str, limit_s: float, failure: type[ToolError] = ToolError
) -> str:
    try:
        done = subprocess.run(
            command, cwd=root, capture_output=True, encoding="utf-8", errors="replace", timeout=limit_s, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise ToolError(f"The image cannot be built: {problem} within {limit_s:.0f} s.") from error
    except OSError as error:
        raise ToolError(f"The image cannot be built: {command[0]} does not start ({error.strerror}).") from error
    if done.returncode != 0:
        said = [line.strip() for line in done.stderr.splitlines() if line.strip()] or ["it gave no reason"]
        kind = ToolError if any(mark in done.stdout + done.stderr for mark in NOT_FETCHED) else failure
        raise kind(f"The image cannot be built: {problem} ({' | '.join(said[-LAST_LINES:])}).")
    return done.stdout
