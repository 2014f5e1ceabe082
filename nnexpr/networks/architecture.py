"""The architecture of a network: its affine layers and its input encoding, and what follows from them.

Pure: it is known from a specification alone, before any weight is drawn and without torch.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate, pairwise

from nnexpr.activations import ACTIVATIONS
from nnexpr.kinds import NETWORKS, AffineLayer, Layers
from nnexpr.networks.encoding import Encoding
from nnexpr.specification import FitSpecification, InputError

__all__ = ["Architecture", "architecture", "offsets"]


@dataclass(frozen=True)
class Architecture:
    """Layers from the input to the output. Raises ValueError where they cannot stand on each other."""

    layers: Layers
    encoding: Encoding | None = None

    def __post_init__(self) -> None:
        if not self.layers:
            raise ValueError("a network has at least one affine layer")
        for number, layer in enumerate(self.layers, 1):
            if layer.inputs < 1 or layer.outputs < 1:
                raise ValueError(
                    f"layer {number} has width {min(layer.inputs, layer.outputs)}; widths are at least 1"
                )
            if layer.activation not in ACTIVATIONS:
                raise ValueError(
                    f"layer {number}: no activation {layer.activation!r}; known: {', '.join(ACTIVATIONS)}"
                )
        for number, (below, above) in enumerate(pairwise(self.layers), 2):
            if below.outputs != above.inputs:
                raise ValueError(
                    f"layer {number} takes {above.inputs} inputs; the layer below gives {below.outputs}"
                )
        given = (self.layers[0].inputs, *(layer.outputs for layer in self.layers))
        for number, layer in enumerate(self.layers, 1):
            if not 0 <= layer.adds <= number:
                raise ValueError(f"layer {number} adds what is {layer.adds} below; there are {number}")
            if layer.adds and given[number - layer.adds] != layer.outputs:
                what = f"layer {number - layer.adds}" if layer.adds < number else "the input"
                raise ValueError(
                    f"layer {number} has {layer.outputs} units; {what}, which it adds, has {given[number - layer.adds]}"
                )

    @cached_property
    def offsets(self) -> tuple[int, ...]:
        """Where each layer's parameters begin in a member's row ``(P,)``, and P."""
        return offsets(self.layers)

    @property
    def inputs(self) -> int:
        """Dimension of x, before any encoding."""
        return self.layers[0].inputs if self.encoding is None else self.encoding.dimension

    @property
    def outputs(self) -> int:
        """Dimension of the output."""
        return self.layers[-1].outputs

    @property
    def hidden_widths(self) -> tuple[int, ...]:
        """Units of the layers that have an activation."""
        return tuple(layer.outputs for layer in self.layers if layer.activation != "identity")

    @property
    def parameter_count(self) -> int:
        """Weights and biases of one member, frozen ones included."""
        return self.offsets[-1]

    @property
    def trained_parameter_count(self) -> int:
        """Weights and biases of one member that training changes."""
        return sum(layer.size for layer in self.layers if layer.trained)

    @property
    def has_additions(self) -> bool:
        """Whether some layer adds what a layer below it gave: a residual network."""
        return any(layer.adds for layer in self.layers)

    @property
    def is_piecewise_linear(self) -> bool:
        """Whether the output is piecewise linear in x, so that its regions can be counted."""
        return self.encoding is None and all(ACTIVATIONS[layer.activation].pieces for layer in self.layers)


def architecture(specification: FitSpecification, dimension: int = 1) -> Architecture:
    """What ``specification`` describes, for a target of so many inputs.

    Raises :class:`~nnexpr.specification.InputError` where its network cannot take them.
    """
    kind = NETWORKS[specification.network]
    if kind.one_input and dimension != 1:
        why = f"{kind.one_input}, so the target must have 1 input; this one has {dimension}"
        raise InputError("network", kind.name, why)
    bands = specification.encoding_bands if specification.relevant("encoding_bands") else 0
    encoding = Encoding(bands, specification.encoding_raw, dimension) if bands else None
    return Architecture(
        kind.layers_for(specification, encoding.features if encoding else dimension), encoding
    )


def offsets(layers: Sequence[AffineLayer]) -> tuple[int, ...]:
    """Where each layer's parameters begin in a member's row, and where the last ends."""
    return tuple(accumulate((layer.size for layer in layers), initial=0))
