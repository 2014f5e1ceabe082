"""The error's Fourier modes over the epochs: what the network learns first."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from nnexpr_tui.charts.heatmap import HeatMap
from nnexpr_tui.parts.table import entitle

if TYPE_CHECKING:
    from nnexpr_tui.training.moment import FitMoment

__all__ = ["MEDIAN", "MEMBER", "ModesPane"]

MEMBER, MEDIAN = "member", "median"


class ModesPane(HeatMap, can_focus=True):
    """Stands in the place of the loss."""

    HELP: ClassVar[str] = """\
The error, fit minus target, split into Fourier modes of the domain, over the epochs: mode k, a row, makes k turns over
the domain; a column is an epoch, on a logarithmic axis. Lighter is more on a dark theme, darker is more on a light one;
four powers of ten are told apart, down from the one in the title. A network with a spectral bias darkens from the top:
low frequencies are learned first. F shows the median of all members, then the loss again."""

    def __init__(self, *, id: str, classes: str) -> None:  # noqa: A002
        super().__init__(id=id)
        self.border_title = "Error modes over epochs"
        self.set_classes(classes)

    _asked: tuple[FitMoment, str, int | None] | None = None

    def show_modes(self, fit: FitMoment, way: str, shown: int | None = None) -> int:
        """The shown member's, or the median of all; ``shown`` marks an epoch. Returns about what that sends."""
        self._asked = fit, way, shown
        return self._draw() if self.is_wanted else 0

    def _draw(self) -> int:
        from nnexpr_tui.charts.heat import blank, write
        from nnexpr_tui.charts.modes import amplitude_limits, mode_map

        if self._asked is None:
            return 0
        (fit, way, shown), ground = self._asked, self.ground()
        modes = fit.modes
        if modes is None:
            picture = blank(ground.width, ground.height)
            write(picture, 0, 0, "n/a (two inputs)")
            entitle(self, "Error modes over epochs")
            return self.show_picture(picture)
        amplitudes = modes.median if way == MEDIAN else modes.member
        whose = "median" if way == MEDIAN else f"member {fit.snapshot.member}"
        _, top = amplitude_limits(amplitudes)
        entitle(self, f"Error modes over epochs, {whose}, up to 1e{top}")
        return self.show_picture(mode_map(modes.epochs, amplitudes, ground, shown=shown))

    def _frame_changed(self) -> None:
        if self.is_wanted:
            self._draw()
        super()._frame_changed()
