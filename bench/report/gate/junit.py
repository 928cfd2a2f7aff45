"""The gate's answer as JUnit XML, which every CI reads.

A check that failed is a failure. What was not decided or not measured is an error unless the policy lets it pass: a
"skipped" test would read as green. One more case stands for the session, so that an unfit machine, or a gate without
any measurement, can never be a green file.
"""

import re

from junitparser import Error, Failure, JUnitXml, Skipped, TestCase, TestSuite

from bench.model import Gate, GateCheck, OnInconclusive, Verdict
from bench.report.gate.plain import headline

SUITE = "perflab gate"
_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 has no way to write, not even escaped (section 2.2)."""


def junit(gate: Gate) -> str:
    """The whole file."""
    suite = TestSuite(SUITE)
    # Before the cases: schemas of JUnit want this order.
    suite.add_property("exit_code", str(gate.exit_code))
    for number, note in enumerate(gate.notes):
        suite.add_property(f"note_{number}", _clean(note))
    for check in gate.checks:
        suite.add_testcase(_case(check, gate))
    suite.add_testcase(_session(gate))
    whole = JUnitXml(SUITE)
    whole.add_testsuite(suite)
    text: bytes = whole.tostring()
    return text.decode() + "\n"


def _case(check: GateCheck, gate: Gate) -> TestCase:
    case = TestCase(_clean(check.name), classname=f"perflab.{_clean(gate.subject)}", time=0.0)
    sentence = _clean(check.sentence)
    undecided = check.verdict is Verdict.INCONCLUSIVE
    if check.verdict is Verdict.FAIL or (undecided and gate.inconclusive is OnInconclusive.FAIL):
        case.result = [Failure(sentence, check.verdict)]
    elif (undecided and gate.inconclusive is OnInconclusive.EXIT_3) or _missing(check):
        case.result = [Error(sentence, check.verdict)]
    elif check.verdict is Verdict.NOT_MEASURED:
        case.result = [Skipped(sentence, check.verdict)]
    else:
        case.system_out = sentence
    return case


def _session(gate: Gate) -> TestCase:
    """Red exactly where the exit code is 4 and no check says why."""
    case = TestCase("session", classname=f"perflab.{_clean(gate.subject)}", time=0.0)
    measured = any(check.verdict is not Verdict.NOT_MEASURED for check in gate.checks)
    if not (gate.session.valid and measured):
        reasons = gate.session.reasons or gate.notes[:1]
        case.result = [Error(_clean(" ".join(reasons)), "INVALID")]
    else:
        case.system_out = _clean(headline(gate))
    return case


def _missing(check: GateCheck) -> bool:
    return check.verdict is Verdict.NOT_MEASURED and check.required


def _clean(text: str) -> str:
    return _FORBIDDEN.sub("\N{REPLACEMENT CHARACTER}", text)
