"""What the tests of the explorer have in common: waiting for a condition, and reading the screen."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from time import monotonic

from nnexpr_tui.app import Explorer


async def until(condition: Callable[[], object], seconds: float = 20.0) -> None:
    """Let the application run until the condition holds."""
    deadline = monotonic() + seconds
    while not condition():
        assert monotonic() < deadline, "what was waited for did not happen"
        await asyncio.sleep(0.01)


async def ready(app: Explorer) -> None:
    """Wait for the first frame on the screen."""
    await until(lambda: app.controller.frame is not None and "ready" in text(app))


def text(app: Explorer) -> str:
    """What can be read on the screen."""
    return "\n".join(strip.text for strip in app.screen._compositor.render_strips())


def state(app: Explorer) -> str:
    return app.controller.state
