"""C12: iterative magnitude pruning with rewinding, and the same masks over weights drawn anew."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from scipy.stats import mannwhitneyu

from nnexpr.experiments.attempt import Attempt
from nnexpr.experiments.data import Claim, Figure, Result, Table
from nnexpr.experiments.judging import judged
from nnexpr.experiments.measures import Array, median_interval
from nnexpr.networks.builders import mlp
from nnexpr.targets import target
from nnexpr.targets.target import Target
from nnexpr.theory.pruning import density, masked, prune
from nnexpr.training.fit import fit

__all__ = ["Pruned", "Round", "at_the_end", "run", "somewhere"]

DEPTH = 3  # affine layers
CASES = ((32, 3e-3), (32, 1e-2), (64, 3e-3), (64, 1e-2))  # width, learning rate: tickets depend on both
TERMS = 3  # of the Fourier series
MEMBERS, QUICK_MEMBERS = 60, 6  # 30 leave the median of the sparsest tickets uncertain by a factor of 3
EPOCHS, QUICK_EPOCHS = 1000, 100
ROUNDS, QUICK_ROUNDS = 10, 3
SPARSITY = (
    0.9  # after the last round; each removes the same share of what is left, about a fifth as in the source
)
ROUNDING = 0.005  # of the share that is left: a layer keeps whole weights
MATCHES = 1.5  # times the dense network's loss
SIGNIFICANT = 0.01  # of the rank test that says that weights drawn anew do worse
FRESH_SEED = 10_000  # far from the members' own seeds


@dataclass(frozen=True)
class Round:
    kept: float
    ticket: Array  # (members,): losses
    redrawn: Array


@dataclass(frozen=True)
class Pruned:
    width: int
    rate: float
    rounds: list[Round]  # the first is the dense network, as both

    @property
    def weights(self) -> int:
        """Of the dense network."""
        return self.width * (self.width * (DEPTH - 2) + 2)

    @property
    def label(self) -> str:
        return _label(self.width, self.rate)

    def times_dense(self, losses: Array) -> float:
        return median_interval(losses)[0] / median_interval(self.rounds[0].ticket)[0]

    def wins(self, at: Round) -> bool:
        """Whether the ticket matches the dense network there, and the mask drawn anew is worse than the ticket."""
        test = mannwhitneyu(at.redrawn, at.ticket, alternative="greater", nan_policy="omit")
        return self.times_dense(at.ticket) <= MATCHES and bool(test.pvalue < SIGNIFICANT)


def _label(width: int, rate: float) -> str:
    return f"width {width}, rate {rate:g}"


def run(attempt: Attempt) -> Result:
    """Sixty networks of two widths pruned to 90 % sparse, at two learning rates."""
    goal = target("fourier", terms=TERMS, points=128, seed=attempt.seed)
    found = []
    for index, (width, rate) in enumerate(CASES):
        share = index / len(CASES), (index + 1) / len(CASES)
        found.append(Pruned(width, rate, list(_rounds(attempt, goal, width, rate, share))))
    attempt.report(1.0)
    claims = (*at_the_end(found, attempt.quick), somewhere(found, attempt.quick))
    return Result((_table(found),), tuple(map(_figure, found)), claims)


def _table(found: list[Pruned]) -> Table:
    columns = ("width", "weights", "learning rate", "kept, %", "ticket", "ticket from", "ticket to", "drawn anew",
               "anew from", "anew to", "ticket / dense", "anew / dense")  # fmt: skip
    rows = [
        (each.width, each.weights, each.rate, 100 * r.kept, *median_interval(r.ticket), *median_interval(r.redrawn),
         each.times_dense(r.ticket), each.times_dense(r.redrawn))
        for each in found for r in each.rounds
    ]  # fmt: skip
    members = len(found[0].rounds[0].ticket)
    title = f"Losses of pruned networks of two hidden layers, {members} each (medians, 95 % intervals)"
    return Table(title, columns, rows)


def _rounds(
    attempt: Attempt, goal: Target, width: int, rate: float, share: tuple[float, float]
) -> Iterator[Round]:
    """The dense network, then every round: what an attempt that was cut short had done is taken from it."""
    members, epochs = attempt.choose((MEMBERS, EPOCHS), (QUICK_MEMBERS, QUICK_EPOCHS))
    first, fresh = (
        mlp(depth=DEPTH, width=width, init="kaiming", members=members, seed=own)
        for own in (attempt.seed, attempt.seed + FRESH_SEED)
    )
    masks = torch.ones_like(first.parameters)
    removed = 1.0 - (1.0 - SPARSITY) ** (1.0 / ROUNDS)

    def losses() -> dict[str, Any]:
        """Of this round's tickets and of fresh weights under their masks; and the masks of the next round, in bits."""
        trained = fit(masked(first, masks), goal, epochs=epochs, lr=rate, masks=masks)
        redrawn = fit(masked(fresh, masks), goal, epochs=epochs, lr=rate, masks=masks)
        following = prune(trained.network, masks, removed).bool().numpy()
        return {
            "ticket": trained.loss,
            "redrawn": redrawn.loss,
            "next": np.packbits(following).tobytes().hex(),
        }

    rounds = range(attempt.choose(ROUNDS, QUICK_ROUNDS) + 1)
    name = f"{_label(width, rate)}, round {{}}".format
    for number in attempt.over(rounds, name, begin=share[0], end=share[1]):
        found = attempt.kept(name(number), losses)
        ticket, redrawn = np.array(found["ticket"]), np.array(found["redrawn"])
        yield Round(float(density(first, masks).mean()), ticket, redrawn if number else ticket)
        bits = np.unpackbits(np.frombuffer(bytes.fromhex(found["next"]), np.uint8), count=masks.numel())
        masks = torch.from_numpy(bits).reshape(masks.shape).to(masks)


