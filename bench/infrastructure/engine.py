"""What a deployment left in the engine, by the label that everything of it has."""

import subprocess

from bench.errors import ToolError

LABEL = "perflab.deployment"
LIMIT_S = 120.0
KINDS = {
    "container": (("ps", "--all"), ("rm", "--force", "--volumes")),
    "volume": (("volume", "ls"), ("volume", "rm", "--force")),
    "network": (("network", "ls"), ("network", "rm")),
}
"""How each is listed and removed, in the order in which they can be."""


def obstacle() -> str | None:
    """Why no engine can be used; None where one answers."""
    try:
        _docker("version", "--format", "{{.Server.Version}}")
    except ToolError as error:
        return f"no container engine can be used: {error}"
    return None


def removed(name: str) -> tuple[str, ...]:
    """Remove all that has a deployment's label, and say what that was. Raises ToolError when the engine refuses."""
    found = []
    for kind, (listing, removing) in KINDS.items():
        left = _docker(*listing, "--quiet", "--filter", f"label={LABEL}={name}").split()
        if left:
            _docker(*removing, *left)
        found += [f"{kind} {each}" for each in left]
    return tuple(found)


def _docker(*words: str) -> str:
    try:
        done = subprocess.run(
            ("docker", *words), stdin=subprocess.DEVNULL, capture_output=True, encoding="utf-8", errors="replace",
            timeout=LIMIT_S, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired as error:
        raise ToolError(f"docker {words[0]} did not end within {LIMIT_S:.0f} s.") from error
    except OSError as error:
        raise ToolError(f"docker does not start ({error.strerror}).") from error
    if done.returncode != 0:
        said = (done.stderr.strip().splitlines() or ["it gave no reason"])[-1]
        raise ToolError(f"docker {words[0]} ended with code {done.returncode} ({said}).")
    return done.stdout
