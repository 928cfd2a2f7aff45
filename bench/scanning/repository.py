"""Everything that is scanned, one scanner after another."""

from pathlib import Path

from bench.errors import ToolError
from bench.scanning import hadolint, trivy
from bench.scanning.findings import Scan


def scan(root: Path, into: Path) -> tuple[Scan, ...]:
    """Scan the files below `root` and the image that the environment names; reports go to the folder `into`.

    Raises ToolError when a scanner is missing or crashes: what it would have found, nobody knows.
    """
    try:
        into.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ToolError(f"{into} cannot be made ({error.strerror}); choose another place with --out.") from error
    return (
        trivy.configuration(root, into),
        hadolint.dockerfile(root, into),
        trivy.bill_of_materials(root, into),
        trivy.packages(root, into),
        trivy.image(into),
    )
