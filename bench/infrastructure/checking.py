"""The checks, from what needs nothing to what needs a provider and an engine."""

import shutil
import tempfile
from pathlib import Path

from bench.infrastructure import deploying, program, provider, values, wiring
from bench.infrastructure.files import Parsed, parse, terraform_files
from bench.infrastructure.outcome import Outcome
from bench.infrastructure.testing import tested

FOLDER = Path(__file__).resolve().parents[2] / "terraform"
MONITORING = "monitoring"
NO_COLOUR = "-no-color"


def check(folder: Path = FOLDER) -> tuple[Outcome, ...]:
    """Every check of the Terraform files below `folder`, which is left as it is.

    Raises ToolError when Terraform crashes: what it would have found, nobody knows.
    """
    syntax, files = _syntax(folder)
    return (
        syntax,
        Outcome.of("provider", tuple(each for parsed in files for each in provider.complaints(parsed))),
        Outcome.of("wiring", tuple(wiring.complaints(files))),
        Outcome.of("values", tuple(each for parsed in files for each in values.complaints(parsed))),
        *_by_terraform(folder),
    )


def _syntax(folder: Path) -> tuple[Outcome, list[Parsed]]:
    files, found = [], []
    for path in terraform_files(folder):
        try:
            files.append(parse(path))
        except ValueError as error:
            found.append(f"{path.relative_to(folder)}: {error}")
    if not files and not found:
        found.append(f"{folder} has no Terraform files")
    return Outcome.of("syntax", tuple(found)), files


def _by_terraform(folder: Path) -> tuple[Outcome, ...]:
    if not program.there():
        return tuple(Outcome.not_run(name, program.MISSING) for name in ("format", "rules", *deploying.CHECKS))
    with tempfile.TemporaryDirectory(prefix="perflab-terraform-") as scratch:
        # Terraform writes what it downloads beside the files.
        copy = Path(scratch) / "terraform"
        shutil.copytree(folder, copy, ignore=shutil.ignore_patterns(".terraform*", "*.tfstate*", "*.tfvars*"))
        # The modules mount its files.
        if (folder.parent / MONITORING).is_dir():
            shutil.copytree(folder.parent / MONITORING, copy.parent / MONITORING)
        return _format(copy), _rules(copy), *deploying.checks(copy)


def _format(folder: Path) -> Outcome:
    """`terraform fmt` would change nothing."""
    ended = program.run(folder, "fmt", "-check", "-recursive", NO_COLOUR, good=(0, 2, 3))
    return Outcome.of("format", () if ended.code == 0 else tuple(ended.text.split("\n")[:-1]))


def _rules(folder: Path) -> Outcome:
    """`terraform test` of what needs no provider: each variable's rules, and what follows from them."""
    shared = folder / "shared"
    begun = program.run(shared, "init", NO_COLOUR) if shared.is_dir() else None
    return Outcome.of("rules", begun.last) if begun and begun.code else tested("rules", shared)
