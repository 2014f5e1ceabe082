"""nnexpr: what can a neural network represent, and how does it get there?

The names below are loaded when they are first used, so importing the package costs neither torch nor NumPy.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

_HOMES = {
    "FitSpecification": "nnexpr.specification",
    "InputError": "nnexpr.specification",
    "Network": "nnexpr.networks.network",
    "mlp": "nnexpr.networks.builders",
    "shallow": "nnexpr.networks.builders",
    "compositional": "nnexpr.networks.compositional",
    "tent": "nnexpr.networks.compositional",
    "mmnn": "nnexpr.networks.builders",
    "from_torch": "nnexpr.networks.interchange",
    "to_torch": "nnexpr.networks.interchange",
    "save": "nnexpr.runs.file",
    "load": "nnexpr.runs.file",
    "target": "nnexpr.targets",
    "Target": "nnexpr.targets.target",
    "fit": "nnexpr.training.fit",
    "fit_many": "nnexpr.training.many",
    "train": "nnexpr.training.fit",
    "FitResult": "nnexpr.training.fit",
    "Session": "nnexpr.training.session",
    "Snapshot": "nnexpr.training.snapshots",
    "linear_regions": "nnexpr.regions.line",
    "LineRegions": "nnexpr.regions.line",
    "path_regions": "nnexpr.regions.path",
    "PathRegions": "nnexpr.regions.path",
    "trajectory_length": "nnexpr.regions.path",
    "circle": "nnexpr.regions.path",
    "rational_count": "nnexpr.regions.rational",
    "plane_regions": "nnexpr.regions.plane",
    "PlaneRegions": "nnexpr.regions.plane",
    "Store": "nnexpr.runs.store",
    "store": "nnexpr.runs.store",
    "least_squares": "nnexpr.linear.solvers",
    "spline_floor": "nnexpr.splines.floor",
}

__all__ = ["__version__", *_HOMES]

if TYPE_CHECKING:
    from nnexpr.linear.solvers import least_squares as least_squares
    from nnexpr.networks.builders import mlp as mlp
    from nnexpr.networks.builders import mmnn as mmnn
    from nnexpr.networks.builders import shallow as shallow
    from nnexpr.networks.compositional import compositional as compositional
    from nnexpr.networks.compositional import tent as tent
    from nnexpr.networks.interchange import from_torch as from_torch
    from nnexpr.networks.interchange import to_torch as to_torch
    from nnexpr.networks.network import Network as Network
    from nnexpr.regions.line import LineRegions as LineRegions
    from nnexpr.regions.line import linear_regions as linear_regions
    from nnexpr.regions.path import PathRegions as PathRegions
    from nnexpr.regions.path import circle as circle
    from nnexpr.regions.path import path_regions as path_regions
    from nnexpr.regions.path import trajectory_length as trajectory_length
    from nnexpr.regions.plane import PlaneRegions as PlaneRegions
    from nnexpr.regions.plane import plane_regions as plane_regions
    from nnexpr.regions.rational import rational_count as rational_count
    from nnexpr.runs.file import load as load
    from nnexpr.runs.file import save as save
    from nnexpr.runs.store import Store as Store
    from nnexpr.runs.store import store as store
    from nnexpr.specification import FitSpecification as FitSpecification
    from nnexpr.specification import InputError as InputError
    from nnexpr.splines.floor import spline_floor as spline_floor
    from nnexpr.targets import target as target
    from nnexpr.targets.target import Target as Target
    from nnexpr.training.fit import FitResult as FitResult
    from nnexpr.training.fit import fit as fit
    from nnexpr.training.fit import train as train
    from nnexpr.training.many import fit_many as fit_many
    from nnexpr.training.session import Session as Session
    from nnexpr.training.snapshots import Snapshot as Snapshot


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'nnexpr' has no attribute {name!r}")
    value = getattr(import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
