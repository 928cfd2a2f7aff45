"""`.ci/example`: what it asks of `perflab`, and what it keeps."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

STAND_IN = """\
#!/bin/sh
echo "$@" >> asked
for out; do :; done  # the last argument
case $1 in
calibrate) mkdir -p "$out/calibration"; echo card > "$out/calibration/here.md" ;;
run | ablate | compare)
    made=$(mktemp -d "$out/XXXXXX")
    mkdir "$made/figures" "$made/notebooks" "$made/samples"
    for file in report.md run.json figures/one.png samples/one.parquet; do echo "$1 $2" > "$made/$file"; done
    printf '{\n"RepoURL": "/somewhere/private",\n"kept": 1\n}\n' > "$made/configuration.json"
    ln -sfn "$made" "$out/latest" ;;
esac
[ "$1 $2" = "run specs/cache.toml" ] && exit "$WITHOUT_VERDICT"
[ "$1" = "$VOID_ONCE" ] && [ "$(grep -c "^$1" asked)" = 1 ] && exit 4
exit "$CODE"
"""


def renewed(
    folder: Path, *arguments: str, code: int = 0, without_verdict: int = 4, void_once: str = ""
) -> "tuple[subprocess.CompletedProcess[str], list[str]]":
    """Run the script beside a stand-in for `perflab`; what that was asked, line by line."""
    (folder / ".ci").mkdir()
    shutil.copy(ROOT / ".ci" / "example", folder / ".ci")
    (folder / "reports" / "example").mkdir(parents=True)
    (folder / "reports" / "example" / "old.md").write_text("of an earlier run")
    perflab = folder / "perflab"
    perflab.write_text(STAND_IN)
    perflab.chmod(0o755)
    (folder / "tmp").mkdir()
    done = subprocess.run(
        [folder / ".ci" / "example", *arguments], capture_output=True, text=True, check=False,
        env={
            "PATH": "/bin:/usr/bin", "TMPDIR": str(folder / "tmp"),
            "CODE": str(code), "WITHOUT_VERDICT": str(without_verdict), "VOID_ONCE": void_once,
        },
    )  # fmt: skip
    asked = folder / "asked"
    return done, asked.read_text().splitlines() if asked.exists() else []


def test_it_keeps_the_full_run_and_what_notebooks_show_beside_it(tmp_path: Path) -> None:
    """The full run with its observations; of the others the reports; nothing of the old example, nothing elsewhere."""
    done, asked = renewed(tmp_path)
    assert done.returncode == 0, done.stderr
    example = tmp_path / "reports" / "example"
    assert (example / "run.json").read_text().startswith("run --out")
    assert (example / "samples" / "one.parquet").exists()
    assert json.loads((example / "configuration.json").read_text()) == {"kept": 1}
    assert not (example / "old.md").exists()
    beside = {path.name for path in (example / "beside").iterdir()}
    assert beside == {"ablation", "cache", "comparison", "calibration"}
    assert (example / "beside" / "cache" / "report.md").read_text().startswith("run specs/cache.toml")
    assert not (example / "beside" / "cache" / "samples").exists()
    assert sum("--quick --only query_time" in line for line in asked) == 10
    assert asked.index(next(line for line in asked if line.startswith("notebook --execute"))) < len(asked) - 1
    assert list((tmp_path / "tmp").iterdir()) == []


@pytest.mark.parametrize(("code", "attempts"), [(2, 1), (4, 3)])
def test_a_run_that_broke_or_stays_void_leaves_the_old_example(tmp_path: Path, code: int, attempts: int) -> None:
    """Its exit code is the script's; what was measured until then stays, and the script says where."""
    done, asked = renewed(tmp_path, code=code)
    assert (done.returncode, len(asked)) == (code, attempts)
    (left,) = (tmp_path / "tmp").iterdir()
    assert str(left) in done.stderr
    assert any(left.glob("*/run.json"))
    assert (tmp_path / "reports" / "example" / "old.md").exists()


def test_a_void_comparison_is_measured_again(tmp_path: Path) -> None:
    """A machine that was taken away for a minute costs a minute, not the example."""
    done, asked = renewed(tmp_path, void_once="compare")
    assert done.returncode == 0, done.stderr
    assert sum(line.startswith("compare") for line in asked) == 2
    assert not (tmp_path / "reports" / "example" / "old.md").exists()


def test_a_cache_run_that_broke_leaves_the_old_example(tmp_path: Path) -> None:
    """That it has no verdict is no failure; anything else is."""
    done, asked = renewed(tmp_path, without_verdict=2)
    assert (done.returncode, len(asked)) == (2, 3)
    assert (tmp_path / "reports" / "example" / "old.md").exists()


def test_a_word_too_many_measures_nothing(tmp_path: Path) -> None:
    """Forty minutes begin only when they are meant."""
    done, asked = renewed(tmp_path, "--help")
    assert (done.returncode, asked) == (2, [])
    assert "half an hour" in done.stderr
