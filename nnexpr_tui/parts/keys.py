"""The footer of a screen that has several views, each with keys of its own."""

from __future__ import annotations

from collections.abc import Iterable

from nnexpr_tui.actions import Action
from nnexpr_tui.parts.footer import FooterLine

__all__ = ["ViewFooter"]


class ViewFooter(FooterLine):
    """Shows the keys of the present view."""

    def show_keys(self, actions: Iterable[Action]) -> None:
        """These from now on, of which those meant for a footer are shown."""
        self._actions = [action for action in actions if action.footer]
        self._draw()
