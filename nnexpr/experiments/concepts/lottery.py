"""C12: iterative magnitude pruning with rewinding, and the same masks over weights drawn anew."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np

from nnexpr.experiments.concepts.measures import Array, median_interval
from nnexpr.experiments.parts import kept
from nnexpr.experiments.registry import Claim, Curve, Figure, Report, Result, Table, judged
from nnexpr.networks.builders import mlp
from nnexpr.targets import target
from nnexpr.targets.target import Target
from nnexpr.theory.pruning import dense_masks, density, masked, prune
from nnexpr.training.fit import fit

__all__ = ["run"]

WIDTH, DEPTH = 32, 3
TERMS = 3  # of the Fourier series
MEMBERS, QUICK_MEMBERS = 100, 6  # 30 leave the median of the sparsest tickets uncertain by a factor of 3
EPOCHS, QUICK_EPOCHS = 1000, 100
ROUNDS, QUICK_ROUNDS = 10, 3
SPARSITY = (
    0.9  # after the last round; each removes the same share of what is left, about a fifth as in the source
)
RATES = (3e-3, 1e-2)  # learning rates: tickets depend on them, so both are shown
MATCHES = 1.5  # times the dense network's loss
FRESH_SEED = 10_000  # far from the members' own seeds


@dataclass(frozen=True)
class _Round:
    kept: float
    ticket: Array  # (members,): losses
    redrawn: Array


@dataclass(frozen=True)
class _Pruned:
    rate: float
    rounds: list[_Round]  # the first is the dense network, as both

    def times_dense(self, losses: Array) -> float:
        return median_interval(losses)[0] / median_interval(self.rounds[0].ticket)[0]


def run(quick: bool, report: Report) -> Result:
    """A hundred networks pruned to 90 % sparse, at two learning rates."""
    goal = target("fourier", terms=TERMS, points=128)
    rounds = QUICK_ROUNDS if quick else ROUNDS
    found = []
    for index, rate in enumerate(RATES):

        def note(done: int, index: int = index, rate: float = rate) -> None:
            report((index + done / rounds) / len(RATES), f"learning rate {rate:g}, round {done}")

        made = kept(f"learning rate {rate:g}", partial(_pruned, goal, rate, quick, rounds, note))
        found.append(_Pruned(rate, [_Round(share, np.array(a), np.array(b)) for share, a, b in made]))
    columns = ("learning rate", "weights kept, %", "ticket", "from", "to", "drawn anew", "from", "to",
               "ticket / dense", "drawn anew / dense")  # fmt: skip
    rows = [
        (each.rate, 100 * r.kept, *median_interval(r.ticket), *median_interval(r.redrawn),
         each.times_dense(r.ticket), each.times_dense(r.redrawn))
        for each in found for r in each.rounds
    ]  # fmt: skip
    table = Table(f"Losses of pruned networks, 1-{WIDTH}-{WIDTH}-1 (medians, 95 % intervals)", columns, rows)
    return Result((table,), tuple(map(_figure, found)), (_at_the_end(found), _somewhere(found)))


def _pruned(
    goal: Target, rate: float, quick: bool, rounds: int, note: Callable[[int], None]
) -> list[tuple[float, list[float], list[float]]]:
    """For the dense network and after every round: the share kept, the tickets' losses, and those drawn anew."""
    members, epochs = (QUICK_MEMBERS, QUICK_EPOCHS) if quick else (MEMBERS, EPOCHS)
    first, fresh = (
        mlp(depth=DEPTH, width=WIDTH, init="kaiming", members=members, seed=seed) for seed in (0, FRESH_SEED)
    )
    masks = dense_masks(first)
    trained = fit(first, goal, epochs=epochs, lr=rate)
    made = [(1.0, trained.loss.tolist(), trained.loss.tolist())]
    share = 1.0 - (1.0 - SPARSITY) ** (1.0 / ROUNDS)
    for done in range(1, rounds + 1):
        masks = prune(trained.network, masks, share)
        trained = fit(masked(first, masks), goal, epochs=epochs, lr=rate, masks=masks)
        redrawn = fit(masked(fresh, masks), goal, epochs=epochs, lr=rate, masks=masks)
        made.append((float(density(first, masks).mean()), trained.loss.tolist(), redrawn.loss.tolist()))
        note(done)
    return made


def _figure(each: _Pruned) -> Figure:
    x = [100 * r.kept for r in each.rounds]
    series = [
        Curve("dense", x, [median_interval(each.rounds[0].ticket)[0]] * len(x)),
        Curve("ticket", x, [median_interval(r.ticket)[0] for r in each.rounds]),
        Curve("drawn anew", x, [median_interval(r.redrawn)[0] for r in each.rounds]),
    ]
    title = f"Loss of pruned networks, learning rate {each.rate:g}"
    return Figure(title, "weights kept, %", "loss", series, log_x=True, log_y=True)


def _at_the_end(found: list[_Pruned]) -> Claim:
    last = [each.rounds[-1] for each in found]
    ratios = [
        (each.times_dense(r.ticket), each.times_dense(r.redrawn)) for each, r in zip(found, last, strict=True)
    ]
    return judged(
        "C12",
        f"A ticket of {100 * last[0].kept:.0f} % of the weights matches the dense network; drawn anew, it does not",
        f"ticket <= {MATCHES} times dense, drawn anew worse, at every learning rate",
        "; ".join(
            f"{each.rate:g}: ticket {ticket:.2f}, drawn anew {redrawn:.3g} times dense"
            for each, (ticket, redrawn) in zip(found, ratios, strict=True)
        ),
        MATCHES,
        all(ticket <= MATCHES < redrawn for ticket, redrawn in ratios),
    )


def _somewhere(found: list[_Pruned]) -> Claim:
    """The hypothesis as it is stated: there is such a subnetwork."""
    sparsest = []
    for each in found:
        winning = [
            r.kept for r in each.rounds if each.times_dense(r.ticket) <= MATCHES < each.times_dense(r.redrawn)
        ]
        sparsest.append(min(winning, default=1.0))
    return judged(
        "C12 exists",
        "There are sparsities at which the ticket matches the dense network and the same mask drawn anew does not",
        "at every learning rate",
        "; ".join(
            f"{each.rate:g}: {f'down to {100 * share:.0f} % of the weights' if share < 1 else 'none'}"
            for each, share in zip(found, sparsest, strict=True)
        ),
        MATCHES,
        all(share < 1.0 for share in sparsest),
    )
