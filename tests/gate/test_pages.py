"""The gate's answer for CI: what consumers of JUnit XML and GitHub need, whatever stands in a name."""

import xml.etree.ElementTree as ET
from dataclasses import replace

import pytest
from junitparser import JUnitXml

from bench.model import Gate, GateCheck, OnInconclusive, Session, Verdict
from bench.report.gate import annotations, as_json, comment, headline, junit

NASTY = 'a<b> & "c" \x00\x1b[31m\ud800 100%,\r\nnext: line | cell'
CHECKS = tuple(GateCheck(f"check {verdict}", verdict, f"because {verdict}") for verdict in Verdict)
GATE = Gate("run", "", CHECKS, Session(valid=True), ("a doubt",), OnInconclusive.EXIT_3, 1)


def results(gate: Gate) -> dict[str, str]:
    """What a consumer sees: the kind of result of each case."""
    suite = next(iter(JUnitXml.fromstring(junit(gate).encode())))
    return {
        case.name: type(case.result[0]).__name__ if case.result else "passed" for case in suite if case.name is not None
    }


def test_junit_holds_every_check_with_its_result() -> None:
    """Failed is a failure; undecided and missing are errors, since a skipped test reads as green."""
    assert results(GATE) == {
        "check PASS": "passed",
        "check FAIL": "Failure",
        "check INCONCLUSIVE": "Error",
        "check NOT_MEASURED": "Error",
        "session": "passed",
    }


@pytest.mark.parametrize(("meant", "kind"), [("fail", "Failure"), ("pass", "passed"), ("exit 3", "Error")])
def test_junit_follows_the_policy(meant: str, kind: str) -> None:
    """What INCONCLUSIVE does to the exit code it does to the file."""
    assert results(replace(GATE, inconclusive=OnInconclusive(meant)))["check INCONCLUSIVE"] == kind


def test_junit_skips_only_what_was_not_required() -> None:
    """A criterion that may be missing is skipped, which is not red."""
    gate = replace(GATE, checks=(*CHECKS[:1], replace(CHECKS[3], required=False)))
    assert results(gate)["check NOT_MEASURED"] == "Skipped"


@pytest.mark.parametrize(
    "gate",
    [
        replace(GATE, checks=(), exit_code=4),
        replace(GATE, checks=(replace(CHECKS[3], required=False),), exit_code=4),
        replace(GATE, checks=CHECKS[:1], session=Session(False, ("loud neighbours",)), exit_code=4),
    ],
)
def test_a_gate_that_measured_nothing_is_never_a_green_file(gate: Gate) -> None:
    """No checks, only checks that were not measured, or an unfit session: the case `session` is red."""
    assert results(gate)["session"] == "Error"


def test_junit_survives_every_character() -> None:
    """Control characters and lone surrogates are no XML, not even escaped: they are replaced, the file parses."""
    gate = replace(GATE, subject=NASTY, checks=(GateCheck(NASTY, Verdict.FAIL, NASTY),), notes=(NASTY,))
    root = ET.fromstring(junit(gate).encode("utf-8"))  # noqa: S314 - our own text
    failure = root.find(".//failure")
    assert failure is not None
    assert 'a<b> & "c"' in failure.attrib["message"]
    assert "\x00" not in failure.attrib["message"]


def test_junit_counts_agree_with_its_cases() -> None:
    """Consumers show the attributes, not the cases; properties come first, as the schemas want."""
    root = ET.fromstring(junit(GATE).encode())  # noqa: S314 - our own text
    suite = root.find("testsuite")
    assert suite is not None
    assert [suite.attrib[name] for name in ("tests", "failures", "errors", "skipped")] == ["5", "1", "2", "0"]
    assert suite[0].tag == "properties"
    assert all(case.attrib["classname"] == "perflab.run" for case in suite.iter("testcase"))


def test_annotations_are_one_line_each_and_escaped() -> None:
    """%, carriage return and newline in the message; colon and comma in the title too."""
    check = GateCheck("a: b, c%", Verdict.FAIL, "100%\r\nnext: line")
    lines = annotations(replace(GATE, checks=(check,)))
    assert lines[1] == "::error title=FAIL a%3A b%2C c%25::100%25%0D%0Anext: line"
    assert all("\n" not in line and "\r" not in line for line in lines)


def test_annotations_begin_with_the_worst() -> None:
    """GitHub shows ten of a kind: the answer and what failed must be among them."""
    lines = annotations(replace(GATE, checks=CHECKS[::-1]))
    assert [line.split(" ")[0] for line in lines] == ["::error", "::error", "::warning", "::warning", "::notice"]
    assert "exit code 1" in lines[0]


def test_an_open_gate_is_a_notice() -> None:
    """Nothing red where all is well."""
    lines = annotations(replace(GATE, checks=CHECKS[:1], notes=(), exit_code=0))
    assert [line.split(" ")[0] for line in lines] == ["::notice"]


def test_the_comment_is_found_again_and_keeps_its_table() -> None:
    """It begins with its mark; a pipe or newline in a name does not break a row."""
    text = comment(replace(GATE, checks=(GateCheck(NASTY, Verdict.FAIL, NASTY, ratio=1.2, ci=(1.1, 1.3), delta=0.05),)))
    assert text.startswith("<!-- perflab gate -->\n### The gate is closed")
    row = next(line for line in text.splitlines() if "FAIL" in line and line.startswith("|"))
    assert row.replace("\\|", "").count("|") == 7
    assert "20 % slower" in row
    assert "5.0%" in row


def test_the_headline_tells_what_undecided_means() -> None:
    """Tally, policy, exit code."""
    assert headline(GATE) == (
        "The gate is closed: run, checks: 1 passed, 1 failed, 1 inconclusive, 1 not measured "
        "(INCONCLUSIVE is exit code 3); exit code 1."
    )


def test_json_holds_every_figure() -> None:
    """What the screen says and more."""
    found = as_json(GATE)
    assert found["exit_code"] == 1
    assert [check["verdict"] for check in found["checks"]] == [str(verdict) for verdict in Verdict]
