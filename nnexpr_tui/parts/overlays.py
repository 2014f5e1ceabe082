"""What lies over a screen and closes once, however many keys that close it come in one burst."""

from __future__ import annotations

from contextlib import suppress

from textual import on
from textual.await_complete import AwaitComplete
from textual.command import Command, CommandList, CommandPalette
from textual.screen import ModalScreen, ScreenResultType
from textual.widgets import Input

__all__ = ["Overlay", "Palette"]


class Overlay(ModalScreen[ScreenResultType]):
    """Its keys wait in a queue of its own: the second that closes it would close what lies beneath."""

    @property
    def is_uppermost(self) -> bool:
        """Whether it is there whole, and nothing lies over it."""
        return self.is_mounted and self.app.screen_stack[-1:] == [self]

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return self.is_uppermost and super().check_action(action, parameters)

    def dismiss(self, result: ScreenResultType | None = None) -> AwaitComplete:
        return super().dismiss(result) if self.is_uppermost else AwaitComplete()


class Palette(CommandPalette, Overlay[None]):
    """Textual's palette of commands, sound also where it is opened, typed into and closed at once."""

    def dismiss(self, result: None = None) -> AwaitComplete:
        self._cancel_gather_commands()
        return super().dismiss(result)

    @on(Input.Changed)
    def _ignore_when_closed(self, event: Input.Changed) -> None:
        if self.app.screen_stack[-1:] != [self]:  # a search would look for the list that is gone
            event.prevent_default().stop()

    def _action_command_list(self, action: str) -> None:
        with suppress(KeyError):  # a list that is not laid out yet has no page to turn
            super()._action_command_list(action)

    def _refresh_command_list(
        self, command_list: CommandList, commands: list[Command], clear_current: bool
    ) -> None:
        if command_list.is_attached:  # no longer where the application ends during the search
            super()._refresh_command_list(command_list, commands, clear_current)
