"""The scorecard on terminals as they are: narrow, wide, without colour, and no terminal at all."""

import fcntl
import os
import pty
import re
import struct
import subprocess
import sys
import termios
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from bench import store
from bench.model import RunRecord
from bench.report import console, words
from tests.report.test_example import EXAMPLE

SHOW = f"""
from pathlib import Path
from bench import store
from bench.report import console
console.show(store.load(Path({str(EXAMPLE)!r})), Path("run"))
"""


@pytest.fixture(scope="module")
def run() -> RunRecord:
    """A whole run of the default spec."""
    return store.load(EXAMPLE)


def shown(run: RunRecord, width: int) -> list[str]:
    """The lines of the scorecard on a terminal of that width."""
    out = StringIO()
    console.show(run, EXAMPLE, Console(file=out, width=width, no_color=True))
    return out.getvalue().splitlines()


def test_in_80_columns_no_criterion_is_folded_or_cut(run: RunRecord) -> None:
    """A line for each: verdict, id, value and interval whole, and nothing longer than the terminal."""
    lines = shown(run, 80)
    for result in run.criteria:
        (line,) = [each for each in lines if f" {result.id} " in each and each[0] in words.MARKS.values()]
        assert result.verdict.replace("_", " ") in line
        assert words.interval(result) in line
        assert "…" not in line
    assert max(len(line.rstrip()) for line in lines if "Report:" not in line) <= 80


def test_where_there_is_room_n_and_what_could_be_seen_stand_beside_each_verdict(run: RunRecord) -> None:
    """From 110 columns on; in 80 there is none."""
    for result in run.criteria:
        wide = next(line for line in shown(run, 110) if f" {result.id} " in line)
        if result.mde is not None:
            assert wide.split()[-3:] == [str(result.n), *words.percent(result.mde).split()]
    assert "could see" not in shown(run, 80)[1]


def in_a_terminal(**environment: str) -> str:
    """What a real terminal of 80 columns gets, with these variables."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 80, 0, 0))
    with subprocess.Popen([sys.executable, "-c", SHOW], stdout=theirs, env=plain_environment() | environment):
        os.close(theirs)
        found = b""
        while part := read(ours):
            found += part
    os.close(ours)
    return found.decode()


def read(terminal: int) -> bytes:
    """What has come; nothing once the other side is closed, which Linux says with an error."""
    try:
        return os.read(terminal, 65_536)
    except OSError:
        return b""


def plain_environment() -> dict[str, str]:
    """Without what CI and shells say of colours."""
    told = {"NO_COLOR", "FORCE_COLOR", "CI", "COLUMNS", "TERM"}
    here = {"TERM": "xterm-256color", "PYTHONPATH": str(Path(__file__).parents[2])}
    return {name: value for name, value in os.environ.items() if name not in told} | here


def test_a_terminal_gets_colours_and_none_where_it_does_not_want_them() -> None:
    """NO_COLOR leaves every word and takes every colour."""
    coloured, plain = in_a_terminal(), in_a_terminal(NO_COLOR="1")
    assert re.search(r"\x1b\[(\d+;)*[34]\dm", coloured)
    assert not re.search(r"\x1b\[(\d+;)*[34]\dm", plain)
    assert "response_consistency" in plain
    assert "PASS" in plain


def test_a_log_gets_plain_text() -> None:
    """CI's output is a pipe: no escape sequence at all."""
    found = subprocess.run(
        [sys.executable, "-c", SHOW], capture_output=True, text=True, check=True,
        env=plain_environment() | {"CI": "true", "GITHUB_ACTIONS": "true"},
    )  # fmt: skip
    assert "\x1b" not in found.stdout
    assert "INCONCLUSIVE" in found.stdout or "PASS" in found.stdout
