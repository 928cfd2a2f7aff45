"""What a Dockerfile has to say so that its image can be trusted with few rights. Pure: text in, objections out.

hadolint and Trivy (`perflab scan`) know how Dockerfiles are written in general; these rules are this project's own.
"""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

BY_DIGEST = re.compile(r"[^@\s]+@sha256:[0-9a-f]{64}")
VARIABLE = re.compile(r"\$\{?(\w+)\}?")
FETCHERS = ("curl", "wget")
LABELS = tuple(f"org.opencontainers.image.{name}" for name in ("title", "licenses", "version", "revision"))


@dataclass(frozen=True, slots=True)
class Check:
    """One rule held against one Dockerfile."""

    rule: str
    objection: str | None
    """Why it does not hold; None when it does."""


@dataclass(frozen=True, slots=True)
class Stage:
    """What stands from one FROM to the next."""

    base: str
    """As it comes to be with the defaults of the build arguments."""
    is_argument: bool
    """Whether a build argument names it."""
    name: str
    said: tuple[tuple[str, str], ...]
    """Instructions and their words, without FROM."""

    def last(self, instruction: str) -> str:
        """The words of the last such instruction, which is the one that counts; empty if there is none."""
        return next((words for name, words in reversed(self.said) if name == instruction), "")

    def all(self, instruction: str) -> list[str]:
        """The words of every such instruction."""
        return [words for name, words in self.said if name == instruction]


def checks(text: str) -> tuple[Check, ...]:
    """Every rule held against a Dockerfile."""
    found = stages(text)
    return tuple(Check(rule, objects(found) if found else "it has no FROM") for rule, objects in RULES.items())


def stages(text: str) -> tuple[Stage, ...]:
    """The stages of a Dockerfile, in order."""
    defaults: dict[str, str] = {}
    found: list[Stage] = []
    for name, words in instructions(text):
        if name == "FROM":
            base, *alias = [word for word in words.split() if not word.startswith("--")]
            resolved = VARIABLE.sub(lambda match: defaults.get(match[1], ""), base)
            found.append(Stage(resolved, base != resolved, alias[-1] if alias else "", ()))
        elif found:
            last = found[-1]
            found[-1] = Stage(last.base, last.is_argument, last.name, (*last.said, (name, words)))
        elif name == "ARG":
            variable, _, default = words.partition("=")
            defaults[variable] = default.strip("\"'")
    return tuple(found)


def instructions(text: str) -> list[tuple[str, str]]:
    """Each instruction and its words: lines joined, comments left out."""
    kept = "\n".join(line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#"))
    lines = re.sub(r"\\\s*\n", " ", kept).splitlines()
    pairs = (line.strip().partition(" ") for line in lines)
    return [(name.upper(), words.strip()) for name, _, words in pairs]


def _bases(found: Sequence[Stage]) -> list[Stage]:
    names = {stage.name for stage in found if stage.name}
    return [stage for stage in found if stage.base not in names]


def _pinned(found: Sequence[Stage]) -> str | None:
    for stage in _bases(found):
        if not BY_DIGEST.fullmatch(stage.base):
            return f"the base {stage.base or 'without a default'} is not named by its digest (@sha256:...)"
    return None


def _replaceable(found: Sequence[Stage]) -> str | None:
    fixed = [stage.base for stage in _bases(found) if not stage.is_argument]
    return f"the base {fixed[0]} is no build argument, so nobody can build on another" if fixed else None


def _ordinary(found: Sequence[Stage]) -> str | None:
    user = found[-1].last("USER")
    number = user.partition(":")[0]
    if not number.isdecimal():
        return f"USER {user or 'is missing'}: an orchestrator can tell by a number alone that it is not root"
    return "USER is root" if int(number) == 0 else None


def _healthy(found: Sequence[Stage]) -> str | None:
    check = found[-1].last("HEALTHCHECK")
    if "CMD" not in check:
        return "there is no HEALTHCHECK"
    tools = [tool for tool in FETCHERS if re.search(rf"\b{tool}\b", check)]
    if tools:
        return f"HEALTHCHECK needs {tools[0]} in the image"
    return None if _is_list(check.partition("CMD")[2]) else "HEALTHCHECK needs a shell; give its words as a list"


def _stoppable(found: Sequence[Stage]) -> str | None:
    starts = [words for name in ("ENTRYPOINT", "CMD") if (words := found[-1].last(name))]
    if not starts:
        return "neither ENTRYPOINT nor CMD says what runs"
    if not all(map(_is_list, starts)):
        return "a shell would be the first process and keep SIGTERM to itself; give ENTRYPOINT and CMD as lists"
    return None


def _locked(found: Sequence[Stage]) -> str | None:
    installs = [words for stage in found for words in stage.all("RUN") if re.search(r"\bpip\b.* install\b", words)]
    loose = [words for words in installs if "--require-hashes" not in words]
    return "packages are installed without --require-hashes" if loose else None


def _chosen(found: Sequence[Stage]) -> str | None:
    for stage in found:
        if stage.all("ADD"):
            return "ADD unpacks and fetches; say COPY"
        for words in stage.all("COPY"):
            first = next(word for word in words.split() if not word.startswith("--"))
            if "--from=" not in words and first in {".", "./", "*"}:
                return f"COPY {first} takes whatever lies about; name what the image needs"
    return None


def _labelled(found: Sequence[Stage]) -> str | None:
    told = " ".join(found[-1].all("LABEL"))
    missing = [label for label in LABELS if f"{label}=" not in told]
    return f"the label {missing[0]} is missing" if missing else None


def _several(found: Sequence[Stage]) -> str | None:
    return None if len(found) > 1 else "one stage: what builds the image stays in it"


def _is_list(words: str) -> bool:
    try:
        return isinstance(json.loads(words), list)
    except json.JSONDecodeError:
        return False


RULES: Mapping[str, Callable[[Sequence[Stage]], str | None]] = {
    "base by digest": _pinned,
    "base replaceable": _replaceable,
    "stages": _several,
    "numeric user": _ordinary,
    "health check": _healthy,
    "graceful stop": _stoppable,
    "locked packages": _locked,
    "chosen files": _chosen,
    "labels": _labelled,
}
