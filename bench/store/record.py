"""`run.json`: written atomically, read with every field checked.

The dataclasses of `bench.model` are the schema; pydantic validates and serialises them.
"""

import json
import os
from collections.abc import Iterator
from contextlib import suppress
from functools import cache
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

from pydantic import TypeAdapter, ValidationError

from bench.errors import StoreError
from bench.model import SCHEMA_VERSION, RunRecord

FILE = "run.json"


@cache
def _adapter() -> TypeAdapter[RunRecord]:
    return TypeAdapter(RunRecord)


def schema() -> dict[str, Any]:
    """The JSON Schema of `run.json`."""
    return _adapter().json_schema(mode="serialization")


def plain(record: RunRecord) -> dict[str, Any]:
    """The record as `run.json` holds it, in plain dictionaries and lists."""
    found: dict[str, Any] = _adapter().dump_python(record, mode="json")
    return found


def write(record: RunRecord, folder: Path) -> None:
    """Replace the folder's `run.json` in one step, so that a reader never sees half of it.

    Raises StoreError when the folder cannot be written; the previous `run.json` is then untouched.
    """
    text = _adapter().dump_json(record, indent=1)
    temporary = None
    try:
        with NamedTemporaryFile(dir=folder, prefix=".run-", delete=False) as file:
            temporary = Path(file.name)
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        temporary.chmod(0o644)
        temporary.replace(folder / FILE)
    except OSError as error:
        if temporary is not None:
            temporary.unlink(missing_ok=True)
        raise StoreError(
            f"{folder / FILE} cannot be written ({error.strerror}); free space or choose another --out."
        ) from error


def load(path: Path) -> RunRecord:
    """Read a run from its folder or its `run.json`.

    Raises StoreError when there is none, when it is not a run, or when another version wrote it.
    """
    file = path if path.suffix == ".json" else path / FILE
    try:
        text = file.read_bytes()
    except OSError as error:
        raise StoreError(
            f"{file} cannot be read ({error.strerror}); give a run folder such as reports/latest."
        ) from error
    try:
        version = json.loads(text).get("schema_version")
    except (ValueError, AttributeError) as error:
        raise StoreError(f"{file} is not a run record; give a run folder such as reports/latest.") from error
    if version != SCHEMA_VERSION:
        raise StoreError(
            f"{file} has schema version {version}, this perflab reads {SCHEMA_VERSION}; use the version that wrote it."
        )
    try:
        return _adapter().validate_json(text)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise StoreError(f"{file} is damaged at `{where}`: {first['msg']}.") from error


def earlier(record: RunRecord, folder: Path) -> Iterator[tuple[RunRecord, Path]]:
    """The readable runs of the same spec beside `folder` that were started before it, the newest first."""
    names = sorted((each.name for each in folder.resolve().parent.iterdir() if each.is_dir()), reverse=True)
    for name in names:
        if name < record.run_id and f"-{record.spec}-" in name:
            with suppress(StoreError):
                yield load(folder.resolve().parent / name), folder.resolve().parent / name


def holding(experiments: frozenset[str], folder: Path) -> Iterator[tuple[RunRecord, Path]]:
    """The readable runs beside `folder` in whose record all of these experiments are named."""
    for place in folder.resolve().parent.iterdir():
        with suppress(OSError, StoreError):
            # A folder of reports may hold hundreds of runs; only those that name them are read as a whole.
            text = (place / FILE).read_bytes() if not place.is_symlink() else b""
            if all(f'"{name}"'.encode() in text for name in experiments) and text:
                yield load(place), place
