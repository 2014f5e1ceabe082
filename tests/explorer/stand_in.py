"""A session that trains only when it is told, and whose numbers follow from the epoch alone."""

from __future__ import annotations

import threading
from functools import cache
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from nnexpr.kinds import AffineLayer
from nnexpr.networks.architecture import architecture
from nnexpr.networks.network import Network
from nnexpr.runs.store import store
from nnexpr.scale import Scale
from nnexpr.specification import FitSpecification, InputError
from nnexpr.targets.build import idle_options
from nnexpr.targets.target import Target
from nnexpr.training.checkpoint import Checkpoint
from nnexpr.training.history import History
from nnexpr.training.modes import ModeHistory
from nnexpr.training.snapshots import Snapshot
from nnexpr.training.stepper import MemberSettings
from nnexpr_tui.folds import subject as folds
from nnexpr_tui.plane import engine as plane
from nnexpr_tui.replay import subject as replay
from nnexpr_tui.training import engine, subject
from nnexpr_tui.training.moment import Library
from nnexpr_tui.worker.warming import compile_loops

TARGETS = ("fourier", "cube", "chirp")
PLANE_TARGETS = ("waves2d", "star2d")
GRID = np.linspace(0.0, 1.0, 65)

compiled = cache(compile_loops)  # once in a process, before the first test that counts


class StandIn:
    """Loss 1/(1 + epoch); the fit is the share 1 - 1/(2 + 2 epoch) of a network with a region more than units.

    With two inputs the target is |x1| + |x2| on the square, the fit its share: four cells.
    """

    def __init__(self, specification: FitSpecification, world: World) -> None:
        known = TARGETS + PLANE_TARGETS
        if specification.target not in known and not specification.target.startswith(("csv:", "expr:")):
            raise InputError("target", specification.target, "it is not in the catalogue")
        self.world, self.specification = world, specification
        self.state, self.epoch, self.seconds = "ready", 0, 0.0
        self.diverged: dict[int, int] = {}
        self.history = History(specification.members)
        self.device_name = "stand-in"
        self.settings, self.loops, self.is_target_specified = MemberSettings(), "auto", True
        plane = specification.target in PLANE_TARGETS
        self.target = _square(specification) if plane else _sine(specification)
        self.network = _four_cells(specification) if plane else _comb(specification)
        self.grid = self.target.section(len(GRID))
        self.modes = None if plane else ModeHistory(self.target.truth(self.grid), specification.members)

    @property
    def learning_rate(self) -> float:
        return self.specification.lr

    @property
    def best_loss(self) -> NDArray[np.float64]:
        return self.losses()

    @property
    def epoch_of_best(self) -> NDArray[np.int64]:
        return np.full(self.specification.members, self.epoch)

    def checkpoint(self) -> Checkpoint:
        return Checkpoint(
            epoch=self.epoch, seconds=self.seconds, counted=self.epoch, diverged={}, best_loss=self.best_loss,
            epoch_of_best=self.epoch_of_best, history=self.history, modes=None, stage_ends=None,
            parameters=self.current_network().parameters, groups=[],
        )  # fmt: skip

    @property
    def share(self) -> float:
        return 1 - 0.5 / (1 + self.epoch)

    def start(self) -> None:
        self.state = "running"

    def pause(self) -> None:
        self.state = "paused"

    def take_back(self) -> None:
        """Epochs are whole here."""

    def advance(self, seconds: float, until: int | None = None) -> bool:
        """One epoch for each that the test allows; else it waits a little, as an epoch would."""
        if self.world.failure is not None:
            raise self.world.failure
        if self.world.allowed.acquire(timeout=0.002):
            self._train()
        return self.state == "running"

    def _train(self) -> None:
        self.history.record(self.epoch, self.losses()[None])
        if (
            self.modes is not None and self.epoch >= self.modes.next
        ):  # a member's fit has the share of its number more
            fits = [(1 + k) * self._shown() for k in range(self.specification.members)]
            self.modes.record(self.epoch, np.stack(fits).astype(np.float64))
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

    def reconfigure(self, **changes: Any) -> None:
        self.specification = self.specification.replace(**changes)
        if self.state == "finished" and self.epoch < self.specification.epochs:
            self.state = "paused"

    def losses(self) -> NDArray[np.float64]:
        return np.full(self.specification.members, 1.0 / (1 + self.epoch))

    def current_network(self) -> Network:
        """Its last layer is the share of what it was."""
        parameters = self.network.parameters.clone()
        parameters[:, -self.network.layers[-1].size :] *= self.share
        return self.network.with_parameters(parameters)

    def _shown(self) -> NDArray[np.float32]:
        values: NDArray[np.float32] = self.current_network()(torch.as_tensor(self.grid))[0, :, 0].numpy()
        return values

    def snapshot(self, member: int) -> Snapshot:
        network, shown = self.current_network(), self._shown()
        return Snapshot(
            epoch=self.epoch, seconds=self.seconds, learning_rate=self.learning_rate, losses=self.losses(),
            member=member, prediction=shown, band=np.stack([shown - 0.1, shown + 0.1]) if network.members > 1 else None,
            parameters=network.parameters[member].numpy(),
        )  # fmt: skip


