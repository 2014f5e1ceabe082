"""What figures show of a fit at an epoch: one view of a result, which knows all members, and of a recording.

All of it is in the target's own units. A result knows its first epoch and its last, a recording its snapshots, of one
member each: that of the snapshot at an epoch or the last one before it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from nnexpr.regions.line import LineRegions, NotPiecewiseLinear, linear_regions
from nnexpr.scale import SAME, Scale
from nnexpr.specification import InputError
from nnexpr.targets.target import Target
from nnexpr.training.fit import FitResult

if TYPE_CHECKING:
    from nnexpr.networks.network import Network
    from nnexpr.runs.recording import Recording

__all__ = [
    "GRID", "FitAt", "Losses", "at_epoch", "bends_of", "losses_of", "member_of",
    "network_of", "place_of", "telling_data",
]  # fmt: skip

Array = NDArray[np.float64]

GRID = 1025  # points across the domain


@dataclass(frozen=True, eq=False)
class FitAt:
    """A fit at an epoch, along the first input.

    ``x, truth, prediction: (n,)``, NaN where not known; ``band: (3, m)``: x, and the least and the greatest prediction
    over all members, None of one; ``data: (2, points)`` where it tells more than the target does, else None;
    ``bends: (B,)``, None where they are not known. ``even: (2, m)``: truth and prediction on an even grid with
    both ends.
    """

    name: str
    dimension: int
    input_name: str
    value_name: str
    x: Array
    truth: Array
    prediction: Array
    band: Array | None
    data: Array | None
    bends: Array | None
    even: Array
    epoch: int
    loss: float
    member: int
    members: int


@dataclass(frozen=True, eq=False)
class Losses:
    """``epochs: (entries,)`` ascending, ``losses: (entries, members)``, NaN after divergence; own units."""

    epochs: NDArray[np.int64]
    losses: Array
    value_name: str


def at_epoch(fit: FitResult | Recording, epoch: int | None = None, member: int | None = None) -> FitAt:
    """The fit at the epoch, the last unless given; of a result's members the one of the least loss unless given.

    Raises InputError for an epoch or a member that it does not know.
    """
    return _of_result(fit, epoch, member) if isinstance(fit, FitResult) else _of_recording(fit, epoch, member)


def losses_of(fit: FitResult | Recording) -> Losses:
    """All that it remembers of them."""
    if isinstance(fit, FitResult):
        return Losses(fit.history.epochs, fit.history.losses.astype(np.float64), fit.target.value_name)
    return Losses(fit.epochs, fit.losses.astype(np.float64), fit.scene.value_name)


# --- of a result


def _of_result(fit: FitResult, epoch: int | None, member: int | None) -> FitAt:
    target, shown = fit.target, member_of(fit, member)
    network = network_of(fit, epoch)
    even = target.section(GRID)
    scale, up = target.input_scales[0], target.value_scale
    with np.errstate(all="ignore"):
        values = up.to_own(network(even)[..., 0].astype(np.float64))
        values[[each for each in fit.diverged if network is fit.network]] = np.nan
    section, x, own = even, scale.to_own(even[:, 0]), network.member(shown)
    prediction, bends = values[shown], None
    if target.dimension == 1 and (lines := bends_of(own)) is not None and np.isfinite(prediction).all():
        bends = scale.to_own(lines.breakpoints)
        # The corners themselves are drawn, not the grid points beside them.
        exact = lines.rescaled(scale, up)
        x = np.union1d(x, bends)
        prediction = exact(x)
        section = target.to_network(x[:, None])
    errors = up.factor * (own(target.inputs)[0, :, 0].astype(np.float64) - target.values)
    alive = values[np.isfinite(values).all(axis=1)]
    return FitAt(
        name=target.name,
        dimension=target.dimension,
        input_name=target.section_name,
        value_name=target.value_name,
        x=x,
        truth=target.truth(section),
        prediction=prediction,
        band=_band(scale.to_own(even[:, 0]), alive) if network.members > 1 else None,
        data=telling_data(target),
        bends=bends,
        even=np.stack([target.truth(even), values[shown]]),
        epoch=0 if network is fit.begun else fit.epochs,
        loss=float(np.mean(errors**2)),
        member=shown,
        members=network.members,
    )


def network_of(fit: FitResult, epoch: int | None) -> Network:
    if epoch in (None, fit.epochs):
        return fit.network
    if epoch == 0:
        return fit.begun
    raise InputError("epoch", epoch, f"a result knows 0 and {fit.epochs}; a recording knows those between")


def member_of(fit: FitResult, member: int | None) -> int:
    if member is None:
        losses = fit.loss.numpy()
        return int(np.nanargmin(losses)) if np.isfinite(losses).any() else 0
    if not 0 <= member < fit.network.members:
        raise InputError("member", member, f"it must be from 0 to {fit.network.members - 1}")
    return member


def _band(x: Array, values: Array) -> Array | None:
    return np.stack([x, values.min(axis=0), values.max(axis=0)]) if len(values) > 1 else None


def telling_data(target: Target) -> Array | None:
    """The training points ``(2, points)``, own units, where they tell more than the function does; else None."""
    if target.dimension > 1:
        return None
    if target.function is not None:
        values = target.truth(target.inputs)
        if np.allclose(values, target.own_values, rtol=1e-9, atol=0.0):
            return None
    return np.stack([target.own_inputs[:, 0], target.own_values])


# --- of a recording


def place_of(recording: Recording, epoch: int | None) -> int:
    """The place of the snapshot at the epoch, or the last before it. Raises InputError for an epoch out of reach."""
    epochs = [snapshot.epoch for snapshot in recording.snapshots]
    if epoch is None:
        return len(epochs) - 1
    if not epochs[0] <= epoch <= epochs[-1]:
        raise InputError("epoch", epoch, f"it was recorded from {epochs[0]} to {epochs[-1]}")
    return int(np.searchsorted(epochs, epoch, side="right")) - 1


def _of_recording(recording: Recording, epoch: int | None, member: int | None) -> FitAt:
    place, scene = place_of(recording, epoch), recording.scene
    snapshot = recording.snapshots[place]
    if member not in (None, snapshot.member):
        raise InputError("member", member, f"at epoch {snapshot.epoch} it has member {snapshot.member}")
    bends, network = None, recording.network_at(place)
    if network is not None and scene.dimension == 1 and (lines := bends_of(network)) is not None:
        bends = input_scale(recording).to_own(lines.breakpoints)
    return FitAt(
        name=scene.name,
        dimension=scene.dimension,
        input_name=scene.input_name,
        value_name=scene.value_name,
        x=scene.x,
        truth=scene.truth,
        prediction=snapshot.prediction.astype(np.float64),
        band=None if snapshot.band is None else np.concatenate([[scene.x], snapshot.band]),
        data=scene.data,
        bends=bends,
        even=np.stack([scene.truth, snapshot.prediction.astype(np.float64)]),
        epoch=snapshot.epoch,
        loss=snapshot.loss,
        member=snapshot.member,
        members=len(snapshot.losses),
    )


def input_scale(recording: Recording) -> Scale:
    """From the network's units of the first input to the target's own, by what both say of the domain."""
    if recording.network.domain is None:
        return SAME
    (low, high), (own_low, own_high) = recording.network.domain[0], recording.scene.domain[0]
    factor = (own_high - own_low) / (high - low)
    return Scale(factor, own_low - factor * low)


def bends_of(network: Network, domain: tuple[float, float] | None = None) -> LineRegions | None:
    """The linear regions of one member, on its own domain unless given, in its units; None where there are none."""
    try:
        [lines] = linear_regions(network, domain, certify=False)
    except (NotPiecewiseLinear, ValueError):  # or weights that are not finite
        return None
    return lines
