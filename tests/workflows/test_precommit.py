"""The hooks for pre-commit run what there is, on files that there are."""

import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / ".pre-commit-config.yaml").read_text()
TYPES = {"python": r"\.py$"}
OURS = re.compile(r"\.venv/bin/([\w-]+)")
TRACKED = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()


def wrong(text: str) -> Iterator[str]:
    """Programs that are not in the environment, hooks that would fetch, that nothing triggers, or that stand twice."""
    for program in OURS.findall(text):
        if not Path(sys.executable).with_name(program).exists():
            yield f"{program} is not in .venv"
    hooks = [hook for repo in yaml.safe_load(text)["repos"] for hook in repo["hooks"]]
    for hook in hooks:
        files = re.compile(hook.get("files", "") or TYPES.get(*hook.get("types", [""]), ""))
        if not any(map(files.search, TRACKED)):
            yield f"{hook['id']}: no file triggers it"
        if hook["language"] != "system":
            yield f"{hook['id']}: would fetch"
        for word in shlex.split(hook["entry"]):
            if word.startswith(("tests/", ".github/")) and not (ROOT / word).exists():
                yield f"{hook['id']}: {word} is not there"
    if len({hook["id"] for hook in hooks}) != len(hooks):
        yield "an id stands twice"


def test_the_hooks_can_run() -> None:
    """Each names programs and files that are there."""
    assert list(wrong(TEXT)) == []
    assert {"workflows", "sql", "terraform"} <= {hook["id"] for hook in yaml.safe_load(TEXT)["repos"][0]["hooks"]}


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (".venv/bin/zizmor", ".venv/bin/zizmore", "zizmore is not in .venv"),
        ("#     pipx install pre-commit", "#     .venv/bin/pre-commit install", "pre-commit is not in .venv"),
        ("^(sql/|", "^(sequel/|absent", "sql: no file triggers it"),
        ("tests/sql/test_lint.py", "tests/sql/lint.py", "sql: tests/sql/lint.py is not there"),
        ("language: system", "language: python", "ruff: would fetch"),
        ("id: format", "id: ruff", "an id stands twice"),
    ],
)
def test_what_could_not_run_is_found(old: str, new: str, said: str) -> None:
    """Each of them can be wrong."""
    assert old in TEXT
    assert said in list(wrong(TEXT.replace(old, new, 1)))
