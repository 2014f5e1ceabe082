"""Spectrum on the screen: what keys and forms change is solved anew, and what is refused leaves all as it was."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from stand_in import World
from steps import SIZES, WIDE, ready, shows, text, until
from textual.pilot import Pilot

from nnexpr.linear.basis import BASES
from nnexpr.linear.specification import LstsqSpecification
from nnexpr_tui.app import Explorer
from nnexpr_tui.parts.charts import ChartPane
from nnexpr_tui.parts.form import Form
from nnexpr_tui.spectrum.subject import SpectrumSubject


def solved(app: Explorer) -> LstsqSpecification | None:
    """What is shown."""
    moment = app.controller.moment(SpectrumSubject)
    view = app.explorer_screen.view if app.explorer_screen is not None else None
    if moment is None or moment.answered is None or moment.answered != view._asked:
        return None
    return moment.answered.specification


async def opened(app: Explorer, pilot: Pilot[Any], *keys: str) -> None:
    """The Spectrum screen with its first answer, then these keys, one after another's answer."""
    await ready(app)
    await pilot.press("5")
    await until(lambda: "rank" in text(app) and solved(app) is not None)
    for key in keys:
        await pressed(app, pilot, key)


async def pressed(app: Explorer, pilot: Pilot[Any], key: str) -> LstsqSpecification:
    """A key, and what is solved then."""
    before = solved(app)
    await pilot.press(key)
    await until(lambda: solved(app) not in (None, before))
    found = solved(app)
    assert found is not None
    return found


async def test_it_begins_with_the_target_of_explore(explorer: Explorer) -> None:
    async with explorer.run_test(size=WIDE) as pilot:
        await ready(explorer)
        await pilot.press("t")
        await until(lambda: explorer.controller.fit.specification.target == "cube")
        await opened(explorer, pilot)
        assert shows(explorer, "Target", "cube")
        assert solved(explorer).target == "cube"
        after = await pressed(explorer, pilot, "t")
        assert after.target == "chirp"
        assert explorer.controller.specification.target == "cube"
        assert (await pressed(explorer, pilot, "T")).target == "cube"


KEYS = (
    ("+", "rcond", 1e-15), ("p", "dtype", "float32"), ("p", "dtype", "float64"), ("a", "biases", "adaptive"),
    ("]", "knots", 112), ("[", "knots", 96), ("}", "knots", 192), ("{", "knots", 96), ("b", "basis", "hat"),
    ("B", "basis", "relu"), ("s", "solver", "normal"), ("+", "ridge", 1e-5), ("-", "ridge", 1e-6),
)  # fmt: skip


async def test_a_key_changes_one_thing_and_its_form_says_so(explorer: Explorer) -> None:
    async with explorer.run_test(size=WIDE) as pilot:
        await opened(explorer, pilot)
        for key, name, value in KEYS:
            before = solved(explorer)
            after = await pressed(explorer, pilot, key)
            assert after == before.replace(**{name: value})
            label = {"rcond": "Cut-off", "dtype": "Precision"}.get(name, name.capitalize())
            said = f"{value:g}" if isinstance(value, (int, float)) else str(value)
            await until(lambda label=label, said=said: shows(explorer, label, said))


async def test_a_cut_off_that_is_raised_lowers_the_rank(explorer: Explorer) -> None:
    async with explorer.run_test(size=WIDE) as pilot:
        await opened(explorer, pilot)
        ranks = []
        for _ in range(15):
            await pressed(explorer, pilot, "+")
            await until(lambda: explorer.controller.moment(SpectrumSubject) is not None)
            ranks.append(explorer.controller.moment(SpectrumSubject).answer.rank)
        assert ranks == sorted(ranks, reverse=True)
        assert ranks[-1] < 10
        await until(lambda: f"{ranks[-1]} of 100" in text(explorer) and "left out" in text(explorer))
        await pilot.press("+")
        await until(lambda: explorer.focused is not None)
        assert solved(explorer).rcond == 0.1


async def test_solvers_that_the_basis_does_not_have_are_passed_over(explorer: Explorer) -> None:
    async with explorer.run_test(size=WIDE) as pilot:
        await opened(explorer, pilot, "b", "b")
        assert solved(explorer).basis == "tanh"
        seen = [(await pressed(explorer, pilot, "s")).solver for _ in range(4)]
        assert seen == ["normal", "gram", "qr", "svd"]
        explorer.explorer_screen.view._change("solver", None)
        await until(lambda: solved(explorer) is not None and solved(explorer).solver is None)
        await pilot.press("+")
        await until(lambda: "s takes the next one" in text(explorer))


