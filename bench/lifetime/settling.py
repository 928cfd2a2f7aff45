"""End everything that a lease names: processes first, then containers, then the folders that they wrote to."""

import shutil
import signal
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from bench.lifetime import containers, processes
from bench.lifetime.lease import Holdings, Lease


@dataclass(slots=True)
class Settled:
    """What was ended and what resisted, in words."""

    ended: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)


def settle(lease: Lease, reap: Callable[[], None] = lambda: None, *, looks: int = containers.LOOKS) -> Settled:
    """End what the lease names and discard it; it is kept, to be tried again, where something resisted."""
    held = lease.holdings()
    settled = Settled()
    _end_processes(held, lease.token, reap, settled)
    if held.engine is not None:
        ended, left = containers.remove(lease.token, held.engine, looks=looks)
        settled.ended += ended
        settled.left += left
    for folder in reversed(held.folders):
        remove_folder(Path(folder), settled)
    if not settled.left:
        lease.discard()
    return settled


def remove_folder(folder: Path, settled: Settled) -> None:
    """Remove a folder with what is in it; it may be gone already."""
    if not folder.exists():
        return
    try:
        shutil.rmtree(folder)
    except OSError as error:
        settled.left.append(f"folder {folder} ({error.strerror}: {error.filename})")
    else:
        settled.ended.append(f"folder {folder}")


def _end_processes(held: Holdings, token: str, reap: Callable[[], None], settled: Settled) -> None:
    living = [root for root in held.processes.values() if processes.birth(root.pid) == root.birth]
    survivors = processes.end(held.processes.values(), token, reap)
    surviving = {process.pid for process in survivors}
    settled.ended += [f"process {root.pid} ({root.name})" for root in living if root.pid not in surviving]
    settled.left += [f"process {pid} (resists {signal.SIGKILL.name})" for pid in sorted(surviving)]
