"""A deterministic engine without torch: it trains only when told, and its numbers follow from the epoch alone."""

from __future__ import annotations

import json
import threading
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from nnexpr.specification import FitSpecification, InputError
from nnexpr.training.snapshots import Snapshot
from nnexpr_tui.plane.moment import CellCounts, Cells, PlaneView
from nnexpr_tui.training.moment import Counts, FitMoment, Library, Scene

Array = NDArray[np.float64]
TARGETS = ("fourier", "cube", "chirp")
PLANE_TARGETS = ("waves2d", "star2d")
GRID = np.linspace(0.0, 1.0, 65)
SQUARE = ((-1.0, 1.0), (-1.0, 1.0))


class StandIn:
    """Loss 1/(1 + epoch); as many regions as the network has units, plus one.

    With two inputs the target is |x1| + |x2| on the square, the fit its share epoch/(1 + epoch): four cells.
    """

    def __init__(self, specification: FitSpecification, world: World) -> None:
        if specification.target not in TARGETS + PLANE_TARGETS and not specification.target.startswith(
            "csv:"
        ):
            raise InputError("target", specification.target, "it is not in the catalogue")
        self.world, self.specification = world, specification
        self.state, self.epoch, self.seconds = "ready", 0, 0.0
        self.memory: tuple[int, int] | None = None
        self.reconfigured: list[FitSpecification] = []
        self.kept: list[int] = []
        self.truth = np.sin(2 * np.pi * GRID)
        widths = specification.hidden_widths if specification.network == "mlp" else (4,)
        bends = specification.activation in ("relu", "leaky_relu", "hat")
        plane = specification.target in PLANE_TARGETS
        self.scene = Scene(
            specification=specification, name=specification.target, formula="sin 2 pi x", dimension=1 + plane,
            domain=(0.0, 1.0), x=GRID, truth=self.truth, data=None,
            hidden_widths=widths, parameters=3, countable=bends and not plane,
            upper_bound=10_000, lower_bound=9, device="stand-in",
            plane=SQUARE if plane else None, has_cells=bends and plane,
        )  # fmt: skip

    def start(self) -> None:
        self.state = "running"

    def pause(self) -> None:
        self.state = "paused"

    def advance(self, seconds: float) -> bool:
        """One epoch for each that the test allows; else it waits a little, as an epoch would."""
        if self.world.failure is not None:
            raise self.world.failure
        if self.world.allowed.acquire(timeout=0.002):
            self._train()
        return self.state == "running"

    def _train(self) -> None:
        self.epoch += 1
        self.seconds += 0.001
        if self.epoch >= self.specification.epochs:
            self.state = "finished"

    def step(self, epochs: int) -> None:
        self.state = "running"
        for _ in range(epochs):
            self._train()
        if self.state == "running":
            self.state = "paused"

    def reconfigure(self, specification: FitSpecification) -> None:
        self.reconfigured.append(specification)
        self.specification = specification
        if self.state == "finished" and self.epoch < specification.epochs:
            self.state = "paused"

    def snapshot(self, member: int) -> Snapshot:
        members = self.specification.members
        losses = np.full(members, 1.0 / (1 + self.epoch))
        shown = (self.truth * self.epoch / (1 + self.epoch)).astype(np.float32)
        band = np.stack([shown - 0.1, shown + 0.1]) if members > 1 else None
        return Snapshot(
            epoch=self.epoch, seconds=self.seconds, learning_rate=self.specification.lr, losses=losses, member=member,
            prediction=shown, band=band, parameters=np.full(3, self.epoch, dtype=np.float32),
        )  # fmt: skip

    def diverged_at(self, member: int) -> int | None:
        return None

    def history(self, member: int) -> tuple[np.ndarray, np.ndarray]:
        epochs = np.arange(self.epoch, dtype=np.int64)
        return epochs, (1.0 / (1 + epochs)).astype(np.float32)

    def count(self, snapshot: Snapshot) -> Counts | None:
        if not self.scene.countable:
            return None
        bends = sum(self.scene.hidden_widths)
        return Counts(
            epoch=snapshot.epoch, member=snapshot.member, regions=bends + 1, bends=bends, activation_regions=bends + 1,
            bends_by_layer=tuple(self.scene.hidden_widths), positions=np.linspace(0.1, 0.9, bends),
            dead_units=((1, 2),), collapsed=False, slopes=np.zeros(bends + 1),
        )  # fmt: skip

    def floor(self, regions: int) -> float | None:
        return 1.0 / regions**4

    def frequencies(self, snapshot: Snapshot) -> Array | None:
        return 1.0 / (1.0 + np.arange(32.0)) / (1 + snapshot.epoch)

    def heights(self, view: PlaneView, snapshot: Snapshot | None) -> Array:
        share = 1.0 if snapshot is None else snapshot.epoch / (1 + snapshot.epoch)
        return share * np.abs(view.points()).sum(axis=1).reshape(view.height, view.width)

    def can_count(self, seconds: float = 0.0) -> bool:
        return self.world.compiled.wait(seconds)

    def cells(self, snapshot: Snapshot) -> Cells:
        self.world.counted.append(snapshot.epoch)
        if self.world.uncountable:
            raise ValueError(self.world.uncountable)
        signs = np.array([[-1.0, -1.0], [1.0, -1.0], [-1.0, 1.0], [1.0, 1.0]])
        counts = CellCounts(
            epoch=snapshot.epoch, member=snapshot.member, regions=4, activation_regions=5, dead_units=((1, 2),),
            euler=1, area_error=0.0, mean_degree=2.0, max_residual=0.0, sampled_points=64, sampled_mismatches=0, ties=0,
        )  # fmt: skip
        return Cells(
            counts=counts,
            slopes=signs * snapshot.epoch / (1 + snapshot.epoch),
            intercepts=np.zeros(4),
            segments=np.array([[-1.0, 0.0, 1.0, 0.0], [0.0, -1.0, 0.0, 1.0]]),
            layers=np.array([1, 2]),
            locate=lambda points: (points[:, 0] > 0) + 2 * (points[:, 1] > 0),
        )

    def keep(self, run: str | None) -> str | None:
        self.kept.append(self.epoch)
        self.world.kept.append((run or "run-1", self.epoch))
        return run or "run-1"

    def export(self, stem: Path, moment: FitMoment, cells: object) -> list[Path]:
        path = stem.with_name(stem.name + ".json")
        path.write_text(json.dumps({"epoch": moment.epoch, "cells": cells}), encoding="utf-8")
        return [path]


class World:
    """What a test holds in its hand: how many epochs may be trained, what fails, and what was built and kept."""

    def __init__(self) -> None:
        self.allowed = threading.Semaphore(0)
        self.failure: Exception | None = None
        self.engines: list[StandIn] = []
        self.kept: list[tuple[str, int]] = []
        self.counted: list[int] = []  # the epochs at which cells were counted
        self.uncountable = ""  # why cells cannot be counted
        self.compiled = threading.Event()  # what counts
        self.compiled.set()
        self.may_load = threading.Event()
        self.may_load.set()

    def load(self) -> Library:
        self.may_load.wait(20)
        return Library(TARGETS, self.build, PLANE_TARGETS)

    def build(self, specification: FitSpecification) -> StandIn:
        self.engines.append(StandIn(specification, self))
        return self.engines[-1]

    def let_train(self, epochs: int) -> None:
        self.allowed.release(epochs)

    @property
    def engine(self) -> StandIn:
        return self.engines[-1]
