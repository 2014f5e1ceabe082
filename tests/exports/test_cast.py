"""Asciicasts, replayed by an emulator of terminals that knows nothing of how they were made."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyte
import pytest
from clip_recordings import EVIL, trained, with_fits

from nnexpr.runs.events import events
from nnexpr.runs.recording import Recording
from nnexpr_tui.charts.rows import Rows, row_width
from nnexpr_tui.exports import EXPORTS
from nnexpr_tui.exports.ansi import CLEARED, painted, repainted
from nnexpr_tui.exports.clip import ClipSpecification, make_clip
from nnexpr_tui.exports.happened import happened
from nnexpr_tui.exports.screen import Screens

KNOWN = re.compile(r"\x1b\[(\?25l|2J|[\d;]*m|\d+;\d+H)")
SIZES = ((120, 40), (80, 24), (40, 16))

Line = Any


def written(recordings: list[Recording], path: Path, **asked: Any) -> list[Line]:
    """The lines of the cast, each read as JSON."""
    EXPORTS[".cast"].write(recordings, path, asked=asked)
    text = path.read_text(encoding="utf-8")
    assert text.endswith("\n")
    return [json.loads(line, parse_constant=pytest.fail) for line in text.splitlines()]


def cells(screen: pyte.Screen) -> list[list[tuple[str, str, bool]]]:
    """Every character with its colour."""
    return [
        [(screen.buffer[y][x].data, screen.buffer[y][x].fg, screen.buffer[y][x].bold) for x in range(screen.columns)]
        for y in range(screen.lines)
    ]  # fmt: skip


def fresh(size: tuple[int, int]) -> tuple[pyte.Screen, pyte.Stream]:
    screen = pyte.Screen(*size)
    return screen, pyte.Stream(screen)


def whole(rows: Rows, size: tuple[int, int]) -> list[list[tuple[str, str, bool]]]:
    """What a terminal shows that is sent all of these rows."""
    screen, stream = fresh(size)
    stream.feed(CLEARED + painted(rows))
    return cells(screen)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("runs", [1, 3])
def test_after_each_frame_the_screen_is_that_of_a_whole_repaint(
    tmp_path: Path, size: tuple[int, int], runs: int
) -> None:
    recordings = [trained(), trained(seed=3), trained(width=(4, 4), depth=3)][:runs]
    lines = written(recordings, tmp_path / "a.cast", size=f"{size[0]}x{size[1]}", frames=7)
    clip = make_clip(recordings, ClipSpecification(frames=7))
    screens = Screens(clip, *size, happened(clip))
    screen, stream = fresh(size)
    frames = [data for _, code, data in lines[1:] if code == "o"]
    assert len(frames) == len(clip) + 1
    for frame, data in enumerate(frames[:-1]):
        stream.feed(data)
        rows = screens.rows(frame)
        assert len(rows) == size[1]
        assert {row_width(row) for row in rows} == {size[0]}
        assert cells(screen) == whole(rows, size)
        assert any(f"{clip.snapshot(frame, 0).epoch:,}" in line for line in screen.display)
    stream.feed(frames[-1])
    assert cells(screen) == whole(screens.rows(len(clip) - 1), size)
    assert screen.cursor.hidden


def test_the_screen_tells_what_the_recording_says(tmp_path: Path) -> None:
    recording = trained(snapshots=5)
    lines = written([recording], tmp_path / "a.cast")
    screen, stream = fresh((120, 40))
    for _, code, data in lines[1:]:
        if code == "o":
            stream.feed(data)
    text = "\n".join(screen.display)
    last = recording.snapshots[-1]
    assert f"epoch {last.epoch}  loss {last.loss:.3g}" in text
    for words in ("Linear regions", "Bends", "5 of 5", "mean squared error", "target", "fit", "bends"):
        assert words in text


@pytest.mark.parametrize("seconds", [0.1, 1.7, 8.0])
def test_intervals_add_up_to_the_duration_and_both_versions_hold_the_same(
    tmp_path: Path, seconds: float
) -> None:
    header, *events = written([trained()], tmp_path / "a.cast", seconds=seconds)
    older, *same = written([trained()], tmp_path / "b.cast", seconds=seconds, format="v2")
    assert (header["version"], older["version"]) == (3, 2)
    assert header["term"] | {"theme": None} == {
        "cols": 120,
        "rows": 40,
        "type": "xterm-256color",
        "theme": None,
    }
    assert (older["width"], older["height"], older["theme"]) == (120, 40, header["term"]["theme"])
    assert header["title"] == older["title"] == "fourier: mlp, depth 3, width 6, relu"
    assert all(interval >= 0 for interval, _, _ in events)
    assert sum(round(1000 * interval) for interval, _, _ in events) == round(1000 * seconds) + 2000
    assert older["duration"] == pytest.approx(seconds + 2)
    assert events[-1] == [0, "x", "0"]
    assert [event[1:] for event in same] == [event[1:] for event in events[:-1]]
    passed = 0.0
    for (interval, _, _), (time, _, _) in zip(events[:-1], same, strict=True):
        passed += interval
        assert time == pytest.approx(passed, abs=1e-9)


def test_names_from_outside_steer_nothing(tmp_path: Path) -> None:
    recording = trained()
    named = replace(recording, scene=replace(recording.scene, name=EVIL, input_name=EVIL, value_name=EVIL))
    header, *events = written([named, trained(seed=5)], tmp_path / "a.cast")
    assert "\x1b" not in header["title"]
    assert "日本" in header["title"]
    screen, stream = fresh((120, 40))
    for _, code, data in events:
        assert not re.search(r"[\x00-\x1f\x7f-\x9f\u202e]", KNOWN.sub("", data))
        if code == "o":
            stream.feed(data)
    assert "日" in screen.display[0]
    assert screen.title == ""


def test_only_what_changed_is_sent() -> None:
    row = (("日本語", "accent"), ("abc", ""))
    rows = (row, (("same     ", ""),))
    assert repainted(rows, rows) == ""
    changed = ((("日本誤", "accent"), ("abc", "")), rows[1])
    assert repainted(rows, changed) == "\x1b[1;5H\x1b[0;33m誤\x1b[0m"
    narrow = ((("日xy語", "accent"), ("abc", "")), rows[1])
    assert repainted(rows, narrow) == "\x1b[1;3H\x1b[0;33mxy\x1b[0m"
    assert repainted(narrow, rows) == "\x1b[1;3H\x1b[0;33m本\x1b[0m"
    for before, after in ((rows, changed), (rows, narrow), (narrow, rows), (narrow, changed)):
        screen, stream = fresh((9, 2))
        stream.feed(CLEARED + painted(before) + repainted(before, after))
        assert cells(screen) == whole(after, (9, 2))


def test_a_frame_sends_less_than_a_whole_repaint(tmp_path: Path) -> None:
    _, first, *others = written([trained()], tmp_path / "a.cast")
    assert max(len(data) for _, _, data in others) < len(first[2]) / 2


def test_markers_stand_where_something_is_first_seen_to_have_happened(tmp_path: Path) -> None:
    bent = with_fits(trained(), lambda x, k: x if k < 5 else np.sin(9 * x))
    falling = replace(bent, losses=np.geomspace(1, 1e-3, len(bent.epochs), dtype=np.float32)[:, None])
    found = {event.kind: event for event in events(falling)}
    assert found["bend"].snapshot == 5
    assert found["best"].snapshot == 11
    lines = written([falling], tmp_path / "a.cast", frames=12)
    seen, frame = {}, -1
    for _, code, data in lines[1:]:
        frame += code == "o"
        if code == "m":
            seen[data] = frame
    assert seen["first bend"] == 5
    assert seen["best"] == 11
    assert set(seen) == {"first bend", "best"} | ({"knee"} if "knee" in found else set())
    few = written([falling], tmp_path / "b.cast", frames=3)  # of snapshots 0, 6 and 11
    order = [data for _, code, data in few[1:] if code in "mo"]
    assert order.index("first bend") == 2
    together = written([falling, replace(falling, run="other")], tmp_path / "c.cast", frames=12)
    names = [data for _, code, data in together[1:] if code == "m"]
    assert len(names) == len(set(names)) == 2 * len(found)
