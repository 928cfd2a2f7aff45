"""Every error that a user can cause, in one tree.

PerflabError                 exit 2: wrong usage, or the harness broke
├── UsageError               a spec, an option or an argument is wrong
│   └── BudgetTooSmall       the time given holds no six pairs of slots
├── ProvisionError           a server could not be started or reached
├── SubjectError             an arm did not start, answered errors, or is not what it should be
├── LoadError                the load generator failed
├── ToolError                a scanner is missing or crashed
├── StoreError               a run folder cannot be read or written
└── TooFewPairs              the statistics need more pairs than there are

The text of each is one sentence for the user: what happened, where, and what to do. A regression or a
failed criterion is a verdict, never an exception.
"""


class PerflabError(Exception):
    """Base of all errors that end a command with exit code 2 and one clear sentence."""


class UsageError(PerflabError):
    """The user asked for something that does not exist or cannot be done."""


class BudgetTooSmall(UsageError):  # noqa: N818 - what it is
    """An experiment cannot be laid out in its time. `budget_s` and `needed_s` are seconds."""

    def __init__(self, sentence: str, *, budget_s: float, needed_s: float) -> None:
        super().__init__(sentence)
        self.budget_s = budget_s
        self.needed_s = needed_s


class ProvisionError(PerflabError):
    """PostgreSQL, Redis or a stand-in could not be started, reached or prepared."""


class SubjectError(PerflabError):
    """The service under test did not start, failed, or is not the one that the plan names."""


class LoadError(PerflabError):
    """The load generator did not start, broke its protocol or died."""


class ToolError(PerflabError):
    """A scanner is not installed, crashed, or wrote what cannot be read."""


class StoreError(PerflabError):
    """A run folder is missing, unreadable, from another schema version, or cannot be written."""


class TooFewPairs(PerflabError):  # noqa: N818 - the statistician's name for it
    """An interval was asked for from fewer pairs than can ever give one.

    `have` and `need` count pairs.
    """

    def __init__(self, have: int, need: int) -> None:
        super().__init__(f"{have} pairs cannot give an interval at this level; {need} are needed at least.")
        self.have = have
        self.need = need
