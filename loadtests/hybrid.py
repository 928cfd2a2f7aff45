"""Two kinds of search side by side: one that asks Weaviate, and one that has nothing to do with it.

    locust -f loadtests/hybrid.py --host http://127.0.0.1:8000

Both send the recorded searches of a workload file to v1, under the names `plain` and `hybrid`. What happens to
`plain` while Weaviate fails is what a circuit breaker is there to prevent. Only a 200 is a success.
"""

import json
import random
import sys
from pathlib import Path
from urllib.parse import urlencode

from locust import FastHttpUser, events, task
from locust.argument_parser import LocustArgumentParser
from locust.env import Environment

WORKLOAD = Path(__file__).with_name("workload.jsonl")
SEARCH_FIELDS = ("q", "workspace", "technology", "limit")


@events.init_command_line_parser.add_listener  # type: ignore[untyped-decorator]
def add_arguments(parser: LocustArgumentParser) -> None:
    """Add this file's own option to Locust's."""
    parser.add_argument(
        "--workload",
        default=str(WORKLOAD),
        metavar="FILE",
        env_var="PERFLAB_WORKLOAD",
        help="recorded operations, JSON Lines",
    )


@events.init.add_listener  # type: ignore[untyped-decorator]
def load_workload(environment: Environment, **_others: object) -> None:
    """Read the searches once, before any user starts; end with a sentence when that fails."""
    assert environment.parsed_options is not None
    path = Path(environment.parsed_options.workload)
    try:
        _User.queries = queries(path)
    except OSError as error:
        sys.exit(f"The workload {path} cannot be read: {error.strerror}.")
    except ValueError as error:
        sys.exit(f"The workload {path} is not one: {error}.")


class _User(FastHttpUser):
    """Sends a recorded search to one of the routes."""

    abstract = True
    host = "http://127.0.0.1:8000"
    queries: tuple[str, ...] = ()
    route = ""

    @task
    def search(self) -> None:
        """Send one search."""
        name = type(self).__name__.lower()
        query = random.choice(self.queries)
        with self.client.get(f"{self.route}?{query}", name=name, catch_response=True) as response:
            # 0: no answer at all, which Locust reports in its own words.
            if response.status_code not in {0, 200}:
                response.failure(f"HTTP {response.status_code}")


class Plain(_User):
    """Searches PostgreSQL alone."""

    route = "/api/v1/search"


class Hybrid(_User):
    """Searches with Weaviate, where it answers."""

    route = "/api/v1/search/hybrid"


def queries(path: Path) -> tuple[str, ...]:
    """The recorded searches as query strings. Raises OSError or ValueError."""
    with path.open(encoding="utf-8") as lines:
        first, *rest = [json.loads(line) for line in lines if line.strip()] or [{}]
    if not (isinstance(first, dict) and first.get("workload") == 1):
        raise ValueError('its first line is not {"workload": 1, ...}')
    found = tuple(
        urlencode({name: line[name] for name in SEARCH_FIELDS if line.get(name) is not None})
        for line in rest
        if line.get("op") == "search"
    )
    if not found:
        raise ValueError("it holds no searches")
    return found
