"""The tangent kernel in the place of the loss: what is read there, and what it costs when it is not there."""

from __future__ import annotations

import re

import numpy as np
import pytest
from stand_in import World
from steps import SIZES, WIDE, living, ready, shows, text, until

from nnexpr.specification import FitSpecification
from nnexpr.training import tangents as engine
from nnexpr.training.tangents import Foretold, Tangent, Tangents, tangent_of
from nnexpr_tui.app import Explorer
from nnexpr_tui.controller import Look
from nnexpr_tui.parts.numbers import number
from nnexpr_tui.parts.tangent import (
    ERROR,
    LOSS,
    MODES,
    MOVED,
    SPECTRUM,
    TangentPane,
    kernel_rows,
    tangent_chart,
)
from nnexpr_tui.training import tangent
from nnexpr_tui.training.moment import FitMoment
from nnexpr_tui.training.tangent import TangentMoment, TangentSubject, Waypoint

PAGES = (
    "eigenvalues of K / n", "error in k modes", "loss if it stood still", "how it moves", "its first modes",
)  # fmt: skip


async def test_its_pages_take_the_place_of_the_loss_and_give_it_back(explorer: Explorer) -> None:
    async with explorer.run_test(size=WIDE) as pilot:
        await ready(explorer)
        await pilot.press("s")
        for page in PAGES:
            await pilot.press("K")
            await until(lambda page=page: f"Tangent kernel at epoch 1: {page}" in text(explorer))
            assert "─ Loss ─" not in text(explorer)
        await pilot.press("K")
        await until(lambda: "─ Loss ─" in text(explorer))
        assert "Tangent kernel" not in text(explorer)


async def test_of_the_modes_of_the_error_and_the_kernel_one_is_shown(explorer: Explorer) -> None:
    async with explorer.run_test(size=WIDE) as pilot:
        await ready(explorer)
        await pilot.press("s", "K")
        await until(lambda: "Tangent kernel at epoch 1" in text(explorer))
        await pilot.press("F")
        await until(lambda: "Error modes over epochs" in text(explorer))
        assert "Tangent kernel" not in text(explorer)
        await pilot.press("K")
        await until(lambda: "Tangent kernel at epoch 1" in text(explorer))
        assert "Error modes over epochs" not in text(explorer)


@pytest.mark.parametrize("size", SIZES, ids=str)
async def test_what_is_read_is_of_the_engine_at_that_epoch(world: World, size: tuple[int, int]) -> None:
    """Of the stand-in's weights: how far the kernel moved, the alignment, the effective ranks, and after a jump too."""
    app = Explorer(load=world.load, specification=FitSpecification.make(members=3, target="fourier"))
    async with app.run_test(size=size) as pilot:
        await ready(app)
        await pilot.press("s", "s", "K")
        await until(lambda: re.search(r"Kernel of member 0 at epoch 2", text(app)))
        session = world.engine
        start, then = (
            tangent_of(network, session.target) for network in (session.network, session.current_network())
        )
        moved = np.linalg.norm(then.kernel - start.kernel) / np.linalg.norm(start.kernel)
        ranks = " → ".join(number(tangent.effective_rank, 2) for tangent in (start, then))
        await until(lambda: shows(app, "Moved", re.escape(number(moved))))
        assert shows(app, "Eff. rank", ranks)
        await pilot.press("full_stop")
        await until(lambda: "Kernel of member 1 at epoch 2" in text(app))
        assert shows(app, "Moved", re.escape(number(moved))), "all members are the same here"


