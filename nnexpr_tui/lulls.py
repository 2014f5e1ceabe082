"""What is done while nobody presses a key, so that no key waits for it: screens made ahead, garbage looked for.

Making a screen takes as long as some frames, and looking through all objects longer the more there are: 40 to 250 ms
were seen, in the middle of answering a key. All screens are made soon after the engine is loaded, and drawn where
nobody sees it, one after the other with a pause between: a key that comes meanwhile waits for one of them.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterable
from typing import Any

from textual.app import App
from textual.screen import Screen
from textual.timer import Timer

from nnexpr_tui.textual_private import compose_mode, screens_made

__all__ = ["Lulls"]

TICK = 0.15  # seconds between two looks whether keys were pressed
QUIET = 3  # ticks without a key after which a screen is made or drawn in each
LONG = 33  # ticks after which garbage is looked for: it takes a tenth of a second
RARELY = 1000  # times the usual: how much garbage there must be to be looked for while keys are pressed


class Lulls:
    """Of an application, whose ``modes`` are made in this order if they were not shown before.

    ``draw`` has the screen of one drawn that is not shown; it returns False as long as that is still being made.
    """

    def __init__(
        self, app: App[Any], modes: Iterable[str], draw: Callable[[Any], bool] = lambda _: True
    ) -> None:
        self._app, self._modes, self._draw = app, list(modes), draw
        self._timer: Timer | None = None
        self._undrawn: Screen[Any] | None = None  # made and not drawn yet: no tick does both
        self._is_littered = False
        self._looks = False  # for garbage
        self._ticks = 0  # since the last key

    def tend_garbage(self) -> None:
        """Do not look for garbage before :meth:`begin`, and then in lulls.

        Loading the engine makes a quarter of a million objects that stay: looking for garbage among them would be a
        sixth of the loading.
        """
        self._looks = True
        gc.disable()

    def begin(self) -> None:
        """All is loaded: what is there is never looked through."""
        if self._timer is not None:
            return
        self._timer = self._app.set_interval(TICK, self._use)
        if self._looks:
            gc.freeze()
            young, middle, _ = gc.get_threshold()
            gc.set_threshold(young, middle, RARELY)
            gc.enable()

    def key(self) -> None:
        """A key was pressed: not now. What it opens and closes is garbage soon."""
        self._is_littered, self._ticks = self._looks, 0
        if self._timer is not None:
            self._timer.reset()

    def end(self) -> None:
        """Do no more."""
        self._modes.clear()
        self._undrawn = None
        self._is_littered = False

    def _use(self) -> None:
        self._ticks += 1
        if self._undrawn is not None and self._ticks >= QUIET:
            if self._draw(self._undrawn):
                self._undrawn = None
        elif self._modes and self._ticks >= QUIET:
            self._make_next()
        elif self._is_littered and self._ticks >= LONG:
            self._is_littered = False
            gc.collect()

    def _make_next(self) -> None:
        """Make the first of the screens that was not shown yet."""
        made = screens_made(self._app)
        self._modes = [mode for mode in self._modes if mode not in made]
        if self._modes:
            mode = self._modes.pop(0)
            compose_mode(self._app, mode)
            self._undrawn = screens_made(self._app).get(mode)
