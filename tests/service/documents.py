"""A few hundred real documents: docstrings of the standard library, some of them twice so that ranks tie."""

import importlib
import inspect
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

TECHNOLOGIES = {
    "asyncio": ("asyncio", "asyncio.tasks", "concurrent.futures"),
    "postgres": ("sqlite3",),
    "python": ("argparse", "collections", "json", "pathlib", "statistics", "logging"),
    "http": ("http.client", "urllib.parse", "socket"),
}
WORKSPACES = ("team-1", "team-2", "team-3")
FIRST_DAY = datetime(2025, 1, 1, tzinfo=UTC)

Row = tuple[int, str, str, str, str, str, datetime, datetime]
COLUMNS = ("id", "workspace_id", "technology", "title", "content", "source", "created_at", "updated_at")


def rows() -> Iterator[Row]:
    """Documents as the table has them."""
    number = 0
    for technology, modules in TECHNOLOGIES.items():
        for module in modules:
            for name, text in _docstrings(module):
                # team-1 has every document; the others a half of them each. Every third comes twice on one day.
                for workspace in ("team-1", "team-2" if number % 2 else "team-3"):
                    for _ in range(2 if number % 3 == 0 else 1):
                        day = FIRST_DAY + timedelta(days=number % 40)
                        number += 1
                        title = f"{module}.{name}"
                        yield number, workspace, technology, title, text, f"{module}.py", day, day


def _docstrings(module: str) -> Iterator[tuple[str, str]]:
    members = inspect.getmembers(importlib.import_module(module))
    for name, member in members:
        text = inspect.getdoc(member) if inspect.isroutine(member) or inspect.isclass(member) else None
        if text and not name.startswith("_"):
            yield name, text
