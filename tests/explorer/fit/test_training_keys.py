"""Training from the keyboard: start, pause, step, rebuild, and what stays as it was."""

from __future__ import annotations

import re
from time import monotonic

import numpy as np
import pytest
from stand_in import World
from steps import WIDE, ready, shows, state, text, until

from nnexpr.specification import FitSpecification
from nnexpr_tui.app import Explorer


async def test_it_is_ready_at_epoch_0_and_starts_only_when_told(explorer: Explorer, world: World) -> None:
    world.let_train(100)
    async with explorer.run_test(size=WIDE) as pilot:
        await ready(explorer)
        assert world.engine.epoch == 0
        await pilot.press("space")
        await until(lambda: world.engine.epoch == 100)


async def test_start_begins_at_once(world: World) -> None:
    app = Explorer(FitSpecification.make(epochs=50), start=True, load=world.load)
    world.let_train(1)
    async with app.run_test(size=WIDE):
        await until(lambda: world.engines and world.engine.epoch == 1)
        assert world.engine.state == "running"


async def test_space_pauses_and_goes_on(explorer: Explorer, world: World) -> None:
    async with explorer.run_test(size=WIDE) as pilot:
        await ready(explorer)
        await pilot.press("space")
        await until(lambda: state(explorer) == "running")
        await pilot.press("space")
        await until(lambda: state(explorer) == "paused" and "paused" in text(explorer))
        world.let_train(7)
        await pilot.press("space")
        await until(lambda: world.engine.epoch == 7)


async def test_s_trains_exactly_one_epoch(explorer: Explorer, world: World) -> None:
    async with explorer.run_test(size=WIDE) as pilot:
        await ready(explorer)
        for epochs in (1, 2, 3):
            await pilot.press("s")
            await until(lambda epochs=epochs: explorer.controller.fit.epoch == epochs)
        assert world.engine.state == "paused"
        await until(lambda: "loss 0.25" in text(explorer))


async def test_r_restarts_the_same_network_and_shift_r_takes_the_next_seed(
    explorer: Explorer, world: World
) -> None:
    async with explorer.run_test(size=WIDE) as pilot:
        await ready(explorer)
        await pilot.press("s", "r")
        await until(lambda: len(world.engines) == 2)
        assert world.engine.specification == world.engines[0].specification
        await pilot.press("R")
        await until(lambda: len(world.engines) == 3)
        assert world.engine.specification == world.engines[0].specification.replace(seed=1)


async def test_depth_width_activation_and_target_rebuild(explorer: Explorer, world: World) -> None:
    async with explorer.run_test(size=WIDE) as pilot:
        await ready(explorer)
        first = world.engine.specification
        presses = ("plus", "right_square_bracket", "a", "t", "minus", "left_square_bracket")
        for built, key in enumerate(presses, 2):
            await pilot.press(key)
            await until(lambda built=built: len(world.engines) == built)
        depths = [engine.specification.depth for engine in world.engines]
        assert depths == [3, 4, 4, 4, 4, 3, 3]
        assert world.engine.specification == first.replace(activation="leaky_relu", target="cube")


async def test_a_rebuild_goes_on_running_and_stands_still_if_it_stood(
    explorer: Explorer, world: World
) -> None:
    async with explorer.run_test(size=WIDE) as pilot:
        await ready(explorer)
        await pilot.press("plus")
        await until(lambda: len(world.engines) == 2)
        assert world.engine.state == "ready"
        await pilot.press("space")
        await until(lambda: world.engine.state == "running")
        await pilot.press("plus")
        await until(lambda: len(world.engines) == 3 and world.engine.state == "running")


async def test_the_learning_rate_changes_without_a_restart(explorer: Explorer, world: World) -> None:
    async with explorer.run_test(size=WIDE) as pilot:
        await ready(explorer)
        await pilot.press("s", "greater_than_sign")
        await until(lambda: world.engine.specification.lr == 2e-3)
        assert len(world.engines) == 1
        assert world.engine.epoch == 1


