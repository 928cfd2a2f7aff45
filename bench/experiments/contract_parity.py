"""Do both APIs answer the same? What an answer says, whichever API gave it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

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
