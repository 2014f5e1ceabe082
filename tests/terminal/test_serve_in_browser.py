"""The explorer in a real browser, which asks nobody but the server: it is drawn, hears keys, and ends with its page."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from explorer_app import epoch
from pty_app import Emulator, Size
from serving import Served, is_ready, until

from nnexpr.runs.store import Store

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page, WebSocket

pytestmark = pytest.mark.browser

# Of textual-serve's script, which tells the size also where nobody hears it yet, or any more.
UNHEARD = {
    "error: Failed to execute 'send' on 'WebSocket': Still in CONNECTING state.",
    "error: WebSocket is already in CLOSING or CLOSED state.",
}
# Of Chromium itself, on a machine with much else to do.
LATE = re.compile(r"warning: task queue exceeded allotted deadline by \d+ms")
ARGUMENTS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        found = driver.chromium.launch(executable_path=shutil.which("chromium"), args=list(ARGUMENTS))
        yield found
        found.close()


class Watched:
    """A page, and what its terminal was told to draw."""

    def __init__(self, browser: Browser, url: str) -> None:
        self.page: Page = browser.new_page(viewport={"width": 1200, "height": 800})
        self.screen = Emulator(Size(80, 24))
        self.asked: list[str] = []
        self.said: list[str] = []
        self.page.on("request", lambda request: self.asked.append(request.url))
        self.page.on("console", lambda message: self.said.append(f"{message.type}: {message.text}"))
        self.page.on("pageerror", lambda error: self.said.append(f"error: {error}"))
        self.page.on("websocket", self._connected)
        self.page.goto(url)

    def _connected(self, connection: WebSocket) -> None:
        self.asked.append(connection.url)
        columns, rows = re.findall(r"=(\d+)", connection.url)
        self.screen = Emulator(Size(int(columns), int(rows)))
        connection.on("framereceived", lambda frame: isinstance(frame, bytes) and self.screen.feed(frame))

    def until(self, seen: Callable[[str], object]) -> None:
        """Draw until this is true of what is on the screen."""
        until(lambda: seen(self.screen.text), lambda: self.page.wait_for_timeout(20))


def test_a_page_is_an_explorer(browser: Browser, tmp_path: Path) -> None:
    with Served(tmp_path) as served:
        first = Watched(browser, served.url)
        first.until(is_ready)
        first.page.keyboard.press("s")
        first.until(lambda text: epoch(text) == 1)
        assert all(word in first.screen.text for word in ("Explore", "Loss", "regions", "bends"))
        assert len(served.explorers) == 1
        second = Watched(browser, served.url)
        second.until(is_ready)
        assert len(served.explorers) == 2, "each page has its own"
        first.page.close()
        until(lambda: len(served.explorers) == 1, lambda: second.page.wait_for_timeout(20))
        assert [run.head().epoch for run in Store(tmp_path / "store").runs()] == [1]

        page = second.page
        assert not page.get_by_text("its run is kept").is_visible()
        page.set_viewport_size({"width": 700, "height": 500})
        page.keyboard.press("q")
        page.get_by_text("The explorer has ended; its run is kept.").wait_for()
        until(lambda: not served.explorers, lambda: page.wait_for_timeout(20))
        page.get_by_role("button", name="Begin again").click()
        second.until(lambda text: "loading torch" in text)
        page.close()
        until(lambda: not served.explorers)
        for watched in (first, second):
            origins = {re.sub(r"^(http|ws)(://[^/]+/).*", r"\2", url) for url in watched.asked}
            assert origins == {served.url.removeprefix("http")}
            said = {line for line in watched.said if line.startswith(("error", "warning"))}
            assert {line for line in said if not LATE.fullmatch(line)} <= UNHEARD