async def test_space_after_the_last_epoch_trains_as_many_again(world: World) -> None:
    app = Explorer(FitSpecification.make(epochs=3), start=True, load=world.load)
    world.let_train(100)
    async with app.run_test(size=WIDE) as pilot:
        await until(lambda: state(app) == "finished")
        await pilot.press("space")
        await until(lambda: world.engine.epoch == 6)
        await until(lambda: "All 3 epochs were trained: 6 from now on" in text(app))


async def test_a_failure_of_training_is_said_and_r_starts_again(explorer: Explorer, world: World) -> None:
    async with explorer.run_test(size=WIDE) as pilot:
        await ready(explorer)
        world.failure = RuntimeError("the device [b]left[/b]\nand more")
        await pilot.press("space")
        await until(lambda: state(explorer) == "failed" and "the device [b]left[/b]" in text(explorer))
        world.failure = None
        world.let_train(5)
        await pilot.press("r", "space")
        await until(lambda: len(world.engines) == 2 and world.engine.epoch == 5)


async def test_a_target_that_cannot_be_built_is_said_and_the_old_one_stays(
    explorer: Explorer, world: World
) -> None:
    async with explorer.run_test(size=WIDE) as pilot:
        await ready(explorer)
        explorer.controller.change("target", "nothing-like-it")
        await until(lambda: "target is nothing-like-it" in text(explorer))
        assert explorer.controller.specification.target == "fourier"
        await pilot.press("s")
        await until(lambda: world.engine.epoch == 1)


async def test_an_engine_that_cannot_be_loaded_is_said() -> None:
    def load() -> object:
        raise ImportError("libtorch is missing")

    app = Explorer(load=load)  # type: ignore[arg-type]
    async with app.run_test(size=WIDE):
        await until(lambda: "libtorch is missing" in text(app))


async def test_another_member_is_shown(world: World) -> None:
    app = Explorer(FitSpecification.make(members=3), load=world.load)
    async with app.run_test(size=WIDE) as pilot:
        await ready(app)
        await pilot.press("full_stop")
        await until(lambda: "member 1 (0-2)" in text(app))
        await pilot.press("comma", "comma")
        await until(lambda: "member 2 (0-2)" in text(app))


async def test_training_goes_on_while_what_counts_is_being_compiled(explorer: Explorer, world: World) -> None:
    world.compiled.clear()
    async with explorer.run_test(size=WIDE) as pilot:
        await ready(explorer)
        world.let_train(30)
        await pilot.press("space")
        await until(lambda: explorer.controller.fit.epoch == 30)
        assert explorer.controller.fit.counts is None
        await pilot.press("space")
        await until(lambda: state(explorer) == "paused")
        assert explorer.controller.fit.counts is None
        world.compiled.set()
        await until(lambda: explorer.controller.fit.counts is not None)
        await until(lambda: explorer.controller.fit.floor is not None)


async def test_the_memory_of_a_graphics_processor_stands_beside_its_name(
    explorer: Explorer, world: World
) -> None:
    async with explorer.run_test(size=(160, 40)) as pilot:
        await ready(explorer)
        assert "memory" not in text(explorer)
        world.memory = (1_234_000_000, 80_000_000_000)
        await pilot.press("s")
        await until(lambda: "memory 1.2 of 80 GB" in text(explorer))


async def test_u_brings_back_the_training_that_a_key_has_thrown_away(
    explorer: Explorer, world: World
) -> None:
    async with explorer.run_test(size=WIDE) as pilot:
        await ready(explorer)
        await pilot.press("u")
        await until(lambda: "no training before this one" in text(explorer))
        first = world.engine
        trained = [(first, 3)]
        for epochs, key in ((3, "plus"), (2, "a"), (1, "t")):
            await pilot.press(*["s"] * epochs)
            await until(lambda epochs=epochs: explorer.controller.fit.epoch == epochs)
            await pilot.press(key)
            await until(lambda: world.engine is not trained[-1][0] and explorer.controller.fit.epoch == 0)
            trained.append((world.engine, 0))
        for engine, epoch in ((trained[2][0], 1), (trained[1][0], 2), (first, 3)):
            await pilot.press("u")
            await until(lambda epoch=epoch: explorer.controller.fit.epoch == epoch)
            await until(lambda engine=engine: explorer.controller.specification == engine.specification)
            assert len(explorer.controller.fit.recording.epochs) == epoch
        await pilot.press("s")
        await until(lambda: first.epoch == 4)
        assert len(world.engines) == 4


