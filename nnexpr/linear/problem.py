"""From a description to what is solved: the target's samples, the knots, the choices; and to a spectrum."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnexpr.linear.bases.base import LinearSplines
from nnexpr.linear.basis import BASES
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
    """A target of one input with its samples ``x, y (samples,)`` in its own units."""

    target: Target
    x: Array
    y: Array

    @property
    def domain(self) -> tuple[float, float]:
        """That of the target; it covers the samples, whose ends may be those of the domain but for rounding."""
        low, high = self.target.own_domain[0]
        return min(low, float(self.x.min())), max(high, float(self.x.max()))


def samples_of(specification: LstsqSpecification | SpectrumSpecification) -> Samples:
    """The samples of its target; InputError where it has two inputs, or where there is none."""
    names = ("domain", "noise", "missing", "terms")
    given = {name: value for name in names if (value := getattr(specification, name, None)) is not None}
    made = target(
        specification.target or "", points=specification.samples, seed=specification.target_seed, **given
    )
    if made.dimension != 1:
        raise InputError("target", made.name, "it has two inputs; knots lie on a line")
    return Samples(made, made.own_inputs[:, 0], made.own_values)


def knots_of(specification: LstsqSpecification, samples: Samples) -> Array:
    """The knots of a fit, in the target's own units, both ends of the domain included."""
    generator = np.random.default_rng(specification.seed)
    placement = PLACEMENTS[specification.biases]
    return placement.place(specification.knots, samples.domain, (samples.x, samples.y), generator)


def choices_of(specification: LstsqSpecification, knots: Array) -> dict[str, Any]:
    """What :func:`least_squares` takes beside samples and knots; the solver, unless given, is the fastest there is."""
    names = ("basis", "power", "scale", "solver", "rcond", "ridge", "dtype")
    chosen = {name: getattr(specification, name) for name in names}
    if chosen["solver"] is None:
        functions = BASES[specification.basis].on(knots, power=specification.power)
        chosen["solver"] = "hat" if isinstance(functions, LinearSplines) else "qr"
    return chosen


def spectrum_of(specification: SpectrumSpecification, samples: Samples | None) -> Spectrum:
    """The spectrum, on the target's domain where there is one."""
    if samples is None and "samples" in PLACEMENTS[specification.biases].needs:
        raise InputError("biases", specification.biases, "these knots follow a target, which must be given")
    domain = specification.domain or (samples.domain if samples else (-1.0, 1.0))
    if samples is not None and specification.dimension == 2:
        raise InputError(
            "target", samples.target.name, "its knots lie on a line; leave it out in two dimensions"
        )
    return spectrum(
        specification.basis,
        knots=specification.knots,
        biases=specification.biases,
        power=specification.power,
        scale=specification.scale,
        dimension=specification.dimension,
        domain=domain,
        samples=(samples.x, samples.y) if samples else None,
        modes=specification.modes,
        seed=specification.seed,
    )
