"""The descriptions of a least-squares fit and of a spectrum: every option renders, reads back and survives JSON."""

from __future__ import annotations

import inspect
import json
from types import SimpleNamespace

import numpy as np
import pytest

from nnexpr.declarations import options_of
from nnexpr.linear.basis import BASES, SOLVERS
from nnexpr.linear.problem import Samples, choices_of, knots_of, samples_of, spectrum_of
from nnexpr.linear.solvers import least_squares
from nnexpr.linear.specification import LstsqSpecification, SpectrumSpecification
from nnexpr.linear.spectrum import spectrum
from nnexpr.specification import OPTIONS, InputError

CHANGES = [
    (LstsqSpecification, {}),
    (LstsqSpecification, {"basis": "relu", "power": 2, "solver": "svd", "rcond": 1e-9, "domain": (0, 2)}),
    (SpectrumSpecification, {}),
    (SpectrumSpecification, {"basis": "tanh", "scale": 2.5, "target": "cube", "biases": "adaptive"}),
]


@pytest.mark.parametrize(("kind", "changes"), CHANGES)
def test_a_specification_survives_json_and_its_own_words(kind, changes):
    made = kind.make(**changes)
    assert kind.from_config(json.loads(json.dumps(made.as_config()))) == made
    for name, option in options_of(kind).items():
        assert option.label
        value = getattr(made, name)
        assert option.parse(option.format(value)) == value
    assert made.replace(knots=7).knots == 7


@pytest.mark.parametrize("kind", [LstsqSpecification, SpectrumSpecification])
def test_what_is_wrong_is_refused_in_one_sentence(kind):
    for changes, sentence in (
        ({"basis": "spline"}, "basis is spline: it must be one of relu, hat"),
        ({"knots": 1}, "knots is 1: it must be a whole number, at least 2"),
        ({"scale": 1e9}, "at most 150"),
        ({"width": 3}, "option is width: known options are"),
    ):
        with pytest.raises(InputError, match=sentence):
            kind.make(**changes)


def test_what_a_fit_declares_too_is_that_option():
    for name in ("target_seed", "terms", "missing"):
        for kind in (LstsqSpecification, SpectrumSpecification):
            assert options_of(kind)[name] == OPTIONS[name]


def test_described_and_done_is_what_the_functions_do():
    described = LstsqSpecification.make(target="cube", domain=(-1, 1), samples=90, knots=8, basis="relu")
    samples = samples_of(described)
    knots = knots_of(described, samples)
    fit = least_squares(samples.x, samples.y, knots, **choices_of(described, knots))
    x = np.linspace(-1, 1, 90)
    direct = least_squares(x, x**3, np.linspace(-1, 1, 8), basis="relu", solver="hat")
    np.testing.assert_allclose(fit.coefficients, direct.coefficients, atol=1e-12)
    assert choices_of(described.replace(power=2), knots)["solver"] == "qr"
    assert choices_of(described.replace(basis="sine", solver="svd"), knots)["solver"] == "svd"
    spectrum = spectrum_of(SpectrumSpecification.make(knots=20, domain=(0, 1)), None)
    assert spectrum.eigenvalues[0] == pytest.approx(1.8751040687**-4, rel=0.01)


@pytest.mark.parametrize(
    ("function", "kind"), [(least_squares, LstsqSpecification), (spectrum, SpectrumSpecification)]
)
def test_a_function_takes_what_its_description_says_unless_told_otherwise(function, kind):
    """But what the description leaves to it: the solver, the domain and how many modes there are."""
    left = {"knots", "basis", "solver", "ridge", "domain", "samples", "modes"}
    defaults = {name: each.default for name, each in inspect.signature(function).parameters.items()}
    shared = (defaults.keys() & options_of(kind).keys()) - left
    assert {"power", "scale"} <= shared
    assert {name: defaults[name] for name in shared} == {
        name: options_of(kind)[name].default for name in shared
    }
    knots = np.linspace(0, 1, 5)
    for name, each in BASES.items():
        declared = {option: options_of(kind)[option].default for option in each.options}
        np.testing.assert_array_equal(each.on(knots).units(knots), each.on(knots, **declared).units(knots))
        assert len(each.options) <= 1, name


def test_one_sample_is_a_target_too():
    described = LstsqSpecification.make(samples=1, knots=3)
    samples = samples_of(described)
    knots = knots_of(described, samples)
    fit = least_squares(samples.x, samples.y, knots, **choices_of(described, knots))
    np.testing.assert_allclose(fit.values, samples.y)


def test_knots_that_follow_a_target_need_one():
    follows = SpectrumSpecification.make(biases="adaptive", knots=12, target="cube", samples=50)
    with pytest.raises(InputError, match="which must be given"):
        spectrum_of(follows, None)
    knots = spectrum_of(follows, samples_of(follows)).functions.knots
    np.testing.assert_allclose(knots, np.cbrt((np.arange(12) + 0.5) / 12), atol=1e-2)  # equal shares of x³


def test_a_spectrum_takes_a_target_of_as_many_inputs():
    in_the_plane = SpectrumSpecification.make(dimension=2, knots=30)
    assert len(spectrum_of(in_the_plane, None).eigenvalues) == 30
    target = samples_of(SpectrumSpecification.make(target="cube", samples=50))
    assert len(spectrum_of(SpectrumSpecification.make(knots=12), target).eigenvalues) == 12
    with pytest.raises(InputError, match="the target cube has 1 input"):
        spectrum_of(in_the_plane, target)
    with pytest.raises(InputError, match="the target waves2d has 2 inputs"):
        spectrum_of(
            SpectrumSpecification.make(knots=12),
            samples_of(SpectrumSpecification.make(target="waves2d", samples=50)),
        )


@pytest.mark.parametrize("solver", [None, *SOLVERS])
def test_a_cut_off_and_a_ridge_mean_something_for_the_solvers_that_take_them(solver):
    described = LstsqSpecification.make(solver=solver)
    assert described.relevant("rcond") is (solver in ("qr", "svd", "gram"))
    assert described.relevant("ridge") is (solver in ("hat", "normal"))


def test_the_domain_covers_samples_that_rounding_has_put_beyond_it():
    within = SimpleNamespace(own_domain=((0.0, 1.0),), own_inputs=np.array([[-1e-17], [0.5], [1 + 2.0**-52]]))
    assert Samples(within, within.own_inputs[:, 0], np.zeros(3)).domain == (-1e-17, 1 + 2.0**-52)
    wide = SimpleNamespace(own_domain=((0.0, 1.0), (2.0, 3.0)), own_inputs=np.array([[0.5, 2.5]]))
    assert Samples(wide, wide.own_inputs, np.zeros(1)).domain == ((0.0, 1.0), (2.0, 3.0))
