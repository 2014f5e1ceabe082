"""The error's Fourier modes over the epochs: what the network learns first."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, ClassVar

from nnexpr_tui.parts.numbers import number
from nnexpr_tui.parts.time_maps import TimeMapsPane

if TYPE_CHECKING:
    from nnexpr_tui.charts.timemap import TimeMaps
    from nnexpr_tui.training.moment import FitMoment

__all__ = ["MEDIAN", "MEMBER", "ModesPane"]

MEMBER, MEDIAN = "member", "median"
TITLE = "Error modes over epochs"


class ModesPane(TimeMapsPane):
    """Stands in the place of the loss."""

    HELP: ClassVar[str] = """\
The error, fit minus target, split into Fourier modes of the domain, over the epochs: mode k, a row, makes k turns over
the domain; a column is an epoch, on a logarithmic axis. Lighter is more on a dark theme, darker is more on a light one;
four powers of ten are told apart, down from the one in the title. A network with a spectral bias darkens from the top:
low frequencies are learned first. F shows the median of all members, then the loss again."""

    def __init__(self, *, id: str, classes: str) -> None:  # noqa: A002
        super().__init__(id=id)
        self.border_title = TITLE
        self.set_classes(classes)

    def show_modes(self, fit: FitMoment, way: str, shown: int | None = None) -> int:
        """The shown member's, or the median of all; ``shown`` marks an epoch. Returns about what that sends."""
        return self.show_maps(partial(_modes, fit, way, shown))


def _modes(fit: FitMoment, way: str, shown: int | None) -> TimeMaps:
    from nnexpr_tui.charts.modes import amplitude_limits, mode_maps
    from nnexpr_tui.charts.timemap import TimeMaps

    modes = fit.modes
    if modes is None:
        return TimeMaps(TITLE, why="n/a (two inputs)")
    amplitudes = modes.median if way == MEDIAN else modes.member
    whose = "median, " if way == MEDIAN else f"member {fit.snapshot.member}, "
    of_several = len(fit.snapshot.losses) > 1
    title = f"{TITLE}, {whose * of_several}up to {number(10.0 ** amplitude_limits(amplitudes)[1], 1)}"
    return mode_maps(title, modes.epochs, amplitudes, shown=shown)
