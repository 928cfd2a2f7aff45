"""Harvest real text: docstrings, comments, descriptions. Read from files, never imported.

The same interpreter with the same distributions gives the same entries in the same order, on every
machine of one platform; they are kept in a cache folder under a name that says what made them.
"""

import ast
import gc
import hashlib
import json
import re
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from platformdirs import user_cache_path

from bench.corpus import cleaning, sources

_COMMENT = re.compile(r"/\*(.*?)\*/", re.DOTALL)
_MARGIN = re.compile(r"^[ \t]*\*?[ \t]?", re.MULTILINE)
_MEMBER = (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)

Texts = Iterator[tuple[str, str]]
"""Names of things and the text that describes each."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What one place says about one thing."""

    technology: str
    source: str
    title: str
    paragraphs: tuple[str, ...]


def harvest(cache: Path | None = None) -> list[Entry]:
    """All entries, in a fixed order; from the cache folder where they have been harvested before.

    A paragraph that stands in several places is kept in the first.
    """
    folder = user_cache_path("perflab") if cache is None else cache
    kept = folder / f"harvest-{version()}.json"
    if kept.exists():
        stored = json.loads(kept.read_text())
        return [Entry(technology, source, title, tuple(texts)) for technology, source, title, texts in stored]
    with _uncollected():
        found = list(_read())
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile("w", dir=folder, suffix=".partial", delete=False) as partial:
        json.dump([(entry.technology, entry.source, entry.title, entry.paragraphs) for entry in found], partial)
    Path(partial.name).replace(kept)
    return found


def version() -> str:
    """Fingerprint of everything here: the installed text, and the code that makes documents and requests of it."""
    code = b"".join(module.read_bytes() for module in sorted(Path(__file__).parent.glob("*.py")))
    return hashlib.sha256(sources.fingerprint().encode() + code).hexdigest()[:16]


@contextmanager
def _uncollected() -> Iterator[None]:
    """No garbage collection: syntax trees have no cycles, and looking for some takes a quarter of the time.

    CPython 3.11 and 3.12 also miscount their depth, now and then, when one falls into parsing (gh-106905).
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _read() -> Iterator[Entry]:
    seen: set[str] = set()
    for technology, source, text in _texts():
        fresh = tuple(text for text in dict.fromkeys(cleaning.paragraphs(text)) if text not in seen)
        if fresh:
            seen.update(fresh)
            yield Entry(technology, source, cleaning.heading(text, source), fresh)


def _texts() -> Iterator[tuple[str, str, str]]:
    for source in sources.sources():
        try:
            raw = source.path.read_text(encoding="utf-8")
            for name, text in READERS[source.path.suffix](raw, source.name):
                yield source.technology, name, text
        except (UnicodeDecodeError, SyntaxError, ValueError):
            continue  # test data of parsers, written to be unreadable
    for name, _, technology in sources.distributions():
        described = metadata.metadata(name)
        # PEP 566: the description stands in the body, or in older files in a header.
        description = described.json.get("description")
        if isinstance(description, str):
            yield technology, f"description of {name}", description


def _docstrings(code: str, name: str) -> Texts:
    """Docstrings of a module, its classes and their members; functions inside functions document nobody."""
    nodes: list[tuple[ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef, str]]
    nodes = [(ast.parse(code), name)]
    while nodes:
        node, name = nodes.pop()
        match node.body:
            case [ast.Expr(value=ast.Constant(value=str(text))), *_]:
                yield name, text
        if isinstance(node, ast.Module | ast.ClassDef):
            members = [child for child in node.body if isinstance(child, _MEMBER)]
            nodes.extend((child, f"{name}.{child.name}") for child in reversed(members))


def _comments(code: str, name: str) -> Texts:
    """Block comments of a C header."""
    for comment in _COMMENT.finditer(code):
        yield name, _MARGIN.sub("", comment[1])


def _schema(code: str, name: str) -> Texts:
    """Titles and descriptions of settings in a JSON schema."""
    nodes = [(json.loads(code), name)]
    while nodes:
        node, name = nodes.pop()
        if isinstance(node, list):
            nodes.extend((child, name) for child in reversed(node))
        elif isinstance(node, dict):
            if isinstance(text := node.get("description"), str):
                yield name, text
            nodes.extend((child, f"{name}.{child_name}") for child_name, child in reversed(node.items()))


READERS: dict[str, Callable[[str, str], Texts]] = {".py": _docstrings, ".h": _comments, ".json": _schema}
