"""One line of text typed in place; enter takes it, escape leaves everything as it was."""

from __future__ import annotations

from collections.abc import Callable

from textual import events
from textual.binding import Binding
from textual.widgets import Input
from textual.widgets.input import Selection

__all__ = ["Editor"]

# What keys do that are no letters, by key
ACTIONS = {
    key: binding.action
    for binding in Input.BINDINGS
    if isinstance(binding, Binding)
    for key in binding.key.split(",")
}


class Editor(Input):
    """Removes itself once ``take(text)`` is True, or on escape, or when the focus goes elsewhere; then
    ``closed(by_key)``, by_key being False where the focus is already elsewhere.

    ``typed(text)`` is told of every change, and in the end, unless the text was taken, of what was there before."""

    def __init__(
        self,
        text: str,
        take: Callable[[str], bool],
        closed: Callable[[bool], None],
        placeholder: str = "",
        typed: Callable[[str], object] | None = None,
        *,
        mends: bool = False,
    ) -> None:
        """``mends``: the text is to be mended; otherwise whatever is typed first takes its place."""
        super().__init__(text, placeholder=placeholder, compact=True, select_on_focus=False)
        self.selection = Selection(len(text) if mends else 0, len(text))
        self._try, self._tell, self._hear = take, closed, typed
        self._given = text
        self._gone = False
        self.cursor_blink = False  # each blink is sent

    def on_mount(self) -> None:
        self.focus()

    async def hear(self, key: events.Key) -> bool:
        """Whether a key that another widget had is meant for the text: it came before the focus. Then it is done."""
        if self._gone:
            return False
        return await self._edit(key) or not self.has_focus

    def takes(self, key: events.Key) -> bool:
        """Whether the key means something here."""
        return bool(key.key == "escape" or (key.is_printable and key.character) or key.key in ACTIONS)

    async def _edit(self, key: events.Key) -> bool:
        """Do what the key does here, if anything, at once: letters do not wait until the app has heard a binding."""
        if key.key == "escape":
            self._take_back()
            self._leave()
        elif key.is_printable and key.character:
            self.replace(key.character, *sorted(self.selection))
        elif key.key in ACTIONS:
            await self.run_action(ACTIONS[key.key])
        else:
            return False
        return True

    async def action_submit(self) -> None:
        self._submit()

    def _submit(self) -> None:
        if self._hear is not None:  # what was typed last may not have been told yet
            self._hear(self.value)
        if self._try(self.value):
            self._leave()

    def on_input_changed(self) -> None:
        """Also told of the text that was given, once it is there."""
        if self._hear is not None and not self._gone:
            self._hear(self.value)

    async def on_key(self, event: events.Key) -> None:
        if await self._edit(event):
            event.stop()
            event.prevent_default()

    def on_blur(self) -> None:
        self._take_back()
        self._leave(by_key=False)

    def _take_back(self) -> None:
        """What was heard while it was typed is as it was."""
        if self._hear is not None and not self._gone:
            self._hear(self._given)

    def _leave(self, *, by_key: bool = True) -> None:
        if not self._gone:
            self._gone = True
            self._tell(by_key)  # first: from what is removed while it has the focus, that goes to any pane
            self.remove()
