"""What is measured: a service started by a command, and the proof that it is the one that was meant.

notation   the ways of naming an arm on the command line
command    any service: started on a free port, awaited until ready, stopped with the lab
reference  the reference service of this checkout, by its knobs
revision   a git revision as a work tree of its own
packages   the environment that a revision's lock file asks for
identity   what a running service says it is, held against what it should be
"""

from bench.subject.command import Command, Running, is_alive, last_lines, start
from bench.subject.identity import PATH as IDENTITY
from bench.subject.identity import Expected, Identity, identify, verify
from bench.subject.reference import DATABASE_KNOBS, KNOBS, SEARCH_KNOBS, expected, reference, setting
from bench.subject.reference import MODULE as REFERENCE
from bench.subject.together import all_or_none

__all__ = [
    "DATABASE_KNOBS",
    "IDENTITY",
    "KNOBS",
    "REFERENCE",
    "SEARCH_KNOBS",
    "Command",
    "Expected",
    "Identity",
    "Running",
    "all_or_none",
    "expected",
    "identify",
    "is_alive",
    "last_lines",
    "reference",
    "setting",
    "start",
    "verify",
]
