"""``compose``: the triangle wave of k folds, its counts, and shallow least squares against it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from nnexpr_tui.commands.options import SectionedCommand, json_option, own_option, threads_option
from nnexpr_tui.commands.output import number, print_chart, print_json, print_table

if TYPE_CHECKING:
    from nnexpr.theory.triangle_wave import Composition

__all__ = ["compose"]

_DEPTH, _KNOTS = 6, (8, 16, 32, 63, 64, 128)

_EXAMPLES = {
    "": "six folds: 64 linear regions by 12 units, and what shallow least squares makes of the wave",
    "--depth 20 --knots 64": "a million linear regions",
    "--depth 6 --knots 62,63 --json": "a knot too few, and enough",
}


@click.command(cls=SectionedCommand, examples=_EXAMPLES)
@own_option(
    "depth", "integer", _DEPTH, "folds: how often the triangle map is composed", "Wave", minimum=1, maximum=40
)
@own_option(
    "knots", "integers", _KNOTS, "inner knots of the shallow fits, one fit each: where they can bend; the two ends "
    "come beside them (lstsq and shallow networks count all knots)", "Shallow fits", minimum=1, maximum=1_000_000,
)  # fmt: skip
@own_option(
    "samples", "integer", None, "evenly spaced samples that the shallow fits see; 4096 unless given, or the "
    "integral where those are too few", "Shallow fits", minimum=2,
)  # fmt: skip
@threads_option
@json_option
def compose(depth: int | None, knots: tuple[int, ...] | None, samples: int | None, as_json: bool) -> None:
    """Compose the triangle map with itself, and fit the wave by shallow least squares.

    Each fold doubles the linear regions and costs two units; a shallow network pays for each region with a knot.
    """
    from nnexpr.theory import triangle_wave

    made = triangle_wave.compose(depth or _DEPTH, knots or _KNOTS, samples)
    if as_json:
        print_json({"schema": 1, **made.as_json()})
    else:
        _show(made)


def _show(made: Composition) -> None:
    _print_wave(made)
    counts = [
        ("linear regions, exact", number(made.linear_regions)),
        ("linear regions, sampled in 20,000 cells", number(made.sampled_regions)),
        ("units", number(made.units)),
        ("parameters", number(made.parameters)),
        ("inner knots that a shallow network needs", number(made.knots_needed)),
    ]
    print_table(f"The triangle map composed {made.depth} times", ("", "count"), counts)
    rows = [
        (
            number(fit.knots),
            number(fit.features),
            f"{fit.mse:.2e}",
            f"{fit.mse_ridge:.2e}",
            number(fit.linear_regions),
            number(fit.samples) if fit.samples else "integral",
        )
        for fit in made.shallow
    ]
    columns = ("inner knots", "features", "mse", "mse with ridge", "regions", "samples")
    print_table("Shallow least squares on the same wave", columns, rows)


def _print_wave(made: Composition) -> None:
    """The wave, and the largest shallow fit that has too few knots for it."""
    import numpy as np

    from nnexpr.splines.tent import composed
    from nnexpr_tui.charts.series import ChartData, Series

    x = np.linspace(0.0, 1.0, 2 ** min(made.depth + 3, 12) + 1)
    short = [fit for fit in made.shallow if fit.knots < made.knots_needed]
    shown = max(short or made.shallow, key=lambda fit: fit.knots)
    curves = (
        Series(x, composed(made.depth, x), label=f"wave of {made.depth} folds", color="accent"),
        Series(x, shown.spline(x), label=f"least squares, {shown.knots} knots"),
    )
    print_chart(ChartData(curves))