def _figure(each: Pruned) -> Figure:
    tickets = [median_interval(r.ticket)[0] for r in each.rounds]
    series = {
        "dense": [tickets[0]] * len(tickets),
        "ticket": tickets,
        "drawn anew": [median_interval(r.redrawn)[0] for r in each.rounds],
    }
    title, x = f"Loss of pruned networks, {each.label}", [100 * r.kept for r in each.rounds]
    return Figure.over(x, series, title, "weights kept, %", "loss", log_x=True, log_y=True)


def at_the_end(found: list[Pruned], quick: bool) -> list[Claim]:
    """At the greatest sparsity: of the larger networks, which the hypothesis is about, and of the smaller ones."""
    widths = sorted({each.width for each in found})
    claims = []
    for width in reversed(widths):
        cases = [each for each in found if each.width == width]
        large = width == widths[-1]
        words = [
            f"{each.rate:g}: ticket {each.times_dense(each.rounds[-1].ticket):.2f}, "
            f"drawn anew {each.times_dense(each.rounds[-1].redrawn):.3g}"
            for each in cases
        ]
        size, left = f"{cases[0].weights:,} weights", max(each.rounds[-1].kept for each in cases)
        sparse = left <= 1 - SPARSITY + ROUNDING
        claims.append(
            judged(
                "C12" if large else "C12 small",
                f"A ticket of {100 * left:.0f} % of the weights matches the dense network of {size}; drawn anew, it "
                "does worse",
                f"at {100 - 100 * SPARSITY:.0f} %: ticket at most {MATCHES} times the dense loss, drawn anew above the "
                "ticket, at every learning rate",
                "times dense, by learning rate: " + "; ".join(words),
                f"× {MATCHES}; rank test, p < {SIGNIFICANT}",
                None if quick else sparse and all(each.wins(each.rounds[-1]) for each in cases),
                fails_if=f"at some learning rate the ticket is above {MATCHES} times the dense loss or no better than "
                f"weights drawn anew, or more than {100 - 100 * SPARSITY:.0f} % of the weights are left",
                why=f"A quick run stops at {100 * left:.0f} % of the weights."
                if quick
                else "The hypothesis is about large networks: of this one's weights "
                f"{cases[0].weights * left:.0f} are left.",
            )
        )  # fmt: skip
    return claims


def somewhere(found: list[Pruned], quick: bool) -> Claim:
    """The hypothesis as it is stated: there is such a subnetwork."""
    sparsest = [min((r.kept for r in each.rounds if each.wins(r)), default=1.0) for each in found]
    return judged(
        "C12 exists",
        "There are sparsities at which the ticket matches the dense network and the same mask drawn anew does worse",
        "at every width and learning rate",
        "; ".join(
            f"{each.label}: {f'down to {100 * share:.0f} % of the weights' if share < 1 else 'none'}"
            for each, share in zip(found, sparsest, strict=True)
        ),
        f"× {MATCHES}; rank test, p < {SIGNIFICANT}",
        all(share < 1.0 for share in sparsest),
        fails_if="at some width and learning rate there is no such sparsity",
        quick=quick,
    )
