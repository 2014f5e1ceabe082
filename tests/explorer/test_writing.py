"""What x offers to write, and how what takes long is written: beside the keys, told and given up."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from stand_in import World
from steps import SIZES, WIDE, ready, text, until

from nnexpr.exports import EXPORTS, Export, declare
from nnexpr_tui.app import Explorer
from nnexpr_tui.parts.palette import Palette
from nnexpr_tui.parts.writing import WritingScreen


class Slow:
    """A writer that waits in every step until the test lets it go on."""

    def __init__(self) -> None:
        self.steps = threading.Semaphore(0)
        self.written: list[Path] = []
        self.failure: Exception | None = None

    def write(self, recordings: Any, path: Path, asked: Any, tell: Any) -> None:
        for step in range(4):
            tell(step, 4)
            self.steps.acquire(timeout=100)
        tell(4, 4)
        if self.failure is not None:
            raise self.failure
        path.write_text("whole")
        self.written.append(path)


SLOW = Slow()


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> Iterator[Slow]:
    before = dict(EXPORTS)
    fresh = Slow()
    monkeypatch.setattr("test_writing.SLOW", fresh, raising=False)
    declare(Export(name=".slow", words="takes long", writer=f"{__name__}:write", asks=f"{__name__}:Nothing"))
    yield fresh
    fresh.steps.release(100)
    EXPORTS.clear()
    EXPORTS.update(before)


def write(*given: Any) -> None:
    import test_writing

    test_writing.SLOW.write(*given)


class Nothing:
    """No options."""

    @classmethod
    def make(cls) -> Nothing:
        return cls()


async def chosen(explorer: Explorer, pilot: Any, name: str) -> None:
    """x, and what is called so."""
    await pilot.press("x")
    await until(lambda: isinstance(explorer.screen, Palette) and ".slow" in text(explorer))
    await pilot.press(*name, "enter")


@pytest.mark.parametrize("size", SIZES[:2])
async def test_x_offers_this_moment_first_and_every_export(
    explorer: Explorer, own_folders: Path, size: tuple[int, int]
) -> None:
    async with explorer.run_test(size=size) as pilot:
        await ready(explorer)
        await pilot.press("x")
        await until(lambda: "This moment" in text(explorer) and "Export to /" in text(explorer))
        for name, export in EXPORTS.items():
            assert name in text(explorer)
            assert export.words[:20] in text(explorer)
        await pilot.press("escape")
        await until(lambda: "This moment" not in text(explorer))
        assert list(own_folders.glob("nnexpr-*")) == []


async def test_a_clip_of_what_was_trained_is_written(explorer: Explorer, own_folders: Path) -> None:
    async with explorer.run_test(size=WIDE) as pilot:
        await ready(explorer)
        for epoch in (1, 2, 3):
            await pilot.press("s")
            await until(lambda epoch=epoch: explorer.controller.fit.epoch == epoch)
        await pilot.press("x", *"cast", "enter")
        path = own_folders / "nnexpr-mlp-fourier-0-to-3.cast"
        await until(path.exists)
        await until(lambda: f"Wrote {path}" in text(explorer) and "kB)" in text(explorer))
        assert path.read_text().startswith('{"version":3')


async def test_keys_are_heard_while_it_is_written_and_x_tells_how_far_it_is(
    explorer: Explorer, slow: Slow, own_folders: Path
) -> None:
    async with explorer.run_test(size=WIDE) as pilot:
        await ready(explorer)
        await chosen(explorer, pilot, "slow")
        await until(
            lambda: "Writing nnexpr-mlp-fourier-0-to-0.slow" in text(explorer) and "0%" in text(explorer)
        )
        slow.steps.release(2)
        await until(lambda: "50%" in text(explorer))
        await pilot.press("escape")
        await until(lambda: not isinstance(explorer.screen, WritingScreen))
        await pilot.press("s")
        await until(lambda: explorer.controller.fit.epoch == 1)
        await chosen(explorer, pilot, "slow")
        await until(lambda: "is still being written" in text(explorer))
        await chosen(explorer, pilot, "how")
        await until(lambda: "50%" in text(explorer))
        slow.steps.release(2)
        await until(lambda: "Wrote" in text(explorer))
        assert not isinstance(explorer.screen, WritingScreen)
        assert (own_folders / "nnexpr-mlp-fourier-0-to-0.slow").read_text() == "whole"


async def test_it_can_be_given_up(explorer: Explorer, slow: Slow, own_folders: Path) -> None:
    async with explorer.run_test(size=WIDE) as pilot:
        await ready(explorer)
        await chosen(explorer, pilot, "slow")
        await until(lambda: isinstance(explorer.screen, WritingScreen))
        await pilot.press("c")
        slow.steps.release(1)
        await until(lambda: "was given up; nothing of it is left" in text(explorer))
        assert list(own_folders.glob("nnexpr-*")) == []
        await chosen(explorer, pilot, "slow")
        await until(lambda: isinstance(explorer.screen, WritingScreen))
        slow.failure = OSError(28, "No space left on device")
        slow.steps.release(4)
        await until(lambda: "Could not write nnexpr-mlp-fourier-0-to-0.slow" in text(explorer))
        assert "No space left" in text(explorer)


async def test_leaving_gives_it_up(explorer: Explorer, slow: Slow, own_folders: Path) -> None:
    async with explorer.run_test(size=WIDE) as pilot:
        await ready(explorer)
        await chosen(explorer, pilot, "slow")
        await until(lambda: isinstance(explorer.screen, WritingScreen))
        writing = explorer.controller.writing
        await pilot.press("q")
        await until(lambda: explorer.is_leaving)
        slow.steps.release(4)
        writing.join(100)
        assert not writing.is_going
        assert list(own_folders.glob("nnexpr-*")) == []


async def test_what_this_machine_cannot_write_is_said(
    explorer: Explorer, own_folders: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nnexpr_tui.exports.movie.ffmpeg", lambda: None)
    async with explorer.run_test(size=WIDE) as pilot:
        await ready(explorer)
        await pilot.press("x", *"mp4", "enter")
        await until(lambda: "a film needs ffmpeg on the path" in text(explorer))
        await pilot.press("x", *".gif", "enter")
        await until(lambda: "only epoch 0 of it was recorded" in text(explorer))
        assert list(own_folders.glob("nnexpr-*")) == []


async def test_views_of_no_training_write_their_moment_at_once(explorer: Explorer, world: World) -> None:
    async with explorer.run_test(size=WIDE) as pilot:
        await ready(explorer)
        await pilot.press("6")
        await until(lambda: "enter" in text(explorer) and explorer.current_mode == "experiments")
        await pilot.press("x")
        await until(lambda: "nothing to export" in text(explorer))
        assert not isinstance(explorer.screen, Palette)


async def test_replay_writes_the_runs_that_it_shows(explorer: Explorer, own_folders: Path) -> None:
    async with explorer.run_test(size=WIDE) as pilot:
        await ready(explorer)
        for epoch in (1, 2):
            await pilot.press("s")
            await until(lambda epoch=epoch: explorer.controller.fit.epoch == epoch)
        await pilot.press("2")
        await until(lambda: "3 of 3" in text(explorer))
        [recording] = explorer.screen.view.recordings()
        assert [snapshot.epoch for snapshot in recording.snapshots] == [0, 1, 2]
        await pilot.press("x", *".cast", "enter")
        await until((own_folders / "nnexpr-mlp-fourier-0-to-2.cast").exists)
