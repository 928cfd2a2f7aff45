"""JupyterLab in a real browser: `perflab notebook`, as an analyst uses it."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Locator, Route, expect

from bench.lab import NOTEBOOKS
from tests.browser.conftest import Window
from tests.report.test_example import EXAMPLE

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.asyncio(loop_scope="package")]

LIMIT_S = 90.0
NOTEBOOK = ".jp-NotebookPanel:not(.lm-mod-hidden)"
"""The one in front."""
ADDRESS = re.compile(r"http://127\.0\.0\.1:\d+/lab\S*token=\w+")


@dataclass
class Jupyter:
    """A running `perflab notebook`."""

    process: "subprocess.Popen[bytes]"
    log: Path

    def address(self) -> str:
        """Where it is, with its token; fails with what it said if it does not come up."""
        deadline = time.monotonic() + LIMIT_S
        while (found := ADDRESS.search(self.log.read_text())) is None or not answers(found.group()):
            assert time.monotonic() < deadline, self.log.read_text()
            assert self.process.poll() is None, self.log.read_text()
            time.sleep(0.1)
        return found.group()


def answers(address: str) -> bool:
    """Whether anybody listens there yet: the address is told a moment before."""
    place = urlsplit(address)
    try:
        socket.create_connection((place.hostname, place.port), timeout=1).close()
    except OSError:
        return False
    return True


@pytest.fixture(scope="module")
def jupyter(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Jupyter]:
    """`perflab notebook --run RUN` on the example."""
    folder = tmp_path_factory.mktemp("jupyter")
    # Settings of the machine's own Jupyter are nothing to this test; `true` opens no second browser.
    own = {f"JUPYTER_{name}_DIR": str(folder / name) for name in ("CONFIG", "DATA", "RUNTIME")}
    command = [sys.executable, "-c", "from bench.cli import main; main()", "notebook", "--run", str(EXAMPLE)]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            command, stdout=log, stderr=log, start_new_session=True, env=os.environ | own | {"BROWSER": "true %s"}
        )
    yield Jupyter(process, folder / "log")
    os.killpg(process.pid, signal.SIGINT)
    time.sleep(0.5)
    os.killpg(process.pid, signal.SIGTERM)
    process.wait(LIMIT_S)


@pytest_asyncio.fixture(loop_scope="package")
async def window(chromium: Browser, jupyter: Jupyter) -> AsyncIterator[Window]:
    """JupyterLab as `perflab notebook` opens it."""
    page = await chromium.new_page(viewport={"width": 1400, "height": 1000})
    page.set_default_timeout(LIMIT_S * 1000)
    await page.route("**/api/contents/**", refuse_to_save)
    opened = Window(page)
    await page.goto(jupyter.address())
    yield opened
    await page.close()


async def refuse_to_save(route: Route) -> None:
    """JupyterLab saves by itself after two minutes; the notebooks here are the committed ones."""
    await (route.abort() if route.request.method == "PUT" else route.continue_())


async def seen(what: Locator) -> None:
    """Wait until it is there."""
    await expect(what).to_be_visible(timeout=LIMIT_S * 1000)


async def test_from_the_first_page_to_a_figure(window: Window) -> None:
    """The launcher leads to a notebook; all its cells run, and the figure shows."""
    committed = (NOTEBOOKS / "02_response_time.ipynb").read_bytes()
    page = window.page
    await page.get_by_role("link", name="02_response_time").click()
    await seen(page.get_by_role("heading", name="Does the API answer faster, and for whom?"))
    # A kernel that is still starting forgets what it is asked.
    await seen(page.locator(f"{NOTEBOOK} .jp-Notebook-ExecutionIndicator[data-status='idle']"))
    await window.keep("jupyter-opened")
    await page.get_by_role("menuitem", name="Run", exact=True).click()
    await page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
    figure = page.locator(f"{NOTEBOOK} .jp-OutputArea-output img").first
    await seen(figure)
    assert await figure.evaluate("each => each.naturalWidth") > 300
    await figure.scroll_into_view_if_needed()
    await window.keep("jupyter-figure")
    last = page.locator(f"{NOTEBOOK} .jp-CodeCell .jp-InputPrompt").last
    await expect(last).to_have_text(re.compile(r"\[\d+\]:"), timeout=LIMIT_S * 1000)
    # Errors and warnings have types of Jupyter's own.
    assert await page.locator(f"{NOTEBOOK} [data-mime-type^='application/vnd.jupyter']").count() == 0
    assert (NOTEBOOKS / "02_response_time.ipynb").read_bytes() == committed
