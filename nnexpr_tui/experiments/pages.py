"""The pages of a finding: its claims, each of its tables and each of its figures, one after the other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from textwrap import wrap
from typing import Literal

from rich.cells import cell_len, set_cell_size

from nnexpr.experiments.data import Figure, Map, Table
from nnexpr.experiments.findings import Finding
from nnexpr.experiments.wording import cell_text
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
    def figure(self) -> Figure | Map:
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
        most = max(8, min(MOST_CELL, width // 2))
        columns = [_Column(table, place, most) for place in range(len(table.columns))]
        places = range(1, len(columns))
        furthest = next((i for i in places if _fitting(columns, width, i)[-1] is columns[-1]), 1)
        first = max(1, min(first_column, furthest))
        shown = _fitting(columns, width, first)
        height = max(len(column.head) for column in shown)
        heads = zip(*([*[""] * (height - len(column.head)), *column.head] for column in shown), strict=True)
        rule = "─" * min(width, sum(column.width + GAP for column in shown) - GAP)
        rows = [_row(shown, [column.cells[y] for column in shown], "value") for y in range(len(table.rows))]
        after = len(columns) - first - len(shown) + 1
        head = (*(_row(shown, line, "label") for line in heads), ((rule, "label"),))
        return cls(head, tuple(rows), first, first - 1, max(0, after))


class _Column:
    """A column's texts, with the width that its cells ask for, and its name on a few lines."""

    def __init__(self, table: Table, place: int, most: int) -> None:
        values = [row[place] for row in table.rows]
        self.name, self.cells = clean(table.columns[place]), [clean(cell_text(value)) for value in values]
        self.is_right = place > 0 and all(
            value is None or isinstance(value, (int, float)) for value in values
        )
        longest_word = max(map(cell_len, self.name.split()), default=1)
        width = max(1, min(longest_word, most), *map(cell_len, self.cells))
        while width < most and len(wrap(self.name, width)) > HEAD_LINES:
            width += 1
        self.width = min(width, most)
        self.head = wrap(self.name, self.width)[:HEAD_LINES] or [""]

    def padded(self, text: str) -> str:
        """As wide as the column; what is longer is cut."""
        if cell_len(text) > self.width:
            text = set_cell_size(text, self.width - 1) + "…"
        blank = " " * (self.width - cell_len(text))
        return blank + text if self.is_right else text + blank


def _fitting(columns: Sequence[_Column], width: int, first: int) -> list[_Column]:
    """The columns that are shown: the first, and those from ``first`` on; one more in any case."""
    shown, left = list(columns[:1]), width - columns[0].width
    for column in columns[first:]:
        left -= column.width + GAP
        if left < 0 and len(shown) > 1:
            break
        shown.append(column)
    return shown


def _row(columns: Sequence[_Column], texts: Sequence[str], style: str) -> Line:
    """The texts in their columns, of which the first names the row."""
    padded = (column.padded(text) for column, text in zip(columns, texts, strict=True))
    return tuple((text + " " * GAP, style if place else "key") for place, text in enumerate(padded))


# As text, for the clipboard


def page_text(page: Page) -> str:
    """The whole page: claims as sentences, a table with all its columns, a figure or a map as columns of numbers."""
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
    return "\n".join([title, "", *_numbers(page.figure)])


def _numbers(figure: Figure | Map) -> list[str]:
    """A figure as columns of numbers under their names."""
    if isinstance(figure, Map):
        head = f"{figure.x_label}\t{figure.y_label}\t{figure.label or 'value'}"
        cells = ((x, y, value) for y, row in zip(figure.y, figure.values, strict=True)
                 for x, value in zip(figure.x, row, strict=True))  # fmt: skip
        return [head, *(f"{x:.10g}\t{y:.10g}\t{value:.10g}" for x, y, value in cells)]
    rows = [
        f"{curve.label}\t{x:.10g}\t{y:.10g}"
        for curve in figure.series
        for x, y in zip(curve.x, curve.y, strict=False)
    ]
    return [f"curve\t{figure.x_label}\t{figure.y_label}", *rows]
