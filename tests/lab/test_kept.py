"""What is kept of an experiment that ends early."""

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from bench import design
from bench.errors import SubjectError
from bench.lab.running import _empty, _Run
from bench.model import Status
from bench.runner import Silent
from bench.store import RunFolder


@pytest.mark.parametrize(("saves", "status"), [(True, Status.PARTIAL), (False, Status.FAILED)])
async def test_an_experiment_of_facts_alone_keeps_what_it_saved(saves: bool, status: Status, tmp_path: Path) -> None:
    """Partial once it saved something, failed before; the reason is the error's."""

    async def run(bench: Any) -> None:
        if saves:
            bench.draft.facts["found"] = 1
            bench.save()
        raise SubjectError("The service went away.")

    def ground(plan: object, *, draft: object, save: Callable[[], None], **_: object) -> object:
        return SimpleNamespace(draft=draft, save=save)

    experiment: Any = SimpleNamespace(
        name="facts", question="?", method="!", metric="none", run=run, analyse=lambda *_: ()
    )
    spec: Any = SimpleNamespace(name="tiny", criteria={})
    plans = {"facts": design.unslotted("facts", 7)}
    made = _Run(spec, RunFolder.create(tmp_path, "run"), _empty("run", spec, 7), plans)
    stand: Any = SimpleNamespace(bench=ground)
    with pytest.raises(SubjectError):
        await made.perform(experiment, stand, Silent())
    kept = made.record.experiments["facts"]
    assert (kept.status, kept.reason) == (status, "The service went away.")
    assert kept.facts == ({"found": 1} if saves else {})
