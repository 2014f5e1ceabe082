"""A pane that is a map: it remembers of which moment, and how, it has drawn what it shows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from nnexpr_tui.charts.heatmap import HeatMap

if TYPE_CHECKING:
    from nnexpr_tui.charts.heat import Picture

__all__ = ["MapPane"]


class MapPane(HeatMap, can_focus=True):
    """A map with a border and a help text; it remembers what it has drawn."""

    HELP: ClassVar[str] = ""

    def __init__(self, title: str, *, id: str) -> None:  # noqa: A002
        super().__init__(id=id)
        self.border_title = title
        self.drawn_at = float("-inf")
        self.moment: Any = None  # that it shows
        self.setting: object = None  # how

    def take(self, moment: Any, setting: object, picture: Picture, most: int | None = None) -> int:
        """Show a picture that was made of this moment; about how many bytes that sends."""
        self.moment, self.setting = moment, setting
        return self.show_picture(picture, most)
