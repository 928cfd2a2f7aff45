"""`perflab test`: every check of the project itself, in order, each with its heading.

A check that fails does not hide the next ones. The tests come last, so that their closing line stands at
the end of the output, above one line that sums up. Exit 0 if all passed, 1 if any failed, 2 if a tool is
missing.
"""

import subprocess
import sys
import sysconfig
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import click

from bench.errors import UsageError

ROOT = Path(__file__).resolve().parents[2]
"""The checkout that this very code runs from."""


@dataclass(frozen=True, slots=True)
class Check:
    """One tool with its arguments: run as `python -m MODULE`, or as the SCRIPT of this environment."""

    title: str
    module: str
    arguments: tuple[str, ...]
    script: str | None = None

    def command(self) -> list[str]:
        """The command line in this very environment.

        Raises UsageError where the tool is not installed.
        """
        script = None if self.script is None else Path(sysconfig.get_path("scripts")) / self.script
        if find_spec(self.module) is None or (script is not None and not script.exists()):
            raise UsageError(
                f"{self.module} is not installed in {sys.prefix}; start with ./perflab, which installs what the "
                "checks need."
            )
        # Scripts hold their interpreter's path; naming it again keeps them true in a moved environment.
        run = ["-m", self.module] if script is None else [str(script)]
        return [sys.executable, *run, *self.arguments]


CHECKS = (
    Check("lint", "ruff", ("check", ".")),
    Check("format", "ruff", ("format", "--check", ".")),
    Check("types", "mypy", ()),
    # Its module has no `__main__`.
    Check("layers", "importlinter", ("--no-logo",), script="lint-imports"),
)


def run_checks(checks: tuple[Check, ...], directory: Path) -> list[str]:
    """Run each check in the folder, its output passed through; the titles of those that failed.

    Raises UsageError before the first one runs where any tool is missing.
    """
    commands = [(check.title, check.command()) for check in checks]
    failed = []
    for title, command in commands:
        click.secho(f"\n== {title} ==", bold=True)
        # What was printed so far must stand above what the tool prints itself.
        sys.stdout.flush()
        if subprocess.run(command, cwd=directory, check=False).returncode:
            failed.append(title)
    return failed


@click.command(
    "test", context_settings={"ignore_unknown_options": True}, epilog="Example: perflab test tests/judge -k regression"
)
@click.argument("pytest_arguments", nargs=-1, type=click.UNPROCESSED, metavar="[PYTEST ARGUMENTS]...")
def test_command(pytest_arguments: tuple[str, ...]) -> None:
    """Run all checks and tests of perflab itself; further arguments are pytest's."""
    if not (ROOT / "pyproject.toml").exists():
        raise UsageError(
            f"`perflab test` needs a checkout, but {ROOT} is none; clone the project and use its ./perflab."
        )
    checks = (*CHECKS, Check("tests", "pytest", pytest_arguments))
    failed = run_checks(checks, ROOT)
    if failed:
        click.secho(f"perflab test: {', '.join(failed)} failed.", fg="red", err=True)
        raise SystemExit(1)
    click.secho(f"perflab test: all {len(checks)} checks passed.", fg="green", err=True)
