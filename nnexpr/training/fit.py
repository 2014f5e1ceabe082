"""Fitting in one call, and what comes of it."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypedDict, Unpack

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from torch import Tensor

from nnexpr.networks.builders import build
from nnexpr.networks.network import Network
from nnexpr.shown import Shown
from nnexpr.specification import OPTIONS, FitSpecification, InputError
from nnexpr.targets import build_target
from nnexpr.targets.target import Target
from nnexpr.training.devices import require_memory, resolve_device
from nnexpr.training.groups import Loops
from nnexpr.training.history import History
from nnexpr.training.modes import ModeHistory
from nnexpr.training.session import Session
from nnexpr.training.snapshots import Snapshot
from nnexpr.training.stepper import MemberSettings

if TYPE_CHECKING:
    from nnexpr.regions.line import LineRegions
    from nnexpr.regions.plane import PlaneRegions
    from nnexpr.training.tangents import Tangents

__all__ = [
    "FitResult", "Training", "assemble", "fit", "fitted", "resolved", "result_of", "session", "session_of", "train",
]  # fmt: skip


@dataclass(frozen=True, eq=False)
class FitResult(Shown):
    """A finished fit. Losses and errors are in the target's own units; a diverged member's are NaN."""

    network: Network  # trained; diverged members in their last finite state
    begun: Network  # as it was at epoch 0
    target: Target
    specification: FitSpecification
    loss: Tensor  # (members,) float64: mean squared error after the last update
    best_loss: NDArray[np.float64]  # (members,): the least over all epochs
    epoch_of_best: NDArray[np.int64]
    max_error: NDArray[np.float64]  # (members,): the largest absolute error on the training points
    diverged: dict[int, int]  # member: the epoch at which its loss ceased to be finite
    epochs: int
    seconds: float
    device: str
    history: History
    modes: ModeHistory | None  # where it was asked for
    state: str

    def __repr__(self) -> str:
        losses = f"losses {float(self.loss.min()):.3g} to {float(self.loss.max()):.3g}"
        what = f"loss {float(self.loss[0]):.3g}" if len(self.loss) == 1 else losses
        return f"<FitResult: {what} after {self.epochs:,} epochs, {self.state}; {self.network!r} on {self.target.name}>"

    def predict(self, x: ArrayLike) -> NDArray[np.float64]:
        """Values ``(members, points)`` at ``x: (points,)`` or ``(points, inputs)``, in the target's own units."""
        own = np.asarray(x, dtype=np.float64)
        own = own[:, None] if own.ndim == 1 else own
        return self.target.value_scale.to_own(
            self.network(self.target.to_network(own))[..., 0].astype(np.float64)
        )

    def regions(self) -> list[LineRegions] | list[PlaneRegions]:
        """The linear regions of every member on the target's domain, in its own units.

        A diverged member's are those of its last finite state. Raises ``NotPiecewiseLinear``, and ``ValueError`` as
        ``linear_regions`` and ``plane_regions`` do.
        """
        from nnexpr.regions.line import linear_regions  # whose loading training need not wait for
        from nnexpr.regions.plane import plane_regions

        network, across, up = self.network, self.target.input_scales, self.target.value_scale
        if network.inputs == 1:
            return [lines.rescaled(across[0], up) for lines in linear_regions(network)]
        cells = (plane_regions(network, member=member) for member in range(network.members))
        return [each.rescaled((across[0], across[1]), up) for each in cells]

    def tangents(self, member: int = 0) -> Tangents:
        """A member's tangent kernel when training began and at its end, and the losses foretold by the former.

        Of weights: raises ValueError where peaks and scales were trained in their place, where nothing was, and for a
        member that diverged.
        """
        from nnexpr.training.tangents import tangents_of

        if member in self.diverged:
            raise ValueError(
                f"member {member} diverged at epoch {self.diverged[member]:,}: it has no tangent kernel"
            )
        return tangents_of(self.begun, self.network, self.target, self.specification, member, self.epochs)

    @property
    def member_epochs_per_second(self) -> float:
        """Training speed: members times epochs over seconds."""
        return self.network.members * self.epochs / self.seconds if self.seconds > 0 else 0.0


class Training(TypedDict, total=False):
    """How a network is trained on a target; unless given, as :class:`~nnexpr.specification.FitSpecification` has it."""

    epochs: int
    lr: float | Sequence[float] | Tensor | None  # one, or one for each member
    optimizer: str
    momentum: float
    schedule: str  # constant, cosine or step:EVERY:FACTOR
    batch_size: int | None
    stop_loss: float | None
    stages: Sequence[int] | None  # of a compositional network
    target_seed: int  # of the order of mini-batches
    masks: Tensor | None  # (members, P), 1 or 0: parameters whose mask is 0 stay as they are
    loops: Loops
    modes: bool  # record the error in each Fourier mode over time: :attr:`FitResult.modes`


def assemble(specification: FitSpecification) -> tuple[Network, Target]:
    """The network at its first weights, on its device, and the target; raises InputError for what cannot be."""
    device = resolve_device(specification.device, specification.dtype)
    require_memory(specification, device)
    target = build_target(specification)
    network = build(
        specification,
        domain=target.domain,
        dimension=target.dimension,
        samples=(target.inputs[:, 0], target.values),
    )
    return network.to(device=device), target


def session_of(specification: FitSpecification, *, modes: bool = False) -> Session:
    """A session that is ready to start, with the specification resolved; torch takes its threads from now on.

    ``modes``: see :class:`~nnexpr.training.session.Session`. Raises InputError for what cannot be.
    """
    if specification.threads is not None:
        torch.set_num_threads(specification.threads)
    network, target = assemble(specification)
    return Session(network, target, resolved(specification, network, target), modes=modes)


