"""The builders: an MLP, a shallow network with fixed knots, an MMNN, and the one a specification asks for.

Each returns a :class:`~nnexpr.networks.network.Network`; member i of seed s is drawn from ``default_rng(s +
i)``. Values are checked against the options' declarations and refused with
:class:`~nnexpr.specification.InputError`.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray

from nnexpr.activations import ACTIVATIONS
from nnexpr.kinds import NETWORKS, Layers, mlp_layers, mmnn_layers, shallow_layers
from nnexpr.networks.architecture import architecture
from nnexpr.networks.encoding import Encoding
from nnexpr.networks.initialisers import draw_parameters
from nnexpr.networks.network import Network
from nnexpr.placements import PLACEMENTS
from nnexpr.specification import OPTIONS, FitSpecification, InputError

__all__ = ["build", "mlp", "mmnn", "shallow"]

Array = NDArray[np.float64]
Samples = tuple[ArrayLike, ArrayLike]


def mlp(
    depth: int = 3,
    width: int | Sequence[int] = 16,
    activation: str = "relu",
    init: str = "torch",
    members: int = 1,
    seed: int = 0,
    inputs: int = 1,
    outputs: int = 1,
    encoding_bands: int = 0,
    encoding_raw: bool = False,
    dtype: str = "float32",
    device: str | torch.device = "cpu",
    domain: tuple[float, float] = (0.0, 1.0),
) -> Network:
    """Perceptrons of ``depth`` affine layers; ``width``: one for all hidden layers, or one for each.

    ``domain``: where each input lies; an input encoding has it as its period where it is longer than 1.
    """
    depth, widths = OPTIONS["depth"].check(depth), OPTIONS["width"].check(width)
    encoding, first = _encoding(encoding_bands, encoding_raw, inputs, domain)
    layers = mlp_layers(depth, widths, _activation(activation), first, _count("outputs", outputs))
    return _network(layers, encoding, draw_parameters(layers, init, members, seed), seed, dtype, device)


def mmnn(
    width: int | Sequence[int] = 100,
    rank: int = 6,
    depth: int = 4,
    activation: str = "relu",
    init: str = "torch",
    members: int = 1,
    seed: int = 0,
    inputs: int = 1,
    outputs: int = 1,
    encoding_bands: int = 0,
    encoding_raw: bool = False,
    dtype: str = "float32",
    device: str | torch.device = "cpu",
    domain: tuple[float, float] = (0.0, 1.0),
    residual: bool = False,
) -> Network:
    """Multi-component multi-layer networks (Zhang, Zhao et al., arXiv 2407.00765).

    ``depth`` blocks ``A activation(W x + b) + c``: W ``(width, in)`` and b are random and frozen, A ``(rank,
    width)`` and c are trained; the last A gives the outputs. Two affine layers a block, the second without an
    activation. ``residual`` (a ResMMNN): x is added to that in every block but the first and the last, as the authors
    do; the parameters are the same, and for the same seed the first ones too.
    """
    widths = OPTIONS["width"].check(width)
    rank, depth = OPTIONS["rank"].check(rank), OPTIONS["depth"].check(depth)
    encoding, first = _encoding(encoding_bands, encoding_raw, inputs, domain)
    layers = mmnn_layers(
        depth, widths, rank, _activation(activation), bool(residual), first, _count("outputs", outputs)
    )
    return _network(layers, encoding, draw_parameters(layers, init, members, seed), seed, dtype, device)


def shallow(
    knots: int | ArrayLike = 64,
    *,
    biases: str = "uniform",
    domain: tuple[float, float] = (0.0, 1.0),
    members: int = 1,
    seed: int = 0,
    samples: Samples | None = None,
    dtype: str = "float32",
    device: str | torch.device = "cpu",
) -> Network:
    """One hidden ReLU layer with fixed knots: ``a_0 + Σ a_i relu(x - b_i)``, only the ``a`` trained.

    ``knots``: how many, placed by ``biases`` (uniform, adaptive to ``samples = (x, y)``, or random for each
    member), or the knots themselves, ascending, ``(n,)`` or ``(members, n)``. Placed knots include both ends
    of the domain, the numerical source's convention: the last unit is then zero on the domain, hence dead,
    and the n + 1 columns span the n-dimensional space of linear splines. Member i draws its knots (if
    random), then output weights and bias uniform on ±1/sqrt(n), as torch would.
    """
    members, seed = OPTIONS["members"].check(members), OPTIONS["seed"].check(seed)
    generators = [np.random.default_rng(seed + member) for member in range(members)]
    if np.ndim(knots) == 0:
        b = _placed_knots(OPTIONS["knots"].check(knots), biases, domain, samples, generators)
    else:
        b = _given_knots(knots, members)
    n = b.shape[1]
    hidden = np.stack([np.ones_like(b), -b], axis=2).reshape(members, 2 * n)
    output = (2.0 * np.stack([rng.random(n + 1) for rng in generators]) - 1.0) / n**0.5
    return _network(shallow_layers(n), None, np.concatenate([hidden, output], axis=1), seed, dtype, device)


def build(
    specification: FitSpecification,
    *,
    domain: tuple[tuple[float, float], ...] = ((0.0, 1.0),),
    dimension: int = 1,
    samples: Samples | None = None,
    device: str | torch.device | None = None,
) -> Network:
    """The network that ``specification`` describes, for a target with ``dimension`` inputs.

    ``domain``: an interval for each dimension; ``samples``: the training inputs and values; both in the
    network's units. Adaptive knots need the samples; a compositional network adds its waves to the line where
    the samples lie above y = x on average (both scaled to the domain), else subtracts them. ``device`` goes
    before the specification's, and "auto" is the processor here: whoever trains decides. Raises InputError
    where the network cannot take the dimension.
    """
    spec = specification
    architecture(spec, dimension)
    place = device if device is not None else "cpu" if spec.device == "auto" else spec.device
    network: Network = NETWORKS[spec.network].build(
        spec, members=spec.members, seed=spec.seed, dtype=spec.dtype, device=place, inputs=dimension,
        domain=domain[0], samples=samples,
    )  # fmt: skip
    return network


def _placed_knots(
    n: int,
    biases: str,
    domain: tuple[float, float],
    samples: Samples | None,
    generators: Sequence[np.random.Generator],
) -> Array:
    biases, (low, high) = OPTIONS["biases"].check(biases), OPTIONS["domain"].check(domain)
    placement = PLACEMENTS[biases]
    drawing = generators if placement.is_drawn else generators[:1]
    placed = np.stack([placement.place(n, (low, high), samples, generator) for generator in drawing])
    placed[:, 0], placed[:, -1] = np.minimum(low, placed[:, 0]), np.maximum(high, placed[:, -1])
    return np.tile(placed, (len(generators) // len(drawing), 1))


def _given_knots(knots: int | ArrayLike, members: int) -> Array:
    b = np.atleast_2d(np.asarray(knots, dtype=np.float64))
    if b.ndim != 2 or b.shape[0] not in (1, members) or b.shape[1] < 1:
        shape = f"an array of shape {np.shape(knots)}"
        raise InputError("knots", shape, f"give how many, or the knots themselves, (n,) or ({members}, n)")
    if not np.all(np.isfinite(b)) or np.any(np.diff(b, axis=1) <= 0):
        raise InputError("knots", np.array2string(b, threshold=8), "they must be finite and ascending")
    return np.tile(b, (members // b.shape[0], 1))


def _network(
    layers: Layers,
    encoding: Encoding | None,
    parameters: Array,
    seed: int,
    dtype: str,
    device: str | torch.device,
) -> Network:
    numeric, seed = getattr(torch, OPTIONS["dtype"].check(dtype)), OPTIONS["seed"].check(seed)
    tensor = torch.from_numpy(parameters).to(dtype=numeric, device=device)
    return Network(layers, tensor, encoding, seeds=tuple(range(seed, seed + len(parameters))))


def _encoding(bands: int, raw: bool, inputs: int, domain: tuple[float, float]) -> tuple[Encoding | None, int]:
    """The encoding, and how many numbers the first layer takes."""
    bands, inputs = OPTIONS["encoding_bands"].check(bands), _count("inputs", inputs)
    encoding = Encoding.on(OPTIONS["domain"].check(domain), bands, bool(raw), inputs) if bands else None
    return encoding, encoding.features if encoding else inputs


def _count(name: str, value: int) -> int:
    if value < 1:
        raise InputError(name, value, "it must be at least 1")
    return value


def _activation(name: str) -> str:
    if name not in ACTIVATIONS:
        raise InputError("activation", name, "it must be one of " + ", ".join(ACTIVATIONS))
    return name
