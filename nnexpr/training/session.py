"""A training session: a state machine over groups of members.

    ready -> running -> (paused <-> running) -> finished | failed | stopped

Nothing here runs by itself: whoever owns the session calls :meth:`Session.advance`, which trains for about the time it
is given and returns. All members of a session advance together, epoch by epoch.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from nnexpr.networks.network import Network
from nnexpr.specification import OPTIONS, FitSpecification, InputError
from nnexpr.targets.build import is_built_from
from nnexpr.targets.target import Target
from nnexpr.training.checkpoint import Checkpoint, Differs
from nnexpr.training.devices import describe_device
from nnexpr.training.group import Group
from nnexpr.training.groups import Loops, make_groups
from nnexpr.training.history import History
from nnexpr.training.modes import ModeHistory
from nnexpr.training.schedules import Stages, changed, learning_rates
from nnexpr.training.snapshots import Snapshot
from nnexpr.training.stepper import Data, Job, MemberSettings
from nnexpr.training.threads import Threads

__all__ = ["InvalidTransition", "Session", "State"]

State = Literal["ready", "running", "paused", "finished", "failed", "stopped"]
Array = NDArray[np.float64]

MOST_EPOCHS_A_TURN = 4096


class InvalidTransition(RuntimeError):
    """A request that the session's state does not allow."""


