"""The line at the bottom: what was last said, or else the keys."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from textwrap import wrap
from typing import TYPE_CHECKING

from textual import events
from textual.dom import DOMNode

from nnexpr_tui.actions import Action
from nnexpr_tui.parts.lines import LinePane, clean

if TYPE_CHECKING:
    from nnexpr_tui.parts.editor import Editor

__all__ = ["FooterLine"]

NOTE_SECONDS = 6.0


class FooterLine(LinePane):
    """Errors stay until the next key that does something; notes for a few seconds."""

    def __init__(self) -> None:
        super().__init__(id="footer")
        self._actions: list[Action] = []
        self._owners: dict[Action, DOMNode] = {}
        self._said: tuple[str, bool] | None = None
        self._question = ""  # that is being answered
        self._editor: Editor | None = None  # in which it is
        self._waiting: list[events.Key] | None = (
            None  # keys for it, while earlier ones are still on their way
        )

    def show_keys(self, actions: Iterable[tuple[DOMNode, Action]]) -> None:
        """These from now on, each with whose it is, of which those meant for a footer are shown."""
        self._owners = {action: owner for owner, action in actions if action.footer}
        self._actions = list(self._owners)
        self._draw()

    def say(self, text: str, *, error: bool = False) -> None:
        """Say one sentence in place of the keys."""
        said = self._said = (clean(text), error)
        self._draw()
        if not error:
            self.set_timer(NOTE_SECONDS, lambda: self._expire(said))

    def ask(
        self, question: str, text: str, take: Callable[[str], bool],
        typed: Callable[[str], object] | None = None,
    ) -> None:  # fmt: skip
        """Let a line be typed here; ``take`` says whether it will do. ``typed`` is told of it while it is typed."""
        from nnexpr_tui.parts.editor import Editor

        focused = self.screen.focused

        def closed(by_key: bool) -> None:
            self._question, self._editor = "", None
            self._draw()
            if by_key and focused is not None:
                self.screen.set_focus(focused)

        self._said, self._question = None, question
        self._draw()
        editor = self._editor = Editor(text, take, closed, typed=typed)
        editor.styles.offset = (len(question) + 2, 0)
        editor.styles.width = max(8, self.size.width - len(question) - 3)
        self.mount(editor)
        self._waiting = []
        self._behind([*(focused or self.screen).ancestors_with_self])

    async def hear(self, key: events.Key) -> bool:
        """Whether a key is part of an answer that is typed faster than the line for it is there.

        Keys that were on their way to another widget when the line was asked for come back from it one by one. Until
        all have, those typed since wait, or they would overtake them; then they go to the line at once.
        """
        editor = self._editor
        if editor is None:
            return False
        if key.is_forwarded:
            return await editor.hear(key)
        if not editor.takes(key) or (self._waiting is None and editor.has_focus):
            return False
        if self._waiting is None:
            return await editor.hear(key)
        self._waiting.append(key)
        return True

    def _behind(self, path: list[DOMNode]) -> None:
        """Once all that is on its way up this path has arrived, let the line have the keys that wait."""
        for at, node in enumerate(path):
            if node.call_later(self._behind, path[at + 1 :]):  # else it is there no more
                return
        self.app.call_later(self._catch_up)

    async def _catch_up(self) -> None:
        waiting, self._waiting = self._waiting or [], None
        for key in waiting:
            if self._editor is None or not await self._editor.hear(key):  # the answer has ended before it
                self.app.post_message(events.Key(key.key, key.character))

    def clear(self) -> None:
        """Back to the keys."""
        if self._said is not None:
            self._said = None
            self._draw()

    def _expire(self, said: tuple[str, bool]) -> None:
        if self._said is said:
            self.clear()

    def on_resize(self) -> None:
        self._draw()

    def on_click(self, event: events.Click) -> None:
        """A key in the footer can be clicked."""
        at = 1
        for action in self._fitting():
            end = at + len(action.shown) + len(action.label) + 3
            if at <= event.x < end and self._said is None:
                self.app.call_later(self.app.run_action, action.name, self._owners[action])
                return
            at = end

    def _fitting(self) -> list[Action]:
        """Help and quit always, then as many as there is room for, in their order."""
        last = [action for action in self._actions if action.name in ("help", "quit")]
        left = self.size.width - 1 - sum(len(a.shown) + len(a.label) + 3 for a in last)
        chosen = []
        for action in self._actions:
            if action in last:
                continue
            left -= len(action.shown) + len(action.label) + 3
            if left < 0:
                break
            chosen.append(action)
        return [*chosen, *last]

    def _draw(self) -> None:
        if self._said is not None:
            text, error = self._said
            style = "error" if error else "accent"
            self.show_lines([((f" {line}", style),) for line in wrap(text, max(10, self.size.width - 2))])
            return
        if self._question:
            self.show_lines([((f" {self._question} ", "label"),)])
            return
        line: list[tuple[str, str]] = [(" ", "")]
        for action in self._fitting():
            line += [(action.shown, "key"), (f" {action.label}  ", "label")]
        self.show_lines([tuple(line)])
