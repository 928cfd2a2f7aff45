"""What belongs to a setting, and what does not."""

from pathlib import Path

from bench.lab.options import DEFAULT_SPEC, known
from bench.lab.setting import SPEC_FILE, settings
from bench.spec import Spec, load


def kept(folder: Path, spec: Spec) -> dict[str, str]:
    """The settings of a run that was made with this spec."""
    folder.mkdir(exist_ok=True)
    (folder / SPEC_FILE).write_text(spec.model_dump_json())
    return dict(settings(folder))


def test_a_quick_run_has_other_settings(tmp_path: Path) -> None:
    """Corpus and slots differ, and the words say so."""
    specs = [load(DEFAULT_SPEC, known(), quick=quick) for quick in (False, True)]
    full, quick = (kept(tmp_path, spec)["response_time"] for spec in specs)
    slots = [spec.experiments["response_time"].slot_s for spec in specs]
    assert slots[0] != slots[1]
    assert full.startswith(f"100,000 documents, slots of {slots[0]:g} s")
    assert quick.startswith(f"20,000 documents, slots of {slots[1]:g} s")


def test_arms_and_workload_belong_to_it(tmp_path: Path) -> None:
    """What the words leave out changes the mark."""
    spec = load(DEFAULT_SPEC, known())
    less = spec.model_copy(update={"workload": spec.workload.model_copy(update={"load": 0.3})})
    same = spec.model_copy(update={"arms": dict.fromkeys(spec.arms, spec.arms["candidate"])})
    assert len({kept(tmp_path, each)["response_time"] for each in (spec, less, same)}) == 3


def test_time_thresholds_and_the_place_of_the_checkout_do_not(tmp_path: Path) -> None:
    """A longer budget, other claims, fewer experiments and another path to the Locust file measure the same thing."""
    spec = load(DEFAULT_SPEC, known())
    timing = spec.experiments["response_time"].model_copy(update={"budget_s": 5.0})
    workload = spec.workload.model_copy(update={"locustfile": f"/elsewhere/{spec.workload.locustfile}"})
    claims = {"query_time": spec.criteria["query_time"]}
    changed = spec.model_copy(
        update={"experiments": {"response_time": timing}, "criteria": claims, "workload": workload, "quick": {}}
    )
    assert kept(tmp_path, changed)["response_time"] == kept(tmp_path, spec)["response_time"]


def test_a_run_without_a_spec_has_none(tmp_path: Path) -> None:
    """Arms that no spec describes."""
    assert settings(tmp_path) == {}
