"""Plane: maps and counts of a network of two inputs at every size, and the keys that move through them."""

from __future__ import annotations

import re
from typing import Any

import pytest
from stand_in import World, compiled
from steps import SIZES, WIDE, ready, shows, text, until
from textual.pilot import Pilot

from nnexpr.specification import FitSpecification
from nnexpr_tui.app import Explorer
from nnexpr_tui.charts.palettes import PATTERNS, pattern_colors
from nnexpr_tui.parts.help import HelpScreen
from nnexpr_tui.parts.map_panes import MapPane
from nnexpr_tui.plane.subject import PlaneSubject

PLANE = FitSpecification.make(target="waves2d", epochs=10_000, members=2)


@pytest.fixture(autouse=True)
def true_colors(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLORTERM", "truecolor")


@pytest.fixture(autouse=True, scope="module")
def cells_are_compiled() -> None:
    compiled("plane")


def plane(world: World, **options: Any) -> Explorer:
    return Explorer(PLANE.replace(**options), load=world.load)


def reads(app: Explorer) -> tuple[float, float]:
    """The point of the crosshair, where the numbers beside it are those of that point."""
    found = re.search(r"x1, x2 +([-\d.e]+), ([-\d.e]+)", text(app))
    assert found is not None
    x1, x2 = (float(part) for part in found.groups())
    share = 1 - 0.5 / (1 + app.controller.fit.epoch)
    for label, factor in (("Target", 1.0), ("Fit", share), ("Error", share - 1)):
        value = re.search(rf"{label} +(-?[\d.]+)", text(app))
        assert value is not None
        assert float(value[1]) == pytest.approx(factor * (abs(x1) + abs(x2)), abs=0.01)
    return x1, x2


async def opened(app: Explorer, pilot: Pilot[Any], *keys: str, regions: str = "4") -> None:
    """The Plane screen with its cells counted, then these keys."""
    await ready(app)
    await pilot.press("4")
    await until(lambda: re.search(rf"regions {regions}\b", text(app).splitlines()[0]) and drawn(app))
    if keys:
        await pilot.press(*keys)


def maps(app: Explorer) -> list[MapPane]:
    return [pane for pane in app.screen.query(MapPane) if pane.is_wanted]


def drawn(app: Explorer) -> bool:
    """Whether every map on the screen shows a picture of its size."""
    return bool(maps(app)) and all(
        pane._picture is not None and pane._picture.shape[::-1] == tuple(pane.content_size)
        for pane in maps(app)
    )


def names(app: Explorer) -> list[str]:
    return sorted(str(pane.id).removeprefix("plane-") for pane in maps(app))


def pattern_colors_of(app: Explorer) -> set[int]:
    """The colours of cells, not of their borders, in the map of cells."""
    [pane] = [pane for pane in maps(app) if pane.id == "plane-cells"]
    picture = pane._picture[: pane.ground().rows]
    return (set(picture["ink"].ravel().tolist()) | set(picture["paper"].ravel().tolist())) & set(
        pattern_colors(True).tolist()
    )


@pytest.mark.parametrize("size", [*SIZES, (100, 30)])
async def test_loss_and_regions_stand_beside_their_numbers_at_every_size(
    size: tuple[int, int], world: World
) -> None:
    app = plane(world)
    async with app.run_test(size=size) as pilot:
        await opened(app, pilot)
        await pilot.press("s")
        await until(lambda: shows(app, "Loss", "0.5"))
        assert re.search(r"loss 0\.5 +regions 4", text(app).splitlines()[0])
        assert shows(app, "Linear regions", "4")
        assert shows(app, "Target", r"[-0-9.]+")
        assert names(app) == (
            ["cells", "error", "fit", "target"] if size[1] >= 36 and size[0] >= 96 else ["cells", "fit"]
        )
        assert all(pane.content_size.width >= 28 for pane in maps(app))
        assert all(pane.content_size.height >= 6 for pane in maps(app))


async def test_what_certifies_the_count_is_shown(world: World) -> None:
    app = plane(world)
    async with app.run_test(size=WIDE) as pilot:
        await opened(app, pilot)
        for label, value in (
            ("Activation reg.", "4"), ("Euler V-E\\+F", "1 ok"), ("Dead units", "1: 1.2"), ("Ties", "0"),
            ("Area error", "0"), ("Sampled wrong", "0 of 132"), ("Mean degree", "2.000"), ("At most", "77"),
        ):  # fmt: skip
            assert shows(app, label, value), label


async def test_a_target_of_one_input_is_said_to_have_none_to_map_and_enter_takes_one(world: World) -> None:
    app = Explorer(FitSpecification.make(target="fourier"), load=world.load)
    async with app.run_test(size=WIDE) as pilot:
        await ready(app)
        await pilot.press("4")
        await until(lambda: "fourier has one input, and this screen needs two" in text(app))
        assert "enter takes waves2d" in text(app)
        await pilot.press("enter")
        await until(lambda: drawn(app) and shows(app, "Linear regions", "4"))
        assert app.controller.specification.target == "waves2d"
        await until(lambda: app.screen.focused is not None)  # the panes that were put away had it not
        await pilot.press("enter", "t")
        await until(lambda: app.controller.specification.target == "star2d")
        await pilot.press("t")
        await until(lambda: app.controller.specification.target == "waves2d")


async def test_the_crosshair_reads_target_fit_error_and_the_affine_map_of_its_cell(world: World) -> None:
    app = plane(world)
    async with app.run_test(size=WIDE) as pilot:
        await opened(app, pilot, "s")
        await until(lambda: shows(app, "Loss", "0.5"))
        await pilot.press("H", "L", "L", "l", "l", "K", "k")  # right of the middle and above it
        await until(lambda: "0.75 x1 + 0.75 x2 + 0" in text(app))
        x1, x2 = reads(app)
        assert x1 > 0.2
        assert x2 > 0.2
        assert shows(app, "Cell", "4 of 4")
        assert shows(app, "Slope", "1.06 at 45°")
        await pilot.press(*["h"] * 30)
        await until(lambda: "-0.75 x1 + 0.75 x2 + 0" in text(app))


async def test_the_crosshair_stays_in_the_domain(world: World) -> None:
    app = plane(world)
    async with app.run_test(size=(60, 20)) as pilot:
        await opened(app, pilot)
        for keys in (("L", "J"), ("H", "K")):
            await pilot.press(*keys * 9)
            await until(lambda: "numbers" in app.screen.view._drawn)
            assert all(-1 <= part <= 1 for part in app.screen.view._point)
            reads(app)


async def test_i_and_o_look_nearer_and_farther_and_the_window_follows_the_crosshair(world: World) -> None:
    app = plane(world)
    async with app.run_test(size=WIDE) as pilot:
        await opened(app, pilot, "i", "i")
        await until(
            lambda: app.controller.moment(PlaneSubject).viewport.window == ((-0.25, 0.25), (-0.25, 0.25))
        )
        await until(lambda: shows(app, "Shown x1", "-0.25 … 0.25"))
        await pilot.press(*["L"] * 5)
        await until(lambda: app.controller.moment(PlaneSubject).viewport.window[0][1] > 0.3)
        low, high = app.screen.view._window[0]
        assert low <= app.screen.view._point[0] <= high
        assert high - low == pytest.approx(0.5)
        await pilot.press(*["o"] * 5)
        await until(lambda: shows(app, "Shown x1", "-1 … 1"))
        await pilot.press("i", "w")
        await until(lambda: app.controller.moment(PlaneSubject).viewport.window == ((-1.0, 1.0), (-1.0, 1.0)))


async def test_c_changes_what_is_shown_and_e_puts_the_error_in_place_of_the_fit(world: World) -> None:
    app = plane(world)
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(app, pilot)
        for key, expected in (
            ("e", ["cells", "error"]), ("e", ["cells", "fit"]), ("c", ["fit", "target"]),
            ("c", ["cells", "error", "fit", "target"]), ("c", ["cells", "fit"]),
        ):  # fmt: skip
            await pilot.press(key)
            await until(lambda expected=expected: names(app) == expected and drawn(app))


async def test_b_colours_by_pattern_and_then_draws_the_borders_by_layer(world: World) -> None:
    app = plane(world)
    async with app.run_test(size=WIDE) as pilot:
        await opened(app, pilot)
        await until(lambda: "Cells by slope" in text(app) and "|slope| ≤" in text(app))
        await pilot.press("b")
        await until(lambda: "Cells by pattern" in text(app) and "one pattern of units" in text(app))
        colors = pattern_colors_of(app)
        patterns = app.controller.moment(PlaneSubject).cells.regions.patterns
        assert len(set(patterns.tolist())) == 4
        assert colors == set(pattern_colors(True)[patterns % PATTERNS].tolist()), "each cell's own, no other"
        await pilot.press("s")
        await until(lambda: app.controller.moment(PlaneSubject).cells.counted.epoch == 1 and drawn(app))
        assert pattern_colors_of(app) == colors, "the cells keep their colours while the network is trained"
        await pilot.press("b")
        await until(lambda: "Borders by layer" in text(app) and "layer 1 2" in text(app))
        assert re.search(r"[⠁-⣿]", text(app))
        await pilot.press("m", "m")
        await until(lambda: app.controller.look.markers == "ascii" and "11111111" in text(app))
        assert not re.search(r"[⠁-⣿▀▄█░▒▓]", text(app))


async def test_z_shows_one_map_alone_in_all_the_room(world: World) -> None:
    app = plane(world)
    async with app.run_test(size=WIDE) as pilot:
        await opened(app, pilot, "z")
        await until(lambda: names(app) == ["fit"] and drawn(app))
        assert maps(app)[0].region.width == 120
        await until(lambda: app.controller.moment(PlaneSubject).viewport.width == 118)
        await pilot.press("escape")
        await until(lambda: len(maps(app)) == 4 and drawn(app))


async def test_no_colour_leaves_every_distinction(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    app = plane(world)
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(app, pilot, "s")
        await until(lambda: shows(app, "Loss", "0.5"))
        await until(lambda: all(shade in text(app) for shade in "░▒▓"))
        cells = app.screen.query_one("#plane-cells").region
        rows = [
            line[cells.x + 1 : cells.right - 1]
            for line in text(app).splitlines()[cells.y + 1 : cells.bottom - 2]
        ]
        assert any("│" in row for row in rows), "borders of cells are characters"
        assert any("─" in row for row in rows)


async def test_while_cells_are_counted_it_says_so_and_training_goes_on(world: World) -> None:
    world.compiled.clear()
    app = plane(world)
    async with app.run_test(size=WIDE) as pilot:
        await ready(app)
        await pilot.press("4")
        await until(lambda: shows(app, "Linear regions", "counting…") and drawn(app))
        await pilot.press("space")
        world.let_train(5)
        await until(lambda: app.controller.fit.epoch >= 5)
        assert world.counted == []
        await pilot.press("space")
        await until(lambda: app.controller.state == "paused")
        world.compiled.set()
        await until(lambda: shows(app, "Linear regions", "4") and "counting" not in text(app))


async def test_what_cannot_be_counted_is_said(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nnexpr_tui.plane.engine.MOST_CELLS", 3)
    app = plane(world)
    async with app.run_test(size=WIDE) as pilot:
        await ready(app)
        await pilot.press("4")
        await until(lambda: "more than 3 cells" in text(app) and "not counted" in text(app))


async def test_an_activation_without_cells_has_maps_all_the_same(world: World) -> None:
    app = plane(world, activation="tanh")
    async with app.run_test(size=WIDE) as pilot:
        await opened(app, pilot, regions="n/a")
        await until(lambda: "not piecewise linear" in text(app))
        assert world.counted == []


async def test_nothing_is_made_of_the_plane_while_another_screen_is_shown(world: World) -> None:
    app = plane(world)
    async with app.run_test(size=WIDE) as pilot:
        await opened(app, pilot, "1")
        await until(lambda: app.current_mode == "explore" and app.controller.moment(PlaneSubject) is None)
        counted = len(world.counted)
        await pilot.press("s", "s")
        await until(lambda: app.controller.fit.epoch == 2)
        assert len(world.counted) == counted
        await pilot.press("4")
        await until(lambda: app.controller.moment(PlaneSubject) is not None and len(world.counted) > counted)


async def test_the_theme_turns_the_scale_round(world: World) -> None:
    app = plane(world)
    async with app.run_test(size=WIDE) as pilot:
        await opened(app, pilot)
        pane = next(pane for pane in maps(app) if pane.id == "plane-target")
        dark = pane._picture
        app.theme = "textual-light"
        app.screen.view.redraw()
        await until(lambda: pane._picture is not dark)
        corner, middle = (0, 0), (pane._picture.shape[0] // 2 - 3, pane._picture.shape[1] // 2)
        brightness = {
            (name, at): int(picture["ink"][at]) >> 8 & 255
            for name, picture in (("dark", dark), ("light", pane._picture))
            for at in (corner, middle)
        }
        assert brightness["dark", corner] > brightness["dark", middle]
        assert brightness["light", corner] < brightness["light", middle]


@pytest.mark.parametrize(
    ("pane", "words"), [("plane-fit", "one scale"), ("plane-cells", "affine map"), ("plane-counts", "Euler")]
)
async def test_every_pane_explains_itself(pane: str, words: str, world: World) -> None:
    app = plane(world)
    async with app.run_test(size=WIDE) as pilot:
        await opened(app, pilot)
        app.screen.query_one(f"#{pane}").focus()
        await pilot.pause()
        await pilot.press("question_mark")
        await until(lambda: isinstance(app.screen, HelpScreen) and words in text(app))
        assert "Keys in Plane" in text(app)


async def test_training_keys_mean_what_they_mean_in_explore(world: World) -> None:
    app = plane(world)
    async with app.run_test(size=WIDE) as pilot:
        await opened(app, pilot)
        depth = app.controller.specification.depth
        await pilot.press("+")
        await until(lambda: app.controller.specification.depth == depth + 1)
        await pilot.press("full_stop")
        await until(lambda: app.controller.fit.snapshot.member == 1)
        await until(
            lambda: (cells := app.controller.moment(PlaneSubject).cells) and cells.counted.member == 1
        )
        await pilot.press("s")
        await until(lambda: app.controller.fit.epoch == 1)
        await pilot.press("r")
        await until(lambda: app.controller.fit.epoch == 0)
