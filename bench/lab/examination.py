"""What this machine has, for `perflab doctor`."""

import asyncio
import os
import shutil
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from bench import environment, provision
from bench.environment import OwnProcesses, Snapshot
from bench.errors import PerflabError
from bench.lab.caches import CACHE
from bench.lab.options import DEFAULT_REPORTS, ROOT
from bench.lifetime import Custody

NOTEBOOKS = ("jupyterlab", "ipykernel", "nbclient", "nbconvert")
"""What notebooks are opened and executed with."""
PAGES = ("playwright", "axe_playwright_python")
"""What the tests that look at pages drive a browser with."""
KERNEL = "python3"
"""The kernel that the notebooks name."""
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
DISK_BYTES = 3 * 2**30
"""A run of 100,000 documents keeps its databases twice for a moment: in the cache and in use."""
LOOK_S = 1.0
QUIET_CORES = 0.2


@dataclass(frozen=True, slots=True)
class Examined:
    """One fact about the machine."""

    subject: str
    ok: bool
    text: str
    needed: bool = False
    """Whether nothing can be measured without it."""


def examine() -> list[Examined]:
    """Look at everything that a run will need."""
    return [
        _machine(), _quiet(), _servers(), _docker(), _disk(), _reports(), _browser(), _packages("notebooks", NOTEBOOKS),
        _packages("pages", PAGES), _kernel(),
    ]  # fmt: skip


def _machine() -> Examined:
    seen = environment.describe(ROOT)
    text = f"{seen.cores} cores, {seen.memory_bytes / 2**30:.0f} GiB, {seen.cpu}, Python {sys.version.split()[0]}"
    enough = seen.cores >= 2
    return Examined("machine", enough, text if enough else f"{text}: load and service will share one core")


def _quiet() -> Examined:
    own = OwnProcesses()
    before = Snapshot.take(own)
    asyncio.run(asyncio.sleep(LOOK_S))
    health = before.until(Snapshot.take(own))
    busy = health.neighbour_cores or 0.0
    text = f"neighbours keep {busy:.2f} cores busy, {health.steal or 0:.1%} of CPU time stolen"
    return Examined("quiet", busy <= QUIET_CORES, text)


def _servers() -> Examined:
    async def try_it() -> str:
        with Custody.open() as custody:
            async with provision.start("embedded", custody) as servers:
                return f"PostgreSQL {servers.postgres_version}, {servers.redis_version} start"

    try:
        return Examined("embedded", True, asyncio.run(try_it()), needed=True)
    except PerflabError as error:
        return Examined("embedded", False, str(error), needed=True)


def _docker() -> Examined:
    kind, reason = asyncio.run(provision.choose("auto", provision.Images.from_environment()))
    return Examined("docker", kind == "docker", reason)


def _disk() -> Examined:
    place = CACHE
    while not place.exists():
        place = place.parent
    free = shutil.disk_usage(place).free
    return Examined("disk", free >= DISK_BYTES, f"{free / 2**30:.0f} GiB free for the caches in {CACHE}")


def _reports() -> Examined:
    place = DEFAULT_REPORTS if DEFAULT_REPORTS.exists() else DEFAULT_REPORTS.parent
    writable = os.access(place, os.W_OK)
    return Examined(
        "reports", writable, f"{DEFAULT_REPORTS} is {'writable' if writable else 'not writable: use --out'}"
    )


def _browser() -> Examined:
    found = browser()
    text = found.name if found else f"none of {', '.join(BROWSERS)} is installed: tests that look at pages are skipped"
    return Examined("browser", found is not None, text)


def _packages(subject: str, names: Sequence[str]) -> Examined:
    missing = [name for name in names if find_spec(name) is None]
    text = (
        f"not installed: {', '.join(missing)}; `./perflab` installs them from the lock" if missing else ", ".join(names)
    )
    return Examined(subject, not missing, text)


def _kernel() -> Examined:
    """JupyterLab opens a notebook with the kernel of that name, wherever it finds one; executed pages need none."""
    found = _kernels().get(KERNEL)
    text = f"{KERNEL} in {found}" if found else f"JupyterLab finds no kernel {KERNEL}; `./perflab` installs ipykernel"
    return Examined("kernel", found is not None, text)


def _kernels() -> Mapping[str, str]:
    if find_spec("jupyter_client") is None:
        return {}
    from jupyter_client.kernelspec import KernelSpecManager

    known: Mapping[str, str] = KernelSpecManager().find_kernel_specs()
    return known


def browser() -> Path | None:
    """A Chromium that can be driven."""
    return next((Path(path) for name in BROWSERS if (path := shutil.which(name))), None)
