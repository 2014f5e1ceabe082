"""From a target's spelling, a catalogue name, ``expr:FORMULA`` or ``csv:PATH[:XCOL:YCOL]``, to its points."""

from __future__ import annotations

import difflib
import os
from dataclasses import replace
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from nnexpr.files import FileError, open_ordinary
from nnexpr.scale import Scale
from nnexpr.specification import FitSpecification, InputError
from nnexpr.targets.catalogue import CATALOGUE, UNIT, Function
from nnexpr.targets.datafile import file_of, read_target
from nnexpr.targets.formula import parse_formula
from nnexpr.targets.sampling import gaussian_noise, regular_grid
from nnexpr.targets.target import LARGEST, Target
from nnexpr.targets.wording import printable

__all__ = ["build_target", "idle_options", "is_built_from", "require_target", "target"]

Array = NDArray[np.float64]
Interval = tuple[float, float]

OF_SOME = ("terms", "target_seed")  # options that only some entries of the catalogue have

LARGEST_BUILT = 16_000_000  # bytes of inputs; a target of more is not built a second time to be compared


def target(
    spelling: str,
    *,
    points: int = 512,
    domain: Interval | None = None,
    noise: float = 0.0,
    terms: int = 10,
    seed: int = 0,
    missing: str = "auto",
) -> Target:
    """What is approximated, with its training points.

    ``spelling``: a name of ``CATALOGUE``; ``expr:FORMULA`` in x, or in x1 and x2; or
    ``csv:PATH[:XCOL:YCOL]``. ``points`` evenly spaced inputs over ``domain``, ends included (one: the
    middle; in the plane: a square grid of about so many); the rows of a file instead, those inside
    ``domain``. ``noise`` is the standard deviation of the Gaussian noise added to the values, in own units.
    ``terms`` and ``seed`` decide a random Fourier series; ``terms`` also the folds of a triangle wave;
    ``seed`` also the noise, in a stream of its own. ``missing``: what becomes of a file's rows without a value:
    "refuse", "drop", or "auto", which drops them where x is a date and refuses them elsewhere.

    Raises :class:`InputError` where the spelling, the file or an option cannot be used, or where the
    function has no finite value at a training point.
    """
    return build_target(
        FitSpecification(
            target=spelling,
            points=points,
            domain=domain,
            noise=noise,
            terms=terms,
            target_seed=seed,
            missing=missing,
        )
    )


def build_target(specification: FitSpecification) -> Target:
    """The target that a fit's specification describes; see :func:`target`."""
    spec, spelling = specification, specification.target.strip(" ")
    kind, _, text = spelling.partition(":")
    if kind == "csv" and text:
        made = read_target(text, spec.domain, spec.missing)
    elif kind == "expr":
        formula = parse_formula(text)
        interval = spec.domain or UNIT
        made = _sampled(
            f"expr:{formula.text}", formula.text, formula, interval, formula.dimension, spec.points
        )
    else:
        made = _from_catalogue(spelling, spec)
    return _with_noise(made, spec.noise, spec.target_seed) if spec.noise > 0 else made


def require_target(spelling: str) -> None:
    """Raises :class:`InputError` where nothing is spelled so, whatever else is asked for; no file is read."""
    spelling = spelling.strip(" ")
    kind, _, text = spelling.partition(":")
    if (path := file_of(spelling)) is not None:
        try:
            open_ordinary(path).close()
        except FileError as error:
            raise InputError("target", printable(spelling, 160), str(error)) from None
    elif kind == "expr":
        parse_formula(text)
    elif spelling not in CATALOGUE:
        raise InputError("target", printable(spelling), _unknown(spelling))


class Aimed(Protocol):
    """A fit, least squares or a spectrum of a target; ``noise`` and ``batch_size`` where there are such."""

    @property
    def target(self) -> str | None: ...


