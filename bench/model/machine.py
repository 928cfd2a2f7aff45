"""Which machine it was: figures of two machines must never be mixed."""

import re
from hashlib import sha256

from bench.model.record import Environment

GIB = 2**30


def machine(environment: Environment) -> str:
    """A name for the machine that also is a file name: its host and a fingerprint of its hardware.

    The operating system and the libraries may be renewed on one machine: they stand in the history beside it.
    """
    hardware = (
        environment.machine,
        environment.cpu,
        environment.cores,
        # The kernel keeps a little for itself, a little more after an update.
        round(environment.memory_bytes / GIB),
        environment.virtualisation,
    )
    return named(environment.host, hardware)


def named(host: str, hardware: tuple[object, ...]) -> str:
    """A name that is a file name too, from a host's and whatever is known of its hardware."""
    mark = sha256(repr((host, *hardware)).encode()).hexdigest()[:8]
    return f"{re.sub('[^A-Za-z0-9]+', '-', host).strip('-') or 'machine'}-{mark}"