async def test_what_is_refused_goes_back_and_is_offered_to_be_mended(explorer: Explorer) -> None:
    async with explorer.run_test(size=WIDE) as pilot:
        await opened(explorer, pilot)
        before = solved(explorer)
        explorer.screen.query_one("#spectrum-target", Form).focus()
        await pilot.press("enter", *"csv:no", "enter")
        await until(lambda: "there is no such file" in text(explorer))
        await until(lambda: solved(explorer) == before)
        await until(lambda: "csv:no" in text(explorer))
        await pilot.press("escape")


async def test_modes_bases_and_the_residual_are_seen(explorer: Explorer) -> None:
    async with explorer.run_test(size=WIDE) as pilot:
        await opened(explorer, pilot)
        modes = ((".", 2), (".", 3), (",", 2), ("l", 100), (".", 100))
        for key, number in modes:
            await pilot.press(key)
            await until(lambda number=number: f"Mode {number}:" in text(explorer))
        for basis in BASES:
            for bits in ("64", "32"):
                await until(lambda basis=basis, bits=bits: re.search(rf"{basis} +{bits} +\d", text(explorer)))
        await until(lambda: len(re.findall(r"[▸ ]\*\w+ +(?:64|32)", text(explorer))) >= 1)
        for shown in (True, False):
            await pilot.press("e")
            await until(lambda shown=shown: ("fit − target" in text(explorer)) is shown)


@pytest.mark.parametrize("size", SIZES)
async def test_at_every_size_the_fit_the_eigenvalues_and_the_numbers_are_seen(
    explorer: Explorer, size: tuple[int, int]
) -> None:
    async with explorer.run_test(size=size) as pilot:
        await opened(explorer, pilot)
        assert re.search(r"max error .*mse .*rank +100/100", text(explorer))
        assert explorer.screen.query_one("#spectrum-fit", ChartPane).is_wanted
        assert explorer.screen.query_one("#spectrum-eigen", ChartPane).is_wanted
        is_wide = size == WIDE
        for key, name, pane in (("f", "forms", "solver"), ("c", "tables", "bases")):
            column = explorer.screen.query_one(f"#spectrum-{name}")
            for shown in (not is_wide, is_wide):
                await pilot.press(key)
                await until(lambda column=column, shown=shown: (column.region.area > 0) is shown)
                if shown:
                    await until(lambda pane=pane: explorer.focused.id == f"spectrum-{pane}")
        await pilot.press("c")
        await until(lambda: explorer.screen.query_one("#spectrum-tables").region.area > 0 or is_wide)
        await pilot.press("escape")


async def test_it_is_copied_as_a_command_and_exported(explorer: Explorer, own_folders: Path) -> None:
    async with explorer.run_test(size=WIDE) as pilot:
        await opened(explorer, pilot, "+", "b")
        view = explorer.explorer_screen.view
        copied, _ = view.copied()
        assert copied.startswith(
            "nnexpr-tui lstsq --target fourier --samples 1000 --solver svd --rcond 1e-15\n# max error"
        )
        await pilot.press("x")
        await until(lambda: "Wrote" in text(explorer))
        [written] = own_folders.glob("nnexpr-spectrum-*.json")
        found = json.loads(written.read_text(encoding="utf-8"))
        assert found["command"] == copied.splitlines()[0]
        assert len(found["eigenvalues"]) == 100
        assert written.with_suffix(".svg").exists()


async def test_it_solves_while_training_goes_on(explorer: Explorer, world: World) -> None:
    async with explorer.run_test(size=WIDE) as pilot:
        await ready(explorer)
        await pilot.press("space")
        await until(lambda: explorer.controller.state == "running")
        world.let_train(20)
        await pilot.press("5")
        await until(lambda: solved(explorer) is not None)
        await pressed(explorer, pilot, "p")
        await until(lambda: explorer.controller.fit.epoch == 20)


async def test_help_says_why_it_is_a_low_pass_filter(explorer: Explorer) -> None:
    async with explorer.run_test(size=(120, 60)) as pilot:
        await opened(explorer, pilot)
        await pilot.press("question_mark")
        await until(lambda: "low-pass filter" in text(explorer) and "Keys in Spectrum" in text(explorer))
