"""What a before/after report says of before and after."""

from dataclasses import replace
from pathlib import Path

import pytest

from bench import store
from bench.lab.setting import basis
from bench.model import ArmRecord, ExperimentRecord, Role, RunRecord, Status, Verdict
from bench.report import changed, html, markdown, sections
from tests.report.test_example import EXAMPLE


@pytest.fixture(scope="module")
def run() -> RunRecord:
    """A whole run of the default spec."""
    return store.load(EXAMPLE)


def arm(role: Role, name: str, mark: str, **knobs: str) -> ArmRecord:
    """An arm of the reference service."""
    return ArmRecord(role, name, "python -m service", knobs, mark)


def experiment(*arms: ArmRecord) -> ExperimentRecord:
    """One with these arms."""
    return ExperimentRecord("breaker", "What?", "So.", Status.COMPLETE, "", arms, (), (), ())


@pytest.mark.parametrize("page", ["md", "html"])
def test_a_report_says_what_was_changed(run: RunRecord, page: str) -> None:
    """The knobs by name, from what to what, and what all arms had in common; unchanged knobs are not named."""
    known = basis(EXAMPLE)
    text = markdown.page(run, basis=known) if page == "md" else html.page(run, EXAMPLE, basis=known)
    assert "indexes" in changed.between(run)
    assert changed.between(run, known) in text
    assert "documents" in known


def test_only_what_differs_is_a_change(run: RunRecord) -> None:
    """A knob that stands alike in both arms was not changed."""
    of = experiment(
        arm(Role.BASELINE, "old", "a", cache="off", api="on"), arm(Role.CANDIDATE, "new", "b", cache="on", api="on")
    )
    assert changed.between(replace(run, experiments={"breaker": of})) == "Changed: cache from off to on."
    same = experiment(arm(Role.BASELINE, "old", "a", api="on"), arm(Role.CANDIDATE, "new", "a", api="on"))
    assert changed.between(replace(run, experiments={"breaker": same})) == ""


def test_arms_of_one_role_are_told_apart() -> None:
    """Two candidates with the same knobs have their own names and configurations; one command is said once."""
    found = dict(
        changed.arms(
            experiment(
                arm(Role.BASELINE, "without", "1decf6f5aa", breaker="off"),
                arm(Role.CANDIDATE, "with", "2730b84eaa", breaker="on"),
                arm(Role.CANDIDATE, "seed", "39b28809aa", breaker="on"),
            )
        )
    )
    assert found["Arms"] == (
        "without (breaker off, configuration 1decf6f5); with (breaker on, configuration 2730b84e); "
        "seed (breaker on, configuration 39b28809)"
    )
    assert found["Started with"] == "python -m service"


def test_arms_that_are_the_same_stand_together() -> None:
    """The control is a second process of the baseline."""
    found = dict(changed.arms(experiment(*(arm(role, str(role), "a") for role in (Role.BASELINE, Role.CONTROL)))))
    assert found["Arms"] == "baseline and control (configuration a)"


@pytest.mark.parametrize("page", ["md", "html"])
def test_each_criterion_says_in_its_section_what_would_change_it(run: RunRecord, page: str, tmp_path: Path) -> None:
    """Criteria without figures too: by the experiment that they read, in both reports."""
    text = markdown.page(run) if page == "md" else html.page(run, EXAMPLE)
    for result in run.criteria:
        (name,) = sections.rests_on(result, run.experiments)
        told = [line for line in sections.decides(run.experiments[name], run) if line.startswith(f"{result.id}: ")]
        assert len(told) == 1
    assert text.count("What would change the verdict") == len(
        {sections.rests_on(result, run.experiments) for result in run.criteria}
    )


def test_a_pass_says_how_far_it_reaches(run: RunRecord) -> None:
    """To the near end of its interval; where that is the threshold itself, a single case more would break it."""
    (parity,) = [each for each in run.criteria if each.id == "api_parity"]
    record = run.experiments["contract"]
    near = replace(parity, verdict=Verdict.PASS, reason="", ci=(0.98, 1.0), threshold=0.9)
    (said,) = sections.decides(record, replace(run, criteria=(near,)))
    assert "beyond 98 %" in said
    last = replace(near, ci=(1.0, 1.0), threshold=1.0)
    assert "a single case less" in sections.decides(record, replace(run, criteria=(last,)))[0]
    fails = replace(near, verdict=Verdict.FAIL, reason="Three differ.")
    assert sections.decides(record, replace(run, criteria=(fails,))) == ["api_parity: Three differ."]


def test_each_row_of_the_scorecard_leads_to_its_section(run: RunRecord) -> None:
    """Whether or not the section has a figure."""
    rows = {row.id: row.experiment for row in sections.scorecard(run.criteria, run.experiments)}
    assert rows["api_parity"] == "contract"
    assert rows["rollback"] == "rollback"
    assert all(rows.values())
    assert {row.experiment for row in sections.scorecard(run.criteria)} == {""}
