"""Clean up after labs that died together with their guards."""

from pathlib import Path

from platformdirs import user_state_path

from bench.lifetime.lease import SUFFIX, Lease
from bench.lifetime.settling import settle

STATE: Path = user_state_path("perflab") / "leases"
"""Where labs keep their leases unless told otherwise."""


def sweep(state_dir: Path | None = None) -> list[str]:
    """End what dead labs left running and remove their folders and containers.

    Answers one sentence for each thing removed, and one for each that could not be. Living labs, labs whose
    guard is at work, and other users' labs are not touched. Several sweeps may run at once.
    """
    sentences: list[str] = []
    for path in sorted((state_dir or STATE).glob(f"*{SUFFIX}")):
        lease = Lease.claim(path)
        if lease is None:
            continue
        lab = lease.holdings().lab
        settled = settle(lease)
        sentences += [f"Removed {thing}, left behind by the lab that was process {lab}." for thing in settled.ended]
        if settled.left:
            lease.release()
            sentences += [f"Could not remove {thing}, left behind by process {lab}." for thing in settled.left]
    return sentences
