"""Generations: which remembered answers may still be given.

Every key holds the generation of what its answer was made from, so a new generation makes all older answers
unreachable at once, in one Redis as in a cluster, without a command; they expire where they are.

Generations are kept in the memory of each process and come from outside, as versions that the database gave: who
changes documents or the configuration advances its own process and announces the version to the others, which
advance theirs. Counters in Redis would need no announcement, but a second command with every request, in a cluster a
second round trip to another node than the answer's; and they fail open: a counter that was evicted, or whose node came
back empty, begins anew and makes stale answers reachable.

What this asks of the announcer: it announces after the commit, and every version is one that was never there before.
A process that misses an announcement gives stale answers for their time to live at most.
"""

import hashlib
import json
from collections.abc import Mapping


class Generations:
    """The generation of everything, and of each workspace that changed since."""

    def __init__(self, version: str) -> None:
        self._version = version
        self._workspaces: dict[str, str] = {}
        self._across = self._generation()

    def of(self, request: Mapping[str, object]) -> tuple[str, ...]:
        """The generation of answers to a request: its workspace's, or where it names none, that of all of them."""
        workspace = request.get("workspace")
        if workspace is None:
            return (self._across,)
        return self._version, self._workspaces.get(str(workspace), "")

    def advance(self, version: str, workspace: str | None = None) -> None:
        """Begin a generation, of everything or of one workspace; one that is the present one already goes on."""
        if workspace is not None:
            self._workspaces[workspace] = version
        elif version != self._version:
            self._version = version
            self._workspaces.clear()
        self._across = self._generation()

    def _generation(self) -> str:
        """What changes with any workspace, and is the same in processes that heard the same in another order."""
        text = json.dumps([self._version, sorted(self._workspaces.items())])
        return hashlib.sha256(text.encode()).hexdigest()
