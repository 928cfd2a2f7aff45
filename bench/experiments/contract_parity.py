"""Do both APIs answer the same? What an answer says, whichever API gave it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import httpx

RULES: Mapping[str, str] = {
    "hits": "`results` is called `hits`, `stats` is called `technologies`",
    "names": "`workspace_id` of a document is called `workspace`",
    "echo": "`limit` and `offset` are not repeated, and collections are not counted beside themselves",
    "cursor": "a search tells where its next page begins",
    "moments": "moments are written with Z and without trailing zeros",
}
"""What the consolidation changed on purpose; everything else has to be the same."""
RENAMED = {"results": "hits", "stats": "technologies", "workspace_id": "workspace"}
LEFT_OUT = frozenset({"limit", "offset", "count", "next"})
FAILED = "failed with status"
"""Under this name stands the status of an answer that is no success."""
SHOWN = 200
"""Characters of such an answer."""


def said(response: httpx.Response) -> Any:
    """What an answer says, whichever API gave it; of one that is no success, or no JSON, its status and beginning."""
    try:
        return normalised(response.json()) if response.is_success else _failed(response)
    except ValueError:
        return _failed(response)


def alike(one: Any, other: Any) -> bool:
    """Whether both say the same; the recorded requests are right, so two refusals are no agreement."""
    return bool(one == other) and not _is_failed(one)


def why(one: Any, other: Any) -> str:
    """Which of two answers that are not alike is no success; empty where both are."""
    failed = [(when, told) for when, told in (("before", one), ("after", other)) if _is_failed(told)]
    return ", ".join(f"{when} status {told[FAILED]}" for when, told in failed)


def _is_failed(told: Any) -> bool:
    return isinstance(told, dict) and FAILED in told


def _failed(response: httpx.Response) -> dict[str, Any]:
    return {FAILED: response.status_code, "text": response.text[:SHOWN]}


def normalised(answer: Any) -> Any:
    """The answer without what RULES list; the order of hits stays."""
    match answer:
        case dict():
            return {
                RENAMED.get(name, name): _moment(value) if name.endswith(("_at", "_updated")) else normalised(value)
                for name, value in answer.items()
                if name not in LEFT_OUT
            }
        case list():
            return [normalised(one) for one in answer]
        case _:
            return answer


def _moment(value: Any) -> Any:
    return datetime.fromisoformat(value).isoformat() if isinstance(value, str) else value
