"""The screen that hosts views: a status line, one view of one or more, and a footer with its keys."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.dom import DOMNode

from nnexpr.atomic import write_atomically
from nnexpr_tui.actions import ANYWHERE, Action, ViewEntry, bindings
from nnexpr_tui.controller import Controller
from nnexpr_tui.parts.charts import ChartPane
from nnexpr_tui.parts.footer import FooterLine
from nnexpr_tui.parts.lines import LinePane, wrapped
from nnexpr_tui.parts.status import StatusLine
from nnexpr_tui.parts.tabs import TabsLine
from nnexpr_tui.parts.views import View
from nnexpr_tui.presets import Preset
from nnexpr_tui.textual_private import KeysWithoutFocus, render_ahead
from nnexpr_tui.worker.scheduler import Exported

if TYPE_CHECKING:
    from nnexpr.runs.recording import Recording

__all__ = ["HostScreen"]

TOO_SMALL = "too small: nnexpr needs at least 60×20"


class HostScreen(KeysWithoutFocus):
    """Shows one view at a time; ``v`` changes between them where there are several."""

    BINDINGS: ClassVar[list[BindingType]] = bindings([*ANYWHERE, Action("next_view", "v", "v", "", "")])
    AUTO_FOCUS = ""

    def __init__(
        self,
        controller: Controller,
        entries: Sequence[ViewEntry],
        screens: Sequence[ViewEntry],
        application: Sequence[Action],
    ) -> None:
        super().__init__()
        self.controller, self._application = controller, application
        self.views: list[View] = [entry.load()(controller) for entry in entries]
        self.view = self.views[0]
        for view in self.views:
            controller.restore(view.entry.name, view.kept, view.restore)
        self._waiting: Exported | None = None
        self._is_built = False  # a screen is current, and asked to draw, before what it is made of is there
        self.status = StatusLine(id="status")
        self.tabs = TabsLine(screens, entries[0])
        self.footer = FooterLine()
        self.question = LinePane(id="question")  # what to look for

    def compose(self) -> ComposeResult:
        """The parts from top to bottom."""
        yield self.status
        yield from self.views
        yield self.question
        yield self.tabs
        yield self.footer
        yield LinePane(id="too-small")

    def on_mount(self) -> None:
        self.query_one("#too-small", LinePane).show_lines([((TOO_SMALL, "error"),)])
        self._is_built = True
        self._show_view()
        self.view.focus_first()
        self.draw()

    def on_screen_resume(self) -> None:
        if not self.is_current:  # it is made before it is shown
            return
        if self._is_built and self.focused is None:
            self.view.focus_first()
        self.view.redraw()
        if self._waiting is not None:
            message, self._waiting = self._waiting, None
            self.exported(message)

    def on_resize(self) -> None:
        """Where there was room for nothing, nothing has the focus."""
        self.call_after_refresh(self._focus_again)

    def _focus_again(self) -> None:
        has_room = not (self.has_class("-tiny") or self.has_class("-flat"))
        if self._is_built and self.is_current and self.focused is None and has_room:
            self.view.focus_first()

    def on_screen_suspend(self) -> None:
        self.view.covered()

    def draw(self) -> int:
        """Show the newest moments again, if this is the screen that is looked at. About how many bytes that sends."""
        if not (self._is_built and self.is_current):
            return 0
        self.controller.look_at(*self.view.topics)
        return self._draw()

    def draw_ahead(self) -> bool:
        """Have panes arranged and styled before the screen is first looked at; False as long as it is being made."""
        if self._is_built and not self.is_current:
            self._draw()
            render_ahead(self)
        return self._is_built

    def _draw(self) -> int:
        fit = self.view.seen(self.controller.fit)
        return self._show_question() + self.view.show_status(self.status, fit) + self.view.show(fit)

    def _show_question(self) -> int:
        """What to look for, while a preset of this view is looked at; esc puts it away."""
        preset = self.controller.preset
        is_seen = preset is not None and preset.view == self.view.entry.name
        if self.question.display != is_seen:
            self.question.display = is_seen
        if preset is None or not is_seen:
            return 0
        text = f"{preset.question} {preset.look_for}"
        return self.question.show_lines(wrapped(text, self.size.width - 2, "accent", indent=1))

    # Keys

    @property
    def hearing(self) -> DOMNode:
        return self.view

    @property
    def next_view(self) -> View:
        """The one that ``v`` shows."""
        return self.views[(self.views.index(self.view) + 1) % len(self.views)]

    @property
    def own_actions(self) -> list[tuple[DOMNode, Action]]:
        """What can be done with the present view, and by whom."""
        own: list[tuple[DOMNode, Action]] = [(self.view, row) for row in self.view.entry.actions]
        if len(self.views) > 1:
            other = self.next_view.entry
            own.insert(1, (self, Action("next_view", "v", "v", other.name, other.label, footer=True)))
        return own

    @property
    def actions(self) -> list[tuple[DOMNode, Action]]:
        """All that can be done now, and by whom."""
        shared = [(self, row) for row in ANYWHERE]
        return [*self.own_actions, *shared, *((self.app, row) for row in self._application)]

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Nothing once the application is ending; ``v`` where there is another view."""
        is_there = action != "next_view" or len(self.views) > 1
        return is_there and self.app.check_action(action, parameters)

    def action_next_view(self) -> None:
        """The other view, from its first pane."""
        self._change_to(self.next_view)

    def _change_to(self, view: View) -> None:
        self.view.covered()
        self.view.zoom(None)
        self.footer.clear()
        self.view = view
        self.set_focus(None)  # keys that follow at once are the other view's
        self._show_view()
        self.view.redraw()
        self.call_after_refresh(self.view.focus_first)  # now it is still hidden

    def begin(self, preset: Preset) -> None:
        """Show the view of a preset, which begins with what the preset says."""
        [view] = (view for view in self.views if view.entry.name == preset.view)
        if view is not self.view:
            self._change_to(view)
        view.zoom(None)
        self.footer.clear()
        if preset.begin:
            view.begin_with(**preset.begin)
        view.redraw()

    def _show_view(self) -> None:
        for view in self.views:
            view.display = view is self.view
        self.footer.show_keys(self.actions)

    # What can be done on every screen: what it means is in the declaration

    def action_markers(self) -> None:
        self.footer.say(f"Curves are drawn as {self.controller.next_markers()}")
        self.view.redraw()
        self.refresh()  # in ASCII, borders and signs are too

    def action_values(self) -> None:
        """On the focused chart, or on the first that is seen."""
        charts = [pane for pane in self.view.query(ChartPane) if pane.is_wanted and pane.has_values]
        pane = self.focused if self.focused in charts else next(iter(charts), None)
        if not isinstance(pane, ChartPane):
            self.footer.say("There is no chart here to read values of")
            return
        pane.focus()
        pane.read_values()
        if pane.has_cursor:
            self.footer.say(
                "Values at the cursor: arrow keys, with shift ten columns, home, end; V or esc ends"
            )
        else:
            self.footer.clear()

    def action_zoom(self) -> None:
        self.view.zoom(self.focused if self.view.zoomed is None else None)
        self.call_after_refresh(self.view.redraw)

    def action_back(self) -> None:
        self.footer.clear()
        if not self.view.close():
            self.controller.preset = None
        self.call_after_refresh(self.view.redraw)

    def action_help(self) -> None:
        from nnexpr_tui.parts.help import HelpScreen

        if self.is_current:
            self.app.push_screen(HelpScreen(self))

    def action_jump(self) -> None:
        from nnexpr_tui.parts.jump import JumpScreen

        if self.is_current:
            self.app.push_screen(JumpScreen(self.view))

    def action_copy(self) -> None:
        """To the terminal's clipboard, which not every terminal has, and to a file, which is always there."""
        text, sentence = self.view.copied()
        if text:
            self.app.copy_to_clipboard(text)
            with suppress(OSError):
                write_atomically(copy_file(), text + "\n", durable=False)
                sentence += f", also to {copy_file()}"
        self.footer.say(sentence)

    def action_export(self) -> None:
        self._export("")

    def action_export_to(self) -> None:
        self.footer.ask("Export to folder:", str(Path.cwd()), self._export)

    def _export(self, folder: str) -> bool:
        """Have files written into a folder, those that are chosen where there is a choice; whether that can be one."""
        place = Path(folder or self.controller.settings.export_folder).expanduser()
        try:
            place.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            self.footer.say(f"Could not write to {place}: {error.strerror}", error=True)
            return False
        if recordings := self.view.recordings():
            self._choose(recordings, place)
        else:
            self.view.export(place)
        return True

    def _choose(self, recordings: tuple[Recording, ...], folder: Path) -> None:
        """What is to be written: the files of this moment first, so that enter does it."""
        from nnexpr_tui.parts.choices import export_choices
        from nnexpr_tui.parts.palette import Palette

        if self.is_current:
            choices = export_choices(self, recordings, folder)
            self.app.push_screen(Palette(choices, "what to write", title=f"Export to {folder.resolve()}"))

    def exported(self, message: Exported) -> None:
        """Draw what was written, and take the picture of that; training may be further by now."""
        if not self.is_current:  # something lies over it: once that is gone
            self._waiting = message
            return
        self.controller.hold(message.moments)
        self.draw()
        self.call_after_refresh(self._take_picture, message)

    def _take_picture(self, message: Exported) -> None:
        if not self.is_current:  # a key has laid something over it meanwhile
            self.controller.release()
            self._waiting = message
            return
        picture = message.stem.with_name(message.stem.name + ".svg")
        try:
            picture.write_text(self.app.export_screenshot(title=message.stem.name), encoding="utf-8")
            self.footer.say(f"Wrote {message.stem.resolve()}{message.kinds}")
        except OSError as error:
            self.footer.say(f"Could not write {picture}: {error.strerror}", error=True)
        finally:
            self.controller.release()
            self.view.redraw()


def copy_file() -> Path:
    """Where what was last copied lies."""
    from platformdirs import user_state_path

    return user_state_path("nnexpr") / "copied.txt"
