"""Z21: an MMNN on a sine of one period in a wide flat domain, where it bends, and linear elements beside it.

The talk gives neither batches nor steps; these are those of the authors' first program (arXiv 2407.00765): Adam 1e-3 in
batches of 100, times 0.9 every 400 epochs.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from nnexpr.experiments.attempt import Attempt
from nnexpr.experiments.data import Claim, Figure, Map, Result, Table
from nnexpr.experiments.judging import judged
from nnexpr.linear.solvers import least_squares
from nnexpr.networks.builders import mmnn
from nnexpr.networks.network import Network
from nnexpr.regions.line import linear_regions
from nnexpr.targets import target
from nnexpr.targets.target import Target
from nnexpr.training.fit import session

__all__ = ["Moment", "adapted", "nearer", "run"]

Array = NDArray[np.float64]

WIDTH, RANK, DEPTH = 10, 3, 5
SAMPLES, BATCH, RATE, SCHEDULE = 1000, 100, 1e-3, "step:400:0.9"
EPOCHS, QUICK_EPOCHS = (3000, 3500, 4000, 10_000), (300, 350, 400, 1000)
MEMBERS, QUICK_MEMBERS = 30, 4
NEAR = 0.04  # |x| below this is near the sine, which ends at 0.02; a twenty-fifth of the domain
TRAINED, ALL = "it has trained parameters", "it has parameters"
SHOWN, POINTS = 0.1, 401  # |x| up to where fits are shown, at so many points
LOOKS = 40  # epochs of the map, evenly on a logarithmic axis
TIMES = 5  # as many bends near it as evenly spaced ones, at least


class Moment(NamedTuple):
    """Of all members, at one epoch."""

    epoch: int
    errors: Array  # root mean square over the target's
    shares: Array  # of the bends, those near the sine
    fits: Array  # (members, POINTS), around the sine


def run(attempt: Attempt) -> Result:
    """Train, look at the talk's epochs, and solve for elements of as many unknowns."""
    members, epochs = attempt.choose((MEMBERS, EPOCHS), (QUICK_MEMBERS, QUICK_EPOCHS))
    goal = target("localized_sine", points=SAMPLES)
    network = mmnn(WIDTH, RANK, DEPTH, members=members, seed=attempt.seed)
    trained = session(network, goal, epochs=epochs[-1], batch_size=BATCH, lr=RATE, schedule=SCHEDULE)
    moments, looks, near = [moment(0, network, goal)], looked_at(epochs), section()
    errors: list[Array] = []
    for epoch in attempt.over(looks, lambda epoch: f"to epoch {epoch}"):
        trained.step(epoch - trained.epoch)
        fits = trained.predictions(network.features(torch.as_tensor(near)))
        errors.append(np.median(np.abs(fits - goal.truth(near[:, None])), axis=0))
        if epoch in epochs:
            moments.append(moment(epoch, trained.current_network(), goal))
    counts = network.trained_parameter_count, network.parameter_count
    elements = {count: of_elements(goal, count) for count in counts}
    attempt.report(1.0)
    trained_, total = elements.values()
    claims = (
        nearer("Z21", TRAINED, moments[-1].errors, trained_, attempt.quick),
        adapted(moments[-1].shares, attempt.quick),
        nearer("Z21 total", ALL, moments[-1].errors, total, attempt.quick),
    )
    over_time = Map.over(
        near, looks, errors, "Where it is off: the members' median error near the sine", "x", "epoch", "|error|",
        log_y=True,
    )  # fmt: skip
    figures = (figure(moments, elements), shapes(moments[1:], goal), over_time)
    return Result((table(moments), beside(elements)), figures, claims)


def looked_at(epochs: Sequence[int]) -> list[int]:
    """The talk's epochs and others, evenly on a logarithmic axis, between the first few and the last."""
    even = np.geomspace(10, epochs[-1], LOOKS).round().astype(int).tolist()
    return sorted({*even, *epochs})


def section() -> Array:
    """Where fits are shown: evenly spaced around the sine."""
    return np.linspace(-SHOWN, SHOWN, POINTS)


