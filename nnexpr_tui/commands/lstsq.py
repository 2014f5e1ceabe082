"""``lstsq``: the linear representation, a least-squares fit on fixed knots in a chosen basis."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import click

from nnexpr.linear.basis import SOLVERS
from nnexpr.linear.specification import LstsqSpecification
from nnexpr_tui.commands.idle import say_what_is_idle
from nnexpr_tui.commands.interrupts import apart
from nnexpr_tui.commands.options import SectionedCommand, json_option, specified_options, threads_option
from nnexpr_tui.commands.output import (
    MAP_SIZE,
    figure,
    number,
    print_chart,
    print_json,
    print_maps,
    print_table,
    say,
)

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from nnexpr.linear.problem import Samples
    from nnexpr.linear.solvers import LinearFit

__all__ = ["lstsq"]

_LONG = 3.0  # seconds: what is expected to take longer is said before
_LARGE = 2e8  # samples × knots²: from a tenth of a second on, a dense solver has a process of its own
_LARGE_GRID = 20_000  # nodes, or ten times as many samples: the same in the plane


_EXAMPLES = {
    "--basis relu --solver gram --dtype float32": "what a squared matrix costs in single precision",
    "--basis gaussian --scale 12 --solver gram --rcond 1e-12": "with a cut-off",
    "--target csv:data.csv --biases adaptive --knots 30": "a file's own data, knots where they vary",
    "--target star2d --knots 4000 --samples 160000": "in the plane: hats on triangles",
    "--target waves2d --basis relu --knots 300": "in the plane: ridges",
}


@click.command(cls=SectionedCommand, examples=_EXAMPLES)
@specified_options(LstsqSpecification)
@threads_option
@json_option
def lstsq(as_json: bool, **options: Any) -> None:
    """Fit a target by least squares in a basis on fixed knots, both ends of the domain included.

    relu and hat span the same functions; what differs is the digits that survive. Errors are in the target's own
    units, on the samples. --knots counts all knots, the two ends included (compose counts inner ones).

    For a target of two inputs the hats are those of the triangles of a grid with about so many nodes, and the units of
    the other bases are ridges along so many lines.
    """
    from nnexpr.linear.problem import choices_of, knots_of, samples_of
    from nnexpr.linear.solvers import least_squares

    given = {name: value for name, value in options.items() if value is not None}
    specification = LstsqSpecification.make(**given)
    say_what_is_idle(specification, given)
    samples = samples_of(specification)
    for note in samples.target.notes:
        say(note)
    knots = knots_of(specification, samples)
    how = choices_of(specification, knots) | {"domain": samples.domain}
    if _is_large(samples, len(knots), how["solver"]):
        fit = apart(_fitted, samples.x, samples.y, knots, how)
    else:
        fit = least_squares(samples.x, samples.y, knots, **how)
    settings = {
        "target": samples.target.name, "basis": fit.basis, "power": specification.power,
        "scale": specification.scale, "biases": specification.biases, "knots": len(knots), "samples": len(samples.x),
        "solver": fit.solver, "rcond": fit.rcond, "ridge": fit.ridge, "dtype": fit.dtype,
    }  # fmt: skip
    names = ("max_error", "mse", "rank", "gradient", "condition", "seconds", "knots", "coefficients")
    if as_json:
        found = {name: getattr(fit, name) for name in names}
        print_json({"schema": 1, "config": settings, **found, "singular": fit.condition == math.inf})
    else:
        _show(samples, fit, settings)


def _is_large(samples: Samples, knots: int, solver: str) -> bool:
    if SOLVERS[solver].dense:
        return len(samples.x) * knots**2 > _LARGE
    return samples.target.dimension == 2 and max(knots, len(samples.x) / 10) > _LARGE_GRID


def _fitted(
    x: NDArray[np.float64], y: NDArray[np.float64], knots: NDArray[np.float64], how: dict[str, Any]
) -> LinearFit:
    """The fit, its condition found too, in the process that an interrupt can end."""
    from nnexpr.linear.solvers import least_squares

    fit = least_squares(x, y, knots, **how, announce=_say_if_long)
    _ = fit.condition
    return fit


def _say_if_long(seconds: float) -> None:
    if seconds > _LONG:
        say(f"A dense solver: about {seconds:,.0f} s, and as long again for the condition. Ctrl+C ends it.")


def _show(samples: Samples, fit: LinearFit, settings: dict[str, Any]) -> None:
    if samples.target.dimension == 1:
        _draw_curves(samples, fit)
    else:
        _draw_maps(samples, fit)
    title = f"{settings['knots']:,} {settings['biases']} knots, basis {fit.basis}, solver {fit.solver}, {fit.dtype}"
    rows = [
        ("max error", figure(fit.max_error)),
        ("mean squared error", figure(fit.mse)),
        ("coefficients", number(len(fit.coefficients))),
        ("rank", number(fit.rank)),
        ("largest component of the gradient", f"{fit.gradient:.1e}"),
        ("condition", number(fit.condition)),
        ("seconds", number(fit.seconds)),
    ]
    print_table(title, ("", f"on {len(samples.x):,} samples"), rows)


def _draw_curves(samples: Samples, fit: LinearFit) -> None:
    from nnexpr_tui.charts.series import Axis, ChartData, Series

    target = samples.target
    curves = (
        Series(samples.x, samples.y, label="target", color="accent"),
        Series(samples.x, fit.values, label="least squares"),
    )
    axes = Axis(label=target.input_names[0]), Axis(label=target.value_name)
    print_chart(ChartData(curves, *axes, title=target.name))


def _draw_maps(samples: Samples, fit: LinearFit) -> None:
    """The target without noise, the fit, and the difference."""
    import numpy as np

    from nnexpr_tui.charts.maps import picture_points

    target = samples.target
    points = picture_points(target.own_domain, MAP_SIZE)
    found = fit.predict(points)
    maps = {"least squares": found}
    if target.function is not None:
        with np.errstate(all="ignore"):
            truth = target.function(target.to_network(points.reshape(-1, 2))).reshape(found.shape)
        maps = {target.name: truth, "least squares": found, "least squares − target": found - truth}
    print_maps(maps)
