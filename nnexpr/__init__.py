"""nnexpr: what can a neural network represent, and how does it get there?

The names below are loaded when they are first used, so importing the package costs neither torch nor NumPy.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.2.0"

_PUBLIC = {
    "nnexpr.specification": "FitSpecification InputError",
    "nnexpr.networks.network": "Network",
    "nnexpr.networks.builders": "mlp shallow mmnn",
    "nnexpr.networks.compositional": "compositional tent",
    "nnexpr.networks.interchange": "from_torch to_torch",
    "nnexpr.networks.onnx": "from_onnx to_onnx",
    "nnexpr.networks.graph.graph": "Graph",
    "nnexpr.networks.graph.chain": "graph_of",
    "nnexpr.networks.matching": "matching_mlp",
    "nnexpr.runs.file": "save load",
    "nnexpr.targets": "target",
    "nnexpr.targets.target": "Target",
    "nnexpr.training.fit": "fit train FitResult",
    "nnexpr.training.many": "fit_many",
    "nnexpr.training.session": "Session",
    "nnexpr.training.snapshots": "Snapshot",
    "nnexpr.training.tangent": "tangent_kernel",
    "nnexpr.regions.line": "linear_regions LineRegions",
    "nnexpr.regions.path": "path_regions path_decisions PathRegions PathDecisions trajectory_length circle",
    "nnexpr.regions.over": "count_at regions_over RegionCount",
    "nnexpr.regions.rational": "rational_count",
    "nnexpr.regions.plane": "plane_regions plane_through Plane PlaneRegions",
    "nnexpr.runs.store": "Store store",
    "nnexpr.linear.solvers": "least_squares",
    "nnexpr.linear.spectrum": "Spectrum spectrum",
    "nnexpr.splines.floor": "spline_floor",
    "nnexpr.theory.rashomon": "rashomon",
}
_PACKAGES = ("plot",)
_HOMES = {name: module for module, names in _PUBLIC.items() for name in names.split()}

__all__ = ["__version__", *_PACKAGES, *_HOMES]

if TYPE_CHECKING:
    from nnexpr import plot as plot
    from nnexpr.linear.solvers import least_squares as least_squares
    from nnexpr.linear.spectrum import Spectrum as Spectrum, spectrum as spectrum
    from nnexpr.networks.builders import mlp as mlp, mmnn as mmnn, shallow as shallow
    from nnexpr.networks.compositional import compositional as compositional, tent as tent
    from nnexpr.networks.graph.chain import graph_of as graph_of
    from nnexpr.networks.graph.graph import Graph as Graph
    from nnexpr.networks.interchange import from_torch as from_torch, to_torch as to_torch
    from nnexpr.networks.matching import matching_mlp as matching_mlp
    from nnexpr.networks.network import Network as Network
    from nnexpr.networks.onnx import from_onnx as from_onnx, to_onnx as to_onnx
    from nnexpr.regions.line import LineRegions as LineRegions, linear_regions as linear_regions
    from nnexpr.regions.over import (
        RegionCount as RegionCount,
        count_at as count_at,
        regions_over as regions_over,
    )
    from nnexpr.regions.path import (
        PathDecisions as PathDecisions,
        PathRegions as PathRegions,
        circle as circle,
        path_decisions as path_decisions,
        path_regions as path_regions,
        trajectory_length as trajectory_length,
    )
    from nnexpr.regions.plane import (
        Plane as Plane,
        PlaneRegions as PlaneRegions,
        plane_regions as plane_regions,
        plane_through as plane_through,
    )
    from nnexpr.regions.rational import rational_count as rational_count
    from nnexpr.runs.file import load as load, save as save
    from nnexpr.runs.store import Store as Store, store as store
    from nnexpr.specification import FitSpecification as FitSpecification, InputError as InputError
    from nnexpr.splines.floor import spline_floor as spline_floor
    from nnexpr.targets import target as target
    from nnexpr.targets.target import Target as Target
    from nnexpr.theory.rashomon import rashomon as rashomon
    from nnexpr.training.fit import FitResult as FitResult, fit as fit, train as train
    from nnexpr.training.many import fit_many as fit_many
    from nnexpr.training.session import Session as Session
    from nnexpr.training.snapshots import Snapshot as Snapshot
    from nnexpr.training.tangent import tangent_kernel as tangent_kernel


def __getattr__(name: str) -> Any:
    if name in _PACKAGES:
        return import_module(f"nnexpr.{name}")
    if name not in _HOMES:
        raise AttributeError(f"module 'nnexpr' has no attribute {name!r}")
    value = getattr(import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
