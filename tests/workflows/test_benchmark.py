"""`.ci/benchmark`: what it asks of `perflab`, and whose exit code it gives."""

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

STAND_IN = """\
#!/bin/sh
echo "$@" >> asked
[ "$1" = compare ] && exit {compared}
exit {gated}
"""


def benchmark(
    folder: Path, *arguments: str, compared: int = 0, gated: int = 0
) -> "tuple[subprocess.CompletedProcess[str], list[str]]":
    """Run the script beside a stand-in for `perflab` that ends as told; what it was asked, line by line."""
    (folder / ".ci").mkdir()
    shutil.copy(ROOT / ".ci" / "benchmark", folder / ".ci")
    perflab = folder / "perflab"
    perflab.write_text(STAND_IN.format(compared=compared, gated=gated))
    perflab.chmod(0o755)
    (folder / "gate.json").write_text("of an earlier run")
    done = subprocess.run(
        [folder / ".ci" / "benchmark", *arguments],
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": "/bin:/usr/bin"},
    )
    asked = folder / "asked"
    return done, asked.read_text().splitlines() if asked.exists() else []


@pytest.mark.parametrize(("compared", "gated"), [(0, 0), (1, 1), (3, 3), (3, 0), (4, 4)])
def test_the_gate_has_the_last_word(compared: int, gated: int, tmp_path: Path) -> None:
    """Whatever the comparison answers, the policy judges it."""
    done, asked = benchmark(tmp_path, "main", compared=compared, gated=gated)
    assert done.returncode == gated
    assert [line.split()[0] for line in asked] == ["compare", "gate"]
    assert "--baseline git:main --candidate git:HEAD" in asked[0]


def test_a_comparison_that_broke_is_not_gated(tmp_path: Path) -> None:
    """`latest` would be another run: the code goes on as it is, and no earlier answer is left lying."""
    done, asked = benchmark(tmp_path, "main", "feature", compared=2)
    assert done.returncode == 2
    assert [line.split()[0] for line in asked] == ["compare"]
    assert "--candidate git:feature" in asked[0]
    assert not (tmp_path / "gate.json").exists()


@pytest.mark.parametrize("arguments", [(), ("",), ("a", "b", "c")])
def test_wrong_usage_is_said(arguments: tuple[str, ...], tmp_path: Path) -> None:
    """No base, or too much: one sentence, code 2, nothing measured."""
    done, asked = benchmark(tmp_path, *arguments)
    assert (done.returncode, asked) == (2, [])
    assert done.stderr.count("\n") == 1
