"""From a description to what is solved: the target's samples, the knots, the choices; and to a spectrum."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from nnexpr.linear.bases.base import PiecewiseLinear
from nnexpr.linear.basis import BASES
from nnexpr.linear.functions import Domain, rectangle_of
from nnexpr.linear.specification import LstsqSpecification, SpectrumSpecification
from nnexpr.linear.spectrum import Spectrum, spectrum
from nnexpr.placements import PLACEMENTS
from nnexpr.specification import InputError
from nnexpr.targets import target
from nnexpr.targets.target import Target

__all__ = ["Samples", "choices_of", "knots_of", "samples_of", "spectrum_of"]

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Samples:
    """A target with its samples in its own units: ``x (samples,)``, or ``(samples, 2)``, and ``y (samples,)``."""

    target: Target
    x: Array
    y: Array

    @property
    def domain(self) -> Domain:
        """That of the target; it covers the samples, whose ends may be those of the domain but for rounding."""
        columns = zip(self.target.own_domain, self.target.own_inputs.T, strict=True)
        sides = [(min(low, float(x.min())), max(high, float(x.max()))) for (low, high), x in columns]
        return sides[0] if len(sides) == 1 else (sides[0], sides[1])


def samples_of(specification: LstsqSpecification | SpectrumSpecification) -> Samples:
    """The samples of its target; InputError where there is none."""
    names = ("domain", "noise", "missing", "terms")
    given = {name: value for name in names if (value := getattr(specification, name, None)) is not None}
    made = target(
        specification.target or "", points=specification.samples, seed=specification.target_seed, **given
    )
    inputs = made.own_inputs
    return Samples(made, inputs[:, 0] if made.dimension == 1 else inputs, made.own_values)


def knots_of(specification: LstsqSpecification, samples: Samples) -> Array:
    """The knots of a fit, in the target's own units, both ends of the domain included."""
    generator, n, biases = (
        np.random.default_rng(specification.seed),
        specification.knots,
        specification.biases,
    )
    if samples.target.dimension == 2:
        kind = BASES[specification.basis].in_the_plane
        return kind.placed(n, rectangle_of(samples.domain), biases, generator, ends=True)
    interval = cast("tuple[float, float]", samples.domain)
    return PLACEMENTS[biases].place(n, interval, (samples.x, samples.y), generator)


def choices_of(specification: LstsqSpecification, knots: Array) -> dict[str, Any]:
    """What :func:`least_squares` takes beside samples, knots and domain; a solver, unless given, is the fastest."""
    names = ("basis", "power", "scale", "solver", "rcond", "ridge", "dtype")
    chosen = {name: getattr(specification, name) for name in names}
    if chosen["solver"] is None:
        known = BASES[specification.basis]
        kind = known.in_the_plane if knots.ndim == 2 else type(known.on(knots, power=specification.power))
        chosen["solver"] = "hat" if issubclass(kind, PiecewiseLinear) else "qr"
    return chosen


def spectrum_of(specification: SpectrumSpecification, samples: Samples | None) -> Spectrum:
    """The spectrum, on the target's domain where there is one."""
    if samples is None and "samples" in PLACEMENTS[specification.biases].needs:
        raise InputError("biases", specification.biases, "these knots follow a target, which must be given")
    if samples is not None and specification.dimension != samples.target.dimension:
        inputs = samples.target.dimension
        allowed = f"the target {samples.target.name} has {inputs} input{'s' * (inputs - 1)}"
        raise InputError("dimension", specification.dimension, allowed)
    return spectrum(
        specification.basis,
        knots=specification.knots,
        biases=specification.biases,
        power=specification.power,
        scale=specification.scale,
        dimension=specification.dimension,
        domain=specification.domain or (samples.domain if samples else (-1.0, 1.0)),
        samples=(samples.x, samples.y) if samples else None,
        modes=specification.modes,
        seed=specification.seed,
    )
