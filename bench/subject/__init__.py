"""What is measured: a service started by a command, and the proof that it is the one that was meant.

command    any service: started on a free port, awaited until ready, stopped with the lab
reference  the reference service of this checkout, by its knobs
identity   what a running service says it is, held against what it should be
"""

from bench.subject.command import Command, Running, start
from bench.subject.identity import Expected, Identity, identify, verify
from bench.subject.reference import DATABASE_KNOBS, KNOBS, SEARCH_KNOBS, expected, reference, setting

__all__ = [
    "DATABASE_KNOBS",
    "KNOBS",
    "SEARCH_KNOBS",
    "Command",
    "Expected",
    "Identity",
    "Running",
    "expected",
    "identify",
    "reference",
    "setting",
    "start",
    "verify",
]
