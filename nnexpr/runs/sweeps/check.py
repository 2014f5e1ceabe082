"""What is wrong with a sweep beyond its options: targets that cannot be built, networks that cannot take them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from nnexpr.networks.architecture import architecture
from nnexpr.runs.sweeps.faults import MOST_FAULTS, Fault, SweepFileError
from nnexpr.runs.sweeps.file import SweepFile
from nnexpr.runs.sweeps.plan import specifications
from nnexpr.specification import OPTIONS, FitSpecification, InputError
from nnexpr.targets import build_target
from nnexpr.targets.build import idle_options

__all__ = ["check_file", "faults_in"]

MOST_TARGETS = 200  # that are built; what is wrong with others shows when their jobs begin
MOST_POINTS = 10_000  # at which a function is tried
TARGET = (
    "target",
    "domain",
    "missing",
    "terms",
)  # what decides which target it is, but for points, noise and seed


def check_file(file: SweepFile) -> list[str]:
    """Notes on what changes nothing; raises :class:`SweepFileError` for targets and networks that cannot be.

    Targets are built once each, so data files are read.
    """
    cells = specifications(file.configs)
    if faults := faults_in(file, cells):
        raise SweepFileError(file.path, faults)
    idle: dict[str, int] = {}
    for config, cell in zip(file.configs, cells, strict=True):
        of_no_use = idle_options(cell)
        for name in config:
            idle[name] = idle.get(name, 0) + (not cell.relevant(name) or name in of_no_use)
    return [
        f"{name} has no meaning for {cells:,} of the {len(file.configs):,} cells; it changes nothing there."
        for name, cells in idle.items()
        if cells
    ]


def faults_in(file: SweepFile, cells: Sequence[FitSpecification]) -> list[Fault]:
    """Of its targets and networks, by line, the first of them."""
    faults: dict[Fault, None] = {}
    targets: dict[tuple[Any, ...], int | None] = {}
    networks: set[tuple[Any, ...]] = set()
    for config, cell in zip(file.configs, cells, strict=True):
        which = tuple(getattr(cell, name) for name in TARGET)
        try:
            if which not in targets and len(targets) < MOST_TARGETS:
                targets[which] = None
                targets[which] = build_target(
                    cell.replace(points=min(cell.points, MOST_POINTS), noise=0.0)
                ).dimension
            dimension = targets.get(which)
            network = (
                *(getattr(cell, name) for name, option in OPTIONS.items() if option.group == "network"),
                dimension,
            )
            if dimension is not None and network not in networks:
                networks.add(network)
                architecture(cell, dimension)
        except InputError as error:
            line = file.line_of(error.option, config)
            faults[Fault(line, f"{error.option} is {error.shown}: {error.allowed}")] = None
        if len(faults) >= MOST_FAULTS:
            break
    return sorted(faults)
