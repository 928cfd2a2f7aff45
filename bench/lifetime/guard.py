"""The guard: waits until the lab is gone, then ends what it left behind.

Started as `python -m bench.lifetime.guard LEASE DESCRIPTOR` in a session of its own, so that no Ctrl-C and
no closing terminal reaches it. Its standard input is a pipe that the lab alone can write to and never
does: the read returns when the lab has ended, for whatever reason. It inherits the open lease, and with it
the lock: no sweep takes the lab for dead while its guard is at work.
"""

import os
import signal
import sys
from pathlib import Path

from bench.lifetime.lease import Lease
from bench.lifetime.settling import settle


def main(path: str, descriptor: str) -> None:
    """Wait for the end of the pipe on standard input, then settle the inherited lease."""
    # Whoever ends a whole session or cgroup signals the guard with the lab: it must see the lab out.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    while os.read(sys.stdin.fileno(), 1):
        pass
    settle(Lease(Path(path), int(descriptor)))


if __name__ == "__main__":
    main(*sys.argv[1:])
