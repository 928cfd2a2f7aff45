"""Each scanner can find, can find nothing, and can crash; none of these is taken for another."""

import json
import os
import stat
from pathlib import Path

import pytest
from click.testing import CliRunner

from bench import criteria
from bench.cli.scan import scan as command
from bench.criteria import vulnerabilities
from bench.criteria.reading import Reading, Unmeasured
from bench.errors import ToolError
from bench.model import ExperimentRecord, Status, Verdict
from bench.scanning import Scan, at_least, hadolint, tools, trivy

TOKEN = "ghp_" + "16C7e42F292c6912E7710c838347Ae178B4a"
"""Looks like a GitHub token and is none; in two parts, so that scanning this file finds nothing."""
CLEAN = 'FROM debian:13.2\nUSER 1000\nHEALTHCHECK CMD ["true"]\n'
BAD = "FROM debian:latest\nUSER root\n"
RECORDED = {
    "SchemaVersion": 2,
    "Results": [
        {
            "Target": "image (debian 13)",
            "Vulnerabilities": [
                {"VulnerabilityID": "CVE-1", "PkgName": "zlib", "InstalledVersion": "1.0", "Severity": "CRITICAL"}
            ],
        }
    ],
}

CLEAN_IMAGE = {"SchemaVersion": 2, "Results": [{"Target": "image (debian 13)", "Class": "os-pkgs"}]}

NOTHING = {"SchemaVersion": 2}


def scanners_are_installed() -> bool:
    """Both, where the lab looks for them."""
    try:
        return bool(tools.program("trivy") and tools.program("hadolint"))
    except ToolError:
        return False


installed = pytest.mark.skipif(
    not scanners_are_installed() and "CI" not in os.environ, reason="trivy and hadolint are not installed"
)


@pytest.fixture(autouse=True)
def _alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No database and no image of the machine's own."""
    for name in (trivy.DATABASE, trivy.IMAGE):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TRIVY_CACHE_DIR", str(tmp_path / "no cache"))


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A small repository without a weakness."""
    folder = tmp_path / "root"
    folder.mkdir()
    (folder / "requirements.lock").write_text("click==8.3.0\n")
    (folder / "Dockerfile").write_text(CLEAN)
    return folder


@pytest.fixture
def fake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Put a script in the place of every scanner."""

    def put(script: str) -> None:
        path = tmp_path / "fake-scanner"
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(path.stat().st_mode | stat.S_IXUSR)
        monkeypatch.setattr(tools, "program", lambda name: str(path))

    return put


def judged(scan: Scan) -> Reading | Unmeasured:
    """The criterion's reading of an image scan."""
    facts = {"scans": {"image": scan.facts()}}
    record = ExperimentRecord("scan", "", "", Status.COMPLETE, "", (), (), (), (), facts)
    return vulnerabilities.read({"scan": record})


@installed
def test_a_clean_repository_has_no_findings_and_a_planted_secret_is_one(root: Path, tmp_path: Path) -> None:
    """Trivy finds the token that was planted and nothing before; its SARIF is written."""
    assert trivy_configuration(root, tmp_path / "before") == ()
    (root / "settings.txt").write_text(f"token = {TOKEN}\n")
    found = trivy_configuration(root, tmp_path / "after")
    assert [(one.severity, one.path) for one in found] == [("CRITICAL", "settings.txt")]
    assert json.loads((tmp_path / "after" / "configuration.sarif").read_text())["runs"][0]["results"]


def trivy_configuration(root: Path, into: Path):
    """Findings that matter of a fresh scan."""
    into.mkdir()
    return at_least(trivy.configuration(root, into).findings, "HIGH")


@installed
def test_a_bad_dockerfile_is_found_by_both(root: Path, tmp_path: Path) -> None:
    """Root and `latest` are misconfigurations, to Trivy and to hadolint; the clean one is none to hadolint."""
    assert hadolint.dockerfile(root, tmp_path).findings == ()
    (root / "Dockerfile").write_text(BAD)
    assert "DL3007" in {one.rule for one in hadolint.dockerfile(root, tmp_path).findings}
    assert "DS-0002" in {one.rule for one in trivy_configuration(root, tmp_path / "bad")}


