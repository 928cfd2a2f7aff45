"""The parts of a request are held against the whole."""

from dataclasses import replace

import pytest

from bench.experiments import requests
from bench.experiments.micro import medians
from bench.model import Role
from bench.report import findings
from bench.report.findings.micro import ENCODING, MIDDLEWARE, VALIDATION, explained
from tests.experiments.test_counters import record
from tests.experiments.test_explain import requests as recorded

PARTS = {
    VALIDATION: {"v1, query string": 100e-6, "legacy, body": 50e-6},
    ENCODING: {"v1": 1e-3, "legacy": 20e-3},
    MIDDLEWARE: {"none": 0.1e-3, "v1": 1.9e-3, "legacy": 30e-3},
}
WHOLE = {"baseline": {"whole": 20e-3, "app": 1e-3, "n": 60.0}, "candidate": {"whole": 2e-3, "app": 0.3e-3, "n": 60.0}}


def test_what_the_parts_explain_is_said_for_each_arm() -> None:
    """Parts of a request are a hundredth of a round; their sum over the application's time is what they explain."""
    assert sum(explained(PARTS, Role.CANDIDATE).values()) == pytest.approx(30e-6)
    told = replace(record({"parts": PARTS, "whole": WHOLE}), name="micro")
    baseline, candidate = findings.of(told)
    assert baseline.startswith("baseline: of 20.0 ms for a search, 1.00 ms are the application's own")
    assert "explain 10 % of that" in candidate


def test_without_the_whole_nothing_is_explained() -> None:
    """An experiment that was cut off says nothing of it."""
    assert findings.of(replace(record({"parts": PARTS}), name="micro")) == ()


def test_medians_are_read_by_group_and_parameter() -> None:
    """From the file that pytest-benchmark writes."""
    stats = {"median": 0.5}
    stored = {
        "benchmarks": [
            {"group": "g", "name": "test_x[v1, query string]", "stats": stats},
            {"group": "g", "name": "test_plain", "stats": stats},
        ]
    }
    assert medians(stored) == {"g": {"v1, query string": 0.5, "test_plain": 0.5}}


def test_kinds_are_those_of_the_load_test() -> None:
    """So that figures of both stand side by side."""
    assert {requests.kind(one) for one in recorded()} == {
        "search GET", "search POST", "stats", "collections", "health",
    }  # fmt: skip
