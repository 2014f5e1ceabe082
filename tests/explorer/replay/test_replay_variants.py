"""What a run may be varied by: one thing at a time, and nothing else."""

from __future__ import annotations

from dataclasses import fields

import pytest

from nnexpr.kinds import NETWORKS
from nnexpr.networks.builders import build
from nnexpr.specification import FitSpecification
from nnexpr.targets import build_target
from nnexpr_tui.parts.described import described, difference
from nnexpr_tui.replay.variants import variants_of

KEPT = (
    "target",
    "points",
    "domain",
    "noise",
    "terms",
    "target_seed",
    "members",
    "epochs",
    "schedule",
    "dtype",
)
MEANT = {
    "Twice as wide": {"width"}, "Half as wide": {"width"}, "A layer deeper": {"depth"}, "Another seed": {"seed"},
    "Ten times the learning rate": {"lr"}, "Activation tanh": {"activation"}, "Twice the knots": {"knots"},
    "With 3 bands of encoding": {"encoding_bands"}, "Twice the rank": {"rank"},
}  # fmt: skip


def changed(base: FitSpecification, other: FitSpecification) -> set[str]:
    return {each.name for each in fields(base) if getattr(base, each.name) != getattr(other, each.name)}


@pytest.mark.parametrize("network", NETWORKS)
def test_a_variant_is_the_same_fit_but_for_what_it_says(network: str) -> None:
    base = FitSpecification.make(network=network, noise=0.1, target_seed=3, seed=5, members=2)
    offered = variants_of(base)
    assert len({variant.title for variant in offered}) == len(offered) >= 5
    for variant in offered:
        other = changed(base, variant.specification)
        assert other
        assert not other & set(KEPT)
        assert MEANT.get(variant.title, other) == other
        assert len(difference(base, variant.specification).split(", ")) == len(other)


def test_a_variant_has_the_same_data_and_but_for_another_seed_or_recipe_the_same_first_weights() -> None:
    base = FitSpecification.make(noise=0.3, points=64)
    target = build_target(base)
    for variant in variants_of(base):
        again = build_target(variant.specification)
        assert (again.inputs == target.inputs).all()
        assert (again.values == target.values).all()
        if changed(base, variant.specification) <= {"lr", "optimizer", "activation", "batch_size"}:
            first, second = build(base).parameters, build(variant.specification).parameters
            assert (first == second).all()


def test_a_width_for_each_layer_is_scaled_for_each_and_follows_the_depth() -> None:
    base = FitSpecification.make(depth=3, width=(8, 5))
    found = {variant.title: variant.specification for variant in variants_of(base)}
    assert found["Twice as wide"].width == (16, 10)
    assert found["Half as wide"].width == (4, 2)
    assert found["A layer deeper"].width == (8, 5, 5)


def test_what_cannot_be_is_not_offered() -> None:
    shallowest = FitSpecification.make(depth=1, width=(1,))
    titles = [variant.title for variant in variants_of(shallowest)]
    assert "A layer less deep" not in titles
    assert "Half as wide" not in titles
    assert "Activation relu" not in titles
    assert "Ten times the learning rate" not in [
        variant.title for variant in variants_of(FitSpecification.make(optimizer="lbfgs"))
    ]


def test_the_difference_is_spelled_as_the_options_are() -> None:
    base = FitSpecification.make()
    assert difference(base, base) == ""
    assert difference(base, base.replace(width=(32,), lr=0.01)) == "width 32, lr 0.01"
    assert difference(base, base.replace(encoding_bands=3, activation="tanh")) == "tanh, encoding bands 3"
    assert described(base.replace(epochs=7, threads=2)) == "mlp"
    assert (
        described(FitSpecification.make(network="shallow", knots=9, target="cube"))
        == "shallow, knots 9, cube"
    )
