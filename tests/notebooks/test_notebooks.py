import ast
import json
import threading
from dataclasses import dataclass, replace
from html import escape
from pathlib import Path

import nbformat
import pytest
from IPython.display import HTML

from bench import design, report, store
from bench.errors import PerflabError, StoreError, UsageError
from bench.lab import NOTEBOOKS, calibration, history, load_run
from bench.lab.again import publish
from bench.lab.display import Display
from bench.report import notebooks
from tests.stored import reported

ALL = sorted(NOTEBOOKS.glob("*.ipynb"))
LOGIC = (ast.FunctionDef, ast.ClassDef, ast.AsyncFunctionDef, ast.For, ast.While, ast.If, ast.Try, ast.Lambda)


def outputs(notebook: Path) -> int:
    """How many cells of a notebook carry outputs or counts."""
    cells = json.loads(notebook.read_text())["cells"]
    return sum(bool(cell.get("outputs") or cell.get("execution_count")) for cell in cells)


def logic(notebook: Path) -> list[str]:
    """Statements of a notebook that belong into the lab."""
    cells = [cell["source"] for cell in nbformat.read(notebook, 4).cells if cell.cell_type == "code"]
    # A file that a cell writes is the reader's own service, not the notebook's logic.
    code = "\n".join(cell for cell in cells if not cell.startswith("%%writefile"))
    return [type(node).__name__ for node in ast.walk(ast.parse(code)) if isinstance(node, LOGIC)]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small stored run with its report."""
    folder = tmp_path_factory.mktemp("notebooks") / "run"
    reported(folder, only=("response_time", "query_time", "pool", "breaker", "counters"))
    return folder


@pytest.mark.parametrize("notebook", ALL, ids=lambda path: path.stem)
def test_notebooks_are_committed_without_outputs_and_without_logic(notebook: Path) -> None:
    """A notebook holds words and calls; what it shows is made when it runs."""
    assert outputs(notebook) == 0
    assert logic(notebook) == []


def test_outputs_and_logic_would_be_found(tmp_path: Path) -> None:
    """The two checks can fail: a notebook with a loop and an output does."""
    bad = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell("for i in range(3):\n    print(i)", execution_count=1)]
    )
    nbformat.write(bad, tmp_path / "bad.ipynb")
    assert outputs(tmp_path / "bad.ipynb") == 1
    assert logic(tmp_path / "bad.ipynb") == ["For"]


@pytest.mark.slow
def test_a_cell_that_fails_is_told_with_its_notebook(run: Path, tmp_path: Path) -> None:
    """An error in a cell ends in one sentence that names notebook and error."""
    broken = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("1 / 0")])
    nbformat.write(broken, tmp_path / "broken.ipynb")
    with pytest.raises(PerflabError, match=r"broken\.ipynb failed on run: ZeroDivisionError: division by zero"):
        report.notebooks.execute_all([tmp_path / "broken.ipynb"], run)


def test_a_stored_run_gives_tables_with_units(run: Path) -> None:
    """Criteria, effects, slots and observations arrive as DataFrames that agree with run.json."""
    stored = load_run(run)
    assert stored.criteria.loc["response_time", "verdict"] == "PASS"
    assert set(stored.effects("response_time")["metric"]) >= {"p50", "mean"}
    assert len(stored.slots("response_time")) == len(stored.experiment("response_time").slots)
    seen = stored.observations("response_time")
    assert seen.loc[seen["judged"], "latency_s"].gt(0).all()
    assert int(seen["judged"].sum()) == sum(slot.n + slot.errors for slot in stored.experiment("response_time").slots)


def test_a_run_without_effects_gives_an_empty_table(tmp_path: Path) -> None:
    """Interrupted before enough pairs: the columns are there, so that a notebook filters them as ever."""
    record = reported(tmp_path)
    early = {name: replace(experiment, effects=()) for name, experiment in record.experiments.items()}
    store.write(replace(record, experiments=early), tmp_path)
    effects = load_run(tmp_path).effects("response_time")
    assert effects.empty
    assert {"metric", "ratio", "low", "high"} <= set(effects.columns)


def test_a_stored_run_shows_itself(run: Path) -> None:
    """The scorecard, the answer and a figure have a page form and a text form."""
    stored = load_run(run)
    assert "<table>" in stored.scorecard._repr_html_()
    assert "PASS" in repr(stored.scorecard)
    shown = stored.figure("response_time.effects")
    assert shown.png.startswith(b"\x89PNG")
    assert f"alt='{escape(shown.alt, quote=True)}'" in shown._repr_html_()
    assert f"<figcaption>{escape(shown.caption, quote=False)}</figcaption>" in shown._repr_html_()
    assert "faster" in repr(stored.answer)


def test_names_that_do_not_exist_are_told_with_the_nearest(run: Path, tmp_path: Path) -> None:
    """A misspelt experiment or figure gets the nearest valid name; a missing run is named."""
    stored = load_run(run)
    with pytest.raises(UsageError, match="did you mean `response_time`"):
        stored.experiment("respons_time")
    with pytest.raises(UsageError, match=r"did you mean `response_time\.effects`"):
        stored.figure("response_time.effect")
    with pytest.raises(StoreError, match="cannot be read"):
        load_run(tmp_path / "absent")


def test_a_notebook_is_left_out_where_its_experiment_was_not_run(tmp_path: Path) -> None:
    """A run of one experiment gets the pages of the notebooks that can show it, and no error for the others."""
    folder = tmp_path / "run"
    record = reported(folder, only=("query_time",))
    publish(record, folder, notebooks=True)
    assert [page.stem for page in (folder / "notebooks").iterdir()] == ["01_scorecard"]


def test_the_first_page_leads_to_every_other() -> None:
    """Each notebook stands there with its question, which is its heading."""
    first = nbformat.read(NOTEBOOKS / "00_start_here.ipynb", 4).cells[0].source
    for notebook in ALL[1:]:
        question = nbformat.read(notebook, 4).cells[0].source.splitlines()[0].removeprefix("# ")
        assert f"| [{notebook.stem}]({notebook.name}) | {question} |" in first


@pytest.mark.parametrize("notebook", ALL[1:], ids=lambda path: path.stem)
def test_every_notebook_can_be_told_which_run_and_whether_to_drive(notebook: Path) -> None:
    """One cell of parameters, as papermill finds it, with a stored run as the default; all that it uses stands there."""
    document = nbformat.read(notebook, 4)
    (cell,) = [c for c in document.cells if "parameters" in c.metadata.get("tags", ())]
    names = {node.targets[0].id: node.value for node in ast.parse(cell.source).body if isinstance(node, ast.Assign)}  # type: ignore[attr-defined]
    assert ast.literal_eval(names["run"]) == "latest"
    assert ast.literal_eval(names["drive"]) is False
    assert ast.literal_eval(names["reports"]) is None
    assert notebooks.declared(document) == names.keys()
    code = "\n".join(each.source for each in document.cells if each.cell_type == "code")
    if ".run(" in code:
        assert {"spec", "only", "budget"} <= names.keys()
    elif ".compare(" in code:
        assert {"baseline", "candidate", "budget"} <= names.keys()
    else:
        assert {"pairs", "repeat"} <= names.keys()


def test_a_notebook_gets_the_parameters_that_it_declares_and_no_others() -> None:
    """Right after it declares them; one without such a cell is left as it is."""
    cells = [
        nbformat.v4.new_markdown_cell("# Why?"),
        nbformat.v4.new_code_cell('run = "latest"\ndrive = False', metadata={"tags": ["parameters"]}),
        nbformat.v4.new_code_cell("run"),
    ]
    document = nbformat.v4.new_notebook(cells=cells)
    notebooks._inject(document, {"run": "/there", "budget": 3})
    assert [cell.source for cell in document.cells[2:]] == ["run = '/there'", "run"]
    plain = nbformat.v4.new_notebook(cells=[cells[0]])
    notebooks._inject(plain, {"run": "/there"})
    assert len(plain.cells) == 1


def test_pages_show_an_experiment_or_what_measures_it(run: Path) -> None:
    """With question, sentences and figures; a name that no experiment has is refused with the nearest."""
    stored = load_run(run)
    page = stored.page("response_time")
    assert stored.experiment("response_time").question == page.title
    assert "data:image/png;base64" in page._repr_html_()
    assert "<table>" in page._repr_html_()
    assert "./perflab ablate" in repr(stored.page("ablation"))
    without = replace(stored, record=replace(stored.record, experiments={}))
    assert "./perflab run --only breaker" in repr(without.page("breaker"))
    with pytest.raises(UsageError, match="did you mean `breaker`"):
        stored.page("braker")


def test_plans_noise_and_counters_are_tables(run: Path) -> None:
    """A row per query and arm; the control's effects; counters with their columns where there are none."""
    stored = load_run(run)
    assert {"baseline", "candidate"} == set(stored.plans["arm"])
    assert set(stored.noise["comparison"]) == {"control/baseline"}
    assert list(stored.counters.columns) == ["arm", "request"]


