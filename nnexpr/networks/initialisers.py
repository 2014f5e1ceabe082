"""How the first weights are drawn: one generator a member, so a member never depends on how many are drawn
beside it.

Member i of seed s draws from ``numpy.random.default_rng(s + i)``, in float64 on the processor, whatever
precision and device it is trained in. With n inputs and m outputs of a layer, and U(r) uniform on (-r, r):

=========  ==================================================  ====================
torch      weights U(1/sqrt(n))                                biases U(1/sqrt(n))
kaiming    weights N(0, 2/n)                                   biases U(1/sqrt(n))
xavier     weights U(sqrt(6/(n + m)))                          biases U(1/sqrt(n))
scaled     as torch, the first layer times sqrt(n) (m/2)^(1/n)
raai       rows [W | b] asymmetric and anticorrelated, below
=========  ==================================================  ====================

*torch* is what ``nn.Linear`` does by itself. *kaiming* (He et al. 2015) and *xavier* (Glorot and Bengio 2010)
are what ``nn.init.kaiming_normal_`` and ``nn.init.xavier_uniform_`` make of it: they replace the weights and
leave the biases. The papers' zero biases would put every bend of the first layer at x = 0, an end of [0, 1].

*scaled* is the first layer of an FMMNN (Zhang, Zhao et al., arXiv 2502.18959): its weights and biases become
U((m/2)^(1/n)), so that m sine units of one input have angular frequencies up to m/2.

*raai* is written from the papers' descriptions; neither publishes code. Lu, Shin, Su and Karniadakis (arXiv
1903.06733) draw each row of [W | b] from N(0, 0.6007²/n) and replace one of its n + 1 entries, chosen
uniformly, by a Beta(2, 1) number, so that a unit leans towards the positive side and is seldom born dead.
Singh and Sreejith (arXiv 2103.12499) anticorrelate a unit's incoming Gaussian weights, which keeps two
signals from becoming alike with depth. Here that is done fully: a unit's Gaussian weights sum to zero before
the replacement (covariance 0.6007²/n (I - 11ᵀ/n), for n > 1). Correlating different units instead cannot have
that effect: given independent layers above, it leaves the covariance map unchanged.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from nnexpr.kinds import AffineLayer
from nnexpr.networks.architecture import offsets
from nnexpr.specification import OPTIONS

__all__ = ["RAAI_DEVIATION", "draw_parameters"]

Array = NDArray[np.float64]

RAAI_DEVIATION = 0.6007  # keeps the expected length of a signal from layer to layer (arXiv 1903.06733)


def draw_parameters(layers: Sequence[AffineLayer], init: str, members: int, seed: int) -> Array:
    """The first parameters ``(members, P)`` in float64, in the layout of
    :class:`~nnexpr.networks.network.Network`.

    ``init`` is torch, kaiming, xavier, scaled or raai. Raises :class:`~nnexpr.specification.InputError` for another.
    """
    members, seed = OPTIONS["members"].check(members), OPTIONS["seed"].check(seed)
    fill = _FILLS[OPTIONS["init"].check(init)](layers)
    parameters = np.empty((members, offsets(layers)[-1]))
    for member in range(members):
        fill(np.random.default_rng(seed + member), parameters[member])
    return parameters


Fill = Callable[[np.random.Generator, Array], None]


def _uniform(layers: Sequence[AffineLayer], weight_bound: Callable[[AffineLayer], float]) -> Fill:
    """One uniform number for each parameter, in the order of the layout."""
    bounds = _for_each(layers, weight_bound, _bias_bound)

    def fill(rng: np.random.Generator, row: Array) -> None:
        rng.random(out=row)
        row *= 2.0
        row -= 1.0
        row *= bounds

    return fill


def _scaled(layers: Sequence[AffineLayer]) -> Fill:
    """What torch draws; then the first layer's rows are multiplied."""
    first, draw = layers[0], _uniform(layers, _bias_bound)
    factor = first.inputs**0.5 * (first.outputs / 2) ** (1 / first.inputs)

    def fill(rng: np.random.Generator, row: Array) -> None:
        draw(rng, row)
        row[: first.size] *= factor

    return fill


def _kaiming(layers: Sequence[AffineLayer]) -> Fill:
    """All weights in the order of the layout, then all biases."""
    scale = _for_each(layers, lambda layer: (2 / layer.inputs) ** 0.5, _bias_bound)
    is_bias = np.zeros(scale.size, dtype=bool)
    is_bias[np.cumsum(_row_lengths(layers)) - 1] = True
    biases = int(is_bias.sum())

    def fill(rng: np.random.Generator, row: Array) -> None:
        row[~is_bias] = rng.standard_normal(row.size - biases)
        row[is_bias] = 2.0 * rng.random(biases) - 1.0
        row *= scale

    return fill


def _raai(layers: Sequence[AffineLayer]) -> Fill:
    """A Gaussian for each parameter, then each unit's replaced entry, then its Beta(2, 1) number."""
    lengths = _row_lengths(layers)
    starts = np.cumsum(lengths) - lengths

    def fill(rng: np.random.Generator, row: Array) -> None:
        rng.standard_normal(out=row)
        for layer, offset in zip(layers, offsets(layers), strict=False):
            block = row[offset : offset + layer.size].reshape(layer.outputs, layer.inputs + 1)
            if layer.inputs > 1:
                block[:, :-1] -= block[:, :-1].mean(axis=1, keepdims=True)
            block *= RAAI_DEVIATION / layer.inputs**0.5
        replaced = rng.integers(0, lengths)
        row[starts + replaced] = np.sqrt(
            rng.random(lengths.size)
        )  # the distribution function of Beta(2, 1) is x²

    return fill


def _row_lengths(layers: Sequence[AffineLayer]) -> NDArray[np.int64]:
    """The length of each unit's row [W | b], in the order of the layout."""
    return np.repeat([layer.inputs + 1 for layer in layers], [layer.outputs for layer in layers])


def _for_each(
    layers: Sequence[AffineLayer],
    weight: Callable[[AffineLayer], float],
    bias: Callable[[AffineLayer], float],
) -> Array:
    """A number for each parameter, in the order of the layout."""
    rows = [
        np.tile(np.append(np.full(layer.inputs, weight(layer)), bias(layer)), layer.outputs)
        for layer in layers
    ]
    return np.concatenate(rows)


def _bias_bound(layer: AffineLayer) -> float:
    return float(layer.inputs**-0.5)


_FILLS: dict[str, Callable[[Sequence[AffineLayer]], Fill]] = {
    "torch": lambda layers: _uniform(layers, _bias_bound),
    "kaiming": _kaiming,
    "xavier": lambda layers: _uniform(layers, lambda layer: (6 / (layer.inputs + layer.outputs)) ** 0.5),
    "scaled": _scaled,
    "raai": _raai,
}