def moment(epoch: int, network: Network, goal: Target) -> Moment:
    """Errors on a fine grid, and where the members bend, exactly."""
    x, y = _fine(goal)
    errors = np.sqrt(np.mean((network(x)[:, :, 0] - y) ** 2, axis=1) / np.mean(y**2))
    places = [lines.breakpoints for lines in linear_regions(network, goal.domain[0], certify=False)]
    shares = np.array([np.mean(np.abs(each) < NEAR) if len(each) else 0.0 for each in places])
    return Moment(epoch, errors, shares, network(section())[:, :, 0])


def of_elements(goal: Target, knots: int) -> float:
    """The error of linear elements on evenly spaced knots, by least squares on the same samples."""
    x, y = _fine(goal)
    fit = least_squares(goal.inputs[:, 0], goal.values, np.linspace(*goal.domain[0], knots))
    return float(np.sqrt(np.mean((fit.predict(x) - y) ** 2) / np.mean(y**2)))


def _fine(goal: Target) -> tuple[Array, Array]:
    x = goal.section(20_001)
    return x[:, 0], goal.truth(x)


def nearer(name: str, what: str, errors: Array, elements: float, quick: bool) -> Claim:
    """Z21, by the parameters that are trained and by all of them."""
    median = float(np.median(errors))
    return judged(
        name, f"MMNN (10, 3, 5) is nearer to the sine than linear elements with as many knots as {what}",
        f"below {elements:.3g}", median, "median of the members", median < elements, quick=quick,
        fails_if="the median relative error after the last epoch is not below that of the elements",
        why="More than half of them are random and stay so; an element's are all solved for." if what == ALL else "",
    )  # fmt: skip


def adapted(shares: Array, quick: bool) -> Claim:
    """Z21 adapts."""
    even, median = NEAR, float(np.median(shares))  # 2 NEAR of a domain of length 2
    return judged(
        "Z21 adapts", f"It adapts locally: its bends gather where the sine is (|x| < {NEAR})", f"≥ {TIMES * even:g}",
        median, f"{TIMES} times the share of the domain", median >= TIMES * even, quick=quick,
        fails_if="the median share of bends near the sine is less than five times that of evenly spaced knots",
    )  # fmt: skip


def table(moments: Iterable[Moment]) -> Table:
    """What the talk draws, as numbers."""
    return Table(
        "MMNN (10, 3, 5) on the localized sine",
        ("epoch", "best error", "median error", "worst error", "bends near it, median share"),
        [(each.epoch, float(each.errors.min()), float(np.median(each.errors)), float(each.errors.max()),
          float(np.median(each.shares))) for each in moments],
    )  # fmt: skip


def beside(elements: dict[int, float]) -> Table:
    """Linear elements."""
    return Table("Linear elements", ("knots", "relative error"), [list(pair) for pair in elements.items()])


def shapes(moments: Sequence[Moment], goal: Target) -> Figure:
    """What the talk draws: the fit at its epochs, of the member whose error is the median in the end, and elements."""
    order = np.argsort(moments[-1].errors)
    member, x = int(order[(len(order) - 1) // 2]), section()
    knots = np.linspace(*goal.domain[0], mmnn(WIDTH, RANK, DEPTH).trained_parameter_count)
    fit = least_squares(goal.inputs[:, 0], goal.values, knots)
    curves = {"target": goal.truth(x[:, None])}
    curves |= {f"epoch {each.epoch}": each.fits[member] for each in moments}
    curves[f"{len(knots)} elements"] = fit.predict(x)
    return Figure.over(x, curves, "The localized sine: the median member, and linear elements", "x", "f")


def figure(moments: list[Moment], elements: dict[int, float]) -> Figure:
    """Errors over epochs."""
    after = moments[1:]
    series = {
        "median": [float(np.median(each.errors)) for each in after],
        "best": [float(each.errors.min()) for each in after],
        **{f"{knots} elements": [error] * len(after) for knots, error in elements.items()},
    }
    return Figure.over(
        [each.epoch for each in after],
        series,
        "Relative error on the localized sine",
        "epoch",
        "error",
        log_y=True,
    )
