"""The pages of a finding: its claims, each of its tables and each of its figures, one after the other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from textwrap import wrap
from typing import Literal

from rich.cells import cell_len, set_cell_size

from nnexpr.experiments.data import Figure, Table
from nnexpr.experiments.findings import Finding
from nnexpr_tui.documents import cell_text
from nnexpr_tui.experiments.panes import claim_lines, tally_text
from nnexpr_tui.parts.lines import Line, clean

__all__ = ["Page", "PageKind", "ShownTable", "page_text", "pages_of"]

PageKind = Literal["claims", "table", "figure"]
HEAD_LINES = 3  # of a column's name at most
MOST_CELL = 40  # cells; longer texts are cut
GAP = 2
ROOMY = 44  # cells; with less, a border has room for signs only


@dataclass(frozen=True, eq=False)
class Page:
    """One page; ``number`` of ``count`` of its kind, from 1."""

    finding: Finding
    kind: PageKind
    number: int = 1
    count: int = 1

    @property
    def table(self) -> Table:
        return self.finding.result.tables[self.number - 1]

    @property
    def figure(self) -> Figure:
        return self.finding.result.figures[self.number - 1]

    def title(self, width: int) -> str:
        """What it is, marked where the run was quick; of what is longer than ``width``, beginning and end."""
        text = self._title
        if cell_len(text) <= width:
            return text
        if self.kind == "claims":  # the same tally stands above
            return "QUICK · Claims" if self.finding.quick else "Claims"
        end = text[-(width * 2 // 3 - 1) :]
        return f"{text[: max(0, width - len(end) - 1)]}…{end}"

    @property
    def _title(self) -> str:
        mark = "QUICK · " if self.finding.quick else ""
        if self.kind == "claims":
            return f"{mark}Claims: {tally_text(self.finding)}"
        return mark + clean(self.table.title if self.kind == "table" else self.figure.title)

    @property
    def place(self) -> str:
        """Which of its kind; of the claims, what comes after them."""
        if self.kind != "claims":
            return f"{self.kind} {self.number} of {self.count}"
        tables, figures = len(self.finding.result.tables), len(self.finding.result.figures)
        more = [f"{n} {word}{'s' * (n > 1)}" for n, word in ((tables, "table"), (figures, "figure")) if n]
        return f"then {', '.join(more)}: →" if more else ""


def pages_of(finding: Finding | None) -> list[Page]:
    """All pages, claims first."""
    if finding is None:
        return []
    result = finding.result
    pages = [Page(finding, "claims")] if result.claims else []
    kinds: tuple[tuple[PageKind, int], ...] = (("table", len(result.tables)), ("figure", len(result.figures)))
    for kind, count in kinds:
        pages += [Page(finding, kind, number, count) for number in range(1, count + 1)]
    return pages


# Tables


@dataclass(frozen=True)
class ShownTable:
    """As much of a table as there is room for, beginning with the first column and then ``first_column``."""

    head: tuple[Line, ...]
    rows: tuple[Line, ...]
    first_column: int
    before: int  # columns left out before it
    after: int  # and after the last that is shown

    def more(self, width: int) -> str:
        """How many columns are left out on each side, and the keys that show them."""

        def words(columns: int) -> str:
            noun = "column" if columns == 1 else "columns"
            return f"{columns} {noun} more" if width >= ROOMY else str(columns)

        sides = [f"< {words(self.before)}" * bool(self.before), f"{words(self.after)} >" * bool(self.after)]
        if all(sides):
            sides[1] = f"{self.after} >"
        return " · ".join(side for side in sides if side)

    @classmethod
    def of(cls, table: Table, width: int, first_column: int) -> ShownTable:
        """Cut to ``width`` cells; ``first_column`` goes no further than the last column's coming in sight asks."""
        names = [clean(name) for name in table.columns]
        rows = [[clean(cell_text(cell)) for cell in row] for row in table.rows]
        columns = list(zip(*rows, strict=True)) if rows else [() for _ in names]
        numeric = [
            all(cell is None or isinstance(cell, (int, float)) for cell in column)
            for column in (zip(*table.rows, strict=True) if rows else columns)
        ]
        most = max(8, min(MOST_CELL, width // 2))
        widths = [_column_width(name, cells, most) for name, cells in zip(names, columns, strict=True)]
        first = max(1, min(first_column, _furthest(widths, width)))
        shown = _fitting(widths, width, first)
        heads = [_name_lines(names[i], widths[i]) for i in shown]
        height = max((len(head) for head in heads), default=0)
        lines = [
            _row([([""] * (height - len(head)) + head)[y] for head in heads], shown, widths, numeric, "label")
            for y in range(height)
        ]
        lines.append((("─" * min(width, sum(widths[i] + GAP for i in shown) - GAP), "label"),))
        body = tuple(_row([row[i] for i in shown], shown, widths, numeric, "value") for row in rows)
        return cls(tuple(lines), body, first, first - 1, max(0, len(names) - first - len(shown) + 1))


def _furthest(widths: Sequence[int], width: int) -> int:
    """The column from which on all the others fit."""
    return next((i for i in range(1, len(widths)) if _fitting(widths, width, i)[-1] == len(widths) - 1), 1)


def _column_width(name: str, cells: Sequence[str], most: int) -> int:
    """Enough for its cells, and for its name on a few lines."""
    width = max((cell_len(cell) for cell in cells), default=1)
    words = max((cell_len(word) for word in name.split()), default=1)
    width = max(width, min(words, most), 1)
    while width < most and len(wrap(name, width)) > HEAD_LINES:
        width += 1
    return min(width, most)


def _name_lines(name: str, width: int) -> list[str]:
    return wrap(name, width)[:HEAD_LINES] or [""]


def _fitting(widths: Sequence[int], width: int, first_column: int) -> list[int]:
    """The columns that are shown: the first, and those from ``first_column`` on; one more in any case."""
    if not widths:
        return []
    shown, left = [0], width - widths[0]
    for i in range(max(1, first_column), len(widths)):
        left -= widths[i] + GAP
        if left < 0 and len(shown) > 1:
            break
        shown.append(i)
    return shown


def _row(
    cells: Sequence[str], shown: Sequence[int], widths: Sequence[int], numeric: Sequence[bool], style: str
) -> Line:
    line: list[tuple[str, str]] = []
    for place, (cell, i) in enumerate(zip(cells, shown, strict=True)):
        text = cell if cell_len(cell) <= widths[i] else set_cell_size(cell, widths[i] - 1) + "…"
        blank = " " * (widths[i] - cell_len(text))
        text = blank + text if numeric[i] and i else text + blank
        line.append((text + " " * GAP if place < len(shown) - 1 else text, "key" if i == 0 else style))
    return tuple(line)


# As text, for the clipboard


def page_text(page: Page) -> str:
    """The whole page: claims as sentences, a table with all its columns, a figure as columns of numbers."""
    title = page.title(200)
    if page.kind == "claims":
        lines = claim_lines(page.finding.result.claims, 100, ascii_only=False)
        return "\n".join([title, "", *("".join(text for text, _ in line).rstrip() for line in lines)])
    if page.kind == "table":
        table = page.table
        texts = [list(table.columns), *([cell_text(cell) for cell in row] for row in table.rows)]
        widths = [max(map(cell_len, column)) for column in zip(*texts, strict=True)]
        rows = [
            "  ".join(text + " " * (size - cell_len(text)) for text, size in zip(row, widths, strict=True))
            for row in texts
        ]
        return "\n".join([title, "", *(row.rstrip() for row in rows)])
    figure = page.figure
    lines_of_numbers = [
        f"{curve.label}\t{x:.10g}\t{y:.10g}"
        for curve in figure.series
        for x, y in zip(curve.x, curve.y, strict=False)
    ]
    return "\n".join([title, "", f"curve\t{figure.x_label}\t{figure.y_label}", *lines_of_numbers])
