"""What a question in SQL gave, as a table over the screen."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, ClassVar

from rich.cells import cell_len, set_cell_size
from textual.binding import Binding, BindingType

from nnexpr_tui.charts.rows import shortened
from nnexpr_tui.parts.lines import Line, clean, wrapped
from nnexpr_tui.parts.overlays import TextOverlay

if TYPE_CHECKING:
    from nnexpr.runs.index import Answer

__all__ = ["AnswerScreen", "told_of"]

MOST_ROWS = 1000  # that are shown
MOST_CELLS, LEAST_CELLS = 40, 6  # of a column
GAP = "  "


class AnswerScreen(TextOverlay):
    """Its question, and then its rows."""

    TITLE = "SQL"
    HINT = "esc closes, j and k scroll"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("colon", "dismiss", "Close", show=False)]

    def __init__(self, sql: str, answer: Answer) -> None:
        super().__init__()
        self._sql, self._answer = sql, answer

    def lines(self, width: int) -> list[Line]:
        return told_of(self._sql, self._answer, width)


def told_of(sql: str, answer: Answer, width: int) -> list[Line]:
    """The question, and the rows as a table of this width."""
    rows = [[_cell(value) for value in row] for row in answer.rows[:MOST_ROWS]]
    heads = [clean(str(column)) for column in answer.columns]
    widths = _fitted([max(map(cell_len, column)) for column in zip(heads, *rows, strict=True)], width)
    lines = [*wrapped(sql, width, "label"), (), _line(heads, widths, "key")]
    lines += [_line(row, widths, "") for row in rows]
    if answer.is_cut or len(answer.rows) > MOST_ROWS:
        lines.append(((f"There are more: the first {len(rows):,}.", "label"),))
    elif not rows:
        lines.append((("Nothing is like that.", "label"),))
    return lines


def _fitted(widths: list[int], room: int) -> list[int]:
    """Columns of these widths as wide as there is room for all of them: the widest give way."""
    fitted = [min(width, MOST_CELLS) for width in widths]
    while sum(fitted) + len(GAP) * (len(fitted) - 1) > room and max(fitted) > LEAST_CELLS:
        fitted[fitted.index(max(fitted))] -= 1
    return fitted


def _line(cells: list[str], widths: list[int], style: str) -> Line:
    sized = (set_cell_size(shortened(cell, width), width) for cell, width in zip(cells, widths, strict=True))
    return ((GAP.join(sized), style),)


def _cell(value: Any) -> str:
    """A value as it is read; nothing of it is an escape or markup."""
    if value is None:
        return "–"
    if isinstance(value, float):
        return f"{value:.6g}" if math.isfinite(value) else str(value)
    return clean(str(value))[: 4 * MOST_CELLS]
