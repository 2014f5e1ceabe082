"""Experiments: run with the keys in a process beside the explorer, judged in words, looked at page by page."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from experiment_stand_in import LONG_ROWS, WIDE_COLUMNS, result
from stand_in import World
from steps import GATE, SIZES, WIDE, ready, state, text, until
from textual.events import MouseScrollDown
from textual.pilot import Pilot

from nnexpr.experiments.discovery import every
from nnexpr.experiments.findings import Finding, keep_finding
from nnexpr.experiments.wording import cell_text
from nnexpr.plain import plain
from nnexpr_tui.app import Explorer
from nnexpr_tui.documents import experiments_document
from nnexpr_tui.experiments.pages import page_text
from nnexpr_tui.parts.charts import ChartPane
from nnexpr_tui.parts.fields import FieldPane
from nnexpr_tui.parts.table import ScrollPane
from nnexpr_tui.settings import Settings

EXPERIMENTS = every()
FIRST = EXPERIMENTS[0].id


async def opened(app: Explorer, pilot: Pilot[Any], *keys: str) -> None:
    await ready(app)
    await pilot.press("6")
    await until(lambda: "Experiments: " in text(app))
    if keys:
        await pilot.press(*keys)


async def measured(
    app: Explorer, pilot: Pilot[Any], *, key: str = "enter", size: tuple[int, int] = WIDE
) -> None:
    """The first experiment with its finding on the screen."""
    Path(GATE).touch()
    await opened(app, pilot, key)
    await until(lambda: "1 holds" in text(app))


def more(app: Explorer) -> bool:
    """Whether there are columns to the right of those that are shown."""
    return re.search(r"\d >|columns? more [>·]", text(app)) is not None


def shown_rows(app: Explorer) -> set[int]:
    """Those of the long table that can be read."""
    return {int(found) for found in re.findall(r"│(\d+) +\d\.?\d* +–", text(app))}


def in_order(app: Explorer, *words: str) -> bool:
    return re.search(".*".join(map(re.escape, words)), text(app), re.DOTALL) is not None


@pytest.mark.parametrize("size", SIZES)
async def test_every_experiment_is_listed_and_asks(laboratory: Explorer, size: tuple[int, int]) -> None:
    async with laboratory.run_test(size=size) as pilot:
        await opened(laboratory, pilot)
        for experiment in EXPERIMENTS:
            await until(lambda experiment=experiment: experiment.question[:12] in text(laboratory))
            name = experiment.id.removeprefix(experiment.group + "-")
            assert name in text(laboratory)
            await pilot.press("j")
        await pilot.press("k", "up")
        await until(lambda: EXPERIMENTS[-3].question[:12] in text(laboratory))
        await pilot.press("home")
        await until(lambda: EXPERIMENTS[0].question[:12] in text(laboratory))


@pytest.mark.parametrize("size", SIZES)
async def test_a_run_shows_how_far_it_is_and_then_its_verdicts(
    laboratory: Explorer, size: tuple[int, int]
) -> None:
    async with laboratory.run_test(size=size) as pilot:
        await opened(laboratory, pilot, "enter")
        await until(lambda: re.search(rf"50 % +\d+ s, full.*half of {FIRST}", text(laboratory), re.DOTALL))
        Path(GATE).touch()
        await until(lambda: "1 holds" in text(laboratory))
        await until(lambda: in_order(laboratory, "full", "run of"))
        assert "uick run" not in text(laboratory)
        await pilot.press("z")
        await until(
            lambda: in_order(laboratory, "T1  holds", "statement 1", "expected", "1", "measured", "1.5")
        )
        await pilot.press("pagedown", "pagedown")
        await until(lambda: in_order(laboratory, "T4  not judged", "tolerance", "equal", "reason 4"))
        assert "[red]not markup[/] [31m" in text(laboratory)


async def test_the_four_verdicts_differ_in_sign_and_word(laboratory: Explorer) -> None:
    async with laboratory.run_test(size=WIDE) as pilot:
        await measured(laboratory, pilot)
        for markers, signs in (("braille", "✓≠≈?"), ("block", "✓≠≈?"), ("ascii", "+-~?")):
            words = ("T1  holds", "T2  fails", "T3  holds as corrected", "T4  not judged")
            await until(
                lambda signs=signs, words=words: all(
                    f"{sign} {word}" in text(laboratory) for sign, word in zip(signs, words, strict=True)
                )
            )
            assert laboratory.controller.look.markers == markers
            await pilot.press("m")


@pytest.mark.parametrize("size", SIZES)
async def test_a_quick_result_is_marked_wherever_it_is_shown(
    laboratory: Explorer, size: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    copied: list[str] = []
    monkeypatch.setattr(laboratory, "copy_to_clipboard", copied.append)
    async with laboratory.run_test(size=size) as pilot:
        await measured(laboratory, pilot, key="r")
        await until(lambda: in_order(laboratory, "QUICK", "run"))
        assert re.search(r"triangle-waves .*quick", text(laboratory))
        for place in ("Claims", "table 1", "table 2", "figure 1", "figure 2"):
            await until(lambda place=place: re.search(rf"[─━] QUICK .*{place}", text(laboratory), re.DOTALL))
            await pilot.press("y", "right")
        await until(lambda: len(copied) == 5)
        assert all(page.startswith("QUICK") for page in copied)


async def test_the_full_result_takes_the_place_of_the_quick_one(laboratory: Explorer) -> None:
    async with laboratory.run_test(size=WIDE) as pilot:
        await measured(laboratory, pilot, key="r")
        await pilot.press("enter")
        await until(lambda: in_order(laboratory, "full", "run of"))
        assert "QUICK" not in text(laboratory)


async def test_pages_turn_and_kinds_change(laboratory: Explorer) -> None:
    async with laboratory.run_test(size=WIDE) as pilot:
        await measured(laboratory, pilot)
        assert "then 2 tables, 3 figures" in text(laboratory)
        places = [
            "table 1 of 2",
            "table 2 of 2",
            "figure 1 of 3",
            "figure 2 of 3",
            "figure 3 of 3",
            "figure 3 of 3",
        ]
        for place in places:
            await pilot.press("right")
            await until(lambda place=place: place in text(laboratory))
        await pilot.press("left", "left", "left")
        await until(lambda: "table 2 of 2" in text(laboratory))
        for place in ("figure 1 of 3", "then 2 tables", "table 1 of 2"):
            await pilot.press("v")
            await until(lambda place=place: place in text(laboratory))


@pytest.mark.parametrize("size", SIZES)
async def test_every_row_and_column_of_a_table_can_be_reached(
    laboratory: Explorer, size: tuple[int, int]
) -> None:
    async with laboratory.run_test(size=size) as pilot:
        await measured(laboratory, pilot)
        await pilot.press("right")
        await until(lambda: "table 1 of 2" in text(laboratory))
        rows = shown_rows(laboratory)
        while max(rows) < LONG_ROWS - 1:
            assert "printed" in text(laboratory)
            await pilot.press("pagedown")
            last = max(rows)
            await until(lambda last=last: max(shown_rows(laboratory), default=0) > last)
            rows |= shown_rows(laboratory)
        assert rows == set(range(LONG_ROWS))
        await pilot.press("right")
        await until(lambda: "table 2 of 2" in text(laboratory))
        columns: set[int] = set()
        for first in range(1, WIDE_COLUMNS):
            await until(
                lambda first=first: first == 1 or f"< {first - 1}" in text(laboratory) or not more(laboratory)
            )
            columns |= {i for i in range(WIDE_COLUMNS) if cell_text(i * 1000.5) in text(laboratory)}
            await pilot.press(">")
        assert columns == set(range(WIDE_COLUMNS))
        await pilot.press(*["<"] * WIDE_COLUMNS)
        await until(lambda: "< 1" not in text(laboratory))


@pytest.mark.parametrize("size", SIZES)
async def test_figures_are_drawn_on_their_axes_with_their_legend(
    laboratory: Explorer, size: tuple[int, int]
) -> None:
    async with laboratory.run_test(size=size) as pilot:
        await measured(laboratory, pilot)
        await pilot.press("v", "v")
        chart = laboratory.screen.query_one(ChartPane)
        await until(lambda: chart.is_on_screen and "figure 1 of 3" in text(laboratory))
        await until(lambda: "one" in text(laboratory) and "two" in text(laboratory))
        data = chart._data
        assert data is not None
        assert data.x_axis.log
        assert data.y_axis.log
        await pilot.press("z", "right")
        await until(lambda: chart.size.width >= size[0] - 4)
        for i in range(9):
            await until(lambda i=i: f"curve number {i}" in text(laboratory))
        await pilot.press("V")  # the legend stands on rows of its own, and the values have names all the same
        await until(lambda: re.search(r"x 10  curve number 0 0  ", chart.reading))
        await pilot.press("right")
        await until(lambda: chart.reading.startswith("x 100  "))
        assert "figure 2 of 3" in text(laboratory) or "curve number 0 0" in text(laboratory)
        await pilot.press("escape", "full_stop")
        await until(lambda: "only curve number 0" in text(laboratory))
        assert "curve number 3" not in text(laboratory)
        await pilot.press("comma", "comma")
        await until(lambda: "only curve number 8" in text(laboratory))
        await pilot.press("escape")
        await until(lambda: "Experiments: 1" in text(laboratory))
        assert laboratory.focused is laboratory.screen.query_one("#experiments-list")


@pytest.mark.parametrize("size", SIZES)
async def test_maps_are_drawn_on_their_axes_and_the_next_page_takes_their_place(
    laboratory: Explorer, size: tuple[int, int]
) -> None:
    async with laboratory.run_test(size=size) as pilot:
        await measured(laboratory, pilot)
        await pilot.press("v", "v", "right", "right", "z")  # small panes show no axes
        pane = laboratory.screen.query_one(FieldPane)
        await until(lambda: "figure 3 of 3" in text(laboratory) and pane._picture is not None)
        await until(lambda: "height [red]" in text(laboratory))
        shown = pane._picture
        assert shown is not None
        assert {ord("?"), ord("█")} < set(shown["code"].ravel().tolist())
        await pilot.press("full_stop", "y")
        await until(lambda: "Copied the figure" in text(laboratory))
        copied = page_text(laboratory.screen.view._page)
        assert [line.split("\t") for line in copied.splitlines()[3:]] == [
            ["1", "0.5", "0"], ["10", "0.5", "nan"], ["100", "0.5", "7.5"]
        ]  # fmt: skip
        await pilot.press("left")
        await until(lambda: pane._data is not None and "curve number 3" in text(laboratory))
        await pilot.press("right", "escape")
        await until(lambda: pane.size.width < size[0] - 4 and pane._picture is not None)
        await until(lambda: pane._picture.shape == pane.content_size[::-1])


async def test_zoom_stays_with_the_page_that_is_shown(laboratory: Explorer) -> None:
    async with laboratory.run_test(size=WIDE) as pilot:
        await measured(laboratory, pilot)
        await pilot.press("right", "right", "z")
        await until(lambda: "Experiments: " not in text(laboratory))
        for place in ("figure 1 of 3", "table 2 of 2"):
            await pilot.press("right" if "figure" in place else "left")
            await until(lambda place=place: place in text(laboratory))
            assert laboratory.screen.view.zoomed is laboratory.focused
            assert laboratory.focused.is_on_screen


async def test_others_wait_their_turn_and_c_cancels(laboratory: Explorer) -> None:
    async with laboratory.run_test(size=WIDE) as pilot:
        await opened(laboratory, pilot, "r", "j", "r", "j", "enter")
        runs = laboratory.screen.view._runs
        await until(lambda: "waits, no. 2" in text(laboratory))
        assert re.search(r"region-bounds +waits, no\. 1 quick", text(laboratory))
        process = runs.running.process
        await pilot.press("c")
        await until(lambda: "random-regions    waits" not in text(laboratory))
        assert process.poll() is None
        await pilot.press("c")
        await until(lambda: f"Cancelled {FIRST}" in text(laboratory))
        await until(lambda: runs.running is not None and runs.running.name == "region-bounds")
        assert process.wait() != 0
        await pilot.press("a", "C")
        await until(lambda: runs.running is None)
        assert runs.waiting == []
        await pilot.press("c")
        await until(lambda: "Nothing runs" in text(laboratory))


async def test_a_full_run_that_was_cancelled_says_that_it_goes_on(laboratory: Explorer) -> None:
    async with laboratory.run_test(size=WIDE) as pilot:
        await opened(laboratory, pilot, "enter")
        runs = laboratory.screen.view._runs
        await until(lambda: runs.running is not None)
        await pilot.press("c")
        await until(lambda: re.search(r"Cancelled at \d+ %: enter goes on", text(laboratory)))
        await until(lambda: runs.running is None)
        await pilot.press("enter")
        await until(lambda: runs.running is not None and "Cancelled at" not in text(laboratory))


async def test_all_the_rest_is_run_quick(laboratory: Explorer) -> None:
    async with laboratory.run_test(size=WIDE) as pilot:
        await measured(laboratory, pilot)
        Path(GATE).unlink()
        await pilot.press("a")
        runs = laboratory.screen.view._runs
        await until(lambda: runs.running is not None and len(runs.waiting) == len(EXPERIMENTS) - 2)
        assert all(quick and name != FIRST for name, quick in runs.waiting)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("lottery", "was killed"),
        ("capacity", "the sum does not converge"),
        ("parity-circuits", "before it was done"),
    ],
)
async def test_a_run_that_dies_is_one_sentence(laboratory: Explorer, name: str, words: str) -> None:
    Path(GATE).touch()
    place = [experiment.id for experiment in EXPERIMENTS].index(name)
    async with laboratory.run_test(size=(120, 40)) as pilot:
        await opened(laboratory, pilot, *["j"] * place, "enter")
        await until(lambda: "No result: " in text(laboratory) and words in text(laboratory))
        await pilot.press("home", "enter")
        await until(lambda: "1 holds" in text(laboratory))


async def test_results_stay_and_are_told_on_another_screen(laboratory: Explorer, world: World) -> None:
    async with laboratory.run_test(size=WIDE) as pilot:
        await opened(laboratory, pilot, "1", "space")
        await until(lambda: state(laboratory) == "running")
        await pilot.press("6", "enter")
        await until(lambda: "Training goes on" in text(laboratory))
        await pilot.press("1")
        await until(lambda: "Architecture" in text(laboratory))
        Path(GATE).touch()
        await until(lambda: f"{FIRST} is done: T2 fails" in text(laboratory))
        world.let_train(20)
        await until(lambda: re.search(r"training +epoch 20", text(laboratory)))
        await pilot.press("6")
        await until(lambda: in_order(laboratory, "full", "run of"))


async def test_a_later_start_shows_the_verdicts(laboratory: Explorer) -> None:
    app, folder = laboratory, laboratory.controller.findings
    keep_finding(Finding(FIRST, False, 75.0, 1.7e9, result()), folder)
    for number, experiment in enumerate(EXPERIMENTS[1:]):
        path = folder / f"{experiment.id}.finding.jsonl"
        path.write_bytes(b'{"finding": {"schema": 1}}\n' * number + b"\xff")
    async with app.run_test(size=WIDE) as pilot:
        await opened(app, pilot)
        await until(lambda: "Experiments: 1 of" in text(app))
        await until(lambda: "full run of" in text(app) and "1 min 15 s" in text(app))


async def test_nothing_is_kept_where_runs_are_not(world: World) -> None:
    app = Explorer(load=world.load, settings=Settings(keep_runs=False))
    assert app.controller.findings is None
    assert Explorer(load=world.load).controller.findings is not None


async def test_export_writes_what_reproduce_does(laboratory: Explorer, tmp_path: Path) -> None:
    async with laboratory.run_test(size=WIDE) as pilot:
        await opened(laboratory, pilot, "x")
        await until(lambda: "nothing to export" in text(laboratory))
        await measured(laboratory, pilot, key="r")
        await pilot.press("x")
        path = tmp_path / f"nnexpr-{FIRST}-quick.json"
        await until(path.exists)
        await until(lambda: "Wrote" in text(laboratory))
        expected = plain(
            experiments_document(
                [(EXPERIMENTS[0], Finding(FIRST, True, 1.5, 0.0, result()))], quick=True, figures=True
            )
        )
        assert json.loads(path.read_text()) == expected
        assert path.with_suffix(".svg").exists()
        (tmp_path / "file").touch()
        await pilot.press("X")
        await until(lambda: "Export to folder:" in text(laboratory))
        await pilot.press("ctrl+u", *str(tmp_path / "file"), "enter")
        await until(lambda: "Could not write" in text(laboratory))


async def test_a_table_is_copied_whole(laboratory: Explorer, monkeypatch: pytest.MonkeyPatch) -> None:
    copied: list[str] = []
    monkeypatch.setattr(laboratory, "copy_to_clipboard", copied.append)
    async with laboratory.run_test(size=(80, 24)) as pilot:
        await opened(laboratory, pilot, "y")
        await until(lambda: "nothing to copy" in text(laboratory))
        await measured(laboratory, pilot)
        await pilot.press("right", "right", "y")
        await until(lambda: copied)
        lines = copied[0].splitlines()
        assert lines[0] == "A wide table"
        assert lines[2].split("  ") == [*dict.fromkeys(lines[2].split("  "))]
        assert all(f"column {i}" in lines[2] for i in range(WIDE_COLUMNS))
        assert "\x1b" not in copied[0]


async def test_wheel_and_click_move_in_the_list(laboratory: Explorer) -> None:
    async with laboratory.run_test(size=(80, 24)) as pilot:
        await opened(laboratory, pilot)
        listed = laboratory.screen.query_one("#experiments-list", ScrollPane)
        await pilot.click(listed, offset=(4, 5))
        await until(lambda: EXPERIMENTS[3].question[:12] in text(laboratory))
        await pilot.click(listed, offset=(4, 1))
        assert EXPERIMENTS[3].question[:12] in text(laboratory)
        listed.on_mouse_scroll_down(
            MouseScrollDown(listed, 0, 0, 0, 1, 0, shift=False, meta=False, ctrl=False)
        )
        await until(lambda: "concepts:" not in text(laboratory))


async def test_help_explains_the_signs_and_keys(laboratory: Explorer) -> None:
    async with laboratory.run_test(size=(120, 60)) as pilot:
        await opened(laboratory, pilot, "question_mark")
        await until(lambda: "a claim fails" in text(laboratory) and "fewer members" in text(laboratory))
        await until(lambda: "end the run and forget" in text(laboratory))
