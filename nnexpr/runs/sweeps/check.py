"""What is wrong with a sweep beyond its options: targets that cannot be built, networks that cannot take them."""

from __future__ import annotations

from typing import Any

from nnexpr.networks.architecture import architecture
from nnexpr.runs.sweeps.faults import MOST_FAULTS, Fault, SweepFileError
from nnexpr.runs.sweeps.file import SweepFile
from nnexpr.runs.sweeps.plan import specifications
from nnexpr.specification import OPTIONS, InputError
from nnexpr.targets import build_target

__all__ = ["check_file"]

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
    faults: dict[Fault, None] = {}
    targets: dict[tuple[Any, ...], int | None] = {}
    networks: set[tuple[Any, ...]] = set()
    idle: dict[str, int] = {}
    for config, cell in zip(file.configs, specifications(file.configs), strict=True):
        for name in config:
            idle[name] = idle.get(name, 0) + (not cell.relevant(name))
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
            line = file.lines.get(error.option, file.lines.get("target", 1))
            faults[Fault(line, f"{error.option} is {error.shown}: {error.allowed}")] = None
        if len(faults) >= MOST_FAULTS:
            break
    if faults:
        raise SweepFileError(file.path, sorted(faults))
    return [
        f"{name} has no meaning for {cells:,} of the {len(file.configs):,} cells; it changes nothing there."
        for name, cells in idle.items()
        if cells
    ]
