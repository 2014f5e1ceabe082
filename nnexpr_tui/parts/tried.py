"""What was trained since the explorer was opened, as a short table; the key that opened it closes it."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import Binding, BindingType

from nnexpr.specification import OPTIONS, FitSpecification, command_line
from nnexpr_tui.parts.lines import Line, wrapped
from nnexpr_tui.parts.numbers import count, number
from nnexpr_tui.parts.overlays import TextOverlay
from nnexpr_tui.training.moment import FitMoment

__all__ = ["TriedScreen"]


class TriedScreen(TextOverlay):
    """The present training first."""

    TITLE = "Tried"
    HINT = "U or esc closes; u brings the one before back"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("U,shift+u", "dismiss", "Close", show=False)]

    def __init__(self, fit: FitMoment) -> None:
        super().__init__()
        self._fit = fit

    def lines(self, width: int) -> list[Line]:
        fit = self._fit
        regions = fit.counts.count if fit.counts is not None else None
        lines: list[Line] = [((f"{'epoch':>12} {'loss':>9} {'regions':>8}  network", "key"),)]
        present = fit.recording.specification
        lines += _lines(fit.epoch, min(fit.snapshot.losses.tolist()), regions, present, width)
        for one in reversed(fit.tried):
            lines += _lines(one.epoch, one.loss, one.regions, one.specification, width)
        return lines


def _lines(
    epoch: int, loss: float, regions: int | None, specification: FitSpecification, width: int
) -> list[Line]:
    """Every option that is not its default, but where it was trained, as ``fit`` spells it."""
    usual = {
        name: option.default for name, option in OPTIONS.items() if name in ("epochs", "device", "threads")
    }
    options = command_line(specification.replace(**usual)).removeprefix("nnexpr-tui fit --network ")
    counted = "–" if regions is None else count(regions)
    numbers = f"{count(epoch):>12} {number(loss):>9} {counted:>8}  "
    first, *others = wrapped(options, width, "", indent=len(numbers))
    return [((numbers, "value"), (first[0][0][len(numbers) :], "")), *others]
