"""Terraform's files: what is there passes every check, and each check fails on what it is for."""

import os
import shutil
from pathlib import Path

import pytest

from bench import criteria, image
from bench.criteria import infrastructure as criterion
from bench.criteria.reading import Reading, Unmeasured
from bench.errors import ToolError
from bench.experiments import infrastructure as experiment
from bench.image import Trial
from bench.infrastructure import FOLDER, check, deploying, program
from bench.model import ExperimentRecord, Status, Verdict
from bench.report.findings import infrastructure as findings

installed = pytest.mark.skipif(
    shutil.which("terraform") is None and os.environ.get("PERFLAB_REQUIRE_TERRAFORM") != "1",
    reason="terraform is not on PATH",
)


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The Terraform files, to be spoilt."""
    return Path(shutil.copytree(FOLDER, tmp_path / "terraform", ignore=shutil.ignore_patterns(".terraform*")))


def failed(folder: Path) -> dict[str, str]:
    """What each check that failed found."""
    return {each.check: "; ".join(each.found) for each in check(folder) if each.status == "failed"}


def replaced(path: Path, old: str, new: str) -> None:
    """Spoil a file."""
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


def test_every_check_that_this_machine_can_run_passes() -> None:
    """The files as they are; what needs the provider may be not run, with its reason."""
    outcomes = {each.check: each for each in check()}
    assert [name for name, each in outcomes.items() if each.status == "failed"] == []
    assert all(outcomes[name].status == "passed" for name in ("syntax", "provider", "wiring", "values"))
    assert all(each.reason for each in outcomes.values() if each.status == "not_run")


@pytest.mark.parametrize(
    ("file", "old", "new", "where", "said"),
    [
        ("modules/api/main.tf", "read_only ", "readonly ", "provider", "readonly is unknown"),
        ("modules/api/main.tf", 'networks_advanced {', 'network {', "provider", "network is unknown"),
        ("modules/api/main.tf", "internal = 8000", "inside = 8000", "provider", "internal is missing"),
        ("modules/api/main.tf", "image_id", "latest", "provider", "no attribute latest"),
        ("modules/api/main.tf", "self.exit_code", "self.code", "provider", "self has no code"),
        ("modules/api/main.tf", '"docker_image"', '"docker_picture"', "provider", "no such resource"),
        ("modules/stack/main.tf", "  port        =", "  door        =", "wiring", "module api has no variable door"),
        ("modules/stack/main.tf", "  port        =", "  door        =", "wiring", "module api needs port"),
        ("modules/stack/main.tf", "var.pool_size", "var.pool", "wiring", "var.pool is not declared"),
        ("modules/stack/main.tf", "local.memory_mb", "local.memory", "wiring", "local.memory is not declared"),
        ("modules/stack/outputs.tf", "module.api.url", "module.api.uri", "wiring", "module.api has no output uri"),
        ("modules/stack/main.tf", '"../api"', '"../apis"', "wiring", "where there is none"),
        ("modules/stack/main.tf", "network.this", "network.that", "wiring", "docker_network.that is not declared"),
        ("modules/stack/main.tf", "module.shared.labels", "module.common.labels", "wiring", "common is not declared"),
        ("modules/api/variables.tf", 'variable "port"', 'variable "image"', "wiring", "image is declared twice"),
        ("modules/api/main.tf", '_container" "service"', '_container" "prepare"', "wiring", "prepare is declared tw"),
        ("modules/api/variables.tf", 'variable "port"', 'variable "password"', "wiring", "looks like a secret"),
        ("shared/outputs.tf", '"redis-server", ', '"redis-server", "", ', "values", "redis_command has an empty word"),
        ("modules/database/weaviate.tf", 'dynamic "labels"', 'dynamic "ports"', "values", "weaviate has no labels"),
        ("modules/api/main.tf", '["sh", "-ec"]', '["sh", ""]', "values", "entrypoint has an empty word"),
        ("modules/database/postgres.tf", "PASSWORD_FILE=", "PASSWORD=", "values", "gives POSTGRES_PASSWORD"),
        ("modules/monitoring/main.tf", "_PASSWORD__FILE", "_PASSWORD", "values", "GF_SECURITY_ADMIN_PASSWORD"),
        ("shared/outputs.tf", "DOCAICHE_POOL_SIZE ", "DOCAICHE_SECRET ", "values", "gives DOCAICHE_SECRET"),
        ("modules/api/main.tf", '"docker_image" "service" {', '"docker_image" {{', "syntax", "main.tf"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_found(
    file: str, old: str, new: str, where: str, said: str, copy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A misspelt attribute or block, a missing or unknown one, a wrong reference, a module that does not fit."""
    # None of these takes Terraform.
    monkeypatch.setenv("PATH", str(copy))
    replaced(copy / file, old, new)
    assert said in failed(copy)[where]


