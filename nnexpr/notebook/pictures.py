"""What is also shown as a picture, for programs that take no HTML: PNG by matplotlib, where the work is bounded."""

from __future__ import annotations

from io import BytesIO
from typing import Any

from nnexpr import plot
from nnexpr.experiments.data import Figure as FigureData
from nnexpr.experiments.data import Map
from nnexpr.linear.spectrum import Spectrum
from nnexpr.notebook.cards import MOST_WORK
from nnexpr.regions.plane import PlaneRegions
from nnexpr.targets.target import Target
from nnexpr.training.fit import FitResult

__all__ = ["picture"]

DPI = 120
MOST_CELLS = 5_000


def picture(thing: Any) -> bytes | None:
    """The PNG of its figure; None of what has none, or would take long."""
    figure = None
    if isinstance(thing, FitResult):
        if thing.network.parameter_count * thing.network.members <= MOST_WORK:
            figure = plot.fit(thing)
    elif isinstance(thing, Target):
        figure = plot.target(thing)
    elif isinstance(thing, PlaneRegions):
        figure = plot.cells(thing) if thing.activation_regions <= MOST_CELLS else None
    elif isinstance(thing, Spectrum):
        figure = plot.spectrum(thing)
    elif isinstance(thing, (FigureData, Map)):
        figure = plot.figure(thing)
    if figure is None:
        return None
    written = BytesIO()
    figure.savefig(written, format="png", dpi=DPI)
    return written.getvalue()
