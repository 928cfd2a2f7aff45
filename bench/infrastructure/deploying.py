"""`terraform validate` of every environment, and a real deployment that is taken down again, where a machine can."""

import os
import subprocess
from pathlib import Path

from bench.infrastructure import program
from bench.infrastructure.outcome import Outcome

CHECKS = ("validate", "apply")
INIT_S = 120.0
IMAGE = "PERFLAB_IMAGE"
"""The service's image, as `perflab scan` takes it; the engine holds it."""
ENVIRONMENT = "development"


def checks(folder: Path) -> tuple[Outcome, ...]:
    """Both, in a copy of the Terraform files. Raises ToolError when Terraform crashes.

    The provider has to be installable: from its registry, or as Terraform's own settings say
    (TF_CLI_ARGS_init=-plugin-dir=FOLDER).
    """
    environments = sorted(path for path in (folder / "environments").iterdir() if path.is_dir())
    for environment in environments:
        begun = program.run(environment, "init", "-no-color", "-backend=false", limit_s=INIT_S)
        if begun.code != 0:
            reason = f"the provider cannot be installed here: {' '.join(begun.last)}"
            return tuple(Outcome.not_run(name, reason) for name in CHECKS)
    found = []
    for environment in environments:
        ended = program.run(environment, "validate", "-no-color", good=(0, 1))
        found += [] if ended.code == 0 else [f"{environment.name}: {line}" for line in ended.last]
    return Outcome.of("validate", tuple(found)), _applied(folder)


def _applied(folder: Path) -> Outcome:
    """Deploy, see every container come up healthy (the modules wait for it), take it down; nothing is left."""
    image = os.environ.get(IMAGE)
    if not image:
        return Outcome.not_run("apply", f"no image of the service: set {IMAGE} to one that the engine holds.")
    if subprocess.run(("docker", "info"), capture_output=True, check=False).returncode != 0:
        return Outcome.not_run("apply", "no container engine answers; `docker info` says why.")
    secrets = folder / "secrets"
    subprocess.run((folder / "make-secrets", secrets), check=True, capture_output=True)
    given = (f"-var=secrets_dir={secrets}", f"-var=service_image={image}")
    place = folder / "environments" / ENVIRONMENT
    up = program.run(place, "apply", "-no-color", "-auto-approve", *given)
    down = program.run(place, "destroy", "-no-color", "-auto-approve", *given)
    return Outcome.of("apply", (*(up.last if up.code else ()), *(down.last if down.code else ())))
