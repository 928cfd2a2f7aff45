import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from bench.errors import SubjectError
from bench.subject import Expected, Identity, identify, verify

TOLD = {
    "service": "docaiche",
    "version": "1",
    "pid": 1,
    "config_hash": "abc",
    "knobs": {"cache": "on"},
    "database": {"name": "x", "columns": ["id"], "indexes": ["a", "b"], "settings": ["jit=off"]},
}


@pytest.fixture
def server() -> Iterator[tuple[str, dict[str, object]]]:
    """An HTTP server whose every answer is a dict that the test may change."""
    told = json.loads(json.dumps(TOLD))

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = json.dumps(told).encode()
            self.send_response(200)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as running:
        thread = threading.Thread(target=running.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{running.server_port}", told
        running.shutdown()
        thread.join()


async def test_an_identity_is_read(server: tuple[str, dict[str, object]]) -> None:
    """What the service tells arrives in its parts."""
    identity = await identify("candidate", server[0])
    assert identity.config_hash == "abc"
    assert identity.database.indexes == ("a", "b")


async def test_an_answer_that_is_no_identity_is_refused(server: tuple[str, dict[str, object]]) -> None:
    """A service that does not tell its configuration cannot be an arm."""
    del server[1]["config_hash"]
    with pytest.raises(SubjectError, match="candidate at http.* does not tell its identity"):
        await identify("candidate", server[0])


@pytest.mark.parametrize(
    ("expected", "complaint"),
    [
        (Expected("abc", {"cache": "off"}), "knob cache is on, planned is off"),
        (Expected("abc", {"pool": "on"}), "knob pool is absent, planned is on"),
        (Expected("xyz", {"cache": "on"}), "configuration hash is abc, planned is xyz"),
        (Expected("abc", {}, indexes=frozenset({"a"})), "indexes differ in b"),
        (Expected("abc", {}, columns=frozenset({"id", "search_vector"})), "columns differ in search_vector"),
        (Expected("abc", {}, settings=frozenset()), "settings differ in jit=off"),
    ],
)
def test_an_arm_that_is_another_is_refused(expected: Expected, complaint: str) -> None:
    """Each difference between what an arm is and what it should be is named, and nothing is measured."""
    with pytest.raises(SubjectError, match=complaint):
        verify("candidate", Identity.model_validate(TOLD), expected)


def test_an_arm_that_is_itself_is_accepted() -> None:
    """An arm that says what was planned passes."""
    planned = Expected("abc", {"cache": "on"}, frozenset({"id"}), frozenset({"a", "b"}), frozenset({"jit=off"}))
    verify("candidate", Identity.model_validate(TOLD), planned)
