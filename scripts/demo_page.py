"""Drives the demo page in a real browser: types commands, chooses files, presses buttons, takes pictures."""

from __future__ import annotations

import shutil
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from playwright.async_api import Locator, Page

DESK = (1280, 900)
PHONE = (390, 844)
_FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
_READY = "() => window.simcordPreview && simcordPreview.ready && !simcordPreview.pendingAction"
_PATIENCE = 30.0


def chromium() -> str | None:
    """The path of an installed Chromium, or None."""
    for name in ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable"):
        if path := shutil.which(name):
            return path
    return None


@asynccontextmanager
async def demo_page(url: str, size: tuple[int, int] = DESK) -> AsyncIterator[DemoPage]:
    """Opens the page at an address, in a window of a size.

    Raises:
        FileNotFoundError: no Chromium is installed.
    """
    from playwright.async_api import async_playwright

    path = chromium()
    if path is None:
        raise FileNotFoundError("no Chromium is installed")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=_FLAGS)
        try:
            scale = 2 if size[0] < 500 else 1
            page = await browser.new_page(viewport={"width": size[0], "height": size[1]}, device_scale_factor=scale)
            await page.goto(url)
            page.set_default_timeout(8000)
            demo = DemoPage(page)
            await demo.settle()
            yield demo
        finally:
            await browser.close()


class DemoPage:
    """The page; every method waits until the bot has answered."""

    def __init__(self, page: Page) -> None:
        self.page = page

    async def settle(self) -> None:
        """Waits until nothing is under way."""
        for _ in range(int(_PATIENCE * 20)):
            if await self.page.evaluate(_READY):
                return
            await self.page.wait_for_timeout(50)
        raise TimeoutError("the page did not settle")

    async def command(self, name: str, *, files: dict[str, Path] | None = None, **options: str) -> None:
        """Types a slash command, fills its options and sends it."""
        composer = self.page.locator("#channel-composer-input")
        await composer.click()
        await composer.press_sequentially(f"/{name}", delay=10)
        await self.page.locator(".command-entry").first.click()
        for option, path in (files or {}).items():
            field = f'.command-file-input[data-option="{option}"]'
            await self._open_option(option, field)
            await self.page.locator(field).set_input_files(str(path))
        for option, value in options.items():
            field = f'.command-option-input[data-option="{option}"]'
            await self._open_option(option, field)
            await self.page.locator(field).fill(value)
        await self.page.locator("#send-message").click()
        await self.settle()

    async def _open_option(self, option: str, field: str) -> None:
        """Adds an optional option to the command, unless it stands there already."""
        if await self.page.locator(field).count():
            return
        suggestion = self.page.locator(f'.command-suggestion[data-value="{option}"]')
        if not await suggestion.count():
            await self.page.locator(".command-ghost").first.click()
        await suggestion.first.click()
        await self.page.locator(field).wait_for(state="attached")

    async def press(self, label: str) -> None:
        """Presses the last button with a label."""
        await self.page.get_by_role("button", name=label, exact=True).last.click()
        await self.settle()

    async def last_message(self) -> Locator:
        """The newest message."""
        await self.settle()
        return self.page.locator(".channel-message[data-message-id]").last

    async def text(self) -> str:
        """The words of the newest message."""
        return await (await self.last_message()).inner_text()

    async def picture(self, path: Path) -> None:
        """Takes a picture of the newest message."""
        message = await self.last_message()
        await message.scroll_into_view_if_needed()
        await self.page.wait_for_timeout(150)
        await message.screenshot(path=path)

    async def state(self) -> dict[str, Any]:
        """What the page knows of itself."""
        found: dict[str, Any] = await self.page.evaluate("() => ({ready: simcordPreview.ready})")
        return found
