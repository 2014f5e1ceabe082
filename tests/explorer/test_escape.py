"""An escape byte is a key where nothing follows within the time that the line may take, else it begins a sequence."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic

import pytest
from textual import constants
from textual.app import App
from textual.events import Key
from textual.message import Message

from nnexpr_tui.terminal import NEAR, escape_seconds
from nnexpr_tui.textual_private import PromptEscape


@contextmanager
def reading(seconds: float) -> Iterator[tuple[int, list[str]]]:
    """A line that a driver reads: where to write to it, and the keys that were understood so far."""
    out, into = os.pipe()
    keys: list[str] = []

    class Driver(PromptEscape):
        escape_seconds = seconds

        def process_message(self, message: Message) -> None:
            if isinstance(message, Key):
                keys.append(message.key)

    driver = Driver(App())
    driver.fileno = out
    thread = threading.Thread(target=driver.run_input_thread)
    thread.start()
    try:
        yield into, keys
    finally:
        driver.exit_event.set()
        thread.join()
        os.close(out)
        os.close(into)


async def until_pressed(keys: list[str], wanted: list[str]) -> None:
    deadline = monotonic() + 20
    while keys != wanted:
        assert monotonic() < deadline, keys
        await asyncio.sleep(0.005)


@pytest.fixture(autouse=True)
def usual_delay(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(constants, "ESCAPE_DELAY", constants.ESCAPE_DELAY)


async def test_alone_it_is_the_key() -> None:
    with reading(1e-3) as (line, keys):
        os.write(line, b"\x1b")
        await until_pressed(keys, ["escape"])
        os.write(line, b"j\x1b[A\x1b[Cq")
        await until_pressed(keys, ["escape", "j", "up", "right", "q"])


async def test_a_sequence_that_comes_byte_for_byte_is_one_key_where_the_line_may_be_slow() -> None:
    with reading(1e6) as (line, keys):
        for byte in "\x1b[B\x1b[1;2Dä":
            os.write(line, byte.encode())
            await asyncio.sleep(0.02)
        await until_pressed(keys, ["down", "shift+left", "ä"])


@pytest.mark.parametrize(
    ("environment", "seconds"),
    [
        ({}, NEAR),
        ({"TERM": "xterm"}, NEAR),
        ({"SSH_CONNECTION": "a 1 b 22"}, None),
        ({"SSH_CONNECTION": "a 1 b 22", "TMUX": "/run/tmux,1,0"}, NEAR),
        ({"SSH_CONNECTION": "a 1 b 22", "STY": "1.pts-0"}, NEAR),
        ({"ESCDELAY": "250"}, None),
    ],
)
def test_only_a_network_takes_long_between_two_bytes(
    environment: dict[str, str], seconds: float | None
) -> None:
    assert escape_seconds(environment) == seconds
