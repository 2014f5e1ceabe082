"""``spectrum``: eigenvalues and eigenmodes of a basis' Gram matrix, and what a target has of each mode."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import click

from nnexpr.linear.specification import SpectrumSpecification
from nnexpr_tui.commands.idle import say_what_is_idle
from nnexpr_tui.commands.interrupts import apart
from nnexpr_tui.commands.options import (
    SectionedCommand,
    json_option,
    output_option,
    specified_options,
    threads_option,
)
from nnexpr_tui.commands.output import MAP_SIZE, number, print_chart, print_json, print_maps, print_table, say

if TYPE_CHECKING:
    from nnexpr.linear.problem import Samples
    from nnexpr.linear.spectrum import Spectrum

__all__ = ["spectrum"]

_LARGE = 600  # units: from half a second on, a process of its own
_DRAWN = 401  # points across a mode


_EXAMPLES = {
    "--knots 300 --draw 1,2,3": "the modes of ReLUs, a cantilever's",
    "--basis tanh --scale 6": "of smooth units",
    "--biases adaptive --knots 100 --target arctan25": "knots that follow a target, and its share in each mode",
    "--knots 100000 --json": "in linear time",
    "--dimension 2 --knots 500 --draw 1,2,3,4": "of ridges in the plane",
    "--target star2d --dimension 2 --basis hat": "of hats on triangles, and a target's share in each mode",
}


@click.command(cls=SectionedCommand, examples=_EXAMPLES)
@specified_options(SpectrumSpecification)
@output_option("--draw", metavar="K,K,...", help="draw these eigenmodes too, the first being 1")
@threads_option
@json_option
def spectrum(as_json: bool, draw: str | None, **options: Any) -> None:
    """Decompose the Gram matrix of a basis on fixed knots into its modes, the largest eigenvalue first.

    Eigenvalues are those of the matrix times the size of a knot's cell, which approach those of the continuous
    kernel; where these are known they stand beside. A cut-off at ε keeps the modes above ε times the first.
    """
    from nnexpr.linear.problem import samples_of

    given = {name: value for name, value in options.items() if value is not None}
    specification = SpectrumSpecification.make(**given)
    say_what_is_idle(specification, given)
    drawn = _drawn(draw)
    samples = samples_of(specification) if specification.target else None
    for note in samples.target.notes if samples else ():
        say(note)
    if specification.knots > _LARGE:
        found, shares, seconds = apart(_found, specification, samples)
    else:
        found, shares, seconds = _found(specification, samples)
    if as_json:
        print_json(_document(specification, found, shares, seconds))
        return
    _show(specification, found, shares, seconds)
    if drawn and specification.dimension == 2:
        _draw_maps(found, drawn)
    elif drawn:
        _draw(found, drawn)


def _found(
    specification: SpectrumSpecification, samples: Samples | None
) -> tuple[Spectrum, list[float] | None, float]:
    """The spectrum, the target's share in each mode that is shown, and the seconds that they took."""
    from nnexpr.linear.problem import spectrum_of

    start = time.perf_counter()
    found = spectrum_of(specification, samples)
    shares = found.shares(samples.x, samples.y, specification.modes).tolist() if samples else None
    return found, shares, time.perf_counter() - start


def _drawn(text: str | None) -> list[int]:
    """The numbers of the modes to draw."""
    from nnexpr.specification import InputError

    if text is None:
        return []
    words = text.replace(",", " ").split()
    if not words or not all(word.isdecimal() and 1 <= int(word) <= 1000 for word in words):
        raise InputError("draw", text, "it must be a comma-separated list of modes, each from 1 to 1000")
    return [int(word) for word in words]


def _document(
    specification: SpectrumSpecification, found: Spectrum, shares: list[float] | None, seconds: float
) -> dict[str, Any]:
    shown = specification.modes
    return {
        "schema": 1,
        "config": specification.as_config(),
        "eigenvalues": found.eigenvalues[:shown],
        "slope": found.slope,
        "slope_modes": found.slope_modes,
        "condition": found.condition,
        "condition_certified": found.certified,
        "resolved": found.resolved,
        "exact": None if found.exact is None else found.exact[:shown],
        "gram_error": found.gram_error,
        "shares": shares,
        "seconds": seconds,
    }


def _show(
    specification: SpectrumSpecification, found: Spectrum, shares: list[float] | None, seconds: float
) -> None:
    import numpy as np

    from nnexpr_tui.charts.series import Axis, ChartData, Series

    resolved = found.eigenvalues[: found.resolved]
    curves = [Series(np.arange(1, len(resolved) + 1), resolved, label="Gram matrix", style="points")]
    if found.exact is not None:
        exact = found.exact[: len(resolved)]
        curves.insert(0, Series(np.arange(1, len(exact) + 1), exact, label="kernel, exact", color="accent"))
    axes = Axis(log=True, label="mode"), Axis(log=True, label="eigenvalue")
    print_chart(ChartData(tuple(curves), *axes, title=f"Gram spectrum of {specification.basis}"))
    columns = ["mode", "eigenvalue"]
    rows = [
        [str(k + 1), number(float(value), 6)]
        for k, value in enumerate(found.eigenvalues[: specification.modes])
    ]
    if found.exact is not None:
        columns += ["exact", "apart"]
        for row, value, exact_value in zip(rows, found.eigenvalues, found.exact, strict=False):
            row += [number(float(exact_value), 6), f"{value / exact_value - 1:+.1e}"]
    if shares is not None:
        columns.append("target's share")
        for row, share in zip(rows, shares, strict=False):
            row.append(f"{share:.3e}")
    whole = [row + [""] * (len(columns) - len(row)) for row in rows]
    print_table(
        f"{len(found.functions.knots):,} {specification.biases} knots, dimension {specification.dimension}",
        columns,
        whole,
    )
    first, last = found.slope_modes
    rest = [
        (f"slope over modes {first} to {last}", number(found.slope)),
        ("condition" if found.certified else "condition, at least", number(found.condition)),
        ("modes told from rounding", number(found.resolved)),
        ("seconds", number(seconds)),
    ]
    print_table("Decay", ("", ""), rest)


def _draw(found: Spectrum, numbers: list[int]) -> None:
    import numpy as np

    from nnexpr_tui.charts.series import Axis, ChartData, Series

    x = np.linspace(float(found.functions.low), float(found.functions.high), _DRAWN)
    modes = found.modes(x, max(numbers))
    colors = ("primary", "accent", "warning", "success", "error")
    curves = tuple(
        Series(x, modes[:, k - 1], label=f"mode {k}", color=colors[place % len(colors)])
        for place, k in enumerate(numbers)
        if k <= modes.shape[1]
    )
    print_chart(ChartData(curves, Axis(label="x"), Axis(label="u"), title="Eigenmodes"))


def _draw_maps(found: Spectrum, numbers: list[int]) -> None:
    from nnexpr_tui.charts.maps import picture_points

    sides = zip(found.functions.low.tolist(), found.functions.high.tolist(), strict=True)
    points = picture_points(tuple(sides), MAP_SIZE)
    modes = found.modes(points.reshape(-1, 2), max(numbers))
    shown = [k for k in numbers if k <= modes.shape[1]]
    print_maps({f"mode {k}": modes[:, k - 1].reshape(points.shape[:2]) for k in shown})
