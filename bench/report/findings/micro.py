"""How much of the application's share of a request its parts explain."""

from collections.abc import Iterator, Mapping

from bench.model import ExperimentRecord, Role
from bench.report import words

ROUND = 100
"""Requests in a round of the suite `bench/micro/test_request_path.py`."""
VALIDATION = "validation of a search: µs per 100"
ENCODING = "encoding of a page of 20 hits: µs per 100"
MIDDLEWARE = "middleware around nothing: µs per 100 requests"
PARTS: Mapping[Role, Mapping[str, tuple[str, str]]] = {
    Role.CANDIDATE: {
        "validation": (VALIDATION, "v1, query string"),
        "encoding": (ENCODING, "v1"),
        "middleware": (MIDDLEWARE, "v1"),
    },
    Role.BASELINE: {
        "validation": (VALIDATION, "legacy, body"),
        "encoding": (ENCODING, "legacy"),
        "middleware": (MIDDLEWARE, "legacy"),
    },
}


def sentences(experiment: ExperimentRecord) -> Iterator[str]:
    """A sentence for each arm."""
    parts, whole = experiment.facts.get("parts", {}), experiment.facts.get("whole", {})
    for role in (Role.BASELINE, Role.CANDIDATE):
        if role not in whole or MIDDLEWARE not in parts:
            continue
        known = explained(parts, role)
        app, total = whole[role]["app"], whole[role]["whole"]
        share = words.percent(sum(known.values()) / app)
        listed = ", ".join(f"{name} {words.seconds(value)}" for name, value in known.items())
        yield (
            f"{role}: of {words.seconds(total)} for a search, {words.seconds(app)} are the application's own "
            f"(medians of {whole[role]['n']:.0f} searches). {listed} explain {share} of that; the rest was not "
            "timed by itself."
        )


def explained(parts: Mapping[str, Mapping[str, float]], role: Role) -> dict[str, float]:
    """Seconds per request of each part that was timed by itself."""
    return {name: parts[group][way] / ROUND for name, (group, way) in PARTS[role].items()}
