"""What lies over a screen and closes once, however many keys that close it come in one burst."""

from __future__ import annotations

from textual.await_complete import AwaitComplete
from textual.screen import ModalScreen, ScreenResultType

from nnexpr_tui.textual_private import StyledOnce

__all__ = ["Overlay"]


class Overlay(StyledOnce[ScreenResultType], ModalScreen[ScreenResultType]):
    """Its keys wait in a queue of its own: the second that closes it would close what lies beneath."""

    @property
    def is_uppermost(self) -> bool:
        """Whether it is there whole, and nothing lies over it."""
        return self.is_mounted and self.app.screen_stack[-1:] == [self]

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return self.is_uppermost and super().check_action(action, parameters)

    def dismiss(self, result: ScreenResultType | None = None) -> AwaitComplete:
        return super().dismiss(result) if self.is_uppermost else AwaitComplete()