async def test_hidden_it_costs_nothing(
    explorer: Explorer, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No kernel is found before it is shown, nor once it is hidden: by the loss, a zoomed pane, another screen."""
    made: list[int] = []

    def counted(*args: object, epoch: int = 0, **options: object) -> Tangent:
        made.append(epoch)
        return tangent_of(*args, epoch=epoch, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(engine, "tangent_of", counted)
    monkeypatch.setattr(tangent, "INTERVAL", 0.0)
    worker = explorer.controller.worker

    async def train(epochs: int) -> None:
        goal = world.engine.epoch + epochs
        world.let_train(epochs)
        await until(lambda: world.engine.epoch >= goal)

    async def hidden(*keys: str) -> None:
        await pilot.press(*keys)
        await until(lambda: not worker.watches(TangentSubject))
        await living(explorer, TangentSubject)  # the thread is done with the turn it was in
        made.clear()
        await train(20)
        await living(explorer, TangentSubject)
        assert made == []

    async def shown(*keys: str) -> None:
        await pilot.press(*keys)
        await until(lambda: worker.watches(TangentSubject))
        await train(1)
        await until(lambda: made)

    async with explorer.run_test(size=WIDE) as pilot:
        await ready(explorer)
        await pilot.press("space")
        await train(20)
        assert made == []
        await shown("K")
        explorer.screen.query_one("#fit").focus()
        await hidden("z")
        await shown("z")
        await hidden("3")
        await shown("1")
        await hidden(*["K"] * 5)


async def test_with_two_inputs_its_modes_are_not_drawn(world: World) -> None:
    app = Explorer(load=world.load, specification=FitSpecification.make(target="waves2d"))
    async with app.run_test(size=WIDE) as pilot:
        await ready(app)
        await pilot.press("s")
        for page in PAGES[:4]:
            await pilot.press("K")
            await until(lambda page=page: f"Tangent kernel at epoch 1: {page}" in text(app))
        await pilot.press("K")
        await until(lambda: "─ Loss ─" in text(app))


async def test_the_page_of_modes_says_so_when_the_target_gets_two_inputs(world: World) -> None:
    app = Explorer(load=world.load, specification=FitSpecification.make(target="fourier"))
    async with app.run_test(size=WIDE) as pilot:
        await ready(app)
        await pilot.press(*["K"] * 5)
        await until(lambda: "its first modes" in text(app) and "mode 2" in text(app))
        app.controller.change("target", "waves2d")
        await until(lambda: "Modes are drawn over one" in text(app))


async def test_where_there_is_none_it_says_why(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> Tangent:
        raise ValueError("the tangent kernel is not finite: the weights are too large")

    monkeypatch.setattr(engine, "tangent_of", refuse)
    app = Explorer(load=world.load)
    async with app.run_test(size=(60, 20)) as pilot:
        await ready(app)
        await pilot.press("K")
        await until(lambda: "The tangent kernel is not finite: the weights are too" in text(app))
        monkeypatch.setattr(engine, "tangent_of", tangent_of)
        await pilot.press("s")
        await until(lambda: "Moved" in text(app))


async def test_a_cursor_reads_it(explorer: Explorer) -> None:
    async with explorer.run_test(size=WIDE) as pilot:
        await ready(explorer)
        await pilot.press("s", "K")
        await until(lambda: "Moved" in text(explorer))
        pane = explorer.screen.query_one(TangentPane)
        pane.focus()
        await pilot.press("V", "home")
        await until(lambda: "mode k 1 " in pane.reading)
        value = world_value(explorer)
        await until(lambda: f"now {number(value, 4)}" in text(explorer))


def world_value(explorer: Explorer) -> float:
    moment = explorer.controller.moment(TangentSubject)
    assert moment is not None
    assert moment.tangents is not None
    return float(moment.tangents.now.eigenvalues[0])


# The charts, of kernels made by hand


def made(values: list[float], residual: list[float], epoch: int = 0) -> Tangent:
    n = len(values)
    v, r = np.array(values), np.array(residual)
    return Tangent(epoch, np.arange(n), n * np.diag(v), v, np.eye(n)[:, ::-1], r, float(np.mean(r**2)))


def moment_of(fit: FitMoment, foretold: list[float], onward: list[float]) -> TangentMoment:
    start, then = made([4.0, 1.0, 0.25], [0.0, 0.0, 2.0]), made([8.0, 2.0, 1e-18], [3.0, 0.0, 4.0], 2)
    way = (0.0, 1.0, 0.25, 0.1), (0.5, 0.9, 0.2, 0.1), (0.7, 0.8, 0.125, 0.05)
    begun = Foretold(np.arange(3), np.array(foretold), is_flow=False)
    return TangentMoment(
        scene=fit.scene, member=0, epoch=2, loss=fit.loss, points=5, gram=4.0 / np.arange(1, 4) ** 4.0,
        tangents=Tangents(start, then, begun), x=np.array([0.0, 0.5, 1.0]),
        onward=Foretold(np.arange(1, 4), np.array(onward), is_flow=False), movement=0.7,
        way=tuple(enumerate(Waypoint(*row) for row in way)),
    )  # fmt: skip


async def test_charts_and_numbers_are_those_of_the_kernels(explorer: Explorer) -> None:
    async with explorer.run_test(size=WIDE) as pilot:
        await ready(explorer)
        await pilot.press("s", "s")
        await until(lambda: explorer.controller.fit.epoch == 2)
        fit = explorer.controller.fit
    moment = moment_of(fit, [1.0, 0.5, 0.25], [1.0, 2.0, 400.0])

    def curves(page: str) -> dict[str, tuple[list[float], list[float]]]:
        chart = tangent_chart(fit, moment, Look(tangent=page))
        return {
            series.label: (np.asarray(series.x).tolist(), np.asarray(series.y).tolist())
            for series in chart.series
        }

    spectrum = curves(SPECTRUM)
    assert spectrum["start"] == ([1, 2, 3], [4.0, 1.0, 0.25])
    assert spectrum["now"] == ([1, 2], [8.0, 2.0]), "the third is rounding"
    assert spectrum["ReLU Gram"][1] == pytest.approx([4.0, 0.25, 4 / 81])
    error = curves(ERROR)  # the modes are the points from the last to the first
    assert error["start"] == ([1, 2, 3], [1.0, 1.0, 1.0])
    assert error["now"][1] == pytest.approx([0.64, 0.64, 1.0])
    losses = curves(LOSS)
    assert losses["from 0"] == ([0, 1, 2], [1.0, 0.5, 0.25])
    assert losses["from 1"] == ([1, 2], [1.0, 2.0]), "no further, where it diverges"
    assert losses["loss"] == ([0, 1], [1.0, 0.5])
    moved = curves(MOVED)
    assert moved["lr"] == ([0, 1, 2], [0.1, 0.1, 0.05])
    assert moved["stable lr"] == ([0, 1, 2], [0.25, 0.2, 0.125])
    assert moved["moved"] == ([1, 2], [0.5, 0.7]), "0 has no place on a logarithmic axis"
    assert moved[""] == ([2], [0.7])
    modes = curves(MODES)
    assert modes["mode 1"] == ([0.0, 0.5, 1.0], [0.0, 0.0, 3**0.5])
    assert moment.tangents is not None
    before, after = (number(each.effective_rank, 2) for each in (moment.tangents.start, moment.tangents.now))
    told = {label.strip(): value for (label, _), (value, _) in kernel_rows(moment)}
    assert told == {
        "Moved": "0.7", "Alignment": "1.0000", "Eff. rank": f"{before} → {after}", "Error in 10": "100 → 100 %",
        "× foretold": number(fit.loss / 0.25), "Stable lr": "0.25 → 0.12", "Resolved": "3 → 2", "Condition": "≥ 4",
        "Slope": "n/a → n/a", "Points": "3 of 5",
    }  # fmt: skip


async def test_before_the_first_epoch_there_is_a_loss_that_is_foretold(explorer: Explorer) -> None:
    async with explorer.run_test(size=WIDE) as pilot:
        await ready(explorer)
        await pilot.press("K", "K", "K")
        await until(
            lambda: "at epoch 0: loss if it stood still" in text(explorer) and "from 0" in text(explorer)
        )