@installed
def test_the_command_fails_on_a_secret_and_never_passes_unmeasured(root: Path, tmp_path: Path) -> None:
    """Exit code 3 without database or image, 1 with a critical finding."""
    arguments = [str(root), "--out", str(tmp_path / "out")]
    clean = CliRunner().invoke(command, arguments, standalone_mode=False)
    assert (clean.return_value, "image: NOT_MEASURED" in clean.output) == (3, True)
    (root / "settings.txt").write_text(f"token = {TOKEN}\n")
    assert CliRunner().invoke(command, arguments, standalone_mode=False).return_value == 1


def test_the_command_says_and_keeps_the_verdict_of_the_claim(fake, root: Path, tmp_path: Path, database: None) -> None:
    """What a run would say of the same scans; where nothing was judged, that is the verdict."""
    out, kept = tmp_path / "out", tmp_path / "scan.json"
    arguments = [str(root), "--out", str(out), "--json", str(kept)]
    for report, verdict, code in ((RECORDED, "FAIL", 1), (CLEAN_IMAGE, "PASS", 0), (NOTHING, "NOT_MEASURED", 3)):
        fake(f"[ $# -lt 4 ] && {{ echo '[]'; exit; }}; {writes(json.dumps({**report, 'components': [{}]}))}")
        done = CliRunner().invoke(command, arguments, standalone_mode=False)
        assert (done.return_value, f"vulnerabilities: {verdict}" in done.output) == (code, True)
        assert json.loads((out / "verdict.json").read_text())["verdict"] == verdict
        assert json.loads(kept.read_text())["vulnerabilities"]["verdict"] == verdict
    fake("exit 1")
    with pytest.raises(ToolError):
        CliRunner().invoke(command, arguments, standalone_mode=False, catch_exceptions=False)
    assert not (out / "verdict.json").exists()


def test_a_missing_dockerfile_is_said(root: Path, tmp_path: Path) -> None:
    """Nothing to look at is no pass."""
    (root / "Dockerfile").unlink()
    scan = hadolint.dockerfile(root, tmp_path)
    assert not scan.measured
    assert "There is no" in scan.reason


BROKEN = ["null", "[null]", "[{}]", "[[]]", "{}", "7", '"text"', "no json", "", "\\377"]
"""What is no report: of another form, empty, and not even text."""


@pytest.mark.parametrize(
    "script",
    ["echo broken >&2; exit 1", "exit 137", "printf '\\377' >&2; exit 1", *(f"printf '{it}'" for it in BROKEN)],
)
def test_a_crash_is_never_zero_findings(script: str, fake, root: Path, tmp_path: Path) -> None:
    """Exit 1 without JSON, a kill, and output that is no report end in one sentence."""
    fake(script)
    with pytest.raises(ToolError, match="nothing can be said"):
        hadolint.dockerfile(root, tmp_path)


SCANS = {
    "configuration": trivy.configuration,
    "packages": trivy.packages,
    "image": lambda root, into: trivy.image(into),
    "sbom.cdx": trivy.bill_of_materials,
}


def writes(text: str) -> str:
    """Shell: a stand-in for Trivy that writes this as its report and ends well."""
    return f"""while [ $# -gt 1 ]; do [ "$1" = --output ] && printf '{text}' >"$2"; shift; done; exit 0"""


