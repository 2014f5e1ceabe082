"""Figures for papers: each function returns a matplotlib figure, or draws in the axes that it is given by ``ax=``.

    style.py      what is set of matplotlib, and only while one of our figures is made, drawn or saved
    thinning.py   curves of many points
    canvas.py     figures, axes, legends; texts.py: what is written there
    fits.py       what a figure shows of a fit, from a result or a recording
    over_x.py     a fit, a target; over_epochs.py: losses, counts; fourier.py: the error's modes
    plane.py      cells and maps; patterns.py: colours that cells keep; slices.py: planes among many inputs
    representation.py, kernel.py    Gram spectra, least squares; tangent kernels
    findings.py   figures and tables of experiments
    sweeps.py     maps and parallel coordinates of a sweep
    files.py      PDF, PNG, SVG

Loaded when first used: importing this costs neither matplotlib nor torch. Where matplotlib is not installed, using a
function raises :class:`nnexpr.extras.MissingExtra`, which says how to get it.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from nnexpr.extras import require

_PUBLIC = {
    "nnexpr.plot.over_x": "fit network target",
    "nnexpr.plot.over_epochs": "loss counts",
    "nnexpr.plot.fourier": "modes frequencies",
    "nnexpr.plot.plane": "cells maps",
    "nnexpr.plot.slices": "on_plane on_planes",
    "nnexpr.plot.representation": "spectrum least_squares",
    "nnexpr.plot.kernel": "tangent",
    "nnexpr.plot.findings": "figure table experiment",
    "nnexpr.plot.sweeps": "sweep parallel",
    "nnexpr.plot.files": "save",
    "nnexpr.plot.canvas": "panels",
}
_HOMES = {name: module for module, names in _PUBLIC.items() for name in names.split()}

__all__ = list(_HOMES)

if TYPE_CHECKING:
    from nnexpr.plot.canvas import panels as panels
    from nnexpr.plot.files import save as save
    from nnexpr.plot.findings import experiment as experiment, figure as figure, table as table
    from nnexpr.plot.fourier import frequencies as frequencies, modes as modes
    from nnexpr.plot.kernel import tangent as tangent
    from nnexpr.plot.over_epochs import counts as counts, loss as loss
    from nnexpr.plot.over_x import fit as fit, network as network, target as target
    from nnexpr.plot.plane import cells as cells, maps as maps
    from nnexpr.plot.slices import on_plane as on_plane, on_planes as on_planes
    from nnexpr.plot.sweeps import parallel as parallel, sweep as sweep
    from nnexpr.plot.representation import least_squares as least_squares, spectrum as spectrum


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'nnexpr.plot' has no attribute {name!r}")
    require("matplotlib", "plots", "figures need")
    value = getattr(import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
