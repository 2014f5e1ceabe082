"""What both front ends write: modes, kernels and the results of experiments, as documents."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from nnexpr.experiments.data import Claim
    from nnexpr.experiments.discovery import Experiment
    from nnexpr.experiments.findings import Finding
    from nnexpr.training.tangents import Tangent, Tangents

__all__ = ["domain_document", "experiments_document", "modes_document", "tangent_document"]

MOST_MODE_ENTRIES = 64  # epochs
MOST_EIGENVALUES = 64


def domain_document(domain: tuple[tuple[float, float], ...]) -> tuple[Any, ...]:
    """``[low, high]`` of one input, a list of such of several."""
    return domain if len(domain) > 1 else domain[0]


def modes_document(
    epochs: NDArray[np.int64],
    target: NDArray[np.floating],
    member: int,
    amplitudes: NDArray[np.floating],
    median: NDArray[np.floating] | None,
) -> dict[str, Any]:
    """The error in each Fourier mode at ``epochs``, thinned: of one member, and the median of all.

    Both are a list for each epoch, mode 0 first; ``target`` is the target's own amplitude in each mode.
    """
    import numpy as np

    last = len(epochs) - 1
    chosen = np.unique(np.linspace(0, last, min(MOST_MODE_ENTRIES, len(epochs))).round().astype(int))
    return {
        "epochs": epochs[chosen],
        "target": _told(target),
        "member": member,
        "amplitudes": _told(amplitudes[chosen]),
        "median": None if median is None else _told(median[chosen]),
    }


def tangent_document(tangents: Tangents, member: int) -> dict[str, Any]:
    """A member's tangent kernel when training began and now, and the losses foretold if it had stood still.

    ``eigenvalues`` are the largest of K / n, n the ``points`` it is taken at; ``residual_shares`` say what of the
    residual's squares lies along the mode of each.
    """
    foretold = tangents.foretold
    return {
        "member": member,
        "points": tangents.now.points,
        "movement": tangents.movement,
        "alignment": tangents.alignment,
        "start": _kernel(tangents.start),
        "now": _kernel(tangents.now),
        "foretold": {
            "by": "gradient flow" if foretold.is_flow else "gradient descent",
            "epochs": foretold.epochs,
            "losses": _told(foretold.losses),
        },
    }


def _kernel(tangent: Tangent) -> dict[str, Any]:
    kept = min(tangent.resolved, MOST_EIGENVALUES)
    return {
        "epoch": tangent.epoch,
        "eigenvalues": _told(tangent.eigenvalues[:kept]),
        "residual_shares": _told(tangent.shares[:kept]),
        "resolved": tangent.resolved,
        "effective_rank": tangent.effective_rank,
        "condition": tangent.condition,
        "slope": tangent.slope,
        "loss": tangent.loss,
    }


def _told(values: NDArray[np.floating]) -> NDArray[np.float64]:
    """To four figures: there are thousands of them."""
    import numpy as np

    return np.char.mod("%.4g", values).astype(np.float64)


def experiments_document(
    done: Iterable[tuple[Experiment, Finding]],
    *,
    quick: bool,
    figures: bool,
    seed: int = 0,
    large: bool = False,
) -> dict[str, Any]:
    """The JSON of ``reproduce``: the experiments with what was found, and the seed of all draws."""
    experiments = []
    for experiment, finding in done:
        entry: dict[str, Any] = {key: getattr(experiment, key) for key in ("id", "title", "source")}
        entry["seconds"] = round(finding.seconds, 3)
        entry["tables"] = finding.result.tables
        entry["claims"] = [_claim(claim) for claim in finding.result.claims]
        if figures:
            entry["figures"] = finding.result.figures
        experiments.append(entry)
    return {
        "schema": 1,
        **({"quick": True} if quick else {}),
        **({"large": True} if large else {}),
        "seed": seed,
        "experiments": experiments,
    }


def _claim(claim: Claim) -> dict[str, Any]:
    """Under the source's own name, so that a script finds all parts of "M4" by it; which part, beside it."""
    name, _, part = claim.id.partition(" ")
    return {**vars(claim), "id": name, "part": part or None}
