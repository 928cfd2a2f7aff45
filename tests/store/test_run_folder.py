import json
import os
from pathlib import Path

import pytest

from bench import store
from bench.errors import StoreError
from bench.store import RunFolder, new_run_id
from tests.store.records import smallest_run


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    """A record survives the way to disk and back unchanged."""
    record = smallest_run()
    store.write(record, tmp_path)
    assert store.load(tmp_path) == record


def test_run_json_has_exactly_the_contract_s_keys(tmp_path: Path) -> None:
    """Scripts of other people rely on these names: top level and criteria."""
    store.write(smallest_run(), tmp_path)
    written = json.loads((tmp_path / "run.json").read_text())
    assert list(written) == [
        "schema_version", "run_id", "spec", "seed", "started", "duration_s", "services", "environment",
        "session", "experiments", "criteria", "exit_code", "comparison",
    ]  # fmt: skip
    assert set(written["criteria"][0]) >= {
        "id", "claim", "origin", "measured", "ci", "confidence", "unit", "threshold", "direction", "n", "mde",
        "verdict", "reason", "evidence",
    }  # fmt: skip
    assert written["criteria"][0]["direction"] == "above"
    assert set(written["session"]) == {"valid", "reasons"}


def test_the_published_schema_is_the_code_s(request: pytest.FixtureRequest) -> None:
    """docs/run.schema.json is generated: a changed field must be published with it."""
    published = json.loads((request.config.rootpath / "docs" / "run.schema.json").read_text())
    assert published == store.schema(), "refresh it: python -m bench.store > docs/run.schema.json"


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("{", "is not a run record"),
        ("[]", "is not a run record"),
        ('{"schema_version": 99}', "schema version 99"),
        ('{"schema_version": 1}', "is damaged at `run_id`"),
    ],
)
def test_a_file_that_is_no_run_is_refused(tmp_path: Path, text: str, complaint: str) -> None:
    """A foreign, damaged or newer run.json gives one sentence that says which it is."""
    (tmp_path / "run.json").write_text(text)
    with pytest.raises(StoreError, match=complaint):
        store.load(tmp_path)


def test_a_missing_run_is_refused(tmp_path: Path) -> None:
    """A folder without run.json is told by its path."""
    with pytest.raises(StoreError, match="cannot be read"):
        store.load(tmp_path)


def test_a_full_disk_leaves_the_earlier_record(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """When the new record cannot be written whole, the one before is still there and no debris is."""
    store.write(smallest_run(), tmp_path)
    before = (tmp_path / "run.json").read_bytes()

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StoreError, match="No space left on device"):
        store.write(smallest_run(), tmp_path)
    assert (tmp_path / "run.json").read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["run.json"]


def test_a_place_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    """Where the reports folder is a file, the error names --out."""
    (tmp_path / "reports").write_text("in the way")
    with pytest.raises(StoreError, match="--out"):
        RunFolder.create(tmp_path / "reports", "r")


def test_latest_points_to_the_newest_run(tmp_path: Path) -> None:
    """`reports/latest` follows each published run."""
    for name in ("first", "second"):
        RunFolder.create(tmp_path, name).publish()
    assert (tmp_path / "latest").resolve().name == "second"


def test_run_ids_differ() -> None:
    """Runs started in the same second have names of their own."""
    assert len({new_run_id("phase2") for _ in range(100)}) == 100


def test_two_runs_never_share_a_folder(tmp_path: Path) -> None:
    """A second run of the same name is refused, and what the first wrote stays."""
    first = RunFolder.create(tmp_path, "same")
    (first.samples / "kept").write_text("")
    with pytest.raises(StoreError, match="File exists"):
        RunFolder.create(tmp_path, "same")
    assert (first.samples / "kept").exists()
