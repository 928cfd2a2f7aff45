"""The run in reports/example: what a visitor sees before installing must be what today's code says of it."""

import re
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from bench import observations, store
from bench.lab import NOTEBOOKS, load_run, report_again
from bench.model import RunRecord

EXAMPLE = Path(__file__).parents[2] / "reports" / "example"
LARGEST_REPORT = 5_000_000
HOME = re.compile(r"/(root|home|Users)/")


@pytest.fixture(scope="module")
def again(tmp_path_factory: pytest.TempPathFactory) -> RunRecord:
    """A copy of the example, judged anew from its observations."""
    copy = tmp_path_factory.mktemp("example") / "run"
    shutil.copytree(EXAMPLE, copy)
    return report_again(copy, notebooks=False)[0]


def verdicts(record: RunRecord) -> dict[str, tuple[object, object]]:
    """What a run says of each criterion."""
    return {each.id: (each.verdict, each.measured) for each in record.criteria}


def test_the_example_was_measured_on_a_fit_machine() -> None:
    """Its session is valid, and it says of which commit it is, of a work tree without changes."""
    record = load_run(EXAMPLE).record
    assert record.session.valid, record.session.reasons
    assert record.environment.commit
    assert record.environment.dirty is False


def test_today_s_judgement_of_the_example_is_the_published_one(again: RunRecord) -> None:
    """Effects and verdicts computed anew from its observations are those in its run.json."""
    assert verdicts(again) == verdicts(store.load(EXAMPLE))


def test_another_verdict_would_be_found(again: RunRecord) -> None:
    """The comparison can fail: a criterion with another estimate is another answer."""
    first, *others = again.criteria
    changed = replace(again, criteria=(replace(first, measured=-1.0), *others))
    assert verdicts(changed) != verdicts(store.load(EXAMPLE))


def test_every_observation_of_the_example_is_there() -> None:
    """Each slot's file has the requests that the record counts."""
    slots = [slot for experiment in store.load(EXAMPLE).experiments.values() for slot in experiment.slots]
    assert slots
    for slot in slots:
        assert observations.read(EXAMPLE / slot.samples).num_rows >= slot.n


def test_the_example_has_every_page_and_a_small_report() -> None:
    """The report in both forms and every notebook as a page; the report stays below 5 MB."""
    assert (EXAMPLE / "report.md").is_file()
    assert 0 < (EXAMPLE / "report.html").stat().st_size < LARGEST_REPORT
    pages = {path.stem for path in (EXAMPLE / "notebooks").glob("*.html")}
    assert pages == {path.stem for path in NOTEBOOKS.glob("*.ipynb")}


def places(text: str) -> list[str]:
    """Folders of the machine that wrote it."""
    return sorted(set(HOME.findall(text)))


def test_the_example_names_no_folder_of_its_machine() -> None:
    """What a visitor reads are paths of the run, not of whoever measured it."""
    texts = [path for path in EXAMPLE.rglob("*") if path.suffix in {".json", ".md", ".html", ".txt"}]
    assert texts
    assert {path.name: found for path in texts if (found := places(path.read_text()))} == {}


def test_a_folder_of_the_machine_would_be_found() -> None:
    """The check can fail."""
    assert places("see /home/ann/perflab") == ["home"]
