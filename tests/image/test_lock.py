"""What the image installs is the lock's part that the service needs: no more, no less, in the same versions."""

import ast
import re
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from packaging.utils import canonicalize_name

from bench.errors import UsageError
from bench.image import ROOT
from bench.image.lock import NAME, entries, needed, service_lock

GROUP = tomllib.loads((ROOT / "pyproject.toml").read_text())["dependency-groups"]["service"]
OPTIONAL = {"interlock"}
"""Asked for by one setting alone, which says that it is not installed."""


def imported(folder: Path) -> set[str]:
    """The top-level names that the modules below a folder import from elsewhere."""
    names: set[str] = set()
    for path in folder.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                names |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
                names.add(node.module.partition(".")[0])
    return names - set(sys.stdlib_module_names) - {folder.name}


def missing(names: set[str], lock: str) -> set[str]:
    """Those that no package of a lock provides."""
    provided = packages_distributions()
    locked = set(entries(lock))
    return {name for name in names if not set(map(canonicalize_name, provided.get(name, []))) & locked}


def test_it_is_what_requirements_lock_says() -> None:
    """Whoever refreshes the one lock writes the other again."""
    assert (ROOT / NAME).read_text() == service_lock(ROOT), "run python -m bench.image"


def test_everything_that_the_service_imports_is_there() -> None:
    """And a package that is left out is noticed."""
    names = imported(ROOT / "service") - OPTIONAL
    assert {"asyncpg", "fastapi", "httpx"} <= names
    lock = (ROOT / NAME).read_text()
    assert missing(names, lock) == set()
    without = re.sub(r"^httpx==", "httpy==", lock, flags=re.MULTILINE)
    assert missing(names, without) == {"httpx"}


def test_the_lab_is_not_in_it() -> None:
    """Nothing that only measures, tests or reports; the names in the group are the project's own, unbounded."""
    locked = set(entries((ROOT / NAME).read_text()))
    assert not locked & {"locust", "jupyterlab", "numpy", "pytest", "gevent", "testcontainers", "pip", "uv"}
    dependencies = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    assert set(GROUP) <= {re.split(r"[<>=;\[ ]", line)[0] for line in dependencies}


def test_a_package_that_is_not_locked_is_named() -> None:
    """A lock that is older than pyproject.toml ends with one sentence."""
    locked = entries((ROOT / "requirements.lock").read_text())
    assert {"starlette", "anyio"} <= needed(["fastapi"], locked)
    without = {name: found for name, found in locked.items() if name != "starlette"}
    with pytest.raises(UsageError, match="starlette"):
        needed(["fastapi"], without)
