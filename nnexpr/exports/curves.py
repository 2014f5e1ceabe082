"""The curves of a recording: what a page shows of it, as plain arrays without the weights.

Everything is of the shown member and in the target's own units. Bends are counted from the weights, exactly; modes are
those of the error on the plotting grid.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from nnexpr.networks.network import Network
from nnexpr.regions.line import linear_regions
from nnexpr.runs.events import Event, events
from nnexpr.runs.recording import Recording, Scene
from nnexpr.specification import FitSpecification, InputError
from nnexpr.training.modes import MOST_MODES, mode_amplitudes

__all__ = ["FINE", "MOST_DRAWN", "SIDE", "Bends", "Curves", "Maps", "curves_of", "plane_grid", "plane_truth"]

Array = NDArray[np.float64]

MOST_DRAWN = 400  # bends of a snapshot: more could not be told apart on a line of some 800 pixels
SIDE = 44  # points of a map along each input: more of 200 snapshots would not go into a megabyte
FINE = 144  # of the target's


@dataclass(frozen=True, eq=False, slots=True)
class Bends:
    """Where the network bends, snapshot by snapshot.

    ``regions: (snapshots,)`` counts linear regions, -1 where that cannot be done. Those of snapshot k are at
    ``positions[ends[k - 1]:ends[k]]``, ascending, each made by the hidden layer (from 1) in ``layers``; of more than
    :data:`MOST_DRAWN` there is the count alone.
    """

    regions: NDArray[np.int64]
    ends: NDArray[np.int64]
    positions: Array
    layers: NDArray[np.uint8]  # 255 stands for that layer and all above

    def at(self, snapshot: int) -> tuple[Array, NDArray[np.uint8]]:
        """Positions and layers of one snapshot."""
        part = slice(self.ends[snapshot - 1] if snapshot else 0, self.ends[snapshot])
        return self.positions[part], self.layers[part]


@dataclass(frozen=True, eq=False, slots=True)
class Maps:
    """Predictions on an even grid of the domain of two inputs; rows ascend along the second one.

    ``predictions: (snapshots, SIDE, SIDE)``; ``truth: (FINE, FINE)``, None where the target is not known.
    """

    predictions: NDArray[np.float32]
    truth: NDArray[np.float32] | None


@dataclass(frozen=True, eq=False, slots=True)
class Curves:
    """A recording without its weights. Snapshots are thinned evenly; the first and the newest stay.

    ``losses: (snapshots,)`` of the shown member, ``members: (snapshots,)`` which one that is. ``modes: (snapshots,
    modes)`` of its error, NaN where that is not finite, and ``target_modes: (modes,)``; both empty with two inputs.
    ``history_spread: (entries, 3)`` the least, the median and the greatest loss of all members that had not diverged,
    None of a single one.
    """

    name: str
    scene: Scene
    specification: FitSpecification
    epochs: NDArray[np.int64]
    seconds: Array
    learning_rates: Array
    losses: Array
    members: NDArray[np.int64]
    predictions: NDArray[np.float32]  # (snapshots, grid)
    bands: (
        NDArray[np.float32] | None
    )  # (snapshots, 2, grid), NaN where all have diverged; None of a single member
    bends: Bends | None  # None where there is none: of two inputs, or with smooth activations
    modes: NDArray[np.float32]
    target_modes: Array
    maps: Maps | None
    history_epochs: NDArray[np.int64]
    history_losses: NDArray[np.float32]  # (entries,) of the member that was shown last
    history_spread: NDArray[np.float32] | None
    events: tuple[Event, ...]  # of the member that was shown last


def curves_of(recording: Recording, *, most: int) -> Curves:
    """What a page shows of the recording, with ``most`` snapshots of it at most.

    Raises :class:`InputError` where there is no snapshot.
    """
    if not recording.snapshots:
        raise InputError("recording", recording.scene.name, "it has no snapshot; train at least one epoch")
    last = len(recording.snapshots) - 1
    chosen = np.unique(np.linspace(0, last, min(most, last + 1)).round().astype(int)).tolist()
    thin = replace(recording, snapshots=tuple(recording.snapshots[index] for index in chosen))
    scene, snapshots = thin.scene, thin.snapshots
    predictions = np.stack([snapshot.prediction for snapshot in snapshots])
    modes, target_modes = _modes(scene, predictions)
    return Curves(
        name=_name(thin),
        scene=scene,
        specification=recording.specification,
        epochs=np.array([snapshot.epoch for snapshot in snapshots], dtype=np.int64),
        seconds=np.array([snapshot.seconds for snapshot in snapshots]),
        learning_rates=np.array([snapshot.learning_rate for snapshot in snapshots]),
        losses=np.array([snapshot.loss for snapshot in snapshots]),
        members=np.array([snapshot.member for snapshot in snapshots], dtype=np.int64),
        predictions=predictions,
        bands=_bands(thin),
        bends=_bends(thin),
        modes=modes,
        target_modes=target_modes,
        maps=_maps(thin),
        history_epochs=recording.epochs,
        history_losses=recording.losses[:, snapshots[-1].member],
        history_spread=_spread(recording.losses),
        events=_events(recording, np.array([snapshot.epoch for snapshot in snapshots])),
    )


def _name(recording: Recording) -> str:
    """What is told of a network beside others: its kind, its widths and its activation."""
    specification, widths = recording.specification, recording.scene.hidden_widths
    spelled = "-".join(map(str, widths))
    if len(widths) > 3 and len(set(widths)) == 1:
        spelled = f"{len(widths)} × {widths[0]}"
    residual = "residual" if specification.relevant("residual") and specification.residual else ""
    return " ".join(filter(None, (specification.network, spelled, specification.activation, residual)))


def _bands(recording: Recording) -> NDArray[np.float32] | None:
    if recording.losses.shape[1] == 1:
        return None
    none = np.full((2, len(recording.scene.x)), np.nan, dtype=np.float32)
    return np.stack([none if each.band is None else each.band for each in recording.snapshots])


def _modes(scene: Scene, predictions: NDArray[np.float32]) -> tuple[NDArray[np.float32], Array]:
    """Of the error and of the target; none where there are two inputs or no function to compare with."""
    if scene.dimension > 1 or not np.isfinite(scene.truth).all():
        return np.zeros((len(predictions), 0), dtype=np.float32), np.zeros(0)
    with np.errstate(invalid="ignore", over="ignore"):
        modes = mode_amplitudes(predictions.astype(np.float64) - scene.truth)[:, :MOST_MODES]
    return modes.astype(np.float32), mode_amplitudes(scene.truth)[:MOST_MODES]


def _spread(losses: NDArray[np.float32]) -> NDArray[np.float32] | None:
    """``(entries, 3)``: least, median, greatest over the members that had not diverged; NaN where all had."""
    if losses.shape[1] == 1:
        return None
    ranked = np.sort(losses, axis=1)  # NaN comes last
    alive = np.isfinite(ranked).sum(axis=1)
    places = np.stack([np.zeros_like(alive), (alive - 1) // 2, alive - 1], axis=1)
    spread = np.take_along_axis(ranked, np.maximum(places, 0), axis=1)
    return np.where(alive[:, None] > 0, spread, np.float32(np.nan))


def _events(recording: Recording, epochs: NDArray[np.int64]) -> tuple[Event, ...]:
    """Found among all snapshots; each with the first of those at ``epochs`` that shows it."""
    found = events(recording)
    shown = np.searchsorted(epochs, [recording.snapshots[each.snapshot].epoch for each in found])
    return tuple(replace(each, snapshot=int(at)) for each, at in zip(found, shown, strict=True))


def _bends(recording: Recording) -> Bends | None:
    """Counted at each snapshot whose weights there are."""
    if not recording.scene.countable or recording.network.domain is None:
        return None
    regions, positions, layers = [], [], []
    for index in range(len(recording.snapshots)):
        network = recording.network_at(index)
        count, where, which = _counted(network, recording) if network is not None else _UNCOUNTED
        regions.append(count)
        positions.append(where)
        layers.append(which)
    return Bends(
        regions=np.array(regions, dtype=np.int64),
        ends=np.cumsum([len(each) for each in positions], dtype=np.int64),
        positions=np.concatenate(positions),
        layers=np.concatenate(layers),
    )


_UNCOUNTED = -1, np.zeros(0), np.zeros(0, dtype=np.uint8)


def _counted(network: Network, recording: Recording) -> tuple[int, Array, NDArray[np.uint8]]:
    """Linear regions, bends in own units and their layers; positions only where they can be drawn."""
    assert recording.network.domain is not None  # noqa: S101 - it was asked before
    (low, high), (own_low, own_high) = recording.network.domain[0], recording.scene.domain[0]
    try:
        [found] = linear_regions(network, (low, high), certify=False)
    except ValueError:  # weights that are not finite
        return _UNCOUNTED
    if len(found.breakpoints) > MOST_DRAWN:
        return found.count, *_UNCOUNTED[1:]
    positions = own_low + (found.breakpoints - low) * ((own_high - own_low) / (high - low))
    return found.count, positions, np.minimum(found.bend_layers, 255).astype(np.uint8)


def _maps(recording: Recording) -> Maps | None:
    """Predictions in the plane, where the snapshots have their weights."""
    domain = recording.network.domain
    if recording.scene.dimension != 2 or domain is None:
        return None
    grid = plane_grid(domain, SIDE)
    predictions = []
    for index in range(len(recording.snapshots)):
        network = recording.network_at(index)
        if network is None:
            return None
        predictions.append(network(grid)[0, :, 0].reshape(SIDE, SIDE).astype(np.float32))
    return Maps(np.stack(predictions), plane_truth(recording, FINE))


def plane_grid(domain: tuple[tuple[float, float], ...], side: int) -> Array:
    """``(side * side, 2)``, both ends included, the first input changing fastest."""
    first, second = (np.linspace(*each, side) for each in domain)
    return np.stack(np.meshgrid(first, second), axis=-1).reshape(-1, 2)


def plane_truth(recording: Recording, side: int) -> NDArray[np.float32] | None:
    """The target ``(side, side)`` over its domain, both ends included, the second input upwards.

    None where what the specification builds is not what the recording has on its line.
    """
    from nnexpr.targets import build_target

    try:
        target = build_target(recording.specification)
    except InputError:
        return None
    scene = recording.scene
    if target.function is None or target.own_domain != scene.domain:
        return None
    if not np.array_equal(target.truth(target.section(len(scene.x))), scene.truth, equal_nan=True):
        return None
    return target.truth(plane_grid(target.domain, side)).reshape(side, side).astype(np.float32)
