"""Files of pytest-benchmark: the unit is never the round, and a rule that guards nothing never passes."""

from dataclasses import replace

import pytest

from bench.judge.rounds import fits, gate_rounds, refusal
from bench.model import Benchmark, Policy, Verdict
from bench.model.gate import rule
from tests.gate.conftest import benchmark_file

PASS, FAIL, MAYBE, NONE = Verdict.PASS, Verdict.FAIL, Verdict.INCONCLUSIVE, Verdict.NOT_MEASURED


def policy(*texts: str) -> Policy:
    """A policy of these rules."""
    return Policy(fail=tuple(map(rule, texts)))


@pytest.mark.parametrize(
    ("factor", "verdict", "code"), [(1.3, FAIL, 1), (0.7, PASS, 0), (1.0, PASS, 0), (1.05, MAYBE, 3)]
)
def test_one_file_on_each_side_is_judged_by_batches(factor: float, verdict: Verdict, code: int) -> None:
    """Slower by more than the rule allows fails; as fast or faster passes; near the edge is undecided."""
    gate = gate_rounds([benchmark_file(factor=factor, seed=2)], [benchmark_file("old.json")], policy("p50>5%"), None)
    assert [check.verdict for check in gate.checks] == [verdict]
    assert gate.exit_code == code
    assert any("four files on each side" in note for note in gate.notes)


def test_four_files_on_each_side_are_judged_by_files() -> None:
    """One figure a file: a difference of one process from the next is then part of the scatter."""
    new = [benchmark_file(f"n{i}.json", factor=1.3 + 0.01 * i, seed=i) for i in range(4)]
    old = [benchmark_file(f"o{i}.json", factor=1.0 + 0.01 * i, seed=9 + i) for i in range(4)]
    gate = gate_rounds(new, old, policy("p50>5%"), None)
    assert gate.exit_code == 1
    assert not any("One file" in note for note in gate.notes)


def test_processes_that_differ_leave_it_undecided() -> None:
    """Each file alone is sure of itself; together they show that a restart changes as much as the change."""
    new = [benchmark_file(f"n{i}.json", factor=factor, seed=i) for i, factor in enumerate((1.0, 1.4, 0.9, 1.3))]
    old = [benchmark_file(f"o{i}.json", factor=factor, seed=9 + i) for i, factor in enumerate((1.3, 0.9, 1.0, 1.2))]
    assert gate_rounds(new[:1], [old[1]], policy("p50>5%"), None).exit_code == 1
    assert gate_rounds(new, old, policy("p50>5%"), None).exit_code == 3


def test_rules_may_differ_by_group_and_the_last_that_fits_counts() -> None:
    """20 % slower fails the general rule and passes the one of its group."""
    new, old = benchmark_file(factor=1.2, names=("a", "b"), seed=2), benchmark_file("old.json", names=("a", "b"))
    gate = gate_rounds([new], [old], policy("p50>5%", "group:group of b p50>50%"), None)
    assert [check.verdict for check in gate.checks] == [FAIL, PASS]


def test_several_metrics_of_one_benchmark_are_judged_together() -> None:
    """Rules for different metrics do not replace each other."""
    new, old = benchmark_file(rounds=500, seed=2), benchmark_file("old.json", rounds=500)
    gate = gate_rounds([new], [old], policy("p50>20%", "p95>20%", "mean>20%"), None)
    assert [check.name.rpartition(" ")[2] for check in gate.checks] == ["p50", "p95", "mean"]
    assert gate.exit_code == 0


def test_too_few_rounds_for_a_percentile_are_told_with_the_number_needed() -> None:
    """A p95 of 100 rounds rests on five values: it is not measured, which is not a pass."""
    gate = gate_rounds([benchmark_file()], [benchmark_file("old.json")], policy("p95>5%"), None)
    assert gate.exit_code == 4
    assert "100 rounds are too few for p95: 400 are needed" in gate.checks[0].sentence


