"""Find and remove the containers of a lab by the label that they carry."""

import os
import time

LABEL = "perflab.lease"
ENGINE_VARIABLES = ("DOCKER_HOST", "DOCKER_TLS_VERIFY", "DOCKER_CERT_PATH")
"""What names the engine (docker-py, `DockerClient.from_env`)."""
LATE_S = 0.5
"""A container that the engine was just making when the lab died is there after this long."""
LOOKS = 2


def engine() -> dict[str, str]:
    """The variables that name the engine which this process uses."""
    return {name: os.environ[name] for name in ENGINE_VARIABLES if name in os.environ}


def remove(token: str, environment: dict[str, str], *, looks: int = LOOKS) -> tuple[list[str], list[str]]:
    """Remove every container labelled with `token`, with its anonymous volumes.

    Answers what was removed and what is left, in words.
    """
    import docker
    import requests

    removed: list[str] = []
    try:
        client = docker.from_env(environment=environment)
        for look in range(looks):
            if look:
                time.sleep(LATE_S)
            for container in client.containers.list(
                all=True, filters={"label": f"{LABEL}={token}"}, ignore_removed=True
            ):
                removed.append(f"container {container.name} ({container.short_id})")
                container.remove(force=True, v=True)
        client.close()
    except docker.errors.NotFound:
        return remove(token, environment, looks=looks)  # someone else removed it between our look and our deed
    except (docker.errors.DockerException, requests.RequestException) as error:
        return removed, [f"containers labelled {LABEL}={token} (the engine says: {error})"]
    return removed, []
