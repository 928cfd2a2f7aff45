"""Which run a report shows beside another."""

from dataclasses import replace
from pathlib import Path

import pytest

from bench import store
from bench.lab.beside import beside, fitting, named
from bench.lab.options import DEFAULT_SPEC, known
from bench.lab.setting import SPEC_FILE
from bench.model import RunRecord
from bench.spec import Spec, load
from tests.stored import make_run

NOW = "20260601-000000-phase2-0000"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> RunRecord:
    """A run of the default spec."""
    return make_run(tmp_path_factory.mktemp("run"), only=("response_time", "query_time"))


def kept(reports: Path, record: RunRecord, run_id: str, spec: Spec, **environment: object) -> Path:
    """The same run under another name, as if made with that spec and on that machine."""
    folder = reports / run_id
    folder.mkdir()
    changed = replace(record.environment, **environment)  # type: ignore[arg-type]
    store.write(replace(record, run_id=run_id, environment=changed), folder)
    (folder / SPEC_FILE).write_text(spec.model_dump_json())
    return folder


@pytest.fixture
def full() -> Spec:
    """The default spec."""
    return load(DEFAULT_SPEC, known())


@pytest.fixture
def quick() -> Spec:
    """The default spec with --quick."""
    return load(DEFAULT_SPEC, known(), quick=True)


def test_it_is_the_newest_earlier_one_of_the_same_spec(made: RunRecord, full: Spec, tmp_path: Path) -> None:
    """Damaged ones, later ones and other specs are passed over, and the first run has none before it."""
    first = kept(tmp_path, made, "20260101-000000-phase2-0000", full)
    kept(tmp_path, made, "20260301-000000-phase2-0000", full)
    kept(tmp_path, made, "20270101-000000-phase2-0000", full)
    now = kept(tmp_path, made, NOW, full)
    (tmp_path / "20260302-000000-phase2-dead").mkdir()
    (tmp_path / "20260303-000000-noise-0000").mkdir()
    found = beside(store.load(now), now)
    assert found is not None
    assert (found.record.run_id, found.same_setting) == ("20260301-000000-phase2-0000", True)
    assert beside(store.load(first), first) is None


def test_a_quick_run_is_no_older_full_one(made: RunRecord, full: Spec, quick: Spec, tmp_path: Path) -> None:
    """Nor is one whose arms had other knobs, nor one of another machine: the last of the same kind is shown."""
    kept(tmp_path, made, "20260101-000000-phase2-0000", full)
    kept(tmp_path, made, "20260201-000000-phase2-0000", quick)
    knobs = {**full.arms, "candidate": full.arms["candidate"].model_copy(update={"set": {"cache": "off"}})}
    kept(tmp_path, made, "20260202-000000-phase2-0000", full.model_copy(update={"arms": knobs}))
    kept(tmp_path, made, "20260203-000000-phase2-0000", full, cores=64)
    now = kept(tmp_path, made, NOW, full)
    found = beside(store.load(now), now)
    assert found is not None
    assert found.record.run_id == "20260101-000000-phase2-0000"


def test_without_one_of_the_same_setting_there_is_none(
    made: RunRecord, full: Spec, quick: Spec, tmp_path: Path
) -> None:
    """Rather nothing than something else."""
    kept(tmp_path, made, "20260201-000000-phase2-0000", quick)
    now = kept(tmp_path, made, NOW, full)
    assert beside(store.load(now), now) is None


def test_a_run_that_is_named_is_shown_for_what_it_is(made: RunRecord, full: Spec, quick: Spec, tmp_path: Path) -> None:
    """By its folder or its file; other settings are said."""
    other = kept(tmp_path, made, "20260201-000000-phase2-0000", quick)
    same = kept(tmp_path, made, "20260202-000000-phase2-0000", full)
    now = kept(tmp_path, made, NOW, full)
    record = store.load(now)
    assert not named(record, now, other).same_setting
    assert not named(record, now, other / "run.json").same_setting
    assert named(record, now, same).same_setting


def test_a_notebook_gets_the_newest_run_that_has_what_it_shows(made: RunRecord, full: Spec, tmp_path: Path) -> None:
    """The run itself where it can; else one beside it that has measured it, whatever its name; else still the run."""
    now = kept(tmp_path, made, NOW, full)
    record = store.load(now)
    assert fitting(record, now, frozenset({"query_time"})) == now
    assert fitting(record, now, frozenset({"ablation"})) == now
    ablation = replace(made.experiments["query_time"], name="ablation")
    for name, started in (("b", "2026-02-01T00:00:00Z"), ("a", "2026-03-01T00:00:00Z")):
        (tmp_path / name).mkdir()
        store.write(replace(made, started=started, experiments={"ablation": ablation}), tmp_path / name)
    (tmp_path / "damaged").mkdir()
    (tmp_path / "damaged" / "run.json").write_text('"ablation"')
    assert fitting(record, now, frozenset({"ablation"})) == tmp_path / "a"
