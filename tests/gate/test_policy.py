"""What a policy may say, and how a wrong one is told."""

from pathlib import Path

import pytest

from bench.errors import UsageError
from bench.lab.options import known
from bench.model import OnInconclusive, Rule
from bench.model.gate import rule, share
from bench.spec import load_gate


@pytest.mark.parametrize(("text", "value"), [("5%", 0.05), ("0.05", 0.05), ("2.5 %", 0.025), (0.1, 0.1), ("0", 0.0)])
def test_a_share_is_a_percentage_or_a_fraction(text: object, value: float) -> None:
    """Both ways of writing it give the same number."""
    assert share(text) == pytest.approx(value)


@pytest.mark.parametrize("text", ["5", "-1%", "five", "", "nan", "200%"])
def test_what_nobody_can_mean_is_no_share(text: str) -> None:
    """A bare 5 would be 500 %."""
    with pytest.raises(ValueError, match="write 5% or 0.05"):
        share(text)


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("p50>5%", Rule("", "*", "p50", 0.05)),
        ("median > 0.1", Rule("", "*", "p50", 0.1)),
        ("group:encoding p95>5%", Rule("group", "encoding", "p95", 0.05)),
        ("group:encoding of a page mean>3%", Rule("group", "encoding of a page", "mean", 0.03)),
        ("fullname:test_it.py::* p99>1%", Rule("fullname", "test_it.py::*", "p99", 0.01)),
    ],
)
def test_a_rule_names_benchmarks_metric_and_share(text: str, meant: Rule) -> None:
    """Which benchmarks, which figure, how much slower."""
    assert rule(text) == meant


@pytest.mark.parametrize(("text", "said"), [("p50<5%", "is not a rule"), ("min>5%", "valid are p50"), ("p50>5", "5%")])
def test_a_wrong_rule_says_what_is_right(text: str, said: str) -> None:
    """A minimum has no interval; a share needs its percent sign."""
    with pytest.raises(ValueError, match=said):
        rule(text)


def test_a_policy_may_stand_in_a_file_of_its_own(tmp_path: Path) -> None:
    """Only the table [gate]: for files of pytest-benchmark there is no spec."""
    file = tmp_path / "gate.toml"
    file.write_text('[gate]\ninconclusive = "fail"\nfail = ["p50>5%"]\n[gate.delta]\np95 = "10%"\n')
    policy = load_gate(file, known()).policy()
    assert policy.inconclusive is OnInconclusive.FAIL
    assert policy.metrics == ("p95",)
    assert policy.fail == (Rule("", "*", "p50", 0.05),)


def test_a_spec_s_own_policy_is_read(tmp_path: Path) -> None:
    """A whole spec may be named: its table [gate] counts."""
    file = tmp_path / "spec.toml"
    file.write_text(
        'name = "tiny"\n[experiments.response_time]\n[criteria]\nresponse_time = {}\n'
        '[gate]\ncriteria = ["response_time"]\ncomparisons = ["response_time"]\n'
    )
    policy = load_gate(file, known()).policy()
    assert policy.criteria == ("response_time",)
    assert policy.comparisons == ("response_time",)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[gate]\ninconclusve = "fail"', "gate.toml:2: unknown key `inconclusve`; did you mean `inconclusive`?"),
        ('[gate]\ninconclusive = "ignore"', "gate.toml:2: `inconclusive`"),
        ('[gate]\ncriteria = ["respons_time"]', "did you mean `response_time`?"),
        ('[gate]\ncomparisons = ["respons_time"]', "did you mean `response_time`?"),
        ('[gate.delta]\np50 = "5"', "gate.toml:2: `delta.p50`: value error, `5` is not a share"),
        ('[gate.delta]\np42 = "5%"', "p42"),
        ('[gate]\nfail = ["min>5%"]', "cannot be judged with an interval"),
        ('[gates]\nfail = ["p50>5%"]', "has no table [gate]"),
    ],
)
def test_a_wrong_policy_is_told_with_its_line(tmp_path: Path, text: str, said: str) -> None:
    """A misspelt threshold must not be silently ignored."""
    file = tmp_path / "gate.toml"
    file.write_text(text)
    with pytest.raises(UsageError) as told:
        load_gate(file, known())
    assert said in str(told.value)
