"""Every test has its own folders for settings, session, store and log, and a world that it moves by hand."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from stand_in import World
from steps import keep_what_is_painted, stand_in_experiments
from textual._wait import SLEEP_GRANULARITY, wait_for_idle
from textual.pilot import Pilot

from nnexpr_tui.app import Explorer


@pytest.fixture(autouse=True)
def own_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in (
        "XDG_CONFIG_HOME",
        "XDG_STATE_HOME",
        "XDG_DATA_HOME",
        "XDG_CACHE_HOME",
        "NNEXPR_STORE",
        "HOME",
    ):
        monkeypatch.setenv(name, str(tmp_path / name.lower()))
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture(autouse=True)
def read_as_painted(monkeypatch: pytest.MonkeyPatch) -> None:
    keep_what_is_painted(monkeypatch)


@pytest.fixture(autouse=True)
def keys_are_not_waited_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """Textual waits twice after a key until the process is idle, a second at most, and one that trains never is.

    What a key leads to is waited for by the tests themselves.
    """
    monkeypatch.setattr(wait_for_idle, "__defaults__", (SLEEP_GRANULARITY, 10 * SLEEP_GRANULARITY))


@pytest.fixture(autouse=True)
def notes_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    """Until a key clears them: on a slow machine a test looks later than a person would."""
    monkeypatch.setattr("nnexpr_tui.parts.footer.NOTE_SECONDS", 3600.0)


@pytest.fixture(autouse=True)
def ends_are_quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    """A test ends while it trains, without the key that leaves: as behind that key, nothing is drawn or built then."""
    run_test = Explorer.run_test

    @asynccontextmanager
    async def run(app: Explorer, **options: Any) -> AsyncIterator[Pilot[None]]:
        async with run_test(app, **options) as pilot:
            try:
                yield pilot
            finally:
                app.lulls.end()
                app.clock.stop()

    monkeypatch.setattr(Explorer, "run_test", run)


@pytest.fixture(autouse=True)
def screens_are_made_when_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    """And not in lulls, of which a test on a slow machine has many: those are tested by themselves."""
    monkeypatch.setattr("nnexpr_tui.lulls.TICK", 3600.0)


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    made = World(monkeypatch)
    yield made
    made.let_train(1)


@pytest.fixture
def explorer(world: World) -> Iterator[Explorer]:
    made = Explorer(load=world.load)
    yield made
    made.controller.worker.stop()


@pytest.fixture
def laboratory(explorer: Explorer, monkeypatch: pytest.MonkeyPatch) -> Explorer:
    stand_in_experiments(monkeypatch)
    return explorer
