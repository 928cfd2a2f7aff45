"""Trivy without network: its checks are built in, its vulnerability database is what is there already."""

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from platformdirs import user_cache_path

from bench.errors import ToolError
from bench.scanning import tools
from bench.scanning.findings import SEVERITIES, Finding, Scan

DATABASE = "PERFLAB_TRIVY_DB"
IMAGE = "PERFLAB_IMAGE"
OFFLINE = ("--offline-scan", "--skip-db-update", "--skip-java-db-update", "--skip-check-update")
QUIET = ("--quiet", "--skip-version-check", "--disable-telemetry")
SKIPPED = (".git", ".venv", "reports", "**/node_modules", "**/.mypy_cache")
"""Not part of what is built; the environment's packages are judged in the image."""
NO_DATABASE = (
    f"No vulnerability database: set {DATABASE} to a folder with db/trivy.db (`trivy image --download-db-only "
    "--cache-dir FOLDER` where there is a network)."
)
OF_PACKAGES = ("packages", "image")
"""Scans that have looked at nothing where the report has no results: every kind of package that was found is one."""
NO_IMAGE = f"No image: set {IMAGE} to the name of an image, or to an archive made by `docker save`."


def database() -> Path | None:
    """The cache folder that holds a vulnerability database, or None.

    Raises ToolError when PERFLAB_TRIVY_DB names a folder without one.
    """
    named = os.environ.get(DATABASE)
    if named:
        if not (Path(named) / "db" / "trivy.db").is_file():
            raise ToolError(f"{DATABASE}={named} holds no db/trivy.db; name the folder above `db`, or unset it.")
        return Path(named)
    usual = Path(os.environ.get("TRIVY_CACHE_DIR", user_cache_path("trivy")))
    return usual if (usual / "db" / "trivy.db").is_file() else None


def configuration(root: Path, into: Path) -> Scan:
    """Misconfigurations and secrets in the files below `root`."""
    return _files("configuration", root, into, ("--scanners", "misconfig,secret"), cache=into / "cache")


def packages(root: Path, into: Path) -> Scan:
    """Known vulnerabilities of the packages that the lock file names."""
    cache = database()
    if cache is None:
        return Scan("packages", str(root), reason=NO_DATABASE)
    options = ("--scanners", "vuln", "--file-patterns", r"pip:requirements\.lock")
    return _files("packages", root, into, options, cache=cache)


def image(into: Path) -> Scan:
    """Known vulnerabilities of the image that PERFLAB_IMAGE names."""
    named = os.environ.get(IMAGE, "")
    if not named:
        return Scan("image", "", reason=NO_IMAGE)
    cache = database()
    if cache is None:
        return Scan("image", named, reason=NO_DATABASE)
    target = ("--input", named) if Path(named).is_file() else (named,)
    return _scanned("image", named, into, ("image", "--scanners", "vuln", *target), cache=cache)


def bill_of_materials(root: Path, into: Path) -> Scan:
    """What the lock file installs, in CycloneDX's form: a list, not a judgement."""
    kept = tools.fresh(into / "sbom.cdx.json")
    _trivy("fs", *_skips(), "--file-patterns", r"pip:requirements\.lock", "--format", "cyclonedx", "--output",
           str(kept), "--cache-dir", str(into / "cache"), *OFFLINE[:1], *QUIET, str(root))  # fmt: skip
    with tools.read("trivy"):
        components = tools.kept(kept, "trivy").get("components", [])
    if not components:
        raise ToolError(f"trivy listed no package of {root}; is requirements.lock there?")
    return Scan("bill of materials", str(root), files=(kept.name,))


def findings(report: Mapping[str, Any]) -> Iterator[Finding]:
    """What Trivy's JSON says. Raises ToolError when it is no report of Trivy."""
    if "SchemaVersion" not in report:
        raise ToolError("trivy wrote no report; nothing can be said of what it scans.")
    for result in report.get("Results") or ():
        path = result["Target"]
        for one in result.get("Vulnerabilities") or ():
            fixed = one.get("FixedVersion") or "no version"
            text = f"{one['PkgName']} {one['InstalledVersion']}, repaired in {fixed}"
            yield Finding(one["VulnerabilityID"], _severity(one), text, path)
        for one in result.get("Misconfigurations") or ():
            line = one.get("CauseMetadata", {}).get("StartLine", 0)
            yield Finding(one["ID"], _severity(one), one.get("Message") or one["Title"], path, line)
        for one in result.get("Secrets") or ():
            yield Finding(one["RuleID"], _severity(one), one["Title"], path, one.get("StartLine", 0))


def _severity(one: Mapping[str, Any]) -> str:
    told = str(one.get("Severity", "UNKNOWN"))
    return told if told in SEVERITIES else "UNKNOWN"


def _files(name: str, root: Path, into: Path, options: tuple[str, ...], *, cache: Path) -> Scan:
    # The target stands last, after the options of how it is scanned.
    return _scanned(name, str(root), into, ("fs", *_skips(), *options, str(root)), cache=cache)


def _scanned(name: str, target: str, into: Path, command: tuple[str, ...], *, cache: Path) -> Scan:
    """Run, keep Trivy's JSON, and have Trivy itself write the SARIF of it."""
    # What an earlier scan left there is none of this one's.
    kept, sarif = tools.fresh(into / f"{name}.json"), tools.fresh(into / f"{name}.sarif")
    _trivy(*command, "--format", "json", "--output", str(kept), "--cache-dir", str(cache), *OFFLINE, *QUIET)
    with tools.read("trivy"):
        report = tools.kept(kept, "trivy")
        found = tuple(findings(report))
    if name in OF_PACKAGES and not report.get("Results"):
        return Scan(name, target, reason=f"Trivy found no packages that it knows in {target}.")
    _trivy("convert", "--format", "sarif", "--output", str(sarif), "--quiet", str(kept))
    tools.kept(sarif, "trivy")
    return Scan(name, target, found, files=(kept.name, sarif.name))


def _skips() -> tuple[str, ...]:
    return tuple(word for folder in SKIPPED for word in ("--skip-dirs", folder))


def _trivy(*words: str) -> None:
    tools.output((tools.program("trivy"), *words))
