"""A real browser for tests that look at pages as people do."""

import os
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, ConsoleMessage, Page, Request, async_playwright

from bench.lab.examination import BROWSERS, browser

REQUIRED = "PERFLAB_REQUIRE_BROWSER"
SCREENSHOTS = Path(__file__).parents[2] / "reports" / "screenshots"
"""Where the pictures stay; CI keeps them with the run."""


@pytest_asyncio.fixture(scope="package", loop_scope="package")
async def chromium() -> AsyncIterator[Browser]:
    """Chromium without a window; skips where there is none, fails where one is required."""
    program = browser()
    if program is None:
        reason = f"none of {', '.join(BROWSERS)} is installed"
        if os.environ.get(REQUIRED) == "1":
            pytest.fail(f"{REQUIRED}=1, but {reason}.")
        pytest.skip(f"{reason[0].upper()}{reason[1:]}.")
    async with async_playwright() as playwright:
        # A container lets nobody make the namespaces of Chromium's own sandbox; the pages are ours.
        opened = await playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield opened
        await opened.close()


@dataclass
class Window:
    """A page, and what went on in it."""

    page: Page
    complaints: list[str] = field(default_factory=list)
    """Errors and warnings of its console, and exceptions of its scripts."""
    requests: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on("console", self._heard)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("request", self._asked)

    def _heard(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self.complaints.append(message.text)

    def _asked(self, request: Request) -> None:
        self.requests.append(request.url)

    async def overflow(self) -> int:
        """By how many pixels the page is wider than the window."""
        return int(
            await self.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        )

    async def keep(self, name: str, *, whole: bool = False) -> Path:
        """A screenshot."""
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        path = SCREENSHOTS / f"{name}.png"
        await self.page.screenshot(path=path, full_page=whole)
        return path
