"""What takes the provider: `validate` of every environment, `test` with mocks, a real deployment."""

from collections.abc import Iterator
from pathlib import Path

from bench.infrastructure import program
from bench.infrastructure.applying import applied
from bench.infrastructure.outcome import Outcome
from bench.infrastructure.testing import tested

CHECKS = ("validate", "mocks", "apply")
INIT_S = 120.0
STACK = "modules/stack"
"""Where the tests with mocks are: the modules wired together as an environment has them."""
NOT_FETCHED = ("Failed to query available provider packages", "Failed to install provider")
"""Headings of what Terraform says where a provider cannot be had."""
NEVER_THERE = ("does not have a provider named", "no available releases match")
"""And what it says below them where nobody could have it: that is an error in the files."""


def checks(folder: Path) -> tuple[Outcome, ...]:
    """All three, in a copy of the Terraform files. Raises ToolError when Terraform crashes.

    The provider has to be installable: from its registry, or as Terraform's own settings say
    (TF_CLI_ARGS_init=-plugin-dir=FOLDER).
    """
    environments = sorted(path for path in (folder / "environments").glob("*") if path.is_dir())
    if not environments:
        return _broken((f"{folder.name} has no environments",))
    stack = folder / STACK
    found = []
    for place in (*environments, stack):
        begun = program.run(place, "init", "-no-color", "-backend=false", limit_s=INIT_S)
        if begun.code and _unavailable(begun.text):
            reason = f"the provider cannot be installed here: {' '.join(begun.last)}"
            return tuple(Outcome.not_run(name, reason) for name in CHECKS)
        found += [f"{place.name}: {line}" for line in begun.last if begun.code]
    found = found or list(_invalid(environments))
    return _broken(tuple(found)) if found else (Outcome.of("validate", ()), tested("mocks", stack), applied(folder))


def _unavailable(text: str) -> bool:
    # Terraform breaks lines, and draws a frame around what it says.
    words = " ".join(text.replace("│", " ").split())
    return any(heading in words for heading in NOT_FETCHED) and not any(reason in words for reason in NEVER_THERE)


def _invalid(environments: list[Path]) -> Iterator[str]:
    for environment in environments:
        ended = program.run(environment, "validate", "-no-color")
        if ended.code:
            yield from (f"{environment.name}: {line}" for line in ended.last)


def _broken(found: tuple[str, ...]) -> tuple[Outcome, ...]:
    waiting = "the environments are not valid; `validate` says why."
    return (Outcome.of("validate", found), *(Outcome.not_run(name, waiting) for name in CHECKS[1:]))
