"""Tries whether the image builds, where an engine and the base are there; nothing is pulled for it."""

import os
from dataclasses import dataclass
from pathlib import Path

from bench.errors import ToolError
from bench.image.building import DoesNotBuild, build, obstacle
from bench.image.dockerfile import stages

BASE = "PERFLAB_BASE_IMAGE"
"""The base that the tests build on, too; it reaches packages as this machine does."""
TAG = "perflab/service:checked"
"""Stays in the engine, so that the next trial is short."""
LIMIT_S = 600.0


@dataclass(frozen=True, slots=True)
class Trial:
    """Built, or an objection, or the reason why it was not tried."""

    objection: str = ""
    reason: str = ""


def trial(root: Path) -> Trial:
    """Build what `Dockerfile` in `root` says, for LIMIT_S at most."""
    own = os.environ.get(BASE)
    base = own or stages((root / "Dockerfile").read_text())[0].base
    if (reason := obstacle(base)) is not None:
        return Trial(reason=reason)
    try:
        build(root, TAG, arguments={"BASE": base}, network="host" if own else None, limit_s=LIMIT_S)
    except DoesNotBuild as error:
        return Trial(objection=str(error))
    except ToolError as error:
        return Trial(reason=str(error))
    return Trial()
