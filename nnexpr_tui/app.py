"""The explorer: its screens, bindings and theme, and how it begins and ends. What it does is in the controller."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from importlib import import_module
from time import monotonic
from typing import Any, ClassVar

from textual import events
from textual.app import SystemCommand
from textual.binding import BindingType
from textual.driver import Driver
from textual.screen import Screen

import nnexpr_tui.exports  # noqa: F401 - declares what is written with the charts
from nnexpr.runs.store import Store
from nnexpr.specification import FitSpecification, InputError
from nnexpr_tui.actions import bindings
from nnexpr_tui.charts.pacing import Pacer
from nnexpr_tui.clock import FrameClock
from nnexpr_tui.controller import Controller
from nnexpr_tui.differences import ShownCells
from nnexpr_tui.driver import Patient, PatientDriver
from nnexpr_tui.lulls import Lulls
from nnexpr_tui.offer import CutShort, look_for, offered, question
from nnexpr_tui.parts.asking import Asking
from nnexpr_tui.parts.screen import HostScreen
from nnexpr_tui.parts.views import View
from nnexpr_tui.presets import PRESETS, Preset
from nnexpr_tui.screens import ABSENT, APPLICATION, SCREENS, STYLES
from nnexpr_tui.served import is_served
from nnexpr_tui.settings import Settings
from nnexpr_tui.terminal import TerminalFile, erases_in_color, escape_seconds, handled_signals, own_terminal
from nnexpr_tui.textual_private import DifferencesOnly, TerminalDriver, driver_of
from nnexpr_tui.threads import leaving_a_core
from nnexpr_tui.training.moment import Library, Loaded, Refused, TakenUp, default_library
from nnexpr_tui.worker.scheduler import Exported, Said

__all__ = ["Explorer", "run_explorer"]

# How long a thread may keep the interpreter from another. Of 5, 1, 0.3 and 0.1 ms, 0.3 cost training the least (the
# engine waits less while a frame is drawn); keys are answered equally fast from 1 ms down.
SWITCH_SECONDS = 0.0003
LEAVE_SECONDS = 0.5  # how long the screen stands still until the run is kept
KEEP_SECONDS = 8.0  # how long that may take in all; the terminal is as it was by then, and a browser has gone
SAVE_SECONDS = 10.0  # between two times that what is shown is kept, for the case that nothing else is left

TABS = [views[0] for views in SCREENS.values()]


class Explorer(DifferencesOnly[None]):
    """The application. The controller is its state, the screens are how it is seen."""

    TITLE = "nnexpr"
    CSS_PATH = STYLES
    ENABLE_COMMAND_PALETTE = False  # there is one of our own
    BINDINGS: ClassVar[list[BindingType]] = bindings([*APPLICATION, *ABSENT])
    DEFAULT_MODE = next(iter(SCREENS))
    HORIZONTAL_BREAKPOINTS = [(0, "-tiny"), (60, "-narrow"), (96, "-medium"), (118, "-wide")]  # noqa: RUF012
    VERTICAL_BREAKPOINTS = [(0, "-flat"), (20, "-low"), (36, "-high")]  # noqa: RUF012

    def __init__(
        self,
        specification: FitSpecification | None = None,
        *,
        start: bool = False,
        fresh: bool = False,
        preset: Preset | None = None,
        opening: Preset | None = None,
        settings: Settings | None = None,
        store: Store | None = None,
        load: Callable[[], Library] | None = None,
    ) -> None:
        super().__init__()
        self.animation_level = "none"
        self.shown = ShownCells(erases=erases_in_color())
        self.controller = Controller(
            self.post_message, specification=specification, start=start, fresh=fresh, preset=preset,
            settings=settings, store=store, load=load or _load_engine,
        )  # fmt: skip
        for name, views in SCREENS.items():
            self.add_mode(name, partial(HostScreen, self.controller, views, TABS, APPLICATION))
        self.lulls = Lulls(self, SCREENS, HostScreen.draw_ahead)
        pacer = Pacer(rate=self.controller.settings.rate)
        self.clock = FrameClock(self, pacer, self._draw, self.controller.worker.want)
        self.terminal: TerminalFile | None = None
        self.is_leaving = False
        self._is_given = specification is not None
        self._opening = preset or opening
        self._asks = not fresh and self._opening is None  # of fits that were cut short
        self._has_heard_keys = False
        self.refusal: InputError | None = None  # of what was given to begin with

    # Beginning

    def get_driver_class(self) -> type[Driver]:
        try:
            usual = super().get_driver_class()
        except (ImportError, AttributeError, RuntimeError, ValueError, TypeError) as error:
            named = os.environ.get("TEXTUAL_DRIVER", "")
            raise InputError("TEXTUAL_DRIVER", named, "it is not a driver of Textual; unset it") from error
        if usual is not TerminalDriver:
            return usual
        PatientDriver.escape_seconds = escape_seconds()
        return PatientDriver

    def on_mount(self) -> None:
        theme = self.controller.settings.theme or self.controller.last.theme
        if theme in self.available_themes:
            self.theme = theme
        elif self.controller.settings.theme:
            self.say(f"There is no theme {theme}: the palette (ctrl+p) has those there are", error=True)
        handled_signals(self.leave)
        self.app_resume_signal.subscribe(self, lambda _: self.action_repaint())
        self.call_after_refresh(self._open)

    def _open(self) -> None:
        self.controller.open()
        self.controller.worker.want()
        self.set_interval(SAVE_SECONDS, lambda: self.controller.remember(self.theme))
        if self._opening is not None:
            self.call_later(self._show, self._opening)
        elif self.controller.greeting:
            self.say(self.controller.greeting)

    @property
    def explorer_screen(self) -> HostScreen | None:
        """The screen at the bottom of the stack: what lies over it may be help or the palette."""
        screen = self.screen_stack[0] if self.screen_stack else None
        return screen if isinstance(screen, HostScreen) else None

    def say(self, text: str, *, error: bool = False) -> None:
        """One sentence in the footer."""
        if self.explorer_screen is not None:
            self.explorer_screen.footer.say(text, error=error)

    # The worker's messages

    def on_loaded(self, message: Loaded) -> None:
        self.lulls.begin()
        self.controller.targets, self.controller.plane_targets = message.targets, message.plane_targets
        self.controller.idle = message.idle
        if self._asks and self.controller.kept_in is not None:
            look_for(self.controller.kept_in, self.post_message)

    def on_cut_short(self, message: CutShort) -> None:
        """Ask whether to go on; whoever has begun with something else is told, and not held up."""
        runs, told = message.runs, question(message.runs)
        if self._has_heard_keys or not isinstance(self.screen, HostScreen):
            offered(runs)
            self.say(f"{told} 7 lists it, and r there goes on")
            return
        go_on = partial(self.controller.take_up, runs[0].id)
        asking = Asking("Go on?", told, "goes on from there", go_on, passes=True)
        self.push_screen(asking, lambda goes_on: offered(runs[1:] if goes_on else runs))

    def on_said(self, message: Said) -> None:
        self.say(message.text, error=message.error)

    def on_exported(self, message: Exported) -> None:
        if self.explorer_screen is not None:
            self.explorer_screen.exported(message)

    def on_refused(self, message: Refused) -> None:
        if message.back_to is None and self._is_given and isinstance(message.error, InputError):
            self.refusal = message.error
            self.leave(2)
            return
        self.controller.refused(message)
        self.say(str(message.error), error=True)
        if self.explorer_screen is not None:
            self.explorer_screen.view.refused(message)
        self.clock.arrived(urgent=True)

    def on_taken_up(self, message: TakenUp) -> None:
        self.controller.taken_up(message)
        if self.explorer_screen is not None:
            self.explorer_screen.view.taken_up(message)
        self.clock.arrived(urgent=True)

    def on_updated(self) -> None:
        self.clock.arrived(urgent=self.controller.is_urgent)

    def on_view_changed(self, message: View.Changed) -> None:
        self.clock.arrived(urgent=message.urgent)

    async def on_view_wished(self, message: View.Wished) -> None:
        await self._show(message.preset)
        if message.said and self.explorer_screen is not None:
            self.explorer_screen.call_after_refresh(self.say, message.said)

    def written(self, sent: int) -> None:
        self.clock.written(sent)

    def painted(self) -> None:
        self.controller.worker.painted()

    def on_cursor_position(self) -> None:
        self.clock.answered()

    def _draw(self) -> int:
        self.controller.take()
        return self.explorer_screen.draw() if self.explorer_screen is not None else 0

    # Actions: what they mean is in the table

    def get_system_commands(self, screen: Screen[Any]) -> Iterable[SystemCommand]:
        for owner, action in screen.actions if isinstance(screen, HostScreen) else ():
            if action.name != "command_palette":
                title = f"{action.label} ({action.shown})"
                yield SystemCommand(title, action.help, partial(self.run_action, action.name, owner))
        yield from self._questions("Preset ")
        yield SystemCommand("Theme", "Change the colours", self.action_change_theme)

    def _questions(self, before: str = "") -> Iterator[SystemCommand]:
        """Each preset by its name, with its question."""
        for preset in PRESETS.values():
            yield SystemCommand(f"{before}{preset.name}", preset.question, partial(self.open_preset, preset))

    def action_tour(self) -> None:
        """All questions; the one after that which is looked at is the first, so that enter goes on."""
        from nnexpr_tui.parts.palette import Palette

        if isinstance(self.screen, HostScreen):
            questions, present = list(self._questions()), self.controller.preset
            at = 0 if present is None else list(PRESETS).index(present.name) + 1
            self.push_screen(Palette([*questions[at:], *questions[:at]], "questions"))

    async def open_preset(self, preset: Preset) -> None:
        """Begin with its fit, if it has one, on its screen."""
        self.controller.preset = preset
        if preset.fit:
            self.controller.begin(preset, preset.specification())
        await self._show(preset)

    async def _show(self, preset: Preset) -> None:
        """Its view, once the screen is made."""
        mode = next(name for name, views in SCREENS.items() if preset.view in [view.name for view in views])
        await self.switch_mode(mode)
        if self.explorer_screen is not None:
            self.explorer_screen.call_after_refresh(self.explorer_screen.begin, preset)

    async def action_open_network(self) -> None:
        """Ask for a file where its network is looked at."""
        await self._show(Preset("file", "", "", view="Network", begin={"file": ""}))

    def action_no_screen(self, digit: int) -> None:
        there = ", ".join(f"{entry.key} {entry.screen}" for entry in TABS)
        self.say(f"There is no screen {digit}; there are {there}")

    def action_repaint(self) -> None:
        self.shown.forget()
        self.refresh(layout=True)

    def on_resize(self) -> None:
        """What a terminal makes of its cells while its size changes is not known."""
        self.shown.forget()

    @property
    def is_ascii(self) -> bool:
        return self.controller.look.markers == "ascii"

    @property
    def can_send(self) -> bool:
        driver = driver_of(self)
        return not isinstance(driver, Patient) or driver.has_room

    def action_command_palette(self) -> None:
        """The key that opened it closes it; over another overlay it does nothing."""
        from nnexpr_tui.parts.palette import Palette

        if isinstance(self.screen, Palette):
            self.screen.dismiss()
        elif isinstance(self.screen, HostScreen):
            self.push_screen(Palette(list(self.get_system_commands(self.screen)), "commands"))

    def search_themes(self) -> None:
        from nnexpr_tui.parts.palette import Palette

        names = [name for name in self.available_themes if not name.endswith("-ansi")]
        themes = [SystemCommand(name, "", partial(setattr, self, "theme", name)) for name in names]
        self.push_screen(Palette(themes, "themes"))

    # Leaving

    async def action_quit(self) -> None:
        self.leave(0)

    def action_help_quit(self) -> None:
        self.say("q leaves; the run is kept")

    async def on_event(self, event: events.Event) -> None:
        """Keys that come after the end has begun find no screen any more.

        One may be typed in one burst with that which asked for a line, also if it comes back: no widget has taken it.
        """
        if isinstance(event, events.Key):
            host = self.explorer_screen
            is_last = self.screen_stack[-1:] == [host]
            if host is not None and is_last and await host.footer.hear(event):
                return
            self._has_heard_keys = True
            self.lulls.key()
            self.controller.worker.hush()
        has_ended = self.is_leaving or not self.screen_stack
        if not (has_ended and isinstance(event, (events.InputEvent, events.Paste))):
            await super().on_event(event)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:  # noqa: ARG002
        """No screen is opened any more once the end has begun: one that is half composed then fails."""
        return not self.is_leaving

    def leave(self, code: int) -> None:
        """Keep what is shown and the run, then end with this code; a second time does nothing."""
        if not self.is_leaving:
            self.is_leaving = True
            self.lulls.end()
            self.controller.stop(cut_short=code != 0)
            self.controller.remember(self.theme)
            self._leave_task = asyncio.ensure_future(self._leave(code))

    async def _leave(self, code: int) -> None:
        deadline = monotonic() + (KEEP_SECONDS if is_served() else LEAVE_SECONDS)
        while monotonic() < deadline:
            is_whole = all(screen.is_mounted for screen in self.screen_stack)
            if is_whole and self.controller.worker.stopped.is_set() and not self.clock.awaits_answer:
                break
            await asyncio.sleep(0.005)
        self.clock.stop()
        if isinstance(driver := driver_of(self), Patient):
            driver.leave()
        if self.terminal is not None:
            self.terminal.leave()
        self.exit(return_code=code)


def _load_engine() -> Library:
    """The engine, and what charts need, so that the first frame finds it there."""
    with leaving_a_core():
        import_module("scipy.linalg")
        import_module("nnexpr_tui.charts.raster")
    return default_library()


def run_explorer(
    specification: FitSpecification | None, *, start: bool, fresh: bool, settings: Settings, store: Store,
    preset: Preset | None = None, opening: Preset | None = None,
) -> int:  # fmt: skip
    """The explorer until it is left; the exit code. ``specification`` None: what was looked at last, or the default.

    It opens on the view of the ``preset``, whose question is looked at, or on that of ``opening``, without a question.
    Raises :class:`InputError` where the specification given cannot be built.
    """
    sys.setswitchinterval(SWITCH_SECONDS)
    with own_terminal() as terminal:
        app = Explorer(
            specification,
            start=start,
            fresh=fresh,
            preset=preset,
            opening=opening,
            settings=settings,
            store=store,
        )
        app.terminal = terminal
        app.lulls.tend_garbage()
        app.run(mouse=settings.mouse)
        app.controller.stop(cut_short=True)  # unless it was left
        app.controller.worker.stopped.wait(KEEP_SECONDS)
        if app.controller.writing is not None:  # nothing half written is left
            app.controller.writing.join(KEEP_SECONDS)
    if app.refusal is not None:
        raise app.refusal
    return app.return_code or 0
