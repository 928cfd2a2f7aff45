"""The report in a real browser, as people read it: wide, narrow, dark, printed, by keyboard, by screen reader."""

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser

from bench.lab import report_again
from tests.browser.conftest import Window
from tests.report.test_example import EXAMPLE

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="package")]

WIDE = (1280, 900)
PHONE = (390, 844)
A4 = (794, 1123)
"""Pixels of a sheet at 96 to the inch."""

FAULTY = """<!doctype html><title>x</title><img src="data:image/png;base64,AAAA">
<table style="width: 2000px"><tr><td style="color: #999; background: #aaa">dim</td></tr></table>
<script>console.error("broken"); fetch("http://127.0.0.1:9/beacon").catch(() => 0); undefinedName()</script>"""


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """report.html of the example: a real run of every experiment, written by today's code."""
    folder = tmp_path_factory.mktemp("browser") / "run"
    shutil.copytree(EXAMPLE, folder)
    report_again(folder, notebooks=False)
    return folder / "report.html"


@asynccontextmanager
async def opened(chromium: Browser, page: Path, size: tuple[int, int], scheme: str = "light") -> AsyncIterator[Window]:
    """A file, looked at in a window of that size."""
    width, height = size
    tab = await chromium.new_page(viewport={"width": width, "height": height}, color_scheme=scheme)  # type: ignore[arg-type]
    window = Window(tab)
    await tab.goto(page.as_uri(), wait_until="networkidle")
    yield window
    await tab.close()


async def barriers(window: Window) -> list[str]:
    """What axe-core finds: the rule and the element."""
    found = await Axe().run(window.page)
    return [f"{each['id']}: {node['html'][:120]}" for each in found.response["violations"] for node in each["nodes"]]


async def unseen(window: Window) -> int:
    """How many pictures did not load."""
    return int(await window.page.evaluate("[...document.images].filter(each => !each.naturalWidth).length"))


def elsewhere(window: Window) -> list[str]:
    """Requests that leave the file."""
    return [url for url in window.requests if not url.startswith(("file:", "data:"))]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
async def test_the_report_can_be_read(chromium: Browser, report: Path, size: tuple[int, int], scheme: str) -> None:
    """No complaint, no network, no sideways scrolling, every figure there, nothing that shuts a reader out."""
    async with opened(chromium, report, size, scheme) as window:
        await window.keep(f"report-{size[0]}-{scheme}", whole=True)
        assert window.complaints == []
        assert elsewhere(window) == []
        assert await window.overflow() == 0
        assert await unseen(window) == 0
        assert await barriers(window) == []


async def test_what_is_wrong_with_a_page_is_found(chromium: Browser, tmp_path: Path) -> None:
    """Each of those checks fails on a page that breaks it."""
    (tmp_path / "faulty.html").write_text(FAULTY)
    async with opened(chromium, tmp_path / "faulty.html", PHONE) as window:
        assert any("broken" in each for each in window.complaints)
        assert any("undefinedName" in each for each in window.complaints)
        assert elsewhere(window) == ["http://127.0.0.1:9/beacon"]
        assert await window.overflow() > 1000
        assert await unseen(window) == 1
        rules = {each.partition(":")[0] for each in await barriers(window)}
        assert {"image-alt", "color-contrast", "html-has-lang"} <= rules


async def test_dark_is_dark(chromium: Browser, report: Path) -> None:
    """Who asked the system for dark pages gets light letters on a dark ground."""
    async with opened(chromium, report, WIDE, "dark") as window:
        ground = await window.page.evaluate("getComputedStyle(document.body).backgroundColor")
        assert max(int(part) for part in ground.removeprefix("rgb(").removesuffix(")").split(",")) < 64


async def test_the_report_prints(chromium: Browser, report: Path, tmp_path: Path) -> None:
    """On A4 nothing is cut off at the side, and no figure is torn between two sheets."""
    async with opened(chromium, report, A4) as window:
        await window.page.emulate_media(media="print")
        assert await window.overflow() == 0
        torn = "[...document.querySelectorAll('figure')].map(each => getComputedStyle(each).breakInside)"
        assert set(await window.page.evaluate(torn)) == {"avoid"}
        printed = await window.page.pdf(format="A4")
        assert printed.startswith(b"%PDF")
        assert 3 < printed.count(b"/Type /Page\n") < 60


async def test_the_scorecard_is_walked_by_keyboard(chromium: Browser, report: Path) -> None:
    """Tab goes from criterion to criterion, Enter to the section that explains it."""
    async with opened(chromium, report, WIDE) as window:
        await window.page.keyboard.press("Tab")
        target = await window.page.evaluate("document.activeElement.getAttribute('href')")
        assert target.startswith("#")
        await window.page.keyboard.press("Enter")
        where = await window.page.evaluate(
            "document.getElementById(location.hash.slice(1)).getBoundingClientRect().top"
        )
        assert -1 < where < WIDE[1]  # it stops at a whole pixel