def test_too_few_files_for_many_judgements_are_told() -> None:
    """Four files reach 5 % for one benchmark, not for three of them together."""
    names = ("a", "b", "c")
    new = [benchmark_file(f"n{i}.json", seed=i, names=names) for i in range(4)]
    old = [benchmark_file(f"o{i}.json", seed=9 + i, names=names) for i in range(4)]
    gate = gate_rounds(new, old, policy("p50>5%"), None)
    assert gate.exit_code == 4
    assert "4 files on a side are too few for 3 judgements together: 5 are needed" in gate.checks[0].sentence


def test_a_rule_that_fits_nothing_is_not_a_pass() -> None:
    """A group that was renamed must not leave its gate open."""
    gate = gate_rounds(
        [benchmark_file()], [benchmark_file("old.json")], policy("p50>50%", "group:encodng p50>5%"), None
    )
    assert [check.verdict for check in gate.checks] == [PASS, NONE]
    assert gate.exit_code == 3


def test_a_benchmark_that_vanished_is_missing_and_a_new_one_is_not() -> None:
    """What was guarded and is gone keeps the gate from opening; what is new has nothing to be held against."""
    both, one = benchmark_file(names=("a", "b")), benchmark_file("other.json", seed=2)
    gone = gate_rounds([one], [both], policy("p50>50%"), None)
    added = gate_rounds([both], [one], policy("p50>50%"), None)
    assert {check.verdict for check in gone.checks} == {check.verdict for check in added.checks} == {PASS, NONE}
    assert gone.exit_code == 3
    assert added.exit_code == 0


def test_a_file_without_rounds_says_how_to_keep_them() -> None:
    """Statistics alone have no interval."""
    file = benchmark_file()
    bare = replace(file, benchmarks=tuple(replace(one, rounds=()) for one in file.benchmarks))
    gate = gate_rounds([bare], [benchmark_file("old.json")], Policy(), None)
    assert gate.exit_code == 4
    assert "--benchmark-save-data" in gate.checks[0].sentence


def test_a_file_without_benchmarks_is_exit_4() -> None:
    """`-k` that matched nothing measured nothing."""
    nothing = replace(benchmark_file(), benchmarks=())
    assert gate_rounds([nothing], [nothing], Policy(), None).exit_code == 4


def test_files_that_must_not_be_compared_are_refused() -> None:
    """Another machine; two files, which are too few for the unit; one file against four."""
    file = benchmark_file()
    assert refusal([file], [file]) == ""
    assert "another machine" in refusal([file], [replace(file, machine="host-2", name="far.json")])
    assert "give one, or 4 and more" in refusal([file] * 2, [file] * 4)
    assert "on both sides or on none" in refusal([file], [file] * 4)


@pytest.mark.parametrize(
    ("text", "fitting"),
    [
        ("group:encoding p50>5%", True),
        ("group:encoding* p50>5%", True),
        ("group:coding* p50>5%", False),
        ("name:test_encoding[v1] p50>5%", True),
        ("name:test_*[v?] p50>5%", True),
        ("fullname:bench/* p50>5%", False),
        ("p50>5%", True),
    ],
)
def test_patterns_are_parts_of_names_or_wildcards(text: str, fitting: bool) -> None:
    """Brackets mean themselves: every parametrised test has them."""
    one = Benchmark("tests/test_it.py::test_encoding[v1]", "test_encoding[v1]", "encoding of a page", ())
    assert fits(rule(text), one) is fitting


def test_rounds_that_drift_are_not_judged() -> None:
    """A machine that changed while the rounds ran makes a file worth less than its batches: several are asked for."""
    drifting = benchmark_file()
    one = replace(drifting.benchmarks[0], rounds=tuple(1e-3 * (1 + number / 100) for number in range(100)))
    gate = gate_rounds(
        [replace(drifting, benchmarks=(one,))], [benchmark_file("old.json", seed=2)], policy("p50>5%"), None
    )
    assert gate.exit_code == 4
    assert "four files on each side" in gate.checks[0].sentence
