"""`python -m bench.lifetime.guard LEASE`: wait until the lab is gone, then end what it left.

Standard input is the read end of a pipe that only the lab holds open. It closes when the lab ends, however
it ends. The guard lives in a session of its own, so that Ctrl-C in the terminal does not reach it.
"""

import signal
import sys
from pathlib import Path

from bench.lifetime.lease import Lease


def main() -> None:
    """Wait for the end of the lab."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    sys.stdin.buffer.read()
    Lease(Path(sys.argv[1])).end()


if __name__ == "__main__":
    main()
