"""Drives the demo page in a real browser: types commands, chooses files, presses buttons, takes pictures."""

from __future__ import annotations

import asyncio
import re
import shutil
import sys
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from playwright.async_api import Browser, Download, Locator, Page

DESK = (1280, 900)
PHONE = (390, 844)
_FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
_READY = "() => window.simcordPreview && simcordPreview.ready && !simcordPreview.pendingAction"
_PATIENCE = 30.0
_PRESSES = 5
_ADDRESS = re.compile(r"http://127\.0\.0\.1:\d+\S*")
_COMPOSER = "#channel-composer-input"
_MESSAGE = ".channel-message[data-message-id]"


def chromium() -> str | None:
    """The path of an installed Chromium, or None."""
    for name in ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable"):
        if path := shutil.which(name):
            return path
    return None


@asynccontextmanager
async def served_demo() -> AsyncIterator[str]:
    """Runs `helpbot demo` as a visitor does and gives the address that it prints.

    Raises:
        RuntimeError: it ended without printing one.
    """
    command = [sys.executable, "-m", "bot.cli", "demo", "--port", "0", "--no-browser"]
    process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    try:
        output = cast("asyncio.StreamReader", process.stdout)
        while line := await asyncio.wait_for(output.readline(), _PATIENCE):
            if found := _ADDRESS.search(line.decode()):
                yield found[0].rstrip(".")
                return
        raise RuntimeError("helpbot demo ended without an address")
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


@asynccontextmanager
async def started_chromium() -> AsyncIterator[Browser]:
    """Starts the browser, in which any number of pages can be opened.

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
            yield browser
        finally:
            await browser.close()


@asynccontextmanager
async def demo_page(browser: Browser, url: str, size: tuple[int, int] = DESK) -> AsyncIterator[DemoPage]:
    """Opens the page at an address, in a window of a size, as a visitor who was never there before."""
    scale = 2 if size[0] < 500 else 1
    page = await browser.new_page(viewport={"width": size[0], "height": size[1]}, device_scale_factor=scale)
    try:
        await page.goto(url)
        page.set_default_timeout(8000)
        demo = DemoPage(page)
        await demo.settle()
        yield demo
    finally:
        await page.close()


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

    async def command(
        self,
        name: str,
        /,
        *,
        files: dict[str, Path] | None = None,
        choices: dict[str, str] | None = None,
        **options: str,
    ) -> None:
        """Types a slash command, fills its options and sends it; `choices` are picked from the lists of theirs."""
        await self.choose(name)
        for option, value in (choices or {}).items():
            await self.page.locator(f'.command-option-input[data-option="{option}"]').fill(value)
            await self.page.locator(".command-suggestion", has_text=value).first.click()
        for option, value in options.items():
            field = f'.command-option-input[data-option="{option}"]'
            await self._open_option(option, field)
            await self.page.locator(field).fill(value)
        for option, path in (files or {}).items():
            field = f'.command-file-input[data-option="{option}"]'
            await self._open_option(option, field)
            await self.page.locator(field).set_input_files(str(path))
        await self.send()

    async def choose(self, name: str) -> None:
        """Types a slash command, its group first if it has one, and picks it from the list."""
        composer = self.page.locator(_COMPOSER)
        await composer.click()
        await composer.press_sequentially(f"/{name}", delay=10)
        await self.page.locator(".command-entry").first.click()

    async def send(self) -> None:
        """Sends the command that stands in the composer, and waits for its answer."""
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
        await self.page.locator("#channel-message-list").get_by_role("button", name=label, exact=True).last.click()
        await self.settle()

    async def react(self, emoji: str) -> None:
        """Clicks a reaction of the newest message that has it."""
        await self.page.locator(".reaction-chip", has_text=emoji).last.click()
        await self.settle()

    async def paste(self, text: str) -> None:
        """Fills the first field of the form that is open, and sends it."""
        form = self.page.locator("#modal-root")
        await form.locator("textarea").first.fill(text)
        await form.locator("button[type=submit]").click()
        await self.settle()

    async def last_message(self) -> Locator:
        """The newest message."""
        await self.settle()
        return self.page.locator(_MESSAGE).last

    async def text(self) -> str:
        """The words of the newest message."""
        return await (await self.last_message()).inner_text()

    async def count(self) -> int:
        """How many messages the page shows."""
        return await self.page.locator(_MESSAGE).count()

    async def everything(self) -> str:
        """The words of the whole conversation."""
        return await self.page.locator("#channel-message-list").inner_text()

    async def picture_words(self) -> str:
        """What the last picture says to somebody who cannot see it."""
        return await self.page.locator(f"{_MESSAGE} img[alt]").last.get_attribute("alt") or ""

    async def overflows(self) -> bool:
        """Whether a visitor has to scroll sideways."""
        timeline = self.page.locator("#channel-timeline")
        return bool(await timeline.evaluate("one => one.scrollWidth > one.clientWidth"))

    async def load_again(self) -> None:
        """Loads the page anew, which then shows the place that was chosen."""
        await self.page.reload()
        await self.settle()

    async def become(self, member: str) -> None:
        """Looks at the channel as another member."""
        await self.page.locator("#viewer-picker").select_option(label=member)
        await self.settle()

    async def download(self, folder: Path) -> Path:
        """Downloads the file of the newest message."""
        found = await self._downloaded()
        path = folder / found.suggested_filename
        await found.save_as(path)
        return path

    async def _downloaded(self) -> Download:
        """Presses for the file until it comes: the page forgets a press when it draws the message again meanwhile."""
        from playwright.async_api import TimeoutError as Missed

        presses = 0
        while True:
            presses += 1
            message = await self.last_message()
            try:
                async with self.page.expect_download(timeout=_PATIENCE * 1000 / _PRESSES) as started:
                    await message.locator(".file-download").last.click()
                return await started.value
            except Missed:
                if presses == _PRESSES:
                    raise

    async def picture(self, path: Path) -> None:
        """Takes a picture of the newest message."""
        message = await self.last_message()
        size = self.page.viewport_size or {"width": DESK[0], "height": DESK[1]}
        box = await message.bounding_box()
        around = size["height"] - await self.page.locator("#channel-timeline").evaluate("one => one.clientHeight")
        try:
            # A message taller than the window is cut off by the timeline it scrolls in.
            tall = max(size["height"], int((box or {"height": 0})["height"]) + around + 40)
            await self.page.set_viewport_size({"width": size["width"], "height": tall})
            await message.scroll_into_view_if_needed()
            await self.page.mouse.move(0, 0)  # what hovers would be in the picture
            await self.page.wait_for_timeout(200)
            await message.screenshot(path=path)
        finally:
            await self.page.set_viewport_size(size)

    async def form_picture(self, path: Path) -> None:
        """Takes a picture of the page with the form that is open."""
        await self.page.locator("#modal-root textarea").first.wait_for()
        await self.page.wait_for_timeout(150)
        await self.page.screenshot(path=path)

    async def window(self, path: Path) -> None:
        """Takes a picture of the whole window."""
        await self.page.wait_for_timeout(150)
        await self.page.screenshot(path=path)
