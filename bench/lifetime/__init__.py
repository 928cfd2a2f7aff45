"""Nothing outlives the lab: not after success, an error, Ctrl-C, SIGTERM or kill -9.

custody  starts every process, makes every folder, adopts every container, and writes each into a lease
lease    the list on disk of what a lab has started, and how to end it
guard    a process of its own that ends what is left as soon as the lab is gone
sweep    the next start ends what is left where the guard was killed too
"""

from bench.lifetime.custody import Custody
from bench.lifetime.lease import STATE, sweep

__all__ = ["STATE", "Custody", "sweep"]