def idle_options(specification: Aimed) -> frozenset[str]:
    """Which options change nothing of the target of a fit or of least squares, nor of how its points are taken."""
    kind, _, text = (specification.target or "").strip(" ").partition(":")
    used = {"missing"} if kind == "csv" and text else {"points"}
    if kind not in ("csv", "expr"):
        entry = CATALOGUE.get(kind)
        used.update(OF_SOME if entry is None else entry.options)
    if any(getattr(specification, name, None) for name in ("noise", "batch_size")):
        used.add("target_seed")
    return frozenset({"points", "missing", *OF_SOME} - used)


def is_built_from(made: Target, specification: FitSpecification) -> bool:
    """Whether the target is, to the bit, the one that the specification builds; of many points, by its name."""
    if made.inputs.nbytes > LARGEST_BUILT:
        return (made.name, made.points) == (specification.target, specification.points)
    try:
        built = build_target(specification)
    except InputError:
        return False
    told = [(each.name, each.domain, each.input_scales, each.value_scale) for each in (built, made)]
    return (
        told[0] == told[1]
        and np.array_equal(built.inputs, made.inputs)
        and np.array_equal(built.values, made.values)
    )


def _from_catalogue(name: str, spec: FitSpecification) -> Target:
    entry, terms = CATALOGUE.get(name), spec.terms
    if entry is None:
        raise InputError("target", printable(name), _unknown(name))
    formula, function = entry.formula.replace("terms", str(terms)), entry.make(terms, spec.target_seed)
    made = _sampled(name, formula, function, spec.domain or entry.domain, entry.dimension, spec.points)
    needed = entry.points_needed(terms)
    if spec.domain is None and entry.dimension == 1 and spec.points < needed:
        enough = str(needed) if needed < 10**9 else "more than a billion"
        note = f"With {terms} terms the function needs {enough} points to be seen whole; there are {spec.points}."
        made = replace(made, notes=(*made.notes, note))
    return replace(made, source=entry.source)


def _sampled(
    name: str, formula: str, function: Function, interval: Interval, dimension: int, points: int
) -> Target:
    """A function on a regular grid; network units and own units are the same."""
    names = ("x",) if dimension == 1 else ("x1", "x2")
    domain = (interval,) * dimension
    inputs = regular_grid(domain, points)
    with np.errstate(all="ignore"):
        values = function(inputs)
    if not np.isfinite(values).all():
        first = inputs[np.argmin(np.isfinite(values))]
        place = ", ".join(
            f"{variable} = {position:.6g}" for variable, position in zip(names, first, strict=True)
        )
        raise InputError(
            "target", printable(name), f"its value is not finite at {place}; choose another domain"
        )
    if (reach := float(np.abs(values).max())) > LARGEST:
        raise InputError(
            "target", printable(name), f"its values reach {reach:g}; they are at most {LARGEST:g}"
        )
    notes: tuple[str, ...] = ()
    if len(inputs) != points:
        side = round(len(inputs) ** 0.5)
        notes = (f"The training points are a grid of {side} by {side}, {len(inputs)} in all.",)
    return Target(
        name,
        formula,
        inputs,
        values,
        domain,
        function,
        (Scale(),) * dimension,
        input_names=names,
        notes=notes,
    )


def _with_noise(made: Target, deviation: float, seed: int) -> Target:
    noisy = made.own_values + gaussian_noise(made.points, deviation, seed)
    if not (np.abs(noisy) <= LARGEST).all():
        raise InputError("noise", deviation, "it is too large for double precision")
    return replace(made, values=made.value_scale.to_network(noisy))


def _unknown(name: str) -> str:
    """What to write instead of a name that is not in the catalogue."""
    if name.lower().endswith((".csv", ".tsv", ".txt")) or os.path.isfile(name):
        return "a file is written csv:PATH"
    if any(sign in name for sign in "()*/+"):
        return "a formula is written expr:FORMULA"
    close = difflib.get_close_matches(name, CATALOGUE, n=1)
    suggestion = f"did you mean {close[0]}? " if close else ""
    return f"{suggestion}it must be expr:FORMULA, csv:PATH or one of {', '.join(CATALOGUE)}"
