"""A form: the options of some groups of a specification as rows, changed in place with the arrow keys or by typing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from textual import events
from textual.binding import BindingType
from textual.message import Message
from textual.widget import Widget

from nnexpr.declarations import InputError, Option, Specified, options_of
from nnexpr_tui.actions import Action, bindings
from nnexpr_tui.adjust import shown_options
from nnexpr_tui.parts.lines import Line, LinePane, clean

__all__ = ["FORM", "Form"]

LABEL_WIDTH = 15
LEAST_LABEL = 5
HINT = "← → change, enter types"

FORM: tuple[Action, ...] = (
    Action("move(-1)", "up,k", "↑ k", "Up", "the option above"),
    Action("move(1)", "down,j", "↓ j", "Down", "the option below"),
    Action("change(-1)", "left", "←", "Less", "a smaller value, or the choice before"),
    Action("change(1)", "right", "→", "More", "a greater value, or the next choice"),
    Action("edit", "enter", "enter", "Edit", "type a value; enter takes it, esc leaves it as it was"),
)  # fmt: skip


class Form(LinePane, can_focus=True):
    """Rows ``label  value``. ``change(name, value)`` and ``step(name, direction)`` raise :class:`InputError`."""

    BINDINGS: ClassVar[list[BindingType]] = bindings(FORM)

    class Failed(Message):
        """A value could not be taken."""

        def __init__(self, error: InputError) -> None:
            super().__init__()
            self.error = error

    class Cut(Message):
        """The value under the cursor is longer than its row; ``text`` has the whole of it."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    def __init__(
        self,
        title: str,
        groups: tuple[str, ...],
        change: Callable[[str, Any], None],
        step: Callable[[str, int], None],
        *,
        id: str,  # noqa: A002
    ) -> None:
        super().__init__(title, id=id, classes="form")
        self._groups, self._change, self._step = groups, change, step
        self._specification: Specified | None = None
        self._options: dict[str, Option] = {}
        self._idle = frozenset[str]()
        self._names: list[str] = []
        self._cursor = 0
        self._drafts: dict[str, str] = {}  # what was typed and refused, by option
        self._editor: Widget | None = None

    @property
    def help_text(self) -> str:
        """The options of this form with what they mean."""
        return "\n".join(f"{self._options[name].label}: {self._options[name].help}." for name in self._names)

    @property
    def option(self) -> str:
        """The option under the cursor."""
        return self._names[self._cursor]

    def show(self, specification: Specified, idle: frozenset[str] = frozenset()) -> None:
        """Show these values, but of what is ``idle``: what means nothing beside the others."""
        if (specification, idle) == (self._specification, self._idle):
            return
        self._specification, self._options = specification, options_of(type(specification))
        self._idle = idle
        chosen = self.option if self._names else ""
        self._names = [name for name in shown_options(specification, *self._groups) if name not in idle]
        self._cursor = min(self._cursor, len(self._names) - 1)
        if chosen in self._names:  # rows above it may have come or gone
            self._cursor = self._names.index(chosen)
        self._draw()

    def refused(self, option: str, text: str) -> None:
        """Offer this text again, to be mended: at once if the option is still under the cursor."""
        self._drafts[option] = text
        if self.has_focus and self.option == option:
            self.action_edit()

    def _draw(self) -> None:
        if self._specification is not None and self.size.width:  # before it is laid out all would be cut
            self.show_lines([self._row(index) for index in range(len(self._names))])

    def _value(self, name: str) -> str:
        return self._options[name].format(getattr(self._specification, name))

    def _row(self, index: int) -> Line:
        name = self._names[index]
        value = clean(self._value(name)) or "–"
        is_chosen = self.has_focus and index == self._cursor
        least = LEAST_LABEL if is_chosen else LABEL_WIDTH  # the value under the cursor is shown whole
        wide = min(LABEL_WIDTH, max(least, self.size.width - len(value) - 4))
        room = max(4, self.size.width - wide - 4)
        if len(value) > room:  # of a path the end says most; words begin with what tells them apart
            value = "…" + value[1 - room :] if value.startswith("csv:") else value[: room - 1] + "…"
        label = self._options[name].label[: wide - 1].ljust(wide)
        if not is_chosen:
            return ((label, "label"), (f"  {value}", "value"))
        return ((label, "chosen"), ("‹ ", "key"), (value, "chosen"), (" ›", "key"))

    on_resize = _draw

    def watch_has_focus(self, has_focus: bool) -> None:
        """Only with the focus is the row under the cursor marked, and what changes it said."""
        super().watch_has_focus(has_focus)
        self.border_subtitle = HINT if has_focus else ""
        self._draw()
        if has_focus:
            self._tell_cut()

    def _tell_cut(self) -> None:
        """Have the whole of a value said that its row has no room for."""
        value = clean(self._value(self.option)) if self._specification is not None else ""
        if 0 < self.size.width < len(value) + LEAST_LABEL + 4:  # it has none before it is laid out
            self.post_message(self.Cut(f"{self._options[self.option].label}: {value}"))

    def on_click(self, event: events.Click) -> None:
        """A row: go there; beside the value: one step; on the value: edit."""
        offset = event.get_content_offset(self)
        if offset is None or offset.y >= len(self._names):
            return
        if offset.y != self._cursor:
            self._cursor = offset.y
            self._draw()
            return
        shown = self._row(self._cursor)
        before = len(shown[0][0]) + 2
        after = before + len(shown[-2][0])
        if offset.x >= before - 2:
            if offset.x < before:
                self.action_change(-1)
            elif offset.x < after:
                self.action_edit()
            else:
                self.action_change(1)

    def action_move(self, rows: int) -> None:
        """Up or down, from the last row to the first."""
        self._cursor = (self._cursor + rows) % len(self._names)
        self._draw()
        self.scroll_to_row(self._cursor)
        self._tell_cut()

    def action_change(self, direction: int) -> None:
        """One step of the option under the cursor; where it has none, type."""
        has_steps = self._options[self.option].kind not in ("text", "numbers", "interval")
        if not has_steps and self.option not in ("schedule", "target"):
            self.action_edit()
        else:
            self._attempt(lambda: self._step(self.option, direction))

    def action_edit(self) -> None:
        """Type a value in the row."""
        from nnexpr_tui.parts.editor import Editor

        if self._editor is not None:
            return
        mends = self.option in self._drafts
        text = self._drafts.pop(self.option, self._value(self.option))
        self._editor = editor = Editor(text, self._typed, self._typed_or_left, mends=mends)
        left = LABEL_WIDTH if len(text) < self.size.width - LABEL_WIDTH else LEAST_LABEL
        editor.styles.offset = (left, self._cursor)
        editor.styles.width = max(8, self.size.width - left)
        self.mount(editor)

    def _typed(self, text: str) -> bool:
        name = self.option
        return self._attempt(lambda: self._change(name, self._options[name].parse(text)))

    def _typed_or_left(self, by_key: bool) -> None:
        self._editor = None
        if by_key:
            self.screen.set_focus(self)

    def _attempt(self, work: Callable[[], object]) -> bool:
        """Whether it could be done; says why if not."""
        try:
            work()
        except InputError as error:
            self.post_message(self.Failed(error))
            return False
        return True