def _sine(specification: FitSpecification) -> Target:
    def function(x: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.sin(2 * np.pi * x[:, 0])

    at = GRID[:, None]
    return Target(specification.target, "sin 2 pi x", at, function(at), ((0.0, 1.0),), function)


def _square(specification: FitSpecification) -> Target:
    def function(x: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.abs(x).sum(axis=1)

    at = np.stack([corner.ravel() for corner in np.meshgrid([-1.0, 0.0, 1.0], [-1.0, 0.0, 1.0])], axis=1)
    domain = ((-1.0, 1.0), (-1.0, 1.0))
    return Target(
        specification.target, "|x1| + |x2|", at, function(at), domain, function, (Scale(), Scale()),
        input_names=("x1", "x2"),
    )  # fmt: skip


def _network(specification: FitSpecification, *layers: NDArray[Any]) -> Network:
    """``[W | b]`` of each layer; all members are the same."""
    shapes = [(layer.shape[1] - 1, layer.shape[0]) for layer in layers]
    names = [specification.activation] * (len(layers) - 1) + ["identity"]
    made = tuple(AffineLayer(*shape, name) for shape, name in zip(shapes, names, strict=True))
    parameters = np.concatenate([layer.ravel() for layer in layers]).astype(np.float32)
    return Network(made, torch.from_numpy(parameters).repeat(specification.members, 1))


def _comb(specification: FitSpecification) -> Network:
    """A bend for each unit that the specification has."""
    units = sum(architecture(specification).hidden_widths)
    kinks = np.linspace(0.1, 0.9, units)
    hidden = np.stack([np.ones(units), -kinks], axis=1)
    return _network(specification, hidden, np.append(np.cos(np.pi * np.arange(units)), 0.0)[None])


def _four_cells(specification: FitSpecification) -> Network:
    """|x1| + |x2| = 2 relu(x1) + 2 relu(x2) - (x1 + x2), one border in each layer, and a unit that is dead."""
    first = np.array([[0.0, 1.0, 0.0], [1.0, 0.0, 4.0], [0.0, 0.0, -1.0], [1.0, 1.0, 4.0]])
    second = np.array([[1.0, 0.0, 0.0, 0.0, 1.0], [0.0, 1.0, 0.0, 0.0, -4.0], [0.0, 0.0, 0.0, 1.0, 0.0]])
    return _network(specification, first, second, np.array([[2.0, 2.0, -1.0, 2.0]]))


class World:
    """What a test holds in its hand: how many epochs may be trained, what fails, and what was built and kept."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.allowed = threading.Semaphore(0)
        self.failure: Exception | None = None
        self.engines: list[StandIn] = []
        self.counted: list[int] = []  # the epochs at which cells were counted
        self.memory: tuple[int, int] | None = None
        self.compiled = threading.Event()  # what counts
        for kind in ("line", "floor"):
            compiled(kind)
        self.compiled.set()
        self.may_load = threading.Event()
        self.may_load.set()
        for topic in (subject, folds, replay):
            patch.setattr(topic, "compiling", lambda kind: self.compiled)
        patch.setattr(engine, "device_memory", lambda device: self.memory)
        cells = plane.cells

        def counting(session: Any, snapshot: Snapshot) -> Any:
            self.counted.append(snapshot.epoch)
            return cells(session, snapshot)

        patch.setattr(plane, "cells", counting)

    def load(self) -> Library:
        self.may_load.wait(100)
        return Library(TARGETS, self.build, PLANE_TARGETS, idle_options)  # type: ignore[arg-type]

    def build(self, specification: FitSpecification) -> StandIn:
        self.engines.append(StandIn(specification, self))
        return self.engines[-1]

    @property
    def kept(self) -> list[int]:
        """The epochs of the runs in the store."""
        return [run.read().metadata["extra"]["epoch"] for run in store().runs()]

    def let_train(self, epochs: int) -> None:
        self.allowed.release(epochs)

    @property
    def engine(self) -> StandIn:
        return self.engines[-1]
