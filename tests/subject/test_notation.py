"""The five ways of naming an arm, and what is wrong with others."""

import pytest

from bench.errors import UsageError
from bench.subject.notation import CommandArm, KnobsArm, RevisionArm, SpecArm, UrlArm, parse

KNOBS = ("cache", "indexes", "pool")


@pytest.mark.parametrize(
    ("text", "arm"),
    [
        ("cmd:uvicorn app:app --port {port}", CommandArm(("uvicorn", "app:app", "--port", "{port}"), {})),
        ("cmd:A=1 B='x y' PORT={port} serve", CommandArm(("serve",), {"A": "1", "B": "x y", "PORT": "{port}"})),
        ("cmd:sh -c 'serve --port {port} | cat'", CommandArm(("sh", "-c", "serve --port {port} | cat"), {})),
        ("url:http://localhost:8000/", UrlArm("http://127.0.0.1:8000")),
        ("url:http://[::1]:8000", UrlArm("http://127.0.0.1:8000")),
        ("url:https://example.org/api/", UrlArm("https://example.org/api")),
        ("git:HEAD~2", RevisionArm("HEAD~2")),
        ("knobs:cache=off", KnobsArm({"cache": "off", "indexes": "on", "pool": "on"})),
        ("knobs:all=off, pool=on", KnobsArm({"cache": "off", "indexes": "off", "pool": "on"})),
        ("spec:phase2", SpecArm("phase2", "candidate")),
        ("spec:phase2.baseline", SpecArm("phase2", "baseline")),
        ("spec:mine/phase2.toml", SpecArm("mine/phase2.toml", "candidate")),
    ],
)
def test_each_notation(text: str, arm: object) -> None:
    """Words as a shell splits them; one name for this machine; knobs not named are on."""
    assert parse(text, "candidate", KNOBS) == arm


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("uvicorn app:app", r"is no arm; write cmd:\.\.\., url:"),
        ("cmd:", "is no arm"),
        ("cmd:uvicorn app:app --port 8000", r"has no \{port\}; write it where the service takes its port"),
        ("cmd:uvicorn 'app:app", "cannot be split into words"),
        ("cmd:PORT={port}", "names no program"),
        ("url:localhost:8000", "is no URL of a service; write url:http://HOST:PORT"),
        ("url:http://localhost:port", "is no URL"),
        ("knobs:cach=off", "unknown knob `cach`; did you mean `cache`?"),
        ("knobs:cache", "`cache` is not KNOB=on or KNOB=off"),
        ("knobs:cache=maybe", "is not KNOB=on or KNOB=off"),
        ("knobs:pool=on,all=off", "unknown knob `all`; valid are cache, indexes, pool"),
    ],
)
def test_what_is_no_arm_is_told(text: str, said: str) -> None:
    """Which option, what is wrong with it, and how it is written."""
    with pytest.raises(UsageError, match=said) as caught:
        parse(text, "baseline", KNOBS)
    assert "--baseline" in str(caught.value)
