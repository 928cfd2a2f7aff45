"""Later starts of ./perflab: straight through, from anywhere, until something changed."""

import json
import shutil
from pathlib import Path

from .conftest import locked


def test_the_second_start_installs_nothing(installed):
    """Nothing is said, and the environment is not touched."""
    log = installed.path / ".venv/install.log"
    before = log.stat().st_mtime_ns
    run = installed.run()
    assert (run.returncode, run.stderr) == (0, "")
    assert log.stat().st_mtime_ns == before


def test_it_needs_no_python_on_path_any_more(installed, tmp_path):
    """A later start looks for neither Python nor uv."""
    lean = tmp_path / "bin"
    lean.mkdir()
    for tool in ("sh", "cmp"):
        (lean / tool).symlink_to(shutil.which(tool))
    assert installed.run("env", f"PATH={lean}", installed.script).returncode == 0


def test_arguments_exit_code_and_folder_are_passed_on(installed, tmp_path):
    """What perflab gets is what was typed, and its exit code is the script's."""
    run = installed.run(installed.script, "two words", "", "fail", cwd=tmp_path)
    assert run.returncode == 3
    said = json.loads(run.stdout)
    assert said["arguments"] == ["two words", "", "fail"]
    assert said["cwd"] == str(tmp_path)


def test_it_starts_through_links_and_by_name(installed, tmp_path):
    """A chain of links, absolute and relative, PATH, and `sh perflab` lead to the same environment."""
    (tmp_path / "absolute").symlink_to(installed.script)
    (tmp_path / "deep").mkdir()
    relative = tmp_path / "deep/relative"
    relative.symlink_to("../absolute")
    by_name = ["env", f"PATH={installed.path}:{installed.bin}", "perflab"]
    runs = [installed.run(relative), installed.run(*by_name), installed.run("sh", "perflab", cwd=installed.path)]
    assert [run.stderr for run in runs] == ["", "", ""]
    assert {json.loads(run.stdout)["prefix"] for run in runs} == {str(installed.path / ".venv")}


def test_bytecode_is_kept_though_the_environment_forbids_it(installed):
    """Each start of an arm would compile all that it imports."""
    run = installed.run("env", "PYTHONDONTWRITEBYTECODE=1", installed.script)
    assert json.loads(run.stdout)["writes"] is True


def test_a_changed_lock_is_followed(fresh):
    """What the lock gained is installed, what it lost is removed, and then starts are silent again."""
    fresh.run()
    lock = fresh.path / "requirements.lock"
    original = lock.read_text()
    for text, expected in ((locked("attrs") + original, True), (original, False)):
        lock.write_text(text)
        run = fresh.run()
        assert "installing into" in run.stderr
        assert json.loads(run.stdout)["attrs"] is expected
    assert fresh.run().stderr == ""


def test_a_changed_project_file_is_followed(fresh):
    """A new entry point in pyproject.toml is installed by the next start."""
    fresh.run()
    project = fresh.path / "pyproject.toml"
    project.write_text(project.read_text().replace("tiny:main", "tiny:other"))
    (fresh.path / "tiny.py").write_text("def other():\n    print('other')\n")
    assert fresh.run().stdout == "other\n"


def test_a_moved_checkout_gets_an_environment_of_its_own(fresh):
    """Scripts hold absolute paths: after a move they are made anew, for the new place."""
    fresh.run()
    fresh.path = fresh.path.rename(fresh.path.with_name("moved"))
    run = fresh.run()
    assert "installing into" in run.stderr
    assert json.loads(run.stdout)["prefix"] == str(fresh.path / ".venv")
    assert json.loads(run.stdout)["file"] == str(fresh.path / "tiny.py")


def test_another_named_python_makes_a_new_environment(fresh):
    """PERFLAB_PYTHON decides, also over an environment that another Python made; unset again, it stays."""
    fresh.run()
    mine = fresh.bin / "mine"
    mine.symlink_to((fresh.bin / "python3").resolve())
    fresh.environment = {"PERFLAB_PYTHON": str(mine)}
    assert "installing into" in fresh.run().stderr
    assert fresh.run().stderr == ""
    fresh.environment = {}
    assert fresh.run().stderr == ""


def test_a_python_that_went_away_is_replaced(fresh):
    """An upgrade removed the interpreter behind .venv: the next start makes it anew."""
    fresh.run()
    python = fresh.path / ".venv/bin/python"
    python.unlink()
    python.symlink_to(Path("/nowhere/python3"))
    run = fresh.run()
    assert run.returncode == 0, run.stderr
    assert "installing into" in run.stderr
