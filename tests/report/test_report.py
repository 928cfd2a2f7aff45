import base64
import re
from dataclasses import replace
from html.parser import HTMLParser
from io import StringIO
from pathlib import Path

from PIL import Image
from rich.console import Console

from bench import report
from bench.model import RunRecord, Session, Status, Verdict
from bench.report import answering, console, markdown, words
from tests.stored import reported

Rendered = tuple[RunRecord, Path]


class Page(HTMLParser):
    """What a page refers to, its images' texts and its headings."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.images: list[str] = []
        self.links: list[str] = []
        self.alts: list[str] = []
        self.tags: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Collect."""
        self.tags.append(tag)
        for name, value in attrs:
            if name in ("src", "srcset", "action", "data"):
                self.images.append(value or "")
            if name == "href":
                self.links.append(value or "")
            if name == "alt":
                self.alts.append(value or "")


def html(rendered: Rendered) -> str:
    """The HTML report's text."""
    return (rendered[1] / "report.html").read_text()


def test_the_html_is_one_file_without_script_or_network(rendered: Rendered) -> None:
    """Everything is inside: no reference leaves the file, no script runs, and it stays below 5 MB."""
    page = Page(html(rendered))
    assert page.images
    assert all(reference.startswith("data:image/png;base64,") for reference in page.images)
    assert "script" not in page.tags
    assert "@import" not in html(rendered)
    assert len(html(rendered)) < 5_000_000


def test_each_link_leads_somewhere(rendered: Rendered) -> None:
    """To a section of the page or to a file of the run, never out of it."""
    links = set(Page(html(rendered)).links)
    assert {"run.json", "samples/", "#response_time"} <= links
    for link in links:
        assert f'id="{link[1:]}"' in html(rendered) if link.startswith("#") else (rendered[1] / link).exists(), link


def test_each_inlined_figure_is_the_file_of_the_run(rendered: Rendered) -> None:
    """What the page shows is byte for byte what lies in figures/."""
    record, folder = rendered
    shown = {base64.b64decode(reference.partition(",")[2]) for reference in Page(html(rendered)).images}
    files = {(folder / f.path).read_bytes() for e in record.experiments.values() for f in e.figures}
    assert shown == files


def test_each_figure_says_its_finding_in_words(rendered: Rendered) -> None:
    """A reader without the picture gets the finding: the effect, the medians, the parts, the plans' times."""
    alts = " ".join(Page(html(rendered)).alts)
    assert "times faster" in alts or "% faster" in alts
    assert "baseline median" in alts
    assert "4,000 buffers" in alts


def test_figures_are_large_enough_and_not_blank(rendered: Rendered) -> None:
    """Every figure is a picture with something on it."""
    record, folder = rendered
    figures = [folder / figure.path for e in record.experiments.values() for figure in e.figures]
    assert {path.stem for path in figures} >= {
        "response_time.effects", "response_time.latencies", "query_time.effects", "query_time.plans.stats",
    }  # fmt: skip
    for path in figures:
        with Image.open(path) as image:
            assert image.width >= 900
            assert len(image.convert("L").getcolors() or [0] * 256) > 10


def test_figures_follow_the_data(rendered: Rendered, tmp_path: Path) -> None:
    """A run with another effect draws another picture and says another sentence."""
    other = reported(tmp_path / "other", speed=0.9)
    mine, theirs = (each.experiments["response_time"].figures[0] for each in (rendered[0], other))
    assert (rendered[1] / mine.path).read_bytes() != (tmp_path / "other" / theirs.path).read_bytes()
    assert mine.alt != theirs.alt


def test_the_answer_comes_first(rendered: Rendered) -> None:
    """The paragraph with the answer stands before the scorecard, in both reports."""
    answer = answering.answer(rendered[0])
    for text in (html(rendered), (rendered[1] / "report.md").read_text()):
        assert text.index(answer.split(" (")[0]) < text.index("Scorecard")


