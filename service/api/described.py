"""What the schema tells of the headers of answers, which middleware adds and the framework knows nothing of."""

from collections.abc import Callable, Mapping
from typing import Any

Header = Mapping[str, object]
HeadersOf = Callable[[str, str], Mapping[str, Header]]
"""By path and status, as the schema has it: a template, and `4XX` for several."""


def _header(description: str, kind: str = "string") -> Header:
    return {"description": description, "schema": {"type": kind}}


EVERYWHERE = {
    "X-Request-ID": _header("The request's id: the client's own where that is harmless, else a new one."),
    "Server-Timing": _header("Where the time went, in milliseconds."),
}
VERSIONED = {"API-Version": _header("The version that answered: the path's.")}
COUNTED = {
    "RateLimit": _header("What is left of the limit, and until when; where there is a limit."),
    "RateLimit-Policy": _header("The limit; where there is one."),
}
LATER = {"Retry-After": _header("Of 429 and 503: seconds after which to come again.", "integer")}
ENDING = {
    "Deprecation": _header("Since when this API is deprecated (RFC 9745)."),
    "Sunset": _header("When it ends (RFC 8594)."),
    "Link": _header("Its successor."),
}


def consolidated(path: str, status: str) -> Mapping[str, Header]:
    """Of the versions side by side."""
    headers = dict(EVERYWHERE)
    if path.startswith("/api/"):
        headers |= VERSIONED
        if not path.endswith("/health"):
            headers |= COUNTED
    return headers | LATER if status in ("4XX", "5XX", "503") else headers


def legacy(path: str, _: str) -> Mapping[str, Header]:
    """Of the old API."""
    return EVERYWHERE | ENDING if path.startswith("/api/") else EVERYWHERE


def describe(schema: dict[str, Any], headers_of: HeadersOf) -> None:
    """Put the headers of every answer into a schema."""
    for path, item in schema["paths"].items():
        for operation in item.values():
            for status, answer in operation["responses"].items():
                answer["headers"] = {**headers_of(path, status), **answer.get("headers", {})}
