"""Every line of the log is one object of JSON, whoever wrote it."""

import json
import subprocess
import sys
from typing import Any

import pytest

LIMIT_S = 30.0
BEGIN = (
    "import logging\n"
    "import structlog\n"
    "from service import logs\n"
    "logs.configure('info')\n"
    "structlog.contextvars.bind_contextvars(request_id='find-me')\n"
)


def logged(code: str) -> list[dict[str, Any]]:
    """What a process writes that logs as the service does."""
    done = subprocess.run(
        [sys.executable, "-c", BEGIN + code], capture_output=True, text=True, timeout=LIMIT_S, check=True
    )
    return [json.loads(line) for line in done.stderr.splitlines()]


@pytest.mark.parametrize("name", ["uvicorn.error", "asyncio", "service.api.legacy.endpoints"])
def test_lines_of_the_standard_library_are_json_with_the_request_s_id(name: str) -> None:
    """The server's, the event loop's and the old API's, with their arguments put in."""
    (line,) = logged(f"logging.getLogger({name!r}).warning('%s went %s', 'it', 'wrong')")
    assert (line["event"], line["level"], line["logger"]) == ("it went wrong", "warning", name)
    assert line["request_id"] == "find-me"
    assert line["timestamp"].endswith("Z")


def test_a_traceback_is_inside_of_its_line() -> None:
    """Whoever counts lines counts events."""
    (line,) = logged(
        "try:\n    1 / 0\nexcept ZeroDivisionError:\n    logging.getLogger('asyncio').exception('failed')\n"
    )
    assert line["event"] == "failed"
    assert "ZeroDivisionError" in line["exception"]


def test_both_ways_of_logging_say_the_same() -> None:
    """A line of structlog's has the same facts under the same names."""
    code = "structlog.get_logger('here').warning('said')\nlogging.getLogger('here').warning('said')"
    own, foreign = logged(code)
    assert set(foreign) - set(own) == {"logger"}
    assert {**foreign, "timestamp": "", "logger": ""} == {**own, "timestamp": "", "logger": ""}


def test_what_is_below_the_level_is_not_written() -> None:
    """Of either."""
    assert logged("structlog.get_logger().debug('no')\nlogging.getLogger('here').debug('no')") == []
