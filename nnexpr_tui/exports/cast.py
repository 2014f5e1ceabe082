"""A clip as an asciicast: a terminal session that nobody typed, for asciinema's players.

Version 3 (docs.asciinema.org/manual/asciicast/v3): a header, then ``[interval, code, data]`` with the seconds since the
event before; version 2, for players of 2024 and older: seconds since the beginning, and no exit status. Times are whole
milliseconds, so that intervals add up to the duration. A frame is one event, so no character is ever cut, and sends
only the cells that changed; a marker stands where something happened, which players can jump to.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from nnexpr_tui.charts.rows import Rows, plain_text
from nnexpr_tui.exports.ansi import CLEARED, THEME, painted, repainted

__all__ = ["cast_lines"]

Event = tuple[int, str, str]  # milliseconds from the beginning, code, data


def cast_lines(
    frames: Iterable[tuple[int, Rows, tuple[str, ...]]],
    duration: int,
    size: tuple[int, int],
    title: str,
    version: str,
) -> Iterator[str]:
    """The lines of the file. ``frames``: when each appears, its rows, and the names of what happens in it."""
    columns, rows = size
    name = plain_text(title)
    if version == "v3":
        terminal = {"cols": columns, "rows": rows, "type": "xterm-256color", "theme": THEME}
        header: dict[str, Any] = {"version": 3, "term": terminal, "title": name}
    else:
        header = {"version": 2, "width": columns, "height": rows, "duration": duration / 1000, "title": name}
        header |= {"env": {"TERM": "xterm-256color"}, "theme": THEME}
    yield _line(header)
    before = 0
    for time, code, data in _events(frames, duration):
        if version == "v3":
            yield _line([(time - before) / 1000, code, data])
        elif code != "x":
            yield _line([time / 1000, code, data])
        before = time


def _events(frames: Iterable[tuple[int, Rows, tuple[str, ...]]], duration: int) -> Iterator[Event]:
    shown: Rows | None = None
    for time, rows, happened in frames:
        yield time, "o", CLEARED + painted(rows) if shown is None else repainted(shown, rows)
        for name in happened:
            yield time, "m", plain_text(name)
        shown = rows
    yield duration, "o", "\x1b[0m"  # the last frame is seen up to here
    yield duration, "x", "0"


def _line(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")) + "\n"
