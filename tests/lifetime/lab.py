"""A lab to be ended by force: makes things in the state folder that it is given, says what, and waits.

`python lab.py STATE WAY`: WAY is `wait`, `error`, `exit` (without closing), or `fork` (a forked child that
outlives it, as multiprocessing makes them).
"""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from bench.lifetime import Custody

# One child in the group, one in a session of its own, one orphaned at once.
FAMILY = "sleep 300 & setsid sleep 301 & (setsid sleep 302 &) ; echo up; wait"


def main(state: Path, way: str) -> None:
    """Make, say and wait, break or exit."""
    with Custody.open(state) as custody:
        folder = custody.directory("perflab-test-")
        (folder / "deep").mkdir()
        (folder / "deep" / "file").write_text("content")
        child = custody.spawn(["sh", "-c", FAMILY], stdout=subprocess.PIPE)
        assert child.stdout is not None
        child.stdout.readline()
        forked = os.fork() if way == "fork" else 0
        if way == "fork" and forked == 0:
            time.sleep(300)
        token = custody._lease.token
        made = {
            "token": token,
            "folder": str(folder),
            "child": child.pid,
            "guard": custody._guard.pid,
            "forked": forked,
        }
        sys.stdout.write(json.dumps(made) + "\n")
        sys.stdout.flush()
        if way == "error":
            raise RuntimeError("the lab broke")
        if way == "exit":
            os._exit(0)
        time.sleep(300 if way in {"wait", "fork"} else 0)


if __name__ == "__main__":
    # Under nohup it would be ignored, which is not what the tests ask about.
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
    main(Path(sys.argv[1]), sys.argv[2])