@pytest.fixture
def database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A vulnerability database and an image, by their names."""
    (tmp_path / "trivy" / "db").mkdir(parents=True)
    (tmp_path / "trivy" / "db" / "trivy.db").touch()
    monkeypatch.setenv(trivy.DATABASE, str(tmp_path / "trivy"))
    monkeypatch.setenv(trivy.IMAGE, "perflab:test")


@pytest.mark.parametrize("name", sorted(SCANS))
@pytest.mark.parametrize("text", [*BROKEN, '{"SchemaVersion": 2, "Results": [{"Vulnerabilities": [{}]}]}'])
def test_a_report_of_trivy_that_is_none_is_never_zero_findings(
    name: str, text: str, fake, root: Path, tmp_path: Path, database: None
) -> None:
    """Whatever it wrote and however it ended: one sentence, no traceback, no count."""
    fake(writes(text))
    with pytest.raises(ToolError, match="nothing can be said|listed no package"):
        SCANS[name](root, tmp_path)


@pytest.mark.parametrize("name", sorted(SCANS))
def test_an_earlier_report_is_not_this_scan_s(name: str, fake, root: Path, tmp_path: Path, database: None) -> None:
    """A scanner that ends well and writes nothing has looked at nothing."""
    (tmp_path / f"{name}.json").write_text('{"SchemaVersion": 2, "components": [{}], "Results": [{"Target": "x"}]}')
    fake("exit 0")
    with pytest.raises(ToolError, match="trivy wrote no report .FileNotFoundError"):
        SCANS[name](root, tmp_path)
    assert not (tmp_path / f"{name}.json").exists()


@pytest.mark.parametrize("name", ["packages", "image"])
@pytest.mark.parametrize("results", ["", ', "Results": null', ', "Results": []'])
def test_a_report_of_nothing_is_not_measured(
    name: str, results: str, fake, root: Path, tmp_path: Path, database: None
) -> None:
    """An image without a package that Trivy knows was not judged."""
    fake(writes(f'{{"SchemaVersion": 2{results}}}'))
    scan = SCANS[name](root, tmp_path)
    assert not scan.measured
    assert "no packages that it knows" in scan.reason
    assert isinstance(judged(scan), Unmeasured)


def test_a_scan_without_findings_writes_both_reports(fake, root: Path, tmp_path: Path, database: None) -> None:
    """What was looked at and has no weakness passes, with its evidence."""
    fake(writes(json.dumps(CLEAN_IMAGE)))
    scan = trivy.image(tmp_path)
    assert scan.measured
    assert [(tmp_path / name).is_file() for name in scan.files] == [True, True]


def test_a_report_that_cannot_be_replaced_is_said(fake, root: Path, tmp_path: Path) -> None:
    """A folder in its place, for one."""
    (tmp_path / "configuration.json").mkdir()
    with pytest.raises(ToolError, match="configuration.json cannot be replaced"):
        trivy.configuration(root, tmp_path)


def test_a_crash_of_trivy_is_told_with_its_reason(fake, root: Path, tmp_path: Path) -> None:
    """The last line that the scanner wrote stands in the sentence."""
    fake("echo broken pipe >&2; exit 1")
    with pytest.raises(ToolError, match="broken pipe"):
        trivy.configuration(root, tmp_path)


def test_a_scanner_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is missing and where it comes from."""
    with pytest.raises(ToolError, match="no-such-scanner is not installed"):
        tools.program("no-such-scanner")


def test_without_image_or_database_nothing_is_measured(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Each names what is missing, and the criterion is unmeasured with that reason."""
    assert "PERFLAB_IMAGE" in trivy.image(tmp_path).reason
    monkeypatch.setenv(trivy.IMAGE, "perflab:test")
    found = judged(trivy.image(tmp_path))
    assert isinstance(found, Unmeasured)
    assert "No vulnerability database" in found.reason


def test_a_database_that_is_named_must_be_there(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A wrong path is the user's error, not a missing database."""
    monkeypatch.setenv(trivy.DATABASE, str(tmp_path))
    with pytest.raises(ToolError, match="holds no db/trivy.db"):
        trivy.database()


@pytest.mark.parametrize(("report", "verdict"), [(RECORDED, Verdict.FAIL), (CLEAN_IMAGE, Verdict.PASS)])
def test_a_recorded_report_of_an_image_decides(report: dict, verdict: Verdict) -> None:
    """One critical vulnerability fails the claim; none passes it."""
    found = judged(Scan("image", "perflab:test", tuple(trivy.findings(report))))
    assert isinstance(found, Reading)
    assert criteria.verdict(criteria.catalogue()["vulnerabilities"], found)[0] is verdict
