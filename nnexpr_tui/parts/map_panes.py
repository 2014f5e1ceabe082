"""Panes that are maps: each remembers of which moment, and how, it has drawn what it shows; which of them are seen."""

from __future__ import annotations

from collections.abc import Container, Iterable
from textwrap import wrap
from typing import TYPE_CHECKING, Any, ClassVar

from textual.widget import Widget

from nnexpr_tui.charts.heatmap import HeatMap
from nnexpr_tui.parts.viewport import Viewport, Window

if TYPE_CHECKING:
    from nnexpr_tui.charts.heat import Picture
    from nnexpr_tui.charts.maps import Ground

__all__ = ["MapPane", "said", "show_only", "viewport_of"]


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


def said(text: str, ground: Ground) -> Picture:
    """In the place of a map, why there is none."""
    from nnexpr_tui.charts.heat import blank, write

    picture = blank(ground.width, ground.height)
    for place, line in enumerate(wrap(text, max(ground.width, 1))):
        write(picture, place, 0, line)
    return picture


def viewport_of(panes: Iterable[MapPane], window: Window | None) -> Viewport | None:
    """The window in as many pixels as the largest of the maps that are seen has; None where none is."""
    from nnexpr_tui.charts.maps import image_size

    sizes = [image_size(pane.ground()) for pane in panes if pane.is_wanted]
    width, height = max((w for w, _ in sizes), default=0), max((h for _, h in sizes), default=0)
    return Viewport(window, width, height) if window is not None and width and height else None


def show_only(panes: Iterable[Widget], shown: Container[str]) -> bool:
    """Put away all but those whose ids end in one of these names behind the first dash; whether that changes any."""
    changed = False
    for pane in panes:
        hidden = str(pane.id).partition("-")[2] not in shown
        changed = changed or hidden != pane.has_class("-hidden")
        pane.set_class(hidden, "-hidden")
    return changed
