"""`perflab test`: what it runs, and what it makes of a check that fails or is not there."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from bench.cli import check as command
from bench.cli.check import CHECKS, Check, run_checks
from bench.errors import UsageError

TIDY = Check("tidy", "ruff", ("check", "--isolated", "tidy.py"))
UNTIDY = Check("untidy", "ruff", ("check", "--isolated", "untidy.py"))


@pytest.fixture
def sources(tmp_path: Path) -> Path:
    """A folder with a file that passes a lint and one that does not."""
    (tmp_path / "tidy.py").write_text("x = 1\n")
    (tmp_path / "untidy.py").write_text("import os\n")
    return tmp_path


def test_what_passes_is_not_reported(sources):
    """A check that passes has no place among the failed ones."""
    assert run_checks((TIDY,), sources) == []


def test_a_failure_does_not_hide_the_next_check(sources, capfd):
    """After a failure the next checks still run, each under its heading; the failed ones are named in order."""
    assert run_checks((UNTIDY, TIDY, UNTIDY), sources) == ["untidy", "untidy"]
    output = capfd.readouterr().out
    assert [line for line in output.splitlines() if line.startswith("==")] == [
        "== untidy ==",
        "== tidy ==",
        "== untidy ==",
    ]
    assert output.index("F401") < output.index("== tidy ==") < output.index("All checks passed")


def test_a_tool_that_is_not_installed_is_named_before_anything_runs(sources, capfd):
    """A missing module, or a missing script of one, is a user's error and no failed check."""
    for missing in (Check("gone", "nowhere_to_be_found", ()), Check("gone", "ruff", (), script="no-such-script")):
        with pytest.raises(UsageError, match="is not installed"):
            run_checks((TIDY, missing), sources)
    assert capfd.readouterr().out == ""


def test_every_tool_of_the_project_is_installed():
    """The real checks find their tools in this environment."""
    assert all(check.command() for check in CHECKS)


@pytest.mark.parametrize(("checks", "code", "word"), [((TIDY,), 0, "passed"), ((UNTIDY,), 1, "untidy failed")])
def test_the_last_line_and_the_exit_code_sum_up(sources, monkeypatch, checks, code, word):
    """0 if all passed, else 1, and one line that says so; further arguments reach pytest."""
    (sources / "pyproject.toml").touch()
    (sources / "test_one.py").write_text("def test_one():\n    pass\n")
    monkeypatch.setattr("bench.cli.check.ROOT", sources)
    monkeypatch.setattr("bench.cli.check.CHECKS", checks)
    result = CliRunner().invoke(command.test_command, ["-q", "-p", "no:cacheprovider", "test_one.py"])
    assert result.exit_code == code
    assert word in result.stderr.splitlines()[-1]


def test_outside_a_checkout_it_says_so(tmp_path, monkeypatch):
    """Installed without its checkout there is nothing to test."""
    monkeypatch.setattr("bench.cli.check.ROOT", tmp_path)
    result = CliRunner().invoke(command.test_command)
    assert isinstance(result.exception, UsageError)
