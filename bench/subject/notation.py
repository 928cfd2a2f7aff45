"""The five ways of naming an arm on the command line.

cmd:COMMAND WITH {port}   any service; NAME=VALUE words before the program are variables of its environment
url:http://...            a service that runs already
git:REVISION              the service of that revision of the repository one stands in
knobs:a=on,b=off          the reference service; a knob that is not named is on, `all=off` first turns all off
spec:NAME[.ROLE]          the arm of that role of a spec: a name in specs/ or a TOML file
"""

import re
import shlex
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from urllib.parse import urlsplit

from bench.errors import UsageError

KINDS = ("cmd", "url", "git", "knobs", "spec")
ROLES = ("baseline", "candidate")
ALL = "all"
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


@dataclass(frozen=True, slots=True)
class CommandArm:
    """A command that serves on the port it is given."""

    arguments: tuple[str, ...]
    environment: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class UrlArm:
    """A service that somebody else started."""

    url: str


@dataclass(frozen=True, slots=True)
class RevisionArm:
    """A revision of the repository one stands in."""

    revision: str


@dataclass(frozen=True, slots=True)
class KnobsArm:
    """The reference service with every knob `on` or `off`."""

    knobs: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class SpecArm:
    """The arm of one role of a spec."""

    spec: str
    role: str


Notation = CommandArm | UrlArm | RevisionArm | KnobsArm | SpecArm


def parse(text: str, role: str, knobs: Collection[str]) -> Notation:
    """Read an ARM given for `--baseline` or `--candidate`; `knobs` are those that exist.

    Raises UsageError that says what is wrong with it.
    """
    kind, colon, rest = text.partition(":")
    if not colon or kind not in KINDS or not rest.strip():
        forms = ", ".join(f"{known}:..." for known in KINDS)
        raise UsageError(f"--{role} {text!r} is no arm; write {forms}, as in 'cmd:uvicorn app:app --port {{port}}'.")
    match kind:
        case "cmd":
            return command(rest, f"--{role}")
        case "url":
            return _url(rest, role)
        case "git":
            return RevisionArm(rest.strip())
        case "knobs":
            return KnobsArm(_knobs(rest, role, knobs))
        case _:
            name, dot, own = rest.rpartition(".")
            return SpecArm(name, own) if dot and own in ROLES else SpecArm(rest, role)


def command(text: str, where: str) -> CommandArm:
    """A command line as a shell splits it, without running one.

    Raises UsageError where quotes do not match or no word holds {port}.
    """
    try:
        words = shlex.split(text)
    except ValueError as error:
        raise UsageError(f"{where}: `{text}` cannot be split into words ({error}).") from error
    environment: dict[str, str] = {}
    while words and (variable := re.fullmatch(r"([A-Za-z_]\w*)=(.*)", words[0], re.DOTALL)):
        environment[variable[1]] = variable[2]
        words = words[1:]
    if not words:
        raise UsageError(f"{where}: `{text}` names no program.")
    if not any("{port}" in word for word in (*words, *environment.values())):
        raise UsageError(
            f"{where}: `{text}` has no {{port}}; write it where the service takes its port, as in --port {{port}}."
        )
    return CommandArm(tuple(words), environment)


def _url(text: str, role: str) -> UrlArm:
    """The URL with one name for this machine, so that the same service is seen to be the same."""
    try:
        parts = urlsplit(text.strip())
        port = parts.port
    except ValueError as error:
        raise UsageError(f"--{role} url:{text} is no URL ({error}).") from error
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise UsageError(f"--{role} url:{text} is no URL of a service; write url:http://HOST:PORT.")
    host = "127.0.0.1" if parts.hostname in LOOPBACK else parts.hostname
    where = f"[{host}]" if ":" in host else host
    return UrlArm(f"{parts.scheme}://{where}{f':{port}' if port else ''}{parts.path.rstrip('/')}")


def _knobs(text: str, role: str, known: Collection[str]) -> Mapping[str, str]:
    chosen = dict.fromkeys(known, "on")
    for number, pair in enumerate(text.split(",")):
        name, _, state = (part.strip() for part in pair.partition("="))
        if state not in ("on", "off"):
            raise UsageError(f"--{role} knobs:{text}: `{pair.strip()}` is not KNOB=on or KNOB=off.")
        if name == ALL and number == 0:
            chosen = dict.fromkeys(known, state)
        elif name in chosen:
            chosen[name] = state
        else:
            close = get_close_matches(name, known, n=1)
            hint = f"did you mean `{close[0]}`?" if close else f"valid are {', '.join(sorted(known))}."
            raise UsageError(f"--{role} knobs:{text}: unknown knob `{name}`; {hint}")
    return chosen
