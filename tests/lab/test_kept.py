"""What is kept of an experiment that ends early, and what goes on."""

import asyncio
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import asyncpg
import httpx
import pytest
import redis.exceptions

from bench import design
from bench.errors import LoadError, PerflabError, ProvisionError, StoreError, SubjectError
from bench.lab.running import _empty, _Run
from bench.model import ExperimentRecord, Status
from bench.runner import Silent
from bench.store import RunFolder


async def performed(tmp_path: Path, end: BaseException, *, saves: bool, raises: bool) -> ExperimentRecord:
    """The record of an experiment of facts alone that ends so, having saved something before or not."""

    async def run(bench: Any) -> None:
        if saves:
            bench.draft.facts["found"] = 1
            bench.save()
        raise end

    def ground(plan: object, *, draft: object, save: Callable[[], None], **_: object) -> object:
        return SimpleNamespace(draft=draft, save=save)

    experiment: Any = SimpleNamespace(
        name="facts", question="?", method="!", metric="none", run=run, analyse=lambda *_: ()
    )
    spec: Any = SimpleNamespace(name="tiny", criteria={})
    plans = {"facts": design.unslotted("facts", 7)}
    made = _Run(spec, RunFolder.create(tmp_path, "run"), _empty("run", spec, 7), plans)
    stand: Any = SimpleNamespace(bench=ground)
    with pytest.raises(type(end)) if raises else nullcontext():
        await made.perform(experiment, stand, Silent())
    assert (made.record.exit_code == 2) is (made.record.experiments["facts"].status is Status.FAILED)
    return made.record.experiments["facts"]


@pytest.mark.parametrize("saves", [True, False])
@pytest.mark.parametrize("error", [SubjectError, LoadError, ProvisionError])
async def test_an_experiment_that_breaks_is_failed_and_ends_nothing(
    error: type[PerflabError], saves: bool, tmp_path: Path
) -> None:
    """Its facts are kept but not judged, the reason is the error's, and the next experiment may begin."""
    kept = await performed(tmp_path, error("The service went away."), saves=saves, raises=False)
    assert (kept.status, kept.reason) == (Status.FAILED, "The service went away.")
    assert kept.facts == ({"found": 1} if saves else {})


@pytest.mark.parametrize(
    "error",
    [
        ConnectionRefusedError(111, "Connection refused"),
        asyncpg.InternalClientError("got result for unknown protocol state 3"),
        httpx.ReadError("broke off"),
        redis.exceptions.ConnectionError("closed"),
    ],
    ids=lambda error: type(error).__module__,
)
async def test_a_server_that_goes_away_is_a_sentence_and_ends_nothing(error: Exception, tmp_path: Path) -> None:
    """Whichever client notices it, and whenever: what went on, the client's words, and what to do."""
    kept = await performed(tmp_path, error, saves=True, raises=False)
    assert kept.status is Status.FAILED
    assert kept.reason.startswith("facts: a server that it needs did not answer as it should (")
    assert str(error) in kept.reason
    assert "look at the servers' logs" in kept.reason


async def test_a_defect_of_the_lab_s_own_is_none_of_a_server_s(tmp_path: Path) -> None:
    """It is not taken for an outage: who develops wants its traceback."""
    with pytest.raises(ZeroDivisionError):
        await performed(tmp_path, ZeroDivisionError(), saves=True, raises=False)


@pytest.mark.parametrize(("saves", "status"), [(True, Status.PARTIAL), (False, Status.FAILED)])
async def test_an_interrupt_ends_the_run_and_keeps_what_was_saved(saves: bool, status: Status, tmp_path: Path) -> None:
    """Partial once it saved something, failed before."""
    kept = await performed(tmp_path, asyncio.CancelledError(), saves=saves, raises=True)
    assert kept.status is status
    assert "interrupted" in kept.reason
    assert kept.facts == ({"found": 1} if saves else {})


async def test_a_run_that_cannot_be_written_ends(tmp_path: Path) -> None:
    """Where nothing can be stored, the next experiment would measure for nothing."""
    kept = await performed(tmp_path, StoreError("No space left on device."), saves=True, raises=True)
    assert (kept.status, kept.reason) == (Status.FAILED, "No space left on device.")
