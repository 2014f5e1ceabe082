"""How large the error is in each Fourier mode of the domain, as bars."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, ClassVar

from nnexpr_tui.parts.lines import Line, LinePane
from nnexpr_tui.parts.numbers import number

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from nnexpr.runs.recording import Scene

    Array = NDArray[np.float64]

__all__ = ["FrequenciesPane"]

DECADES = 4
EIGHTHS = "▏▎▍▌▋▊▉█"


class FrequenciesPane(LinePane, can_focus=True):
    """One row a mode; a full bar is the power of ten at or above the greatest amplitude now."""

    HELP: ClassVar[str] = """\
The error, fit minus target, split into Fourier modes of the domain: mode k makes k turns over it, mode 0 is the mean.
Bars are logarithmic over four decades; a full one is the power of ten at or above the greatest amplitude now.
Slowly varying parts of the error are usually learned first: the longest bars move down the list."""

    def __init__(self, title: str = "", *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(title, id=id)
        self.ascii = False
        self._shown: tuple[Scene, Array | None] | None = None

    def on_resize(self) -> None:
        """Bars of the new width."""
        if self._shown is not None:
            self.show(*self._shown)

    def show(self, scene: Scene, frequencies: Array | None) -> int:
        """Show these amplitudes, by mode. About how many bytes that sends."""
        self._shown = scene, frequencies
        if frequencies is None:
            why = "two inputs" if scene.dimension > 1 else "the error is not finite"
            return self.show_lines([((f"n/a ({why})", "label"),)])
        amplitudes = [float(value) for value in frequencies[: max(1, self.size.height)]]
        greatest = max(amplitudes)
        top = math.ceil(math.log10(greatest)) if greatest > 0 else 0
        return self.show_lines([self._row(mode, value, top) for mode, value in enumerate(amplitudes)])

    def _row(self, mode: int, value: float, top: int) -> Line:
        width = max(1, self.size.width - 13)
        share = 0.0
        if value > 0:
            share = max(0.0, 1 + (math.log10(value) - top) / DECADES)
        bar = self._bar(share, width).ljust(width)
        return ((f"{mode:>3} ", "label"), (bar, "accent"), (f" {number(value, 2):>8}", "value"))

    def _bar(self, share: float, width: int) -> str:
        if self.ascii:
            return "#" * round(share * width)
        cells, rest = divmod(round(8 * share * width), 8)
        return "█" * cells + (EIGHTHS[rest - 1] if rest else "")
