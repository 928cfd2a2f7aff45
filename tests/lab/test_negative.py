"""A run of a candidate without any improvement: the criterion does not pass."""

import asyncio

import pytest

from bench.lab import Options, running
from bench.model import Role, Verdict
from bench.runner import Silent
from tests.lab.conftest import Perflab

pytestmark = [pytest.mark.servers, pytest.mark.slow]

SPEC = """
name = "tiny"
[corpus]
documents = 1000
[workload]
operations = 500
probe_s = 0.5
warmup_s = 0.5
[arms.candidate]
set = {{ {changes} }}
[experiments.{name}]
budget_s = {budget_s}
slot_s = {slot_s}
discard_s = 0
[criteria]
{name} = {{}}
"""
PLAIN = dict.fromkeys(("indexes", "fulltext", "settings", "cache", "pool", "reset", "api", "breaker"), "off")
"""All of them: v1's own statements save the database 40 %, without an index and a stored vector too."""


@pytest.mark.parametrize(
    ("name", "budget_s", "slot_s"),
    [("query_time", 5, 0.15), ("response_time", 37, 1.8)],
    ids=["query_time", "response_time"],
)
def test_without_the_improvement_there_is_none(
    perflab: Perflab,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    budget_s: float,
    slot_s: float,
) -> None:
    """Measured on real servers and judged: the claim fails, or is not decided, and is never called measured well."""
    changes = ", ".join(f'{knob} = "{state}"' for knob, state in PLAIN.items())
    perflab.spec.write_text(SPEC.format(name=name, changes=changes, budget_s=budget_s, slot_s=slot_s))
    for variable, folder in perflab.environment.items():
        monkeypatch.setenv(variable, folder)
    # Report and notebooks take longer than the measurement, and show it alone.
    monkeypatch.setattr(running, "publish", lambda record, *_, **__: record)
    options = Options(spec=perflab.spec, services="embedded", seed=5, reports=perflab.reports)
    record, _ = asyncio.run(running.run_spec(options, Silent()))
    (result,) = record.criteria
    assert result.verdict in {Verdict.FAIL, Verdict.INCONCLUSIVE}, result
    assert record.exit_code in {1, 3, 4}

    arms = {arm.role: arm for arm in record.experiments[name].arms}
    assert arms[Role.CANDIDATE].knobs == {**arms[Role.CANDIDATE].knobs, **PLAIN}