class Session:
    """Trains ``network`` on ``target`` as ``specification``'s training options say.

    The network given is not changed; ``network`` is it with the target's domain. Losses and predictions are in the
    target's own units. A member whose loss ceases to be finite is frozen: its last finite state stands, and the others
    go on. The session fails when none is left.
    ``settings``: what members have of their own, learning rates and masks. ``loops``: see ``groups.is_compiled``.
    ``modes``: record the error in each Fourier mode over time, of a target of one input; turns end at those epochs.
    """

    def __init__(
        self, network: Network, target: Target, specification: FitSpecification, *, grid_points: int = 512,
        settings: MemberSettings | None = None, loops: Loops = "auto", modes: bool = False,
    ) -> None:  # fmt: skip
        if network.outputs != 1:
            raise ValueError(f"the network has {network.outputs} outputs; a target has one value")
        if network.inputs != target.dimension:
            raise ValueError(
                f"the network's number of inputs is {network.inputs}; the target's is {target.dimension}"
            )
        if network.layers[-1].activation != "identity":
            raise ValueError(
                f"the last layer has activation {network.layers[-1].activation}; training needs identity"
            )
        network = replace(network, domain=target.domain)
        self.network, self.target, self.specification = network, target, specification
        self.state: State = "ready"
        self.epoch = 0
        self.seconds = 0.0
        self.diverged: dict[int, int] = {}
        self.history = History(network.members)
        self.best_loss = np.full(network.members, np.inf)
        self.epoch_of_best = np.zeros(network.members, dtype=np.int64)
        self.grid = target.section(grid_points)
        is_line = target.dimension == 1
        self.modes = ModeHistory(target.truth(self.grid), network.members) if modes and is_line else None
        self.device_name = describe_device(network.parameters.device)
        self._parameters = network.parameters.clone()  # of diverged members: their last finite state
        self._grid_features = network.features(torch.as_tensor(self.grid))
        self._unit = target.value_scale.factor**2  # own units of a squared error
        values = torch.as_tensor(target.values, dtype=network.parameters.dtype).to(network.parameters.device)
        data = Data(
            network.features(torch.as_tensor(target.inputs)),
            values,
            specification.batch_size,
            specification.target_seed,
        )
        self._stages = Stages(specification) if specification.on_the_manifold else None
        everyone = slice(0, network.members)
        self.settings, self.loops = settings or MemberSettings(), loops
        job = Job(network, everyone, data, specification, self.settings, self._stages)
        self._groups = make_groups(job, loops)
        self._most_epochs = min(MOST_EPOCHS_A_TURN, data.most_epochs)
        largest = max(layer.size for layer in network.layers) * self._groups[0].members * target.points
        self._threads = Threads(len(self._groups), largest, network.parameters.device)
        self._turn = 1  # epochs of the next turn
        self._counted = 0  # epochs whose losses are in the history

    def __repr__(self) -> str:
        reached = f"epoch {self.epoch:,} of {self.specification.epochs:,}"
        return f"<Session: {self.state}, {reached}; {self.network!r} on {self.target.name}>"

    @cached_property
    def is_target_specified(self) -> bool:
        """Whether the target is, to the bit, the one that the specification builds; of many points, by its name."""
        return is_built_from(self.target, self.specification)

    # --- the state machine

    def start(self) -> None:
        """Begin, or go on after a pause."""
        self._require("start", "ready", "paused")
        self.state = "running"
        self._finish_if_done()

    def pause(self) -> None:
        """Hold; :meth:`start` goes on."""
        self._require("pause", "running")
        self.state = "paused"

    def stop(self) -> None:
        """End here, for good."""
        self._require("stop", "ready", "running", "paused")
        self._conclude("stopped")

    def step(self, epochs: int = 1) -> None:
        """Train exactly so many epochs (fewer if the session ends), then hold."""
        self._require("step", "ready", "paused")
        self.state = "running"
        goal = min(self.epoch + epochs, self.specification.epochs)
        while self.state == "running" and self.epoch < goal:
            self._train(min(goal - self.epoch, self._most_epochs))
        self._finish_if_done()
        if self.state == "running":
            self.state = "paused"

    def advance(self, seconds: float = 0.02, until: int | None = None) -> bool:
        """Train whole epochs for about ``seconds``, or up to epoch ``until``; True while there is more to do."""
        if self.state != "running":
            return False
        deadline, last = time.perf_counter() + seconds, self.specification.epochs
        last = last if until is None else min(until, last)
        while self.state == "running" and self.epoch < last:
            epochs = min(self._turn, last - self.epoch)
            first, began = self.epoch, time.perf_counter()
            self._train(epochs)
            self._finish_if_done()
            now = time.perf_counter()
            # Turns grow to about half of the time given: what is done between two costs as much as an epoch or two.
            fitting = int((self.epoch - first) * seconds / 2 / (now - began))
            self._turn = max(1, min(2 * self._turn, self._most_epochs, fitting))
            if now + (now - began) > deadline:
                break
        return self.state == "running"

    def reconfigure(self, **changes: object) -> None:
        """Change options that need no restart: lr, schedule, epochs, stop_loss.

        Another rate is of the run from the present epoch on: the specification then says it in its schedule.
        """
        for name in changes:
            if name not in OPTIONS or not OPTIONS[name].live:
                live = ", ".join(option.name for option in OPTIONS.values() if option.live)
                raise InputError("option", name, f"only {live} can change during training")
        self.specification = changed(self.specification, self.epoch, changes)
        if self.state == "finished" and self.epoch < self.specification.epochs:
            self.state = "paused"

    @property
    def stage(self) -> int | None:
        """Of the next epoch: 1, 2 or 3; None where peaks and scales are not trained."""
        return self._stages.at(self.epoch) if self._stages else None

    def next_stage(self) -> None:
        """End the present stage here, however long its share of the epochs is; raises InputError in the last one."""
        self._require("change the stage of", "ready", "running", "paused")
        if self._stages is None:
            raise InputError("stages", "none", "the network's peaks and scales are not trained")
        self._stages.end(self.epoch)

    def _require(self, request: str, *states: State) -> None:
        if self.state not in states:
            raise InvalidTransition(f"cannot {request} a session that is {self.state}")

    # --- training

    @property
    def learning_rate(self) -> float:
        """Of the next epoch."""
        return self._rates(1)[0]

    def _rates(self, count: int) -> list[float]:
        """Of so many epochs from the next on."""
        spec = self.specification
        return learning_rates(spec.schedule, spec.lr, self.epoch, count, spec.epochs)

    def _train(self, epochs: int) -> None:
        """So many epochs of every group, or fewer: up to where modes are recorded or the stop loss is met."""
        epochs = self._up_to_modes(epochs)
        began = time.perf_counter()
        rates = self._rates(epochs)
        losses = self._parameters.new_empty(self.network.members * epochs)
        sizes = [group.members * epochs for group in self._groups]
        parts = [part.view(epochs, -1) for part in torch.split(losses, sizes)]
        self._threads.each(lambda job: job[0].run(rates, job[1]), list(zip(self._groups, parts, strict=True)))
        rows = self._own(torch.cat(parts, dim=1))
        reached = self._stop_row(rows)
        if reached is not None:
            back_to = self.epoch + reached
            self._threads.each(lambda group: group.rewind(back_to), self._groups)
            rows = rows[:reached]
        self._account(rows)
        self.epoch += len(rows)
        self.seconds += time.perf_counter() - began
        if reached is not None:
            self._conclude("finished")

    def _up_to_modes(self, epochs: int) -> int:
        """Record the error's modes if they are due now; so many of the next epochs can be trained before they are."""
        if self.modes is None:
            return epochs
        if self.modes.next <= self.epoch:
            self.modes.record(self.epoch, self.predictions())
        return min(epochs, self.modes.next - self.epoch)

    def _own(self, losses: Tensor) -> Array:
        return losses.cpu().numpy().astype(np.float64) * self._unit

    def _stop_row(self, rows: Array) -> int | None:
        """The first epoch of this turn at which every member left is at or below the stop loss."""
        goal = self.specification.stop_loss
        if goal is None:
            return None
        alive = np.array([member not in self.diverged for member in range(rows.shape[1])])
        met = np.all((rows[:, alive] <= goal) | ~np.isfinite(rows[:, alive]), axis=1)
        met &= np.isfinite(rows[:, alive]).any(axis=1)
        return int(np.argmax(met)) if met.any() else None

    def _account(self, rows: Array) -> None:
        """Take the losses of consecutive epochs, from the present one on, into history, bests and divergences."""
        if not len(rows):
            return
        if self.diverged:
            rows[:, list(self.diverged)] = np.nan
        safe = rows
        if not np.isfinite(rows).all():
            self._freeze(rows)
            safe = np.where(np.isfinite(rows), rows, np.inf)
        best = safe.argmin(axis=0)
        values = safe[best, np.arange(safe.shape[1])]
        better = values < self.best_loss
        self.best_loss[better] = values[better]
        self.epoch_of_best[better] = self.epoch + best[better]
        fresh = max(0, self._counted - self.epoch)
        self.history.record(self.epoch + fresh, rows[fresh:])
        self._counted = max(self._counted, self.epoch + len(rows))

    def _freeze(self, rows: Array) -> None:
        """Keep the last finite state of every member that has just diverged, and blank its losses from there on."""
        bad = ~np.isfinite(rows)
        fresh = [member for member in np.flatnonzero(bad.any(axis=0)).tolist() if member not in self.diverged]
        for member in fresh:
            row = int(np.argmax(bad[:, member]))
            self.diverged[member] = self.epoch + row
            rows[row:, member] = np.nan

        # On the threads that trained them, so that the same epochs are run again with the same bits.
        self._threads.each(lambda group: self._keep_last(group, fresh), self._groups)
        if len(self.diverged) == self.network.members:
            self.state = "failed"

    def _keep_last(self, group: Group, diverged: Sequence[int]) -> None:
        """Keep what members of the group were one update before their loss ceased to be finite."""
        last: dict[int, list[int]] = {}
        for member in diverged:
            if group.slice.start <= member < group.slice.stop and self.diverged[member] > 0:
                last.setdefault(self.diverged[member] - 1, []).append(member)

        def take(epoch: int, parameters: Tensor) -> None:
            for member in last[epoch]:
                self._parameters[member] = parameters[member - group.slice.start]

        if last:
            group.replay(sorted(last), take)

    def _finish_if_done(self) -> None:
        if self.state == "running" and self.epoch >= self.specification.epochs:
            self._conclude("finished")

    def _conclude(self, state: State) -> None:
        """Enter a final state, with the losses after the last update accounted for."""
        self._account(self.losses()[None, :])
        if self.modes is not None and self.epoch not in self.modes.epochs[-1:]:
            self.modes.record(self.epoch, self.predictions())
        if self.state != "failed":
            self.state = state

    # --- put by, and taken up again

    def take_back(self) -> None:
        """After a turn that raised: be as before it, so that a checkpoint is of one moment."""
        begun = [group for group in self._groups if group.has_run]
        self._threads.each(lambda group: group.rewind(self.epoch), begun)

    def checkpoint(self) -> Checkpoint:
        """From which another session of the same network, target and specification goes on, bit for bit."""
        return Checkpoint(
            epoch=self.epoch, seconds=self.seconds, counted=self._counted, diverged=dict(self.diverged),
            best_loss=self.best_loss.copy(), epoch_of_best=self.epoch_of_best.copy(), history=self.history,
            modes=self.modes, stage_ends=self._stages.ends if self._stages else None,
            parameters=self.current_network().parameters.cpu(),
            groups=[group.checkpoint() for group in self._groups],
        )  # fmt: skip

    def resume(self, checkpoint: Checkpoint) -> None:
        """Go on from a checkpoint in place of epoch 0, and hold there.

        Raises ValueError where it is of another session, as ``Differs`` where the same epochs give other bits here.
        """
        self._require("resume", "ready")
        if len(checkpoint.groups) != len(self._groups):
            raise ValueError(
                f"it was trained in {len(checkpoint.groups)} groups, and here in {len(self._groups)}"
            )
        if self._stages and checkpoint.stage_ends is not None:
            self._stages.ends[:] = checkpoint.stage_ends
        pairs = list(zip(self._groups, checkpoint.groups, strict=True))
        self._threads.each(lambda pair: pair[0].resume(pair[1]), pairs)
        self.epoch, self.seconds, self._counted = checkpoint.epoch, checkpoint.seconds, checkpoint.counted
        self.diverged, self.history = dict(checkpoint.diverged), checkpoint.history
        self.best_loss, self.epoch_of_best = checkpoint.best_loss.copy(), checkpoint.epoch_of_best.copy()
        self.modes = checkpoint.modes if checkpoint.modes is not None else self.modes
        self._parameters.copy_(checkpoint.parameters)
        same = torch.equal(
            self.current_network().parameters.cpu().nan_to_num(), checkpoint.parameters.nan_to_num()
        )
        if not same or any(group.epoch != self.epoch for group in self._groups):
            raise Differs("run again, its last epochs give other bits here than where it was trained")
        self.state = "failed" if len(self.diverged) == self.network.members else "paused"
        if self.epoch >= self.specification.epochs and self.state == "paused":
            self.state = "finished"

    # --- what it shows

    def losses(self) -> Array:
        """Mean squared errors over the training points as the members are now; NaN for the diverged."""
        out = self._parameters.new_empty(self.network.members)
        self._threads.each(lambda group: group.loss(out[group.slice]), self._groups)
        losses = self._own(out)
        losses[list(self.diverged)] = np.nan
        return losses

    def current_network(self) -> Network:
        """All members as they are now, a copy; the diverged ones in their last finite state."""
        parameters = self._parameters.clone()
        keep = parameters[list(self.diverged)]
        for group in self._groups:
            parameters[group.slice] = group.parameters()
        parameters[list(self.diverged)] = keep
        return self.network.with_parameters(parameters)

    def predictions(self, features: Tensor | None = None) -> Array:
        """``(members, points)`` in own units, on the plotting grid or at the given features; NaN for the diverged."""
        at = self._grid_features if features is None else features
        out = self._parameters.new_empty(self.network.members, at.shape[1])
        self._threads.each(lambda group: group.predict(at, out[group.slice]), self._groups)
        out[list(self.diverged)] = torch.nan
        return self.target.value_scale.to_own(out.cpu().numpy().astype(np.float64))

    def snapshot(self, member: int = 0) -> Snapshot:
        """This moment, with the prediction and parameters of one member."""
        predictions = self.predictions().astype(np.float32)
        band = None
        if len(predictions) > 1 and len(self.diverged) < len(predictions):
            left = [index for index in range(len(predictions)) if index not in self.diverged]
            band = np.stack([predictions[left].min(axis=0), predictions[left].max(axis=0)])
        return Snapshot(
            epoch=self.epoch, seconds=self.seconds, learning_rate=self.learning_rate, losses=self.losses(),
            member=member, prediction=predictions[member].copy(), band=band,
            parameters=self._parameters_of(member).cpu().numpy().copy(),
        )  # fmt: skip

    def _parameters_of(self, member: int) -> Tensor:
        if member in self.diverged:
            return self._parameters[member]
        group = self._group_of(member)
        return group.parameters()[member - group.slice.start]

    def _group_of(self, member: int) -> Group:
        return next(group for group in self._groups if group.slice.start <= member < group.slice.stop)
