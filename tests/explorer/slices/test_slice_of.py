"""What is counted on the Network view: all outputs, one, its margin, or the largest; chosen, told and drawn."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from looking import BETWEEN, counted, explorer, followed, moment, opened, regions
from stand_in import World
from steps import WIDE, shows, text, until

from nnexpr import path_regions, plane_regions
from nnexpr.regions.counted import Certificate
from nnexpr.runs.reading import read_network
from nnexpr.runs.store import store
from nnexpr_tui.doubts import doubts, remarks
from nnexpr_tui.slices.kinds import is_spelled

SPELLED = ("regions", "output:0", "margin:0", "argmax")


async def test_a_goes_through_what_may_be_counted_and_the_border_says_which(
    world: World, files: None
) -> None:
    app = explorer(world)
    async with app.run_test(size=WIDE) as pilot:
        await opened(app, pilot)
        for of, said in zip(
            (*SPELLED[1:], SPELLED[0]), ("output 0", "margin of 0", "the largest", "all outputs"), strict=True
        ):
            await pilot.press("a")
            await until(lambda of=of: counted(app) and moment(app).looked.of == of)
            await until(lambda said=said: said in str(app.screen.query_one("#slice-cells").border_subtitle))
            found = moment(app).counted
            assert found.regions.count == regions(app, of)
            assert found.decisions == regions(app, "argmax")
            named = "Decision reg." if of == "argmax" else "Linear regions"
            await until(lambda named=named, of=of: shows(app, named, f"{regions(app, of)}"))


async def test_the_chosen_output_is_counted_and_its_margin_is_zero_where_it_comes_to_be_largest(
    world: World, files: None, tmp_path: Path
) -> None:
    app = explorer(world, of="margin:1")
    async with app.run_test(size=WIDE) as pilot:
        await opened(app, pilot, "full_stop")
        await until(lambda: counted(app) and moment(app).looked.of == "margin:2")
        assert "Margin of 2" in text(app)
        found = moment(app).counted
        plane = plane_regions(
            read_network("net.pt", store()).network, found.viewport.window, plane=found.of.plane, of="argmax"
        )
        for line in found.lines:
            middles = 0.5 * (line[1:] + line[:-1])
            values = np.sort(plane(middles), axis=1)
            np.testing.assert_allclose(values[:, -1], values[:, -2], atol=1e-9)
            assert (plane(middles).argsort(axis=1)[:, -2:] == 2).any(axis=1).all()
        await pilot.press("x")
        written = Path("net-plane.json")
        await until(written.exists)
        told = json.loads(written.read_text())
        assert told["of"] == "margin:2"
        assert told["linear_regions"] == found.regions.count
        assert (told["certified"], told["doubts"]) == (True, [])


@pytest.mark.parametrize("of", SPELLED[:3])
async def test_the_row_counts_the_same(of: str, world: World, files: None) -> None:
    app = explorer(world, place=BETWEEN, of=of)
    async with app.run_test(size=WIDE):
        await until(lambda: followed(app))
        row, network = moment(app).along, read_network("net.pt", store()).network
        a, b = np.load("images.npy")[:2].reshape(2, -1)
        [path] = path_regions(network, [a, b], of=of)
        assert row.count == path.count
        np.testing.assert_allclose(row.bends, path.positions, atol=1e-12)
        if of == "margin:0":
            np.testing.assert_allclose(row.zeros, path.zeros / path.length, atol=1e-12)
            values = network.to(dtype=torch.float64)(a + row.margin[0][:, None] * (b - a))[0]
            others = np.delete(np.asarray(values), 0, axis=1).max(axis=1)
            np.testing.assert_allclose(row.margin[1], np.asarray(values)[:, 0] - others, atol=1e-9)


async def test_one_output_has_no_other_to_be_larger_than(world: World, files: None) -> None:
    app = explorer(world, file="two.pt", place=None, of="argmax")
    async with app.run_test(size=(100, 30)) as pilot:
        await until(lambda: "need several outputs" in text(app))
        await pilot.press("f", *["backspace"] * 30, *"two.pt", "enter")
        await until(lambda: counted(app))
        await pilot.press("a")
        await until(lambda: "one output" in text(app))
        assert moment(app).looked.of == "regions"


def test_what_may_be_spelled() -> None:
    assert all(map(is_spelled, (*SPELLED, "margin:12")))
    assert not any(
        map(is_spelled, ("", "all", "regions:1", "argmax:0", "output", "output:", "margin:-1", "output:x"))
    )


def test_each_thing_that_a_certificate_misses_is_said() -> None:
    sound = Certificate(max_residual=1e-15, allowed=1e-12, ties=3, merged=0, unresolved=0, exact=True)
    assert doubts(sound) == remarks(sound) == []
    beyond = Certificate(max_residual=1e-3, allowed=1e-12, ties=0, merged=0, unresolved=0)
    assert "0.001 away" in doubts(beyond)[0]
    ruled = Certificate(max_residual=0.0, allowed=1e-12, ties=0, merged=0, unresolved=0, overruled=2)
    assert ["2 places" in each for each in doubts(ruled)] == [True]
    tied = Certificate(max_residual=0.0, allowed=1e-12, ties=3, merged=0, unresolved=0)
    assert ["3 places" in each for each in doubts(tied)] == [True]
    unasked = Certificate(max_residual=None, allowed=1e-12, ties=0, merged=0, unresolved=0)
    assert len(doubts(unasked)) == 1
    close = Certificate(max_residual=0.0, allowed=1e-12, ties=0, merged=0, unresolved=1)
    assert len(remarks(close)) == 1