def test_an_unfit_session_says_so_before_anything_else(tmp_path: Path) -> None:
    """A void session's report opens with the warning and its reason, on every medium."""
    record = reported(tmp_path / "run", neighbours=True)
    assert not record.session.valid
    page, text = (tmp_path / "run" / "report.html").read_text(), (tmp_path / "run" / "report.md").read_text()
    assert page.index("not fit to measure") < page.index("Scorecard")
    assert text.index("not fit to measure") < text.index("Scorecard")
    assert "cores busy" in page
    assert "cores busy" in text


def test_a_partial_run_says_so_at_the_top(rendered: Rendered, tmp_path: Path) -> None:
    """What was cut off is named with its reason before the scorecard."""
    record, folder = rendered
    cut = replace(record.experiments["query_time"], status=Status.PARTIAL, reason="interrupted half-way")
    partial = replace(record, experiments={**record.experiments, "query_time": cut})
    page = report.html.page(partial, folder)
    assert page.index("interrupted half-way") < page.index("Scorecard")


def test_not_measured_never_looks_like_a_pass(rendered: Rendered) -> None:
    """Neither mark, word nor style of NOT_MEASURED is PASS's, anywhere."""
    record, _ = rendered
    assert words.MARKS[Verdict.NOT_MEASURED] != words.MARKS[Verdict.PASS]
    unmeasured = [result.id for result in record.criteria if result.verdict is Verdict.NOT_MEASURED]
    assert unmeasured
    for identity in unmeasured:
        named = rf"<strong>(?:<a [^>]*>)?{identity}(?:</a>)?</strong>"
        row = re.search(rf"<tr>(?:(?!</tr>).)*{named}.*?</tr>", html(rendered), re.DOTALL)
        assert row is not None
        assert "PASS" not in row[0]
        assert words.MARKS[Verdict.PASS] not in row[0]


def test_hostile_names_stay_text(rendered: Rendered) -> None:
    """A name with markup in it is shown, not run: in HTML escaped, in Markdown kept in its cell."""
    record, folder = rendered
    first = record.experiments["response_time"]
    hostile = replace(first, effects=(replace(first.effects[0], scope="<script>alert(1)</script>|x"),))
    changed = replace(record, experiments={"response_time": hostile})
    assert "<script>" not in report.html.page(changed, folder)
    row = next(line for line in markdown.page(changed).splitlines() if "alert(1)" in line)
    assert "<script>" not in row
    assert len(re.findall(r"(?<!\\)\|", row)) == 8


def test_markdown_tables_are_whole(rendered: Rendered) -> None:
    """Every row of a table has as many cells as its head, or GitHub shows it as text."""
    lines = (rendered[1] / "report.md").read_text().splitlines()
    heads = [index for index, line in enumerate(lines) if line.startswith("|---")]
    assert heads
    for head in heads:
        cells = lines[head].count("---|")
        row = head - 1
        while row < len(lines) and lines[row].startswith("|"):
            if row != head:
                assert len(re.findall(r"(?<!\\)\|", lines[row])) == cells + 1
            row += 1


def test_the_terminal_shows_every_criterion_in_80_columns(rendered: Rendered) -> None:
    """Verdict words, ids and the report's place fit a narrow terminal without colour."""
    record, folder = rendered
    out = StringIO()
    console.show(record, folder, Console(file=out, width=80, no_color=True))
    text = out.getvalue()
    assert all(result.id in text for result in record.criteria)
    assert "NOT MEASURED" in text
    assert max(len(line) for line in text.splitlines() if "Report:" not in line) <= 80
    assert "\x1b" not in text


def test_a_run_without_experiments_still_reports(tmp_path: Path, rendered: Rendered) -> None:
    """Nothing measured is said, not crashed on."""
    empty = replace(rendered[0], experiments={}, session=Session(valid=False, reasons=("Nothing was measured.",)))
    report.write(report.draw(empty, tmp_path), tmp_path)
    assert "Nothing was measured" in (tmp_path / "report.md").read_text()
