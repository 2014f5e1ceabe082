"""Z22, Z23, Z26: oscillating targets learned in few epochs, by MMNNs and by fully connected networks of equal size.

The talk gives neither samples, batches, steps nor the activation. Samples and batches are those of the authors' later
work (arXiv 2502.18959), with Adam at 1e-3. Both of their networks are tried: ReLU as ``nn.Linear`` draws it, and sine
with the scaled first layer.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from nnexpr.experiments.attempt import Attempt
from nnexpr.experiments.data import Claim, Figure, Result, Table
from nnexpr.experiments.judging import judged
from nnexpr.experiments.measures import median, median_interval
from nnexpr.networks.builders import mmnn
from nnexpr.networks.matching import matching_mlp
from nnexpr.networks.network import Network
from nnexpr.targets import target
from nnexpr.training.fit import session

__all__ = ["CASES", "Case", "Errors", "beats", "learned", "learns", "run"]

Array = NDArray[np.float64]
Errors = Mapping[tuple[str, str, str], Array]  # claim, activation, network: (epochs, members)


class Case(NamedTuple):
    """What the talk trains on one target, and what it draws."""

    target: str
    width: int
    rank: int
    depth: int
    epochs: tuple[int, ...]
    error: float  # relative, that counts as learned


CASES = {
    "Z22": Case("sine16", 300, 5, 4, (1, 2, 3, 4, 10, 20, 25, 30), 0.05),
    "Z23": Case("chirp", 500, 3, 5, (1, 2, 3, 4, 5, 6, 7, 8, 9), 0.1),
}
STARTS = {"relu": "torch", "sine": "scaled"}  # how the first weights are drawn
NETWORKS = MMNN, TRAINED, TOTAL = "MMNN", "MLP, equal trained", "MLP, equal total"
SAMPLES, QUICK_SAMPLES, BATCH, RATE = 60_000, 3000, 300, 1e-3
MEMBERS, QUICK_MEMBERS, LARGE_MEMBERS = 10, 2, 30


def run(attempt: Attempt) -> Result:
    """Every target, activation and network."""
    samples, members = attempt.choose(
        (SAMPLES, MEMBERS), (QUICK_SAMPLES, QUICK_MEMBERS), (SAMPLES, LARGE_MEMBERS)
    )
    beside = {
        (name, activation, kind): network.to(device=attempt.device)
        for name, activation in product(CASES, STARTS)
        for kind, network in networks(CASES[name], activation, members, attempt.seed).items()
    }
    keys = list(beside)
    found = attempt.each(
        keys, lambda key: learned(beside[key], CASES[key[0]], samples).tolist(), lambda key: ", ".join(key)
    )
    errors = {key: np.array(rows) for key, rows in zip(keys, found, strict=True)}
    claims = [learns(name, activation, errors, attempt.quick) for name, activation in product(CASES, STARTS)]
    claims += [beats(activation, errors, attempt.quick) for activation in STARTS]
    table = Table(
        "Relative error after the last epoch: median of the members with its 95 % interval, best and worst",
        ("claim", "target", "epochs", "activation", "network", "trained", "in all", "error", "from", "to", "best",
         "worst"),
        [(key[0], CASES[key[0]].target, CASES[key[0]].epochs[-1], *key[1:], beside[key].trained_parameter_count,
          beside[key].parameter_count, *median_interval(rows[-1]), float(rows[-1].min()), float(rows[-1].max()))
         for key, rows in errors.items()],
    )  # fmt: skip
    return Result((table,), [figure(name, errors) for name in CASES], claims)


def networks(case: Case, activation: str, members: int, seed: int) -> dict[str, Network]:
    """The MMNN, and fully connected networks of as many hidden layers and of equal parameters."""
    init = STARTS[activation]
    first = mmnn(case.width, case.rank, case.depth, activation, init, members, seed)
    others = (matching_mlp(first, "trained", init=init), matching_mlp(first, "total", init=init))
    return dict(zip(NETWORKS, (first, *others), strict=True))


def learned(network: Network, case: Case, samples: int) -> Array:
    """Root mean square errors over the target's on a fine grid, after each of the case's epochs: (epochs, members)."""
    goal = target(case.target, points=samples)
    trained = session(network, goal, epochs=case.epochs[-1], batch_size=BATCH, lr=RATE)
    x = goal.section(4001)
    y = goal.truth(x)
    rows = []
    for epoch in case.epochs:
        trained.step(epoch - trained.epoch)
        values = trained.predictions(network.features(torch.as_tensor(x)))
        rows.append(np.sqrt(np.mean((values - y) ** 2, axis=1) / np.mean(y**2)))
    return np.array(rows)


def learns(name: str, activation: str, errors: Errors, quick: bool) -> Claim:
    """Z22 and Z23."""
    case = CASES[name]
    error = float(np.median(errors[name, activation, MMNN][-1]))
    return judged(
        name if activation == "relu" else f"{name} {activation}",
        f"MMNN of {case.depth} layers ({activation}) learns {case.target} in {case.epochs[-1]} epochs",
        f"≤ {case.error:g}", error, "relative error, median of the members", not quick and error <= case.error,
        quick=quick, fails_if=f"the median relative error after epoch {case.epochs[-1]} is above {case.error:g}",
        why="The talk does not say how it trains. In batches of 100 the updates are three times as many: see mmnn.md.",
    )  # fmt: skip


def beats(activation: str, errors: Errors, quick: bool) -> Claim:
    """Z26."""
    medians = {
        (name, kind): median(errors[name, activation, kind][-1]) for name in CASES for kind in NETWORKS
    }
    holds = all(
        medians[name, MMNN].high < min(medians[name, TRAINED].low, medians[name, TOTAL].low) for name in CASES
    )
    measured = "; ".join(
        f"{case.target}: " + ", ".join(medians[name, kind].told for kind in NETWORKS)
        for name, case in CASES.items()
    )
    return judged(
        "Z26" if activation == "relu" else f"Z26 {activation}",
        f"An MMNN beats fully connected networks of equal trained and of equal total parameters ({activation})",
        "lowest on both targets, intervals apart",
        measured, f"medians with 95 % intervals: {', '.join(NETWORKS)}", not quick and holds, quick=quick,
        fails_if="on one of the targets the interval of the MMNN's median error reaches up to another network's",
        why="With sines all have learned it by then; the figure has who was first.",
    )  # fmt: skip


def figure(name: str, errors: Errors) -> Figure:
    """Errors over epochs."""
    series = {
        f"{activation}, {kind}": np.median(errors[name, activation, kind], axis=1)
        for activation, kind in product(STARTS, NETWORKS)
    }
    case = CASES[name]
    return Figure.over(
        case.epochs, series, f"Relative error on {case.target}", "epoch", "error", log_x=True, log_y=True
    )
