"""Builds the image of the service with the engine that answers."""

import shutil
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path

from bench.errors import ToolError

ROOT = Path(__file__).resolve().parents[2]
LIMIT_S = 900.0
LAST_LINES = 3


def build(root: Path, tag: str, *, arguments: Mapping[str, str] | None = None, network: str | None = None) -> str:
    """Build what `Dockerfile` in `root` says, as `tag`, and answer the image's id.

    `arguments` are the file's build arguments, such as BASE; `network` is the one that packages are fetched through.
    Raises ToolError when there is no engine, when it refuses this user, or when the image does not build.
    """
    docker = shutil.which("docker")
    if docker is None:
        raise ToolError("The image cannot be built: docker is not installed.")
    _run((docker, "version", "--format", "{{.Server.Version}}"), root, "no container engine can be used")
    # The classic builder keeps the container of a step that failed, unless told.
    options = ("--quiet", "--force-rm", *_options(arguments or {}, network))
    _run((docker, "build", *options, "--tag", tag, "."), root, f"{root / 'Dockerfile'} does not build")
    return _run((docker, "image", "inspect", "--format", "{{.Id}}", tag), root, f"{tag} was built and is gone").strip()


def _options(arguments: Mapping[str, str], network: str | None) -> Iterator[str]:
    if network is not None:
        yield from ("--network", network)
    for name, value in arguments.items():
        yield from ("--build-arg", f"{name}={value}")


def _run(command: tuple[str, ...], root: Path, problem: str) -> str:
    try:
        done = subprocess.run(command, cwd=root, capture_output=True, text=True, timeout=LIMIT_S, check=False)
    except subprocess.TimeoutExpired as error:
        raise ToolError(f"The image cannot be built: {problem} within {LIMIT_S:.0f} s.") from error
    except OSError as error:
        raise ToolError(f"The image cannot be built: {command[0]} does not start ({error.strerror}).") from error
    if done.returncode != 0:
        said = [line.strip() for line in done.stderr.splitlines() if line.strip()] or ["it gave no reason"]
        raise ToolError(f"The image cannot be built: {problem} ({' | '.join(said[-LAST_LINES:])}).")
    return done.stdout
