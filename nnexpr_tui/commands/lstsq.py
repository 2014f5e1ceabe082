"""``lstsq``: the linear representation, a least-squares fit on fixed knots in a chosen basis."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from nnexpr.linear.basis import BASES, SOLVERS
from nnexpr.specification import DTYPES
from nnexpr_tui.commands.interrupts import apart
from nnexpr_tui.commands.options import (
    SectionedCommand,
    declared_options,
    json_option,
    own_option,
    threads_option,
)
from nnexpr_tui.commands.output import figure, number, print_chart, print_json, print_table, say

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from nnexpr.linear.solvers import LinearFit
    from nnexpr.targets.target import Target

__all__ = ["lstsq"]

_SECTION = "Least squares"
_LONG = 3.0  # seconds: what is expected to take longer is said before
_LARGE = 2e8  # samples × knots²: from a tenth of a second on, a dense solver has a process of its own
_DEFAULTS: dict[str, Any] = {
    "target": "arctan25", "target_seed": 0, "samples": 10_000, "basis": "hat", "biases": "uniform", "knots": 100,
    "solver": "hat", "rcond": None, "ridge": None, "dtype": "float64", "seed": 0,
}  # fmt: skip


@click.command(cls=SectionedCommand)
@declared_options(
    "target", "domain", "noise", "missing", "terms", "target_seed", target=_DEFAULTS["target"],
    words={"noise": "standard deviation of the Gaussian noise added to the samples"},
)  # fmt: skip
@own_option(
    "samples", "integer", _DEFAULTS["samples"], "evenly spaced samples of the target (a file's target uses all of its "
    "own)", "Target", minimum=1, maximum=100_000_000,
)  # fmt: skip
@own_option("basis", "choice", _DEFAULTS["basis"], "what spans the functions", _SECTION, offered=BASES)
@declared_options(
    "biases", "knots", section=_SECTION, knots=_DEFAULTS["knots"],
    words={"biases": "where the knots are placed", "knots": "fixed knots, both ends included"},
)  # fmt: skip
@own_option("solver", "choice", _DEFAULTS["solver"], "how the problem is solved", _SECTION, offered=SOLVERS)
@own_option(
    "rcond", "number", None, "relative cut-off of qr, svd and gram; the precision's epsilon unless given", _SECTION,
    minimum=0,
)  # fmt: skip
@own_option(
    "ridge", "number", None, "added to the squares of the coefficients, of hat (0) and normal (1e-6)", _SECTION,
    minimum=0,
)  # fmt: skip
@own_option(
    "dtype", "choice", _DEFAULTS["dtype"], "precision of the whole computation", _SECTION, offered=DTYPES
)
@declared_options("seed", words={"seed": "of knots that are placed at random"})
@threads_option
@json_option
def lstsq(as_json: bool, **options: Any) -> None:
    """Fit a target by least squares: piecewise linear on fixed knots, both ends of the domain included.

    The two bases span the same functions; what differs is the digits that survive. Errors are in the target's own
    units, on the samples. --knots counts all knots, the two ends included (compose counts inner ones).
    """
    from nnexpr.linear.solvers import least_squares

    chosen = _DEFAULTS | {name: value for name, value in options.items() if value is not None}
    target, x, y = _samples(chosen)
    knots = _knots(chosen, target, x, y)
    how = {name: chosen[name] for name in ("basis", "solver", "rcond", "ridge", "dtype")}
    if SOLVERS[chosen["solver"]].dense and len(x) * len(knots) ** 2 > _LARGE:
        fit = apart(_fitted, x, y, knots, how)
    else:
        fit = least_squares(x, y, knots, **how)
    settings = {
        "target": target.name, "basis": fit.basis, "biases": chosen["biases"], "knots": len(knots), "samples": len(x),
        "solver": fit.solver, "rcond": fit.rcond, "ridge": fit.ridge, "dtype": fit.dtype,
    }  # fmt: skip
    names = ("max_error", "mse", "rank", "gradient", "condition", "seconds", "knots", "coefficients")
    if as_json:
        print_json({"schema": 1, "config": settings, **{name: getattr(fit, name) for name in names}})
    else:
        _show(target, fit, settings, x, y)


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


def _samples(chosen: dict[str, Any]) -> tuple[Target, NDArray[np.float64], NDArray[np.float64]]:
    """The target and its samples ``(x, y)`` in own units."""
    from nnexpr.specification import InputError
    from nnexpr.targets import target

    given = {name: chosen[name] for name in ("domain", "noise", "missing", "terms") if name in chosen}
    made = target(chosen["target"], points=chosen["samples"], seed=chosen["target_seed"], **given)
    if made.dimension != 1:
        raise InputError("target", made.name, "it has two inputs; knots lie on a line")
    for note in made.notes:
        say(note)
    return made, made.own_inputs[:, 0], made.own_values


def _knots(
    chosen: dict[str, Any], target: Target, x: NDArray[np.float64], y: NDArray[np.float64]
) -> NDArray[np.float64]:
    """The knots in own units; they cover the samples, whose ends may be those of the domain but for rounding."""
    import numpy as np

    from nnexpr.placements import PLACEMENTS

    low, high = target.own_domain[0]
    domain = (min(low, float(x.min())), max(high, float(x.max())))
    generator = np.random.default_rng(chosen["seed"])
    return PLACEMENTS[chosen["biases"]].place(chosen["knots"], domain, (x, y), generator)


def _show(
    target: Target, fit: LinearFit, settings: dict[str, Any], x: NDArray[np.float64], y: NDArray[np.float64]
) -> None:
    from nnexpr_tui.charts.series import Axis, ChartData, Series

    curves = (Series(x, y, label="target", color="accent"), Series(x, fit.values, label="least squares"))
    axes = Axis(label=target.input_names[0]), Axis(label=target.value_name)
    print_chart(ChartData(curves, *axes, title=target.name))
    title = f"{settings['knots']:,} {settings['biases']} knots, basis {fit.basis}, solver {fit.solver}, {fit.dtype}"
    rows = [
        ("max error", figure(fit.max_error)),
        ("mean squared error", figure(fit.mse)),
        ("rank", number(fit.rank)),
        ("largest component of the gradient", f"{fit.gradient:.1e}"),
        ("condition", number(fit.condition)),
        ("seconds", number(fit.seconds)),
    ]
    print_table(title, ("", f"on {len(x):,} samples"), rows)
