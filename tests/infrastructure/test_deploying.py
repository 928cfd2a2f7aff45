"""What Terraform says where the provider is needed: not to be had, wrong files, and a crash are three things."""

from collections.abc import Callable
from pathlib import Path

import pytest

from bench.errors import ToolError
from bench.infrastructure import deploying, program
from tests.infrastructure.conftest import Put

UNREACHABLE = """\
│ Error: Failed to query available provider packages
│
│ Could not retrieve the list of available versions for provider
│ kreuzwerker/docker: could not connect to registry.terraform.io"""
NO_SUCH = """\
Error: Failed to query available provider packages

Could not retrieve the list of available versions for provider
kreuzwerker/dockr: provider registry registry.terraform.io does not
have a provider named registry.terraform.io/kreuzwerker/dockr"""
FAILED_DOWNLOAD = "Error: Failed to install provider"
SYNTAX = "Error: Unsupported block type"


def said(folder: Path) -> dict[str, tuple[str, str]]:
    """Each check's status, and its complaints or its reason."""
    return {each.check: (each.status, "; ".join(each.found) or each.reason) for each in deploying.checks(folder)}


def case(**commands: str) -> str:
    """A script that does something else for each command, and nothing for all others."""
    return 'case "$1" in\n' + "".join(f"{name}) {script} ;;\n" for name, script in commands.items()) + "esac"


def tells(text: str, code: int) -> str:
    """Shell: write this and end so."""
    return f"cat <<'END'\n{text}\nEND\nexit {code}"


@pytest.mark.parametrize("text", [UNREACHABLE, FAILED_DOWNLOAD])
def test_a_provider_that_cannot_be_fetched_is_not_run(text: str, put: Put, folder: Path) -> None:
    """No check that needs it passes or fails; each says why."""
    put("terraform", case(init=tells(text, 1)))
    found = said(folder)
    assert {status for status, _ in found.values()} == {"not_run"}
    assert set(found) == set(deploying.CHECKS)
    assert all("cannot be installed here: Error: Failed to" in reason for _, reason in found.values())


@pytest.mark.parametrize("text", [SYNTAX, NO_SUCH])
def test_files_that_terraform_refuses_are_a_finding(text: str, put: Put, folder: Path) -> None:
    """Initialising fails for them, too, and a provider that nobody has is one; what rests on them is not run."""
    put("terraform", case(init=tells(text, 1)))
    found = said(folder)
    assert found["validate"][0] == "failed"
    assert "development: Error: " in found["validate"][1]
    assert found["mocks"][0] == found["apply"][0] == "not_run"


@pytest.mark.parametrize("command", ["init", "validate", "test"])
def test_a_crash_is_no_finding(command: str, put: Put, folder: Path) -> None:
    """Whatever it was doing: what it would have found, nobody knows."""
    put("terraform", case(**{command: tells("panic: out of memory", 11)}))
    with pytest.raises(ToolError, match=f"terraform {command} ended with code 11: panic"):
        deploying.checks(folder)


def test_an_environment_that_is_not_valid_is_named(put: Put, folder: Path) -> None:
    """Each with what is wrong there, and nothing is deployed of it."""
    put("terraform", case(validate='case "$PWD" in *production) echo "Error: Reference to undeclared"; exit 1 ;; esac'))
    found = said(folder)
    assert found["validate"] == ("failed", "production: Error: Reference to undeclared")
    assert found["apply"][0] == "not_run"


def test_a_run_with_mocks_that_fails_is_named(put: Put, folder: Path) -> None:
    """The files are valid, and do something else than they should."""
    put("terraform", case(test=tells('  run "cluster"... fail\nError: Test assertion failed', 1)))
    assert said(folder)["mocks"] == ("failed", 'run "cluster"... fail; Error: Test assertion failed')


def test_mocks_without_tests_are_no_pass(put: Put, folder: Path) -> None:
    """Nothing was tried."""
    put("terraform", "exit 0")
    (folder / "modules/stack/tests/one.tftest.hcl").unlink()
    assert said(folder)["mocks"] == ("failed", "stack has no tests")


def test_a_folder_without_environments_is_no_pass(put: Put, tmp_path: Path) -> None:
    """Nothing could be deployed of it."""
    put("terraform", "exit 0")
    assert said(tmp_path)["validate"][0] == "failed"


def test_what_is_valid_passes_and_says_what_a_deployment_takes(put: Put, folder: Path) -> None:
    """Without an image of the service nothing is deployed, and that is said."""
    put("terraform", "exit 0")
    found = said(folder)
    assert found["validate"] == found["mocks"] == ("passed", "")
    assert "PERFLAB_IMAGE" in found["apply"][1]


def test_a_terraform_that_does_not_end_is_stopped(
    put: Put, folder: Path, asked: Callable[[], list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is told once, so that it can write down what it made."""
    put("terraform", "trap 'echo stopped >>\"$ASKED\"; exit 1' INT\nwhile :; do sleep 0.1; done")
    with pytest.raises(ToolError, match="terraform init did not end within 1 s"):
        program.run(folder, "init", limit_s=1)
    assert asked() == ["terraform init", "stopped"]


def test_output_that_is_no_text_is_read(put: Put, folder: Path) -> None:
    """Whatever bytes it writes, it has said something."""
    put("terraform", "printf 'Error: \\377\\n'; exit 1")
    assert program.run(folder, "init").last == ("Error: \N{REPLACEMENT CHARACTER}",)
