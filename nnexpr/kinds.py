"""The kinds of network that a fit can ask for: one declaration each, without torch.

A kind says which options mean something for it, their defaults, the affine layers that follow from them, and who draws
the weights. The options, the forms, the memory estimate and the builders ask it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from inspect import signature
from itertools import pairwise
from typing import Any, TypeVar

from nnexpr.declarations import Declared, Home, InputError, load

__all__ = [
    "NETWORKS",
    "AffineLayer",
    "Layers",
    "NetworkKind",
    "compositional_layers",
    "declare",
    "dense_layers",
    "kinds_with",
    "mlp_layers",
    "mmnn_layers",
    "shallow_layers",
]

Result = TypeVar("Result")


@dataclass(frozen=True)
class AffineLayer:
    """The shape of one layer: ``activation(W x + b)`` with ``W: (outputs, inputs)``.

    One that ``adds`` k > 0 is ``activation(W x + b + y)``, y the outputs of the layer k below it, which are as many as
    its own: 1 is the layer whose outputs it takes, and below the first layer are the features themselves.
    """

    inputs: int
    outputs: int
    activation: str = "identity"
    trained: bool = True  # a frozen layer keeps its first weights
    adds: int = 0

    @property
    def size(self) -> int:
        """Weights and biases of one member."""
        return self.outputs * (self.inputs + 1)


Layers = tuple[AffineLayer, ...]


@dataclass(frozen=True)
class NetworkKind:
    """``layers`` and the function that ``builder`` names are given, by name, what they take of the kind's options.

    ``layers`` may also take ``inputs`` and ``outputs``, a builder ``members``, ``seed``, ``dtype``, ``device``,
    ``inputs``, ``domain`` and ``samples``. Both raise :class:`InputError` for options that contradict each other.
    ``lists``: an option that may hold one value for each hidden layer; there are ``less`` of these than the depth.
    """

    name: str
    layers: Callable[..., Layers]
    builder: Home
    options: tuple[str, ...]  # that mean something only for the kinds that name them
    defaults: Mapping[str, Any] = field(default_factory=dict)
    lists: str = ""
    less: int = 0
    one_input: str = ""  # why it can take one input only

    def layers_for(self, options: Any, inputs: int, outputs: int = 1) -> Layers:
        """The layers that a specification's ``options`` ask for."""
        return given_to(self.layers, self.values(options) | {"inputs": inputs, "outputs": outputs})

    def build(self, options: Any, **others: Any) -> Any:
        """The network that a specification's ``options`` and ``others`` ask for."""
        return given_to(load(self.builder), self.values(options) | others)

    def takes(self, option: str) -> bool:
        """Whether an option of the network means something for it."""
        return option in self.options or not kinds_with(option)

    def values(self, options: Any) -> dict[str, Any]:
        """The kind's options by name."""
        return {name: getattr(options, name) for name in self.options}

    def depth_of(self, values: Mapping[str, Any]) -> int | None:
        """The depth that a list of more than one value asks for."""
        given = values.get(self.lists)
        return len(given) + self.less if isinstance(given, (tuple, list)) and len(given) > 1 else None


NETWORKS: Declared[NetworkKind] = Declared("a network")
declare = NETWORKS.declare


def given_to(function: Callable[..., Result], offered: Mapping[str, Any]) -> Result:
    """The function's result for what it takes of what is offered, by name."""
    takes = signature(function).parameters
    return function(**{name: value for name, value in offered.items() if name in takes})


def kinds_with(option: str) -> tuple[str, ...]:
    """The kinds for which an option means something; none for an option of all of them."""
    return tuple(name for name, kind in NETWORKS.items() if option in kind.options)


def dense_layers(widths: tuple[int, ...], activation: str = "relu") -> Layers:
    """Layers through these widths, from the inputs to the outputs, which have no activation."""
    activations = [activation] * (len(widths) - 2) + ["identity"]
    return tuple(map(AffineLayer, widths, widths[1:], activations))


def mlp_layers(
    depth: int, width: tuple[int, ...], activation: str, inputs: int = 1, outputs: int = 1
) -> Layers:
    """``depth`` affine layers; one width for all hidden layers or one for each."""
    hidden = depth - 1
    if len(width) not in (1, hidden):
        raise InputError(
            "width", _listed(width),
            f"a network of depth {depth} has {hidden} hidden layer{'s' * (hidden != 1)}; "
            f"give one width or {hidden}",
        )  # fmt: skip
    return dense_layers((inputs, *(width if len(width) > 1 else width * hidden), outputs), activation)


def mmnn_layers(
    depth: int, width: tuple[int, ...], rank: int, activation: str, residual: bool = False,
    inputs: int = 1, outputs: int = 1,
) -> Layers:  # fmt: skip
    """``depth`` blocks of a frozen layer with the activation and a trained one without.

    ``residual``: all blocks but the first and the last add what they take to what they give, channel by channel.
    """
    if len(width) != 1:
        raise InputError("width", _listed(width), "an mmnn has one width")
    if residual and depth < 3:
        why = "a residual mmnn has at least 3 layers, since the first and the last one add nothing"
        raise InputError("depth", depth, why)
    layers: list[AffineLayer] = []
    for block, (below, above) in enumerate(pairwise([inputs, *[rank] * (depth - 1), outputs])):
        adds = 2 if residual and 0 < block < depth - 1 else 0
        layers += (
            AffineLayer(below, width[0], activation, trained=False),
            AffineLayer(width[0], above, adds=adds),
        )
    return tuple(layers)


def shallow_layers(knots: int) -> Layers:
    """One hidden layer of frozen knots."""
    return AffineLayer(1, knots, "relu", trained=False), AffineLayer(knots, 1)


def compositional_layers(depth: int, peaks: tuple[float, ...] | None = None) -> Layers:
    """``depth`` hidden layers of four units."""
    if peaks is not None and len(peaks) not in (1, depth):
        allowed = f"give one peak, or one for each of the {depth} layers"
        raise InputError("peaks", _listed(peaks), allowed)
    return dense_layers((1, *[4] * depth, 1))


def _listed(values: tuple[float, ...]) -> str:
    return ",".join(f"{value:.12g}" for value in values)


declare(
    NetworkKind(
        "mlp",
        mlp_layers,
        "nnexpr.networks.builders:mlp",
        ("depth", "width", "activation", "init", "encoding_bands", "encoding_raw"),
        lists="width",
        less=1,
    )
)
declare(
    NetworkKind(
        "shallow",
        shallow_layers,
        "nnexpr.networks.builders:shallow",
        ("knots", "biases"),
        one_input="its knots lie on a line",
    )
)
declare(
    NetworkKind(
        "compositional",
        compositional_layers,
        "nnexpr.networks.compositional:compositional",
        ("depth", "peaks", "stages"),
        {"depth": 5},
        lists="peaks",
        one_input="its layers fold an interval",
    )
)
declare(
    NetworkKind(
        "mmnn",
        mmnn_layers,
        "nnexpr.networks.builders:mmnn",
        ("depth", "width", "rank", "residual", "activation", "init", "encoding_bands", "encoding_raw"),
        {"depth": 4, "width": (100,), "rank": 6},
    )
)
