"""Whether the terminal keeps up, asked of a real pseudo-terminal."""

from __future__ import annotations

import os
import sys
import time
from types import SimpleNamespace

import pytest
from textual.app import App
from textual.drivers._writer_thread import WriterThread

from nnexpr_tui.driver import QUESTION, ask_terminal, output_backlog

unix = pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")


def until(condition):
    deadline = time.monotonic() + 100
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.002)


@unix
def test_backlog_of_a_reader_that_stops_and_goes_on():
    import tty

    master, slave = os.openpty()
    tty.setraw(slave)
    with os.fdopen(slave, "w") as terminal:
        writer = WriterThread(terminal)
        app = SimpleNamespace(_driver=SimpleNamespace(_writer_thread=writer))
        writer.start()
        assert output_backlog(app) == 0
        sent = 0
        while output_backlog(app) < 3 and sent < 10**7:  # until the kernel's buffer is full and writes queue
            writer.write("x" * 40_000)
            sent += 40_000
            time.sleep(0.002)
        assert output_backlog(app) >= 3
        received = 0
        while received < sent:
            received += len(os.read(master, 65_536))
        until(lambda: output_backlog(app) == 0)
        writer.stop()
    os.close(master)


def test_an_application_without_a_terminal_has_no_backlog():
    assert output_backlog(App()) == 0
    assert not ask_terminal(App())


def test_the_question_is_sent_to_a_terminal():
    sent = []
    driver = SimpleNamespace(
        is_headless=False, is_inline=False, is_web=False, write=sent.append, flush=lambda: None
    )
    assert ask_terminal(SimpleNamespace(_driver=driver))
    assert sent == [QUESTION]
