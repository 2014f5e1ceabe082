"""What was trained since the explorer was opened, as a short table; the key that opened it closes it."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from nnexpr.specification import FitSpecification
from nnexpr_tui.controller import command_line
from nnexpr_tui.parts.numbers import count, number
from nnexpr_tui.parts.overlays import Overlay
from nnexpr_tui.training.moment import FitMoment

__all__ = ["TriedScreen"]


class TriedScreen(Overlay[None]):
    """The present training first."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("U,shift+u,escape,enter", "dismiss", "Close", show=False),
        Binding("q,ctrl+q", "app.quit", "Quit", show=False),
    ]

    def __init__(self, fit: FitMoment) -> None:
        super().__init__()
        self._fit = fit

    def compose(self) -> ComposeResult:
        with VerticalScroll(id="help") as box:
            box.border_title = "Tried"
            box.border_subtitle = "U or esc closes; u brings the one before back"
            yield Static(Content("\n").join(self._lines()), markup=False)

    def _lines(self) -> list[Content]:
        fit = self._fit
        regions = fit.counts.count if fit.counts is not None else None
        lines = [Content.styled(f"{'epoch':>12} {'loss':>9} {'regions':>8}  network", "bold")]
        lines.append(_line(fit.epoch, min(fit.snapshot.losses.tolist()), regions, fit.specification))
        lines += [_line(one.epoch, one.loss, one.regions, one.specification) for one in reversed(fit.tried)]
        return lines


def _line(epoch: int, loss: float, regions: int | None, specification: FitSpecification) -> Content:
    """Every option that is not its default, as ``fit`` spells it."""
    options = command_line(specification.replace(epochs=1000)).removeprefix("nnexpr-tui fit --network ")
    return Content(f"{count(epoch):>12} {number(loss):>9} {count(regions):>8}  {options}")
