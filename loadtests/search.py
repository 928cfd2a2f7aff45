"""Search traffic: the recorded requests of a workload file, sent to the legacy or the v1 API.

    locust -f loadtests/search.py --host http://127.0.0.1:8000

One task, which draws an operation at random; the mix and the repetition are those of the file. Names in the
statistics are the same for both APIs, so that their figures stand side by side. An answer that is not 2xx,
or not the JSON that the operation answers with, is a failure with its reason.
"""

import json
import random
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.parse import urlencode
from urllib.request import ProxyHandler, build_opener

from gevent.lock import BoundedSemaphore
from locust import FastHttpUser, events, task
from locust.argument_parser import LocustArgumentParser
from locust.env import Environment

WORKLOAD = Path(__file__).with_name("workload.jsonl")
PREFIX = {"legacy": "/api", "v1": "/api/v1"}
ANSWERS = {
    "legacy": {
        "search": {"results", "total"},
        "stats": {"workspace", "stats"},
        "collections": {"collections"},
        "health": {"status"},
    },
    "v1": {
        "search": {"hits", "total"},
        "stats": {"workspace", "technologies"},
        "collections": {"collections"},
        "health": {"status"},
    },
}
"""The keys that every answer has."""
SEARCH_FIELDS = ("q", "workspace", "technology", "limit", "offset")
IDENTITY_LIMIT_S = 5.0

_APIS: dict[str, str] = {}
_ASKING = BoundedSemaphore()


@dataclass(frozen=True)
class Operation:
    """A recorded request, ready to be sent."""

    kind: str
    name: str
    method: str
    path: str
    """Below the API's prefix."""
    body: bytes | None = None


@events.init_command_line_parser.add_listener  # type: ignore[untyped-decorator]
def add_arguments(parser: LocustArgumentParser) -> None:
    """Add this file's own options to Locust's."""
    parser.add_argument(
        "--api",
        choices=["legacy", "v1", "auto"],
        default="auto",
        env_var="PERFLAB_API",
        help="which API to ask; auto asks /identity",
    )
    parser.add_argument(
        "--workload",
        default=str(WORKLOAD),
        metavar="FILE",
        env_var="PERFLAB_WORKLOAD",
        help="recorded operations, JSON Lines",
    )


@events.init.add_listener  # type: ignore[untyped-decorator]
def load_workload(environment: Environment, **_others: object) -> None:
    """Read the operations once, before any user starts; end with a sentence when that fails."""
    assert environment.parsed_options is not None
    path = Path(environment.parsed_options.workload)
    try:
        SearchUser.operations = operations(path)
    except OSError as error:
        sys.exit(f"The workload {path} cannot be read: {error.strerror}.")
    except ValueError as error:
        sys.exit(f"The workload {path} is not one: {error}.")


@events.test_start.add_listener  # type: ignore[untyped-decorator]
def forget_apis(**_others: object) -> None:
    """Ask again which API a host has: another service may listen there now."""
    _APIS.clear()


class SearchUser(FastHttpUser):
    """Sends recorded operations, one after the other."""

    host = "http://127.0.0.1:8000"
    operations: tuple[Operation, ...] = ()

    def on_start(self) -> None:
        """Find out which API to ask."""
        assert self.environment.parsed_options is not None
        self.api = self.environment.parsed_options.api
        if self.api == "auto":
            # One asks for all: hundreds of users may start at once, and each question takes a connection.
            with _ASKING:
                self.api = _APIS.get(self.host or "") or _APIS.setdefault(self.host or "", ask_api(self.host or ""))

    @task
    def operate(self) -> None:
        """Send one operation."""
        operation = random.choice(self.operations)
        headers = {"Content-Type": "application/json"} if operation.body else None
        with self.client.request(
            operation.method,
            PREFIX[self.api] + operation.path,
            name=operation.name,
            data=operation.body,  # type: ignore[arg-type] # bytes are sent as they are
            headers=headers,
            catch_response=True,
        ) as response:
            # 0: no answer at all, which Locust reports in its own words.
            if response.status_code and (
                reason := fault(response.status_code, response.content, self._keys(operation))
            ):
                response.failure(reason)

    def _keys(self, operation: Operation) -> set[str]:
        return ANSWERS[self.api][operation.kind]


def fault(status: int, content: bytes | None, keys: set[str]) -> str:
    """What is wrong with an answer; empty when nothing is."""
    if not 200 <= status < 300:
        return f"HTTP {status}"
    try:
        answer = json.loads(content or b"")
    except ValueError:
        return "the answer is not JSON"
    missing = keys - answer.keys() if isinstance(answer, dict) else keys
    return f"the answer lacks {', '.join(sorted(missing))}" if missing else ""


def operations(path: Path) -> tuple[Operation, ...]:
    """Read a workload file: a line that says so, then one operation a line. Raises OSError or ValueError."""
    with path.open(encoding="utf-8") as lines:
        first, *rest = [json.loads(line) for line in lines if line.strip()] or [{}]
    if not (isinstance(first, dict) and first.get("workload") == 1):
        raise ValueError('its first line is not {"workload": 1, ...}')
    if not rest:
        raise ValueError("it holds no operations")
    try:
        return tuple(_prepare(recorded) for recorded in rest)
    except KeyError as error:
        raise ValueError(f"an operation lacks {error}") from error


def _prepare(recorded: dict[str, Any]) -> Operation:
    """An operation as it is sent; a recorded `name` is what it is called in the statistics."""
    made = _made(recorded)
    return replace(made, name=recorded.get("name", made.name))


def _made(recorded: dict[str, Any]) -> Operation:
    kind = recorded["op"]
    match kind:
        case "search":
            method = recorded["method"]
            fields = {name: recorded[name] for name in SEARCH_FIELDS if recorded.get(name) is not None}
            if method == "POST":
                return Operation(kind, "search POST", method, "/search", json.dumps(fields).encode())
            return Operation(kind, "search GET", "GET", f"/search?{urlencode(fields)}")
        case "stats":
            return Operation(kind, kind, "GET", f"/stats?{urlencode({'workspace': recorded['workspace']})}")
        case "collections" | "health":
            return Operation(kind, kind, "GET", f"/{kind}")
        case _:
            raise ValueError(f"there is no operation {kind!r}")


def ask_api(host: str) -> str:
    """Ask a service which API it has. Raises ConnectionError when it does not say."""
    # Not with the user's client: this request is no part of the load and of its statistics.
    opener = build_opener(ProxyHandler({}))
    try:
        with opener.open(f"{host.rstrip('/')}/identity", timeout=IDENTITY_LIMIT_S) as answer:
            return "v1" if json.load(answer)["knobs"]["api"] == "on" else "legacy"
    except (URLError, OSError, ValueError, KeyError, TypeError) as error:
        # A connection that was refused comes wrapped, and reads as "<urlopen error ...>".
        why = error.reason if type(error) is URLError else error
        raise ConnectionError(f"{host}/identity does not tell the API ({why}); give --api legacy or v1") from error
