"""Keep the data of an embedded PostgreSQL, and begin from a copy of it.

A snapshot is a folder with the data of a cleanly stopped server and a note of what made it. It appears
whole or not at all and is never changed after, so that any number of labs may read it at once. It holds
the hash of a password that was random and is forgotten; who begins from it sets a new one.
"""

import asyncio
import json
import platform
import shutil
import subprocess
import sys
from pathlib import Path

from bench.errors import ProvisionError
from bench.lifetime import Custody
from bench.provision.binaries import Programs

NOTE = "snapshot.json"
FORMAT = 1
# Copies share their blocks with the original where the file system can (btrfs, XFS, APFS): no time, no space.
COPY = ("cp", "-Rpc") if sys.platform == "darwin" else ("cp", "-a", "--reflink=auto")


async def save(data: Path, folder: Path, custody: Custody, programs: Programs) -> None:
    """Keep a stopped server's data in `folder`; one that is there already stays.

    Raises ProvisionError when it cannot be written.
    """
    await asyncio.to_thread(_save, data, folder, custody, programs)


async def restore(folder: Path, data: Path, custody: Custody, programs: Programs) -> bool:
    """Copy a snapshot's data to `data`; False where there is none, or none that these programs can read."""
    return await asyncio.to_thread(_restore, folder, data, custody, programs)


def _save(data: Path, folder: Path, custody: Custody, programs: Programs) -> None:
    if folder.exists():
        return
    try:
        folder.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        partial = custody.directory(f".{folder.name}-", parent=folder.parent)
        try:
            _copy(data, partial / "data", custody)
            (partial / NOTE).write_text(json.dumps(_note(programs)))
            partial.rename(folder)
        finally:
            custody.remove(partial)
    except OSError as error:
        if not folder.exists():  # else another lab was first with the same
            raise ProvisionError(f"The snapshot {folder} cannot be written: {error}.") from error


def _restore(folder: Path, data: Path, custody: Custody, programs: Programs) -> bool:
    try:
        if json.loads((folder / NOTE).read_text()) != _note(programs):
            return False
        _copy(folder / "data", data, custody)
    except (OSError, ValueError):
        shutil.rmtree(data, ignore_errors=True)
        return False
    for path in (data, *data.rglob("*")):
        programs.give(path)
    return True


def _note(programs: Programs) -> dict[str, object]:
    return {"format": FORMAT, "postgres": programs.version, "machine": platform.machine(), "system": sys.platform}


def _copy(source: Path, target: Path, custody: Custody) -> None:
    process = custody.spawn([*COPY, source, target], stderr=subprocess.PIPE)
    _, errors = process.communicate()
    custody.end(process.pid)
    if process.returncode != 0:
        raise OSError(errors.decode(errors="replace").strip())
