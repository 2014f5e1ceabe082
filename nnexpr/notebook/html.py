"""Parts of a card: facts, tables and a small chart, as HTML and SVG. Texts are escaped, numbers are few."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from html import escape

import numpy as np
from numpy.typing import ArrayLike

from nnexpr.plot.thinning import thinned

__all__ = ["MOST_ROWS", "box", "chart", "facts", "polygons", "table", "text"]

MOST_TEXT = 160  # characters
STRIPS = 60  # of a curve, of at most four points each
MOST_ROWS = 40
WIDTH, HEIGHT, MARGIN = 320, 120, 3  # pixels of a chart
COLORS = ("currentColor", "#0072B2", "#D55E00", "#009E73")
CELL = "padding:1px 8px;text-align:left;vertical-align:top"

Curve = tuple[ArrayLike, ArrayLike]
Placing = Callable[[float, float], str]


def text(value: object) -> str:
    """Escaped, on one line, not endless, with a sign in place of each that no page shows."""
    line = " ".join(str(value).split())
    line = "".join(sign if sign.isprintable() else "\N{REPLACEMENT CHARACTER}" for sign in line)
    return escape(line if len(line) <= MOST_TEXT else f"{line[: MOST_TEXT - 1]}…")


def box(title: str, *parts: str) -> str:
    """A card."""
    return f"<div><strong>{text(title)}</strong>{''.join(parts)}</div>"


def facts(known: Mapping[str, object]) -> str:
    """What is known, a row each; empty values are left out."""
    quiet = f"{CELL};font-weight:normal;opacity:.7"
    rows = "".join(
        f"<tr><th style='{quiet}'>{text(name)}</th><td style='{CELL}'>{text(value)}</td></tr>"
        for name, value in known.items()
        if value not in (None, "", ())
    )
    return f"<table>{rows}</table>"


def table(columns: Sequence[str], rows: Iterable[Sequence[object]], title: str = "") -> str:
    """Rows under their columns; of many the first, and how many are left out."""
    every = list(rows)
    head = "".join(f"<th style='{CELL}'>{text(name)}</th>" for name in columns)
    body = "".join(
        f"<tr>{''.join(f'<td style={CELL!r}>{text(cell)}</td>' for cell in row)}</tr>"
        for row in every[:MOST_ROWS]
    )
    more = f"<caption style='caption-side:bottom'>and {len(every) - MOST_ROWS:,} rows more</caption>"
    named = f"<div>{text(title)}</div>" if title else ""
    return f"{named}<table>{more * (len(every) > MOST_ROWS)}<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def chart(curves: Sequence[Curve], *, log_x: bool = False, log_y: bool = False) -> str:
    """Curves on axes of their own, without numbers: the shape at a glance. Empty where there is nothing to see."""
    drawn = [_points(curve, log_x=log_x, log_y=log_y) for curve in curves[: len(COLORS)]]
    every = [point for points in drawn for point in points]
    if len(every) < 2:
        return ""
    place = _placing([x for x, _ in every], [y for _, y in every])
    looks = COLORS if len(drawn) > 1 else COLORS[1:]
    lines = "".join(
        f"<polyline points='{' '.join(place(x, y) for x, y in points)}' fill='none' stroke='{color}'"
        f" stroke-width='1.4' opacity='{0.45 if color == COLORS[0] else 1}'/>"
        for points, color in zip(drawn, looks, strict=False)
    )
    return _svg(lines)


def polygons(corners: Sequence[Sequence[tuple[float, float]]], shades: Sequence[float]) -> str:
    """Polygons, each with a shade from 0 to 1."""
    every = [corner for each in corners for corner in each]
    place = _placing([x for x, _ in every], [y for _, y in every], width=HEIGHT * 2, height=HEIGHT * 2)
    drawn = "".join(
        f"<polygon points='{' '.join(place(x, y) for x, y in each)}' fill-opacity='{0.1 + 0.8 * shade:.2f}'/>"
        for each, shade in zip(corners, shades, strict=True)
    )
    drawn = f"<g fill='#0072B2' stroke='currentColor' stroke-width='.4'>{drawn}</g>"
    return _svg(drawn, width=HEIGHT * 2, height=HEIGHT * 2)


def _svg(drawn: str, width: int = WIDTH, height: int = HEIGHT) -> str:
    return (
        f"<svg xmlns='http://www.w3.org/2000/svg' width='{width}' height='{height}' viewBox='0 0 {width} {height}'"
        f" style='display:block'>{drawn}</svg>"
    )


def _placing(xs: Sequence[float], ys: Sequence[float], width: int = WIDTH, height: int = HEIGHT) -> Placing:
    """The function that places a point."""
    left, bottom = min(xs), min(ys)
    across, up = (max(xs) - left) or 1.0, (max(ys) - bottom) or 1.0

    def place(x: float, y: float) -> str:
        at = MARGIN + (x - left) / across * (width - 2 * MARGIN)
        high = height - MARGIN - (y - bottom) / up * (height - 2 * MARGIN)
        return f"{at:.1f},{high:.1f}"

    return place


def _points(curve: Curve, *, log_x: bool, log_y: bool) -> list[tuple[float, float]]:
    """Finite points where they lie on their axes, thinned."""
    x, y = (np.asarray(each, dtype=np.float64) for each in curve)
    with np.errstate(all="ignore"):
        places = np.stack([np.log10(x) if log_x else x, np.log10(y) if log_y else y], axis=1)
    places = places[np.isfinite(places).all(axis=1)]
    kept = places[thinned(places[:, 0], places[:, 1], strips=STRIPS)]
    return [(x, y) for x, y in kept.tolist()]
