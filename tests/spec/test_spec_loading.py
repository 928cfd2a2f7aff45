from pathlib import Path

import pytest

from bench.errors import UsageError
from bench.spec import Known, load

KNOWN = Known(
    experiments={"response_time", "query_time"},
    criteria={"response_time", "query_time", "rollback"},
    knobs={"cache", "indexes"},
)
GOOD = """
name = "mine"
[corpus]
documents = 5000
[arms.candidate]
knobs = "on"
set = { cache = "off" }
[experiments.response_time]
budget_s = 60
[criteria]
response_time = { threshold = 0.1 }
[quick.experiments.response_time]
budget_s = 7
"""


def written(folder: Path, text: str) -> Path:
    """A spec file with this text."""
    path = folder / "mine.toml"
    path.write_text(text)
    return path


def complaint(folder: Path, text: str, *, quick: bool = False) -> str:
    """What the user is told when a spec with this text is loaded."""
    with pytest.raises(UsageError) as raised:
        load(written(folder, text), KNOWN, quick=quick)
    return str(raised.value)


def test_reads_what_is_written(tmp_path: Path) -> None:
    """A spec's values arrive as written and everything else has its default."""
    spec = load(written(tmp_path, GOOD), KNOWN)
    assert spec.corpus.documents == 5000
    assert spec.arms["candidate"].set == {"cache": "off"}
    assert spec.experiments["response_time"].budget_s == 60
    assert spec.criteria["response_time"].threshold == 0.1


def test_quick_replaces_only_what_it_names(tmp_path: Path) -> None:
    """--quick takes the [quick] tables' values and keeps the rest of the spec."""
    spec = load(written(tmp_path, GOOD), KNOWN, quick=True)
    assert spec.experiments["response_time"].budget_s == 7
    assert spec.corpus.documents == 5000


def test_quick_leaves_experiments_out(tmp_path: Path) -> None:
    """Those that it lists; without --quick they are there, and one that is not in the spec is refused."""
    text = GOOD.replace("[criteria]", "[experiments.query_time]\nbudget_s = 9\n[criteria]")
    text += '[quick]\nleave_out = ["query_time"]\n'
    assert list(load(written(tmp_path, text), KNOWN, quick=True).experiments) == ["response_time"]
    assert list(load(written(tmp_path, text), KNOWN).experiments) == ["response_time", "query_time"]
    message = complaint(tmp_path, text.replace('["query_time"]', '["querytime"]'), quick=True)
    assert "unknown experiment `querytime`; did you mean `query_time`?" in message


@pytest.mark.parametrize(
    ("old", "new", "line", "hint"),
    [
        ("[experiments.response_time]", "[experiments.respnse_time]", 8, "did you mean `response_time`?"),
        ("response_time = { threshold", "respons_time = { threshold", 11, "did you mean `response_time`?"),
        ("{ cache =", "{ cahce =", 7, "did you mean `cache`?"),
        ("budget_s = 60", "budgets = 60", 9, "did you mean `budget_s`?"),
        ("[corpus]", "[corpse]", 3, "did you mean `corpus`?"),
        ("documents = 5000", "documents = 5", 4, "greater than or equal to 1000"),
        ("{ threshold =", "{ treshold =", 11, "did you mean `threshold`?"),
        ('knobs = "on"', 'knobs = "onn"', 6, "'on' or 'off'"),
        ("budget_s = 60", "budget_s = 60\nturn_s = -1", 10, "greater than or equal to 0"),
        ("budget_s = 60", "budget_s = 60\nturn_s = 2", 10, "turns of 2 s need slots of 8 s at least, and slot_s is 5"),
        ("[criteria]", "[experiments.query_time]\nturn_s = 0.1\n[criteria]", 11, "take turns in response_time alone"),
    ],
)
def test_a_mistake_is_named_with_its_line_and_the_nearest_name(
    tmp_path: Path, old: str, new: str, line: int, hint: str
) -> None:
    """Every misspelt name and value out of bounds is refused with file, line and what would be right."""
    message = complaint(tmp_path, GOOD.replace(old, new))
    assert f"mine.toml:{line}:" in message
    assert hint in message


def test_a_mistake_in_quick_is_found_under_quick(tmp_path: Path) -> None:
    """A wrong key in a [quick] table is refused under --quick with the line where it stands."""
    message = complaint(tmp_path, GOOD.replace("budget_s = 7", "budget = 7"), quick=True)
    assert "mine.toml:13:" in message


def test_a_file_that_is_not_toml_is_refused(tmp_path: Path) -> None:
    """Broken TOML is told with its position."""
    assert "not valid TOML" in complaint(tmp_path, "name = ")


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    """A spec that does not exist is told by its path."""
    with pytest.raises(UsageError, match="absent.toml cannot be read"):
        load(tmp_path / "absent.toml", KNOWN)


def test_an_arm_that_is_left_out_is_the_preset(tmp_path: Path) -> None:
    """What is said of the candidate alone leaves the baseline with every knob off, and the other way round."""
    for said, other, knobs in (("candidate", "baseline", "off"), ("baseline", "candidate", "on")):
        file = tmp_path / f"{said}.toml"
        file.write_text(GOOD.replace("[arms.candidate]", f"[arms.{said}]"))
        spec = load(file, KNOWN)
        assert set(spec.arms) == {"baseline", "candidate"}
        assert (spec.arms[other].knobs, spec.arms[other].set) == (knobs, {})
        assert spec.arms[said].set == {"cache": "off"}
