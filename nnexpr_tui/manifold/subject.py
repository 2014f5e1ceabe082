"""The Compose screen's network and its twin on the engine's thread: moved while they rest, then trained by stages.

A stage begins slowly, so that it can be watched: every turn of 20 ms takes at most a fiftieth of the stage's epochs so
far, one at least. Epochs then grow e-fold each second until the processor holds them up. A whole share of epochs
(:meth:`ManifoldSubject.train_share`) goes at full speed from the first.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING

from nnexpr_tui.adjust import stepped
from nnexpr_tui.manifold import moves
from nnexpr_tui.manifold.moment import SHARE_OF_EPOCHS, ManifoldMoment, ManifoldStart
from nnexpr_tui.manifold.report import document
from nnexpr_tui.training.floors import Floors
from nnexpr_tui.worker.scheduler import Exported
from nnexpr_tui.worker.subject import Subject
from nnexpr_tui.worker.warming import compiling

if TYPE_CHECKING:
    from nnexpr_tui.manifold.engine import Pair

__all__ = ["ManifoldSubject"]

PACE = 50  # a turn takes at most this part of a stage's epochs so far
TURN = 0.02  # seconds between two turns of a stage that is still slow
MOST_EPOCHS = 4096  # of one turn
WAIT = 0.05  # seconds between two looks whether loops are compiled
LOOK_SHARE = 20  # looking at both networks may take a twentieth of the time
MOST_PAST = 20
OFF = "stage 3 has trained all weights: they have left the manifold and have no peaks; r brings the first network back"


class ManifoldSubject(Subject[ManifoldMoment]):
    """Two networks of one start. It trains on while nobody looks, but nothing is counted then."""

    def __init__(self, start: ManifoldStart | None = None) -> None:
        self.start = start or ManifoldStart()
        self.state = "ready"
        self._made: Pair | None = None
        self._counts = False  # whether what counts is compiled
        self._past: list[tuple[ManifoldStart, Pair]] = []  # what was moved away from, the newest last
        self._goal: int | None = None  # the epoch at which to stand still
        self._due = self._next_moment = 0.0
        self._cost = 1e-4  # seconds of an epoch of both
        self._rate = 0.0
        self._known: dict[str, Floors] = {}  # by target
        self._owed: tuple[int, ...] = ()  # regions whose floor is to be found

    @property
    def _pair(self) -> Pair:
        if self._made is None:
            from nnexpr_tui.manifold.engine import Pair

            self._made = Pair(self.start)
        return self._made

    # What the scheduler asks

    @property
    def wait(self) -> float | None:
        if self.is_watched and not self._counts:
            return 0.0 if compiling("line").is_set() else WAIT
        if self.state == "running":
            return max(0.0, self._due - monotonic()) if compiling("manifold").is_set() else WAIT
        return 0.0 if self.is_watched and self._owed else None

    @property
    def due(self) -> bool:
        return self._counts and self.state == "running" and monotonic() >= self._next_moment

    def turn(self, seconds: float) -> bool:
        if self.is_watched and not self._counts:
            self._counts = compiling("line").is_set()
            if self._counts:
                compiling("manifold")  # before it is asked for
            return self._counts
        if self.state == "running":
            return compiling("manifold").is_set() and self._train(seconds)
        self._find_floor()
        return not self._owed

    def fail(self, why: str) -> str:
        self.state = "failed"
        return f"Training stopped: {why}"

    def moment(self) -> ManifoldMoment | None:
        """None while nothing can be counted yet."""
        if not self._counts:
            return None
        began = monotonic()
        moment = self._look()
        self._next_moment = monotonic() + LOOK_SHARE * (monotonic() - began)
        return moment

    def _train(self, seconds: float) -> bool:
        pair, began = self._pair, monotonic()
        fitting = max(1, min(MOST_EPOCHS, int(seconds / self._cost)))
        epochs = min(
            fitting, max(1, pair.stage_epoch // PACE) if self._goal is None else self._goal - pair.epoch
        )
        pair.step(epochs)
        passed = monotonic() - began
        self._cost += 0.5 * (passed / epochs - self._cost)
        self._due = began + TURN if epochs < fitting and self._goal is None else 0.0
        spent = max(passed, TURN if self._due else 0.0)
        self._rate += (min(1.0, spent) if self._rate else 1.0) * (epochs / spent - self._rate)
        if pair.failed:
            self.state = "failed"
        elif self._goal is not None and pair.epoch >= self._goal:
            self.state = "paused"
        return self.state != "running"

    @property
    def _shown_state(self) -> str:
        waits = self.state == "running" and not compiling("manifold").is_set()
        return "compiling" if waits else self.state

    @property
    def _floors(self) -> Floors:
        return self._known.setdefault(self.start.target, Floors(self._pair.target))

    def _find_floor(self) -> None:
        for regions in self._owed[:1]:
            self._floors.find(regions)
        self._owed = self._owed[1:]

    def _look(self) -> ManifoldMoment:
        from nnexpr_tui.manifold.engine import exact_regions

        pair, sight = self._pair, self._pair.sight
        network, twin = pair.trained()
        wanted = {trained.lines.count for trained in (network, twin)}
        self._owed = tuple(n for n in sorted(wanted) if n not in self._floors)
        if self.state == "running" and self._owed:
            self._floors.seek(self._owed[0])
        first, second = (self._floors.near(trained.lines.count) for trained in (network, twin))
        coordinates = pair.coordinates()
        peaks, scales = coordinates or (None, None)
        exact = None
        if peaks is not None:
            exact = exact_regions(peaks, None if self._scales_follow else scales, self.start.sign)
        units_x, units = pair.units(network.lines.knots)
        epochs, losses, twin_losses = pair.history(network.loss, twin.loss)
        return ManifoldMoment(
            start=self.start, state=self._shown_state, stage=pair.stage, stage_begins=tuple(pair.stage_begins),
            epoch=pair.epoch, rate=self._rate, learned=pair.learned,
            formula=pair.target.formula, domain=pair.target.own_domain[0],
            truth=(sight.x, sight.values), truth_slopes=(sight.x, sight.slopes), peaks=peaks, scales=scales,
            exact_regions=exact, network=network, twin=twin, floors=(first, second), units_x=units_x, units=units,
            history_epochs=epochs, history_losses=losses, twin_losses=twin_losses,
        )  # fmt: skip

    # What the keys ask: the point of the manifold

    @property
    def _scales_follow(self) -> bool:
        """Whether the scales are Theorem 3.4's: they began so, and stage 2 has trained for no epoch yet."""
        if self.start.scales is not None:
            return False
        begins = (*self._pair.stage_begins, self._pair.epoch)
        return len(begins) == 2 or begins[1] == begins[2]

    def _present(self) -> ManifoldStart:
        """The point of the manifold where the network is now."""
        coordinates = self._pair.coordinates()
        if coordinates is None:
            raise RuntimeError(OFF)
        if self._pair.epoch == 0:
            return self.start
        return replace(
            self.start, peaks=coordinates[0], scales=None if self._scales_follow else coordinates[1]
        )

    def _begin(self, start: ManifoldStart) -> None:
        """Both networks again at epoch 0, from this point. Of moves one after another the first can be undone."""
        if self._made is not None and (self._made.epoch or not self._past or self._past[-1][1].epoch):
            self._past = [*self._past[1 - MOST_PAST :], (self.start, self._made)]
        self.start, self._made = start, None
        self.state, self._goal, self._rate = "ready", None, 0.0

    def move(self, change: Callable[[ManifoldStart], ManifoldStart]) -> None:
        """Begin anew from where the network is now, so changed; where ``change`` gives back what it got, nothing."""
        present = self._present()
        changed = change(present)
        if changed is not present:
            self._begin(changed)

    def begin_anew(self, change: Callable[[ManifoldStart], ManifoldStart]) -> None:
        """From where the network began, so changed."""
        self._begin(change(self.start))

    def free(self) -> str:
        """Scales that follow the peaks become free, free ones follow again."""
        self.move(moves.freed)
        free = self.start.scales is not None
        return "Scales are free: stage 1 is left out" if free else "Scales follow the peaks by Theorem 3.4"

    def undo(self) -> str:
        """Back to the networks that were moved away from, as they were."""
        if not self._past:
            raise RuntimeError("there is nothing before this to go back to")
        self.start, self._made = self._past.pop()
        self._goal, self._rate = None, 0.0
        self.state = "failed" if self._made.failed else "paused" if self._made.epoch else "ready"
        return f"Back at epoch {self._made.epoch:,} of what was before"

    # Training

    def toggle(self) -> None:
        """Start, or pause."""
        self._require_finite()
        self._goal = None
        self.state = "paused" if self.state == "running" else "running"

    def train_share(self) -> None:
        """As many epochs as each stage has in the paper, at full speed; then stand still."""
        self._require_finite()
        self._goal, self.state = self._pair.epoch + SHARE_OF_EPOCHS, "running"

    def next_stage(self) -> str:
        """End the present one here; what the next one trains."""
        self._require_finite()
        if self._pair.stage == 3:
            raise RuntimeError("stage 3 is the last one: it trains all weights for as long as you like")
        self._pair.next_stage()
        return f"Stage {self._pair.stage} trains {'all weights' if self._pair.stage == 3 else 'peaks and free scales'}"

    def _require_finite(self) -> None:
        if self.state == "failed":
            raise RuntimeError("the loss has ceased to be finite; r starts again, < learns slower")

    def restart(self) -> None:
        """The first network again, at epoch 0."""
        self._begin(self.start)

    def learn(self, direction: int) -> str:
        """The next higher or lower learning rate, without a restart."""
        from nnexpr_tui.manifold.engine import specification_of

        rate = float(stepped(specification_of(self.start), "lr", direction).lr)
        self.start = replace(self.start, lr=rate)
        self._pair.start = self.start
        self._pair.learn(rate)
        return f"Learning rate {rate:g}"

    def export(self, folder: Path) -> None:
        """Write both networks and what is on the screen of them now."""
        self._counts = compiling("line").wait()
        self._look()
        while self._owed:
            self._find_floor()
        moment = self._look()
        stem = folder / f"nnexpr-manifold-{moment.start.target}-{moment.epoch}"
        self._pair.write(stem, document(moment))
        kinds = ".json, .svg, .safetensors and -twin.safetensors"
        self.scheduler.send(Exported(stem, kinds, {ManifoldSubject: moment}))
