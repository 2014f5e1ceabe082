"""C5: random networks have about Σ n_l + 1 linear regions on the whole line, whatever their depth."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import numpy as np

from nnexpr.experiments.attempt import Attempt
from nnexpr.experiments.data import Claim, Figure, Result, Table
from nnexpr.experiments.judging import judged
from nnexpr.experiments.measures import Array, words
from nnexpr.networks.builders import mlp
from nnexpr.networks.network import Network
from nnexpr.regions.path import path_regions
from nnexpr.targets import target
from nnexpr.theory.homogeneous import WHOLE_LINE, homogenised
from nnexpr.training.many import fit_many

__all__ = ["Counted", "hardly_changed", "run", "whatever_the_depth", "whole_line_counts"]

SHAPES = (
    (64,), (128,), (256,), (64, 64), (96, 96), (128, 32), (32,) * 4, (48,) * 4, (32,) * 8, (16,) * 8,
)  # fmt: skip
TRAINED_SHAPES = ((64,), (32, 32), (16,) * 4)
MEMBERS, QUICK_MEMBERS = 5000, 40  # 1000 leave the means of deep shapes uncertain by 0.8 %
TRAINED_MEMBERS, QUICK_TRAINED_MEMBERS = 30, 8
EPOCHS, QUICK_EPOCHS = 1000, 50
TOLERANCE = 0.01
HARDLY = 0.05  # a change of the mean count below this share is "hardly" one


@dataclass(frozen=True)
class Counted:
    widths: tuple[int, ...]
    counts: Array

    @property
    def expected(self) -> int:
        return sum(self.widths) + 1

    @property
    def mean(self) -> float:
        return float(self.counts.mean())

    @property
    def error(self) -> float:
        """The standard error of the mean."""
        return float(self.counts.std(ddof=1) / len(self.counts) ** 0.5)

    @property
    def excess(self) -> float:
        return self.mean / self.expected - 1.0


Trained = tuple[Counted, Counted, float]  # before and after, and the median loss


def whole_line_counts(network: Network) -> Array:
    """Linear regions of every member on all of R, ``(members,)``: ``nnexpr.theory.homogeneous`` says how."""
    found = path_regions(homogenised(network), WHOLE_LINE, certify=False)
    return np.array([each.bends + 1 for each in found], dtype=np.float64)


def run(attempt: Attempt) -> Result:
    """5000 seeds of ten shapes at He's start, and thirty of three shapes before and after training."""
    members = attempt.choose(MEMBERS, QUICK_MEMBERS)
    counts = attempt.each(
        SHAPES, lambda widths: whole_line_counts(_drawn(widths, members, attempt.seed)), words, end=0.7
    )
    started = [Counted(widths, np.array(each)) for widths, each in zip(SHAPES, counts, strict=True)]
    attempt.report(0.7, "training")
    trained = [
        (Counted(widths, np.array(before)), Counted(widths, np.array(after)), loss)
        for widths, (before, after, loss) in zip(
            TRAINED_SHAPES, attempt.kept("training", partial(_trained, attempt)), strict=True
        )
    ]
    attempt.report(1.0)
    units = [float(c.expected) for c in started]
    series = {"mean": [c.mean for c in started], "Σ n + 1": units}
    title = "Linear regions of random networks"
    figure = Figure.over(units, series, title, "units + 1", "linear regions", log_x=True, log_y=True)
    claims = whatever_the_depth(started), hardly_changed(trained, attempt.quick)
    return Result((_table(started), _changes(trained)), (figure,), claims)


def _table(started: list[Counted]) -> Table:
    rows = [
        {
            "hidden widths": words(c.widths),
            "networks": len(c.counts),
            "Σ n + 1": c.expected,
            "mean": c.mean,
            "standard error": c.error,
            "excess, %": 100 * c.excess,
            "standard deviation": float(c.counts.std(ddof=1)),
        }
        for c in started
    ]
    return Table.of("Linear regions on the whole line at He's start", rows)


def _changes(trained: list[Trained]) -> Table:
    rows = [
        {
            "hidden widths": words(before.widths),
            "networks": len(before.counts),
            "Σ n + 1": before.expected,
            "mean at start": before.mean,
            "mean after": after.mean,
            "change, %": 100 * (after.mean / before.mean - 1),
            "median loss": loss,
        }
        for before, after, loss in trained
    ]
    return Table.of("The same before and after training", rows)


def whatever_the_depth(started: list[Counted]) -> Claim:
    """Not measured where a mean is more uncertain than the tolerance."""
    worst = max(started, key=lambda c: abs(c.excess))
    within = sum(abs(c.excess) <= TOLERANCE for c in started)
    uncertain = max(c.error / c.expected for c in started)
    return judged(
        "C5",
        "Random networks have about Σ n_l + 1 linear regions on the line, whatever the depth",
        "within 1 % for every shape",
        f"{within} of {len(started)} shapes; worst {100 * worst.excess:+.2f} ± "
        f"{100 * worst.error / worst.expected:.2f} % ({words(worst.widths)})",
        f"{100 * TOLERANCE:.0f} %",
        within == len(started) if uncertain <= TOLERANCE else None,
        fails_if=f"the mean of some shape is more than {100 * TOLERANCE:.0f} % from Σ n_l + 1",
        why=f"{len(worst.counts)} networks leave a mean uncertain by {100 * uncertain:.2g} %."
        if uncertain > TOLERANCE else "",
    )  # fmt: skip


def hardly_changed(trained: list[Trained], quick: bool) -> Claim:
    change = max(abs(after.mean / before.mean - 1) for before, after, _ in trained)
    return judged(
        "C5 training",
        "Training hardly changes the number of linear regions",
        f"below {100 * HARDLY:.0f} %",
        f"at most {100 * change:.1f} %",
        f"{100 * HARDLY:.0f} %",
        None if quick else change < HARDLY,
        fails_if=f"training moves the mean count of some shape by {100 * HARDLY:.0f} % or more",
        why=f"{QUICK_EPOCHS} epochs hardly train." if quick else "",
    )


def _drawn(widths: tuple[int, ...], members: int, seed: int) -> Network:
    return mlp(
        depth=len(widths) + 1, width=widths, init="kaiming", members=members, seed=seed, dtype="float64"
    )


def _trained(attempt: Attempt) -> list[tuple[Array, Array, float]]:
    """Counts before and after, and the median loss, of every shape."""
    goal = target("fourier", points=256, seed=attempt.seed)
    members, epochs = attempt.choose((TRAINED_MEMBERS, EPOCHS), (QUICK_TRAINED_MEMBERS, QUICK_EPOCHS))
    networks = [_drawn(widths, members, attempt.seed) for widths in TRAINED_SHAPES]
    return [
        (whole_line_counts(before), whole_line_counts(after.network), float(after.loss.median()))
        for before, after in zip(networks, fit_many(networks, goal, epochs=epochs, lr=1e-3), strict=True)
    ]
