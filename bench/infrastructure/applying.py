"""A real deployment beside whatever else the engine runs, with a name and ports that nobody has; taken down again."""

import json
import os
import secrets
import subprocess
import time
from pathlib import Path

import httpx

from bench.errors import ToolError
from bench.infrastructure import engine, program
from bench.infrastructure.outcome import Outcome
from bench.lifetime import free_port

CHECK = "apply"
IMAGE = "PERFLAB_IMAGE"
"""The service's image, as `perflab scan` takes it; the engine holds it."""
ENVIRONMENT = "development"
PORTS = ("service", "postgres", "redis", "prometheus", "grafana")
READY = "/health/ready"
ANSWER_S = 30.0
ASK_S = 10.0
POLL_S = 0.2


def applied(folder: Path) -> Outcome:
    """Deploy, ask the service whether it is ready, take all of it down; nothing with the deployment's label is left.

    `folder` is a copy whose environments are initialised. Raises ToolError when Terraform or the engine crashes; that,
    and an interrupt, only after all was taken down.
    """
    image = os.environ.get(IMAGE)
    if not image:
        return Outcome.not_run(CHECK, f"no image of the service: set {IMAGE} to one that the engine holds.")
    if (reason := engine.obstacle()) is not None:
        return Outcome.not_run(CHECK, reason)
    name = f"perflab-{secrets.token_hex(4)}"
    place = folder / "environments" / ENVIRONMENT
    given = {"name": name, "ports": _ports(), "secrets_dir": str(_secrets(folder)), "service_image": image}
    (place / "terraform.tfvars.json").write_text(json.dumps(given))
    try:
        found = _up(place)
    finally:
        left = _down(place, name)
    return Outcome.of(CHECK, (*found, *left))


def _up(place: Path) -> tuple[str, ...]:
    ended = program.run(place, "apply", "-no-color", "-auto-approve")
    return ended.last if ended.code else _unready(_service(place))


def _down(place: Path, name: str) -> tuple[str, ...]:
    said: tuple[str, ...] = ()
    try:
        ended = program.run(place, "destroy", "-no-color", "-auto-approve")
        said = ended.last if ended.code else ()
    finally:
        left = engine.removed(name)
    return (*said, *(f"destroy left {each}" for each in left))


def _service(place: Path) -> str:
    told = program.run(place, "output", "-no-color", "-json", "service_url").text
    try:
        return str(json.loads(told))
    except ValueError as error:
        raise ToolError(f"terraform output says {told.strip()!r}, which is no address.") from error


def _unready(url: str) -> tuple[str, ...]:
    """What keeps the service from being ready; nothing when it is."""
    deadline = time.monotonic() + ANSWER_S
    while True:
        try:
            answer = httpx.get(f"{url}{READY}", timeout=ASK_S, trust_env=False)
            problem = "" if answer.is_success else f"answered {answer.status_code}"
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            problem = f"did not answer ({error})"
        if not problem:
            return ()
        if time.monotonic() > deadline:
            return (f"the service {problem} at {url}{READY}",)
        time.sleep(POLL_S)


def _ports() -> dict[str, int]:
    found: set[int] = set()
    while len(found) < len(PORTS):
        found.add(free_port())
    return dict(zip(PORTS, found, strict=True))


def _secrets(folder: Path) -> Path:
    made = folder / "secrets"
    try:
        subprocess.run((folder / "make-secrets", made), check=True, capture_output=True, text=True)
    except (OSError, subprocess.CalledProcessError) as error:
        said = error.strerror if isinstance(error, OSError) else str(error.stderr).strip()
        raise ToolError(f"make-secrets made no passwords ({said}); nothing was deployed.") from error
    return made
