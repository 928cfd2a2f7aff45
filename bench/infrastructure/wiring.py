"""Whether modules fit together: arguments and variables, outputs, locals, resources; and nothing is declared twice.

`terraform validate` would say it, too, but needs the provider.
"""

import os
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench.infrastructure.files import MARK, Parsed, code

OWN = frozenset({"source", "version", "providers", "count", "for_each", "depends_on"})
"""Arguments of a module block that are Terraform's."""
VARIABLE = re.compile(r"\bvar\.(\w+)")
LOCAL = re.compile(r"\blocal\.(\w+)")
OUTPUT = re.compile(r"\bmodule\.(\w+)\.(\w+)")
RESOURCE = re.compile(r"(?<!data\.)\b(docker_\w+\.\w+)")
DECLARED = ("variable", "output", "module", "resource")
SECRET = re.compile(r"password|secret_key|token|admin_key")


@dataclass
class Module:
    """What a folder declares."""

    variables: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    outputs: set[str] = field(default_factory=set)
    locals: set[str] = field(default_factory=set)
    calls: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    text: str = ""
    declared: Counter[str] = field(default_factory=Counter)
    """How often, by kind and name."""


def complaints(files: Sequence[Parsed]) -> Iterator[str]:
    """Whatever does not fit, with its folder."""
    modules = _modules(files)
    for folder, module in sorted(modules.items()):
        yield from (f"{folder.name}: {what}" for what in _within(module))
        for name, call in module.calls.items():
            yield from _call(folder, name, call, modules)
        for name, output in sorted(set(OUTPUT.findall(module.text))):
            if name not in module.calls:
                yield f"{folder.name}: module.{name} is not declared"
                continue
            called = _called(folder, module.calls[name], modules)
            if called is not None and output not in called.outputs:
                yield f"{folder.name}: module.{name} has no output {output}"


def _within(module: Module) -> Iterator[str]:
    """What is wrong whoever calls it: references to nothing, the same twice, a secret that is shown."""
    resources = {what.removeprefix("resource ") for what in module.declared}
    for prefix, pattern, known in (("var.", VARIABLE, module.variables.keys()), ("local.", LOCAL, module.locals)):
        yield from (f"{prefix}{name} is not declared" for name in sorted(set(pattern.findall(module.text)) - known))
    yield from (f"{name} is not declared" for name in sorted(set(RESOURCE.findall(module.text)) - resources))
    yield from (f"{what} is declared twice" for what, times in module.declared.items() if times > 1)
    for name, body in module.variables.items():
        if SECRET.search(name) and body.get("sensitive") is not True:
            yield f"variable {name} looks like a secret and is not sensitive"


def _call(folder: Path, name: str, call: Mapping[str, Any], modules: Mapping[Path, Module]) -> Iterator[str]:
    called = _called(folder, call, modules)
    if called is None:
        yield f"{folder.name}: module {name} comes from {call.get('source')}, where there is none"
        return
    given = {argument for argument in call if not argument.startswith(MARK)} - OWN
    for argument in sorted(given - called.variables.keys()):
        yield f"{folder.name}: module {name} has no variable {argument}"
    for variable in sorted(called.variables.keys() - given):
        if "default" not in called.variables[variable]:
            yield f"{folder.name}: module {name} needs {variable}"


def _called(folder: Path, call: Mapping[str, Any], modules: Mapping[Path, Module]) -> Module | None:
    source = str(call.get("source", "")).strip('"')
    return modules.get(Path(os.path.normpath(folder / source)))


def _modules(files: Sequence[Parsed]) -> dict[Path, Module]:
    modules: dict[Path, Module] = defaultdict(Module)
    for parsed in files:
        if parsed.path.name.endswith(".tftest.hcl"):
            continue
        module = modules[parsed.path.parent]
        module.variables.update({labels[0]: body for labels, body in parsed.labelled("variable")})
        module.outputs.update(labels[0] for labels, _ in parsed.labelled("output"))
        module.calls.update({labels[0]: body for labels, body in parsed.labelled("module")})
        for block in parsed.body.get("locals", ()):
            module.locals.update(name for name in block if not name.startswith(MARK))
        for kind in DECLARED:
            module.declared.update(f"{kind} {'.'.join(labels)}" for labels, _ in parsed.labelled(kind))
        module.text += code(parsed.body)
    return dict(modules)
