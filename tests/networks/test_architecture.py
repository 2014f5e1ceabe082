"""The architecture that follows from a specification is the one that is built."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nnexpr.kernels.passes import PARAMETERS
from nnexpr.kinds import NETWORKS, AffineLayer, NetworkKind, declare
from nnexpr.networks.architecture import Architecture, architecture
from nnexpr.networks.builders import build
from nnexpr.specification import FitSpecification, InputError
from nnexpr.training.plan import make_plan

sized = st.integers(1, 9)
options = st.fixed_dictionaries(
    {"network": st.sampled_from(sorted(NETWORKS)), "depth": sized, "width": st.tuples(sized), "rank": sized},
    optional={"knots": st.integers(2, 9), "encoding_bands": st.integers(0, 3), "encoding_raw": st.booleans()},
)


@settings(deadline=None, max_examples=60, database=None)
@given(options, st.integers(1, 3))
def test_what_is_described_is_what_is_built(options: dict[str, object], dimension: int) -> None:
    spec = FitSpecification.make(**options)
    if NETWORKS[spec.network].one_input:
        dimension = 1
    described, built = architecture(spec, dimension), build(spec, dimension=dimension)
    assert described == built.architecture
    assert built.parameters.shape == (1, described.parameter_count)
    assert (described.inputs, described.outputs) == (dimension, 1)
    plan = make_plan(built.layers, 10, np.dtype("float32"))
    assert tuple(plan.layers[:, PARAMETERS]) == described.offsets[:-1]
    for index, layer in enumerate(built.layers):
        assert built.affine(index).shape == (1, layer.outputs, layer.inputs + 1)
        assert built.affine(index).storage_offset() == described.offsets[index]


@pytest.mark.parametrize("network", ["shallow", "compositional"])
def test_what_lies_on_a_line_takes_one_input(network: str) -> None:
    with pytest.raises(InputError, match="must have 1 input; this one has 2"):
        architecture(FitSpecification.make(network=network), 2)


def test_what_does_not_fit_together_is_named() -> None:
    def layers(*sizes: tuple[int, int], last: str = "identity") -> Architecture:
        return Architecture(tuple(AffineLayer(*size, last) for size in sizes))

    for made, why in (
        (lambda: layers((1, 4), (3, 1)), "layer 2 takes 3 inputs; the layer below gives 4"),
        (lambda: layers((1, 4), (4, 5), (4, 1)), "layer 3 takes 4 inputs; the layer below gives 5"),
        (lambda: layers((1, 4), (4, 0)), "layer 2 has width 0; widths are at least 1"),
        (lambda: layers((0, 4)), "layer 1 has width 0"),
        (lambda: layers((1, 4), last="magic"), "layer 1: no activation 'magic'; known: relu"),
        (layers, "at least one affine layer"),
    ):
        with pytest.raises(ValueError, match=why):
            made()


def test_a_name_is_declared_once() -> None:
    with pytest.raises(ValueError, match="a network called mlp has been declared"):
        declare(NetworkKind("mlp", lambda: (), "", ()))
