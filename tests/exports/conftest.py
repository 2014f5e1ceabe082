"""A browser for the tests of pages: the Chromium that is there, headless and without a network."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from browsing import Opener

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

ARGUMENTS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """For the tests of a file: its loop would be found running by later tests that have one of their own."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        found = driver.chromium.launch(executable_path=shutil.which("chromium"), args=list(ARGUMENTS))
        yield found
        found.close()


@pytest.fixture
def opened(browser: Browser) -> Iterator[Opener]:
    """Opens a file; at the end nothing but it was asked for, and nothing stands on the console."""
    requests: list[str] = []
    said: list[str] = []
    files: list[str] = []
    with ExitStack() as stack:

        def open_page(path: Path, *, clock: bool = False, width: int = 1280, **options: Any) -> Page:
            context = browser.new_context(offline=True, viewport={"width": width, "height": 800}, **options)
            stack.callback(context.close)
            page = context.new_page()
            page.on("request", lambda request: requests.append(request.url))
            page.on("console", lambda message: said.append(message.text))
            page.on("pageerror", lambda error: said.append(str(error)))
            page.on("dialog", lambda dialog: said.append(dialog.message))
            if clock:
                page.clock.install(time=0)
            files.append(path.as_uri())
            page.goto(path.as_uri())
            if clock:
                page.clock.pause_at(3_600_000)  # from now on time passes when the test says so
            return page

        yield open_page
    assert requests == files
    assert not said