def resolved(specification: FitSpecification, network: Network, target: Target) -> FitSpecification:
    """The specification with its device, threads, points and domain as they are for this network and target."""
    changes: dict[str, Any] = {
        "device": str(network.parameters.device),
        "threads": torch.get_num_threads(),
        "points": target.points,
    }
    if target.function is not None and len(set(target.own_domain)) == 1:
        changes["domain"] = target.own_domain[0]  # of a file's data it stays open: all of them
    return specification.replace(**changes)


def train(
    network: Network, target: Target, *, snapshots: int = 100, **options: Unpack[Training]
) -> Iterator[Snapshot]:
    """Train and yield about ``snapshots`` snapshots at even spacing, the first at epoch 0 and the last at the end.

    ``options``: see :func:`fit`.
    """
    trained = session(network, target, **options)
    stride = max(1, trained.specification.epochs // max(1, snapshots))
    yield trained.snapshot()
    while trained.state in ("ready", "paused") and trained.epoch < trained.specification.epochs:
        trained.step(stride)
        yield trained.snapshot()


def fit(network: Network, target: Target, **options: Unpack[Training]) -> FitResult:
    """Train to the end. The network given is not changed.

    ``options``: see :class:`Training`. Raises :class:`InputError` for one that would be ignored: of the network
    or the target, which are there already, or of another optimiser.
    """
    return fitted(session(network, target, **options))


def fitted(trained: Session) -> FitResult:
    """A session, trained to its end."""
    trained.start()
    while trained.advance(1.0):
        pass
    return result_of(trained)


def session(network: Network, target: Target, **options: Unpack[Training]) -> Session:
    """A session that is ready to start; see :func:`fit` for the options."""
    for what, thing, kind in (("network", network, Network), ("target", target, Target)):
        if not isinstance(thing, kind):
            made = "nnexpr.mlp(depth=3)" if what == "network" else "nnexpr.target('cube')"
            raise InputError(what, repr(thing), f"it must be a {kind.__name__}, such as {made}")
    given: dict[str, Any] = {**options}
    for name in given:
        _check_is_of_training(name, given[name])
    lr, masks = given.pop("lr", None), given.pop("masks", None)
    loops, modes = given.pop("loops", "auto"), given.pop("modes", False)
    given |= {"members": network.members, "dtype": str(network.parameters.dtype).removeprefix("torch.")}
    if given.get("stages"):
        given |= {"network": "compositional", "depth": max(1, len(network.layers) - 1)}
    rates = None
    if isinstance(lr, (int, float)):
        given["lr"] = lr
    elif lr is not None:
        given["lr"], rates = _shared(lr, network)
    if masks is not None and masks.shape != network.parameters.shape:
        raise InputError(
            "masks",
            str(tuple(masks.shape)),
            f"it has the parameters' shape, {tuple(network.parameters.shape)}",
        )
    specification = FitSpecification.make(**given)
    for name in options:
        if name in OPTIONS and not specification.method.takes(name):
            why = "chooses its own steps" if name == "lr" else "does not take it"
            raise InputError(name, options[name], f"leave it out; {specification.optimizer} {why}")  # type: ignore[literal-required]
    longest = max(high - low for low, high in target.domain)
    if network.encoding is not None and longest > network.encoding.period * (1 + 1e-9):
        what = f"the encoding's period is {network.encoding.period:g} and the target's domain is {longest:g} long"
        warnings.warn(f"{what}: different x are one input; build the network with domain=", stacklevel=3)
    settings = MemberSettings(rates, masks)
    return Session(network, target, specification, settings=settings, loops=loops, modes=modes)


def _check_is_of_training(name: str, value: object) -> None:
    if name in Training.__annotations__:
        return
    if name not in OPTIONS:
        raise InputError("option", name, "known options are " + ", ".join(Training.__annotations__))
    whose = "target" if OPTIONS[name].group == "target" else "network"
    raise InputError(name, value, f"leave it out; it is the {whose}'s, which is given")


def _shared(rates: Sequence[float] | Tensor, network: Network) -> tuple[float, Tensor]:
    """One learning rate, and what each member multiplies it with."""
    own = torch.as_tensor(rates, dtype=torch.float64).to(network.parameters.device)
    if own.shape != (network.members,) or not bool((own > 0).all()):
        raise InputError(
            "lr", str(list(own.tolist())), f"give one positive number, or {network.members} of them"
        )
    largest = float(own.max())
    return largest, own / largest


def result_of(trained: Session) -> FitResult:
    """What has come of a session so far."""
    return FitResult(
        network=trained.current_network(),
        begun=trained.network,
        target=trained.target,
        specification=trained.specification,
        loss=torch.as_tensor(trained.losses()),
        best_loss=np.where(np.isinf(trained.best_loss), np.nan, trained.best_loss),
        epoch_of_best=trained.epoch_of_best.copy(),
        max_error=_max_errors(trained),
        diverged=dict(trained.diverged),
        epochs=trained.epoch,
        seconds=trained.seconds,
        device=trained.device_name,
        history=trained.history,
        modes=trained.modes,
        state=trained.state,
    )


def _max_errors(trained: Session) -> NDArray[np.float64]:
    """``(members,)``, over the training points taken in parts, so that no array holds all members at all points."""
    target, part = trained.target, max(1, 1_000_000 // trained.network.members)
    largest = np.zeros(trained.network.members)
    for start in range(0, target.points, part):
        rows = slice(start, start + part)
        inputs = trained.network.features(torch.as_tensor(target.inputs[rows]))
        errors = np.abs(trained.predictions(inputs) - target.own_values[rows])
        largest = np.maximum(largest, errors.max(axis=1))
    return largest
