"""hadolint: how a Dockerfile is written."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from bench.errors import ToolError
from bench.scanning import tools
from bench.scanning.findings import Finding, Scan

SEVERITY = {"error": "HIGH", "warning": "MEDIUM", "info": "LOW", "style": "LOW"}
NAME = "dockerfile"


def dockerfile(root: Path, into: Path) -> Scan:
    """What hadolint objects to in the repository's Dockerfile."""
    path = root / "Dockerfile"
    if not path.is_file():
        return Scan(NAME, str(path), reason=f"There is no {path}.")
    # 1 is a finding as well as a crash: which of them, its JSON tells.
    text = tools.output((tools.program("hadolint"), "--format", "json", "Dockerfile"), good=(0, 1), cwd=root)
    with tools.read("hadolint"):
        found = tuple(findings(tools.parsed(text, "hadolint")))
    sarif = tools.output((tools.program("hadolint"), "--format", "sarif", "Dockerfile"), good=(0, 1), cwd=root)
    tools.parsed(sarif, "hadolint")
    tools.fresh(into / "dockerfile.json").write_text(text)
    tools.fresh(into / "dockerfile.sarif").write_text(sarif)
    return Scan(NAME, str(path), found, files=("dockerfile.json", "dockerfile.sarif"))


def findings(report: Sequence[Mapping[str, Any]]) -> Iterator[Finding]:
    """What hadolint's JSON says. Raises ToolError when it is no report of hadolint."""
    if not isinstance(report, list):
        raise ToolError("hadolint wrote no report; nothing can be said of the Dockerfile.")
    for one in report:
        yield Finding(one["code"], SEVERITY.get(one["level"], "UNKNOWN"), one["message"], one["file"], one["line"])