@installed
@pytest.mark.parametrize(
    ("file", "old", "new", "where", "said"),
    [
        ("modules/api/outputs.tf", "  value       =", "  value =", "format", "outputs.tf"),
        ("shared/variables.tf", "contains([\"single\", \"cluster\"]", "!contains([\"none\"]", "rules", "redis_mode"),
        ("shared/outputs.tf", "\"redis-server\", ", "\"redis-server\", \"\", ", "rules", "development"),
        ("shared/variables.tf", "startswith(var.address", "(var.address", "rules", "Error:"),
    ],
)  # fmt: skip
def test_what_terraform_finds_is_told(file: str, old: str, new: str, where: str, said: str, copy: Path) -> None:
    """A file that is not formatted, a rule that refuses nothing any more, and one that is no expression."""
    replaced(copy / file, old, new)
    assert said in failed(copy)[where]


@installed
def test_rules_without_tests_are_no_pass(copy: Path) -> None:
    """Nothing refused is nothing tried."""
    shutil.rmtree(copy / "shared" / "tests")
    assert "no tests" in failed(copy)["rules"]


def test_an_empty_folder_is_no_pass(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """There is nothing to check."""
    monkeypatch.setenv("PATH", str(tmp_path))
    assert "has no Terraform files" in failed(tmp_path)["syntax"]


def test_without_terraform_its_checks_are_not_run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Each says what is missing; none passes."""
    monkeypatch.setenv("PATH", str(tmp_path))
    waiting = [each for each in check() if each.status == "not_run"]
    assert {each.check for each in waiting} == {"format", "rules", *deploying.CHECKS}
    assert {each.reason for each in waiting} == {program.MISSING}


def test_a_terraform_that_crashes_is_no_finding(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """It is an error: what it would have found, nobody knows."""
    broken = tmp_path / "terraform"
    broken.write_text("#!/bin/sh\necho 'panic: out of memory'; exit 11\n")
    broken.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    with pytest.raises(ToolError, match="terraform fmt ended with code 11: panic: out of memory"):
        check()


@pytest.mark.parametrize(
    ("tried", "status", "said"),
    [
        (Trial(), "passed", ""),
        (Trial(objection="a step fails"), "failed", "a step fails"),
        (Trial(reason="no engine"), "not_run", "no engine"),
    ],
)
def test_the_image_is_one_of_the_checks(tried: Trial, status: str, said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """It builds, or does not, or nobody could try."""
    monkeypatch.setattr(image, "trial", lambda root: tried)
    outcome = experiment._built()
    assert (outcome.check, outcome.status) == ("image", status)
    assert said == "".join(outcome.found) + outcome.reason


def record(*checks: tuple[str, str]) -> ExperimentRecord:
    """An experiment with these checks."""
    told = [{"check": name, "status": status, "found": [], "reason": "no provider."} for name, status in checks]
    return ExperimentRecord(
        "infrastructure", "?", "", Status.COMPLETE, "", arms=(), looks=(), slots=(), effects=(), facts={"checks": told}
    )


@pytest.mark.parametrize(
    ("checks", "verdict"),
    [
        ([("syntax", "passed"), ("apply", "passed")], Verdict.PASS),
        ([("syntax", "failed"), ("apply", "passed")], Verdict.FAIL),
        ([("syntax", "failed"), ("apply", "not_run")], Verdict.FAIL),
        ([("syntax", "passed"), ("apply", "not_run")], None),
        ([], None),
    ],
)
def test_the_criterion_passes_only_where_everything_was_run(
    checks: list[tuple[str, str]], verdict: Verdict | None
) -> None:
    """A failure fails it; what was not run leaves it unmeasured."""
    found = criterion.read({"infrastructure": record(*checks)})
    if verdict is None:
        assert isinstance(found, Unmeasured)
    else:
        assert isinstance(found, Reading)
        assert criteria.verdict(criteria.catalogue()["infrastructure"], found)[0] is verdict


def test_the_report_says_which_checks_were_run() -> None:
    """And what those that failed found."""
    said = " ".join(findings.sentences(record(("syntax", "passed"), ("provider", "failed"), ("apply", "not_run"))))
    assert "Passed: syntax." in said
    assert "provider failed" in said
    assert "Not run: apply; no provider." in said