def test_without_history_or_card_the_pages_say_how_to_make_them(tmp_path: Path) -> None:
    """No error: the first thing that a new user sees."""
    assert "perflab run" in repr(history(tmp_path))
    assert history(tmp_path).runs.empty
    assert "perflab calibrate" in repr(calibration(tmp_path))
    assert calibration(tmp_path).detections.empty


def test_the_live_display_tells_stage_slot_and_effect(monkeypatch: pytest.MonkeyPatch) -> None:
    """What runs, how far it is, and what the effect looks like so far; names cannot break the page."""
    monkeypatch.setattr("bench.lab.display.LEAST_S", 0.0)
    shown = Display()
    plan = design.plan("response_time", seed=1, pairs=6, slot_s=2, discard_s=0)
    shown.stage("response_time: <b>")
    shown.planned(plan)
    shown.slot_started(plan.slots[3])
    shown.note("servers: embedded")
    page = shown.page()
    assert "&lt;b&gt;" in page
    assert "slot 4 of 18" in page
    assert "no effect yet" in page
    assert "servers: embedded" in page


def test_the_live_display_moves_by_itself_and_ends_with_a_last_word(monkeypatch: pytest.MonkeyPatch) -> None:
    """Within a slot nothing is told, and yet the cell is drawn anew; afterwards it says done, or what ended it."""
    monkeypatch.setattr("bench.lab.display.EVERY_S", 0.01)
    drawn: list[str] = []
    moved = threading.Event()
    with Display() as shown:
        shown.stage("response_time")
        monkeypatch.setattr(shown, "_handle", Handle(drawn, moved))
        assert moved.wait(60)
    assert "<b>done</b>" in drawn[-1]
    with pytest.raises(KeyboardInterrupt), Display() as stopped:
        monkeypatch.setattr(stopped, "_handle", Handle(drawn, moved))
        raise KeyboardInterrupt
    assert "ended by KeyboardInterrupt" in drawn[-1]


@dataclass
class Handle:
    """IPython's handle of an output, which keeps what is drawn."""

    drawn: list[str]
    moved: threading.Event

    def update(self, html: HTML) -> None:
        """Draw anew."""
        self.drawn.append(str(html.data))
        if len(self.drawn) >= 3:
            self.moved.set()
