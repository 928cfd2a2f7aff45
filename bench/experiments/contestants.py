"""The arms of a comparison: started, started again between pairs, and held to be what they were.

A process's luck (where its memory lies, how its hashes fall) lasts as long as the process: two starts of the same
program can differ by some percent for all of their lives. Starting again before every pair makes that luck part
of the scatter of the pairs, where the interval sees it, rather than a difference between the arms.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from bench.errors import SubjectError
from bench.lifetime import Custody
from bench.load import Target
from bench.model import ArmRecord, Role
from bench.subject import (
    IDENTITY,
    Command,
    Expected,
    Running,
    all_or_none,
    identify,
    is_alive,
    last_lines,
    start,
    verify,
)

TOLD = ("service", "version", "commit", "config_hash", "knobs")
"""What an identity may tell of a service that stays the same as long as it is the same service."""
ANSWER_LIMIT_S = 10.0
STOP_S = 3.0
"""A service that has not ended so long after it was asked to is killed: nothing of it is of use any more."""


@dataclass(frozen=True, slots=True)
class Description:
    """What is said of an arm, the same for a baseline and its control."""

    arm: str
    """As the user wrote it."""
    config_hash: str
    """Of everything that makes the arm what it is: its command, its revision, its environment."""
    facts: Mapping[str, str] = field(default_factory=dict)
    """Commit, interpreter, lock file and the like, for people to read."""
    knobs: Mapping[str, str] = field(default_factory=dict)
    database: str = ""
    command: str = ""
    """As it is shown: with {database_url}, not with the password in it."""


@dataclass(slots=True)
class Contestant:
    """One arm: a command of ours, or a URL where `command` is None."""

    role: Role
    described: Description
    command: Command | None
    url: str = ""
    expected: Expected | None = None
    running: Running | None = None
    told: Mapping[str, Any] | None = None

    @property
    def target(self) -> Target:
        """Where load is sent."""
        return Target(str(self.role), self.running.base_url if self.running else self.url)

    async def begin(self, custody: Custody, logs: Path) -> None:
        """Start it where it is ours, and hold it to be what it was when it began before.

        Raises SubjectError.
        """
        if self.command is not None:
            self.running = await start(self.command, custody, logs)
        await self.check()

    async def check(self) -> None:
        """Prove that it still runs, and is what it was.

        Raises SubjectError, with the last lines of its log where it has one.
        """
        self._must_live()
        if self.expected is not None:
            verify(str(self.role), await identify(str(self.role), self.target.base_url), self.expected)
        told = await self._asked()
        if self.told is not None and told != self.told:
            raise SubjectError(
                f"The {self.role} ({self.described.arm}) is not what it was when the comparison began: {IDENTITY} told "
                f"{dict(self.told)}, now {dict(told)}; nothing may be deployed or edited while it is measured."
            )
        self.told = told

    def record(self) -> ArmRecord:
        """Describe it for run.json."""
        knobs = self.described.knobs or (self.told or {}).get("knobs", {})
        return ArmRecord(
            role=self.role,
            name=str(self.role),
            command=self.described.command or self.url,
            knobs={str(name): str(value) for name, value in dict(knobs).items()},
            config_hash=self.described.config_hash,
            database=self.described.database,
            facts={"arm": self.described.arm, **self.described.facts, **self._own_hash()},
        )

    def _must_live(self) -> None:
        if self.running is not None and not is_alive(self.running):
            raise SubjectError(
                f"The {self.role} ({self.described.arm}) ended while it was measured: {last_lines(self.running.log)}"
            )

    def _own_hash(self) -> dict[str, str]:
        told = (self.told or {}).get("config_hash")
        return {} if told is None else {"configuration told by the service": str(told)}

    async def _asked(self) -> dict[str, Any]:
        """What it tells of itself; nothing where it has no identity to tell."""
        base_url = self.target.base_url
        try:
            async with httpx.AsyncClient(base_url=base_url, timeout=ANSWER_LIMIT_S, trust_env=False) as client:
                response = await client.get(IDENTITY)
        except httpx.HTTPError as error:
            self._must_live()
            words = last_lines(self.running.log) if self.running else "check that it runs"
            raise SubjectError(
                f"The {self.role} ({self.described.arm}) does not answer at {base_url} "
                f"({str(error) or type(error).__name__}): {words}"
            ) from error
        try:
            told = response.json() if response.is_success else {}
        except ValueError:
            return {}
        return {name: told[name] for name in TOLD if name in told} if isinstance(told, dict) else {}


class Contestants:
    """All arms of a comparison side by side; only one is under load at a time."""

    def __init__(self, arms: Sequence[Contestant], custody: Custody, logs: Path, *, restart: bool = True) -> None:
        self._arms = arms
        self._custody = custody
        self._logs = logs
        self._restart = restart
        self._fresh = False
        self.targets: dict[Role, Target] = {}
        """Where each arm listens now."""

    @property
    def can_restart(self) -> bool:
        """Whether any arm is the lab's to start again, and is to be."""
        return self._restart and any(arm.command is not None for arm in self._arms)

    async def start(self) -> None:
        """Start every arm. Raises SubjectError for the first that does not."""
        # Side by side: each spends most of its start on importing its framework.
        await all_or_none(arm.begin(self._custody, self._logs) for arm in self._arms)
        self.targets.update({arm.role: arm.target for arm in self._arms})
        self._fresh = True

    async def renew(self) -> None:
        """Before a pair: prove every arm, and start the lab's own again when they have been under load."""
        await self.check()
        if not self._fresh:
            await self.restart()
        self._fresh = False

    async def restart(self) -> None:
        """Start the lab's own arms again where that is wanted. Raises SubjectError."""
        if self.can_restart:
            self.end()
            await self.start()

    async def check(self) -> None:
        """Prove every arm. Raises SubjectError."""
        for arm in self._arms:
            await arm.check()

    def records(self) -> tuple[ArmRecord, ...]:
        """Describe the arms for run.json."""
        return tuple(arm.record() for arm in self._arms)

    def end(self) -> None:
        """End those that were started here."""
        for arm in self._arms:
            if arm.running is not None:
                self._custody.end(arm.running.pid, grace_s=STOP_S)
                arm.running = None
