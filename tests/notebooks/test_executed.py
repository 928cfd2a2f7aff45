"""Every notebook in a real kernel on a real run: the page has the run's finding and figure, not merely no error."""

import re
import shutil
from collections.abc import Mapping
from dataclasses import replace
from html import unescape
from pathlib import Path

import pytest

from bench import store
from bench.lab import NOTEBOOKS, execute_notebooks, load_run
from bench.model import RunRecord
from bench.report import answering, findings
from tests.report.test_ablation import measured
from tests.report.test_example import EXAMPLE

ALL = sorted(NOTEBOOKS.glob("*.ipynb"))
FIGURE = "<figure"


@pytest.fixture(scope="module")
def executed(tmp_path_factory: pytest.TempPathFactory) -> tuple[RunRecord, Mapping[str, str]]:
    """The example, beside a run of an ablation, with the pages of all notebooks by their number."""
    reports = tmp_path_factory.mktemp("reports")
    shutil.copytree(EXAMPLE, reports / "run", ignore=shutil.ignore_patterns("notebooks"))
    record = store.load(EXAMPLE)
    ablation = replace(record, run_id="ablation", criteria=(), experiments={"ablation": measured()})
    (reports / "ablation").mkdir()
    store.write(ablation, reports / "ablation")
    pages = execute_notebooks(ALL, reports / "run")
    assert [page.name for page in pages] == [f"{notebook.stem}.html" for notebook in ALL]
    assert {path.suffix for path in (reports / "run").iterdir() if path.is_file()} <= {".json", ".md", ".html"}
    assert not list(reports.rglob("own.py"))
    return record, {page.name[:2]: unescape(page.read_text()) for page in pages}


def expected(record: RunRecord) -> Mapping[str, list[str]]:
    """What each page must say, from the record itself."""
    first = {name: list(findings.of(experiment)[:1]) for name, experiment in record.experiments.items()}
    alts = {name: [figure.alt for figure in each.figures] for name, each in record.experiments.items()}
    overhead = next(each for each in record.criteria if each.id == "error_overhead")
    return {
        "00": ["Which notebook answers which question?"],
        "01": [answering.answer(record), "would change that"],
        "02": alts["response_time"],
        "03": [*alts["query_time"], "pages are read instead of", *first["counters"]],
        "04": [*first["pool"], *alts["pool"]],
        "05": [*first["error_overhead"], f"{overhead.verdict} error_overhead: ", "where at most 5.00 ms is asked"],
        "06": [*first["breaker"], *alts["breaker"]],
        "07": list(findings.of(measured())[:1]),
        "08": ["./perflab run specs/cache.toml"],
        "09": ["The control against the baseline in", "perflab calibrate"],
        "10": ["perflab run"],
        "11": ["./perflab compare"],
    }


@pytest.mark.slow
@pytest.mark.parametrize("number", sorted(path.stem[:2] for path in ALL))
def test_a_notebook_shows_what_the_run_found(executed: tuple[RunRecord, Mapping[str, str]], number: str) -> None:
    """Its finding in words and its figure; where the run has no such experiment, what measures it."""
    record, pages = executed
    for said in expected(record)[number]:
        assert said in pages[number]
    figures = number in {"02", "03", "04", "05", "06", "09"}
    assert (FIGURE in pages[number]) is figures


@pytest.mark.slow
@pytest.mark.parametrize("number", sorted(path.stem[:2] for path in ALL))
def test_a_page_is_for_readers(executed: tuple[RunRecord, Mapping[str, str]], number: str) -> None:
    """No code, no prompts, nothing cut off, no script, no network; links lead to other pages."""
    _, pages = executed
    page = pages[number]
    body = page.partition("<body")[2]
    assert "<script" not in page
    assert not re.search(r"(src|href)=.https?://", page)
    assert not re.search(r"(In|Out)\s*\[\d*\]:", body)
    assert "load_run(" not in body
    assert "..." not in re.sub(r"<[^>]*>", "", body).replace("data:", "")
    links = set(re.findall(r'href="([^"#]+)"', body))
    assert links <= {f"{path.stem}.html" for path in ALL}
    assert bool(links) is (number == "00")


def test_a_figure_has_its_words() -> None:
    """As the page shows it: the text that replaces it, and its caption."""
    shown = load_run(EXAMPLE).figure("response_time.effects")
    assert "alt=''" not in shown._repr_html_()
    assert "<figcaption>" in shown._repr_html_()