async def test_the_loss_before_stays_behind_the_new_one_and_what_was_tried_is_listed(
    explorer: Explorer, world: World
) -> None:
    async with explorer.run_test(size=WIDE) as pilot:
        await ready(explorer)
        await pilot.press("s", "s", "s", "plus", "s", "s")
        await until(lambda: explorer.controller.fit.epoch == 2 and len(world.engines) == 2)
        await until(lambda: re.search(r"before .* loss", text(explorer)))
        await pilot.press("U")
        await until(lambda: re.search(r"2 +0\.333 +49 +mlp --depth 4\s", text(explorer)))
        assert re.search(r"3 +0\.25 +33 +mlp\s", text(explorer))
        await pilot.press("U")
        await until(lambda: len(explorer.screen_stack) == 1)


@pytest.mark.parametrize(("presses", "pace"), [(3, 10), (2, 100)])
async def test_at_a_pace_epochs_come_one_by_one_in_their_time(
    explorer: Explorer, world: World, presses: int, pace: int
) -> None:
    async with explorer.run_test(size=WIDE) as pilot:
        await ready(explorer)
        world.let_train(10**6)
        await pilot.press(*["P"] * presses)
        await until(lambda: f"Training goes {pace} epochs a second" in text(explorer))
        began = monotonic()
        await pilot.press("space")
        await until(lambda: world.engine.epoch >= 5)
        assert world.engine.epoch <= 2 + pace * (monotonic() - began)
        await pilot.press("P")
        if presses == 3:
            await until(lambda: "goes as fast as it can" in text(explorer))
            await until(lambda: world.engine.epoch > 1000)


async def test_best_and_median_of_the_members_are_told_and_b_shows_the_best(world: World) -> None:
    app = Explorer(FitSpecification.make(members=3), load=world.load)
    async with app.run_test(size=WIDE) as pilot:
        await ready(app)
        world.engine.losses = lambda: np.array([3.0, np.nan, 2.0])
        await pilot.press("s")
        await until(lambda: shows(app, r"Best loss \(B\)", "2, 2") and shows(app, "Median loss", "3"))
        await pilot.press("B")
        await until(lambda: "member 2 (0-2)" in text(app))


async def test_epochs_on_a_logarithmic_axis(explorer: Explorer, world: World) -> None:
    async with explorer.run_test(size=WIDE) as pilot:
        await ready(explorer)
        world.let_train(20_000)
        await pilot.press("space")
        await until(lambda: explorer.controller.fit.epoch == 20_000)
        await pilot.press("space")
        await until(lambda: state(explorer) == "paused")
        await pilot.press("L")
        await until(lambda: re.search(r"\b1e2 +1e4\b|\b1e1 +1e2 +1e3 +1e4\b", text(explorer)))


async def test_what_stands_still_has_no_speed(explorer: Explorer, world: World) -> None:
    async with explorer.run_test(size=WIDE) as pilot:
        await ready(explorer)
        world.let_train(10**6)
        await pilot.press("space")
        await until(lambda: "epochs/s" in text(explorer))
        await pilot.press("space")
        await until(lambda: " paused " in text(explorer))
        assert "epochs/s" not in text(explorer)


async def test_what_stands_still_is_fitted_to_another_width(explorer: Explorer) -> None:
    async with explorer.run_test(size=WIDE) as pilot:
        await ready(explorer)
        whole = text(explorer).splitlines()[0].rstrip()
        for width in (84, 60, 120):
            await pilot.resize_terminal(width, 24)
            await until(lambda width=width: len(text(explorer).splitlines()[0]) == width)
            await pilot.pause()
            line = text(explorer).splitlines()[0].rstrip()
            assert "…" not in line.replace("regions …", "").replace("bends …", "")
            assert " ".join(line.split()) == " ".join(whole.split())[: len(" ".join(line.split()))]
        assert line == whole
