"""Nothing outlives the lab: not its processes, not its folders, not its containers.

`Custody` is how the lab makes them. Each stands in the lab's lease file before, or at the moment that, it
exists. Three parties read the lease, each covering for the one before:

    Custody.close   the lab itself, after success, an error or Ctrl-C
    the guard       a small process in a session of its own, when the lab is gone without having closed:
                    kill -9, a second Ctrl-C, SIGTERM, a closed terminal, a crash of the interpreter
    sweep           the next start and `perflab clean`, should the guard be gone too
"""

from bench.lifetime.custody import Custody
from bench.lifetime.ports import free_port
from bench.lifetime.sweeping import STATE, sweep

__all__ = ["STATE", "Custody", "free_port", "sweep"]
