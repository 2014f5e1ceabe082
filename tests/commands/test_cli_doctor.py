"""``doctor``: runs anywhere, and its advice follows what it found."""

from __future__ import annotations

import json
import os
import threading
from types import SimpleNamespace

import pytest
import torch
from rich.cells import cell_len

from nnexpr.training import devices
from nnexpr_tui.commands.machine import TEST_CARD, advice, colours

FOUND = {
    "stdout": True, "columns": 120, "lines": 40, "encoding": "utf-8", "one_column": None, "colours": "16 million",
    "ssh": False, "tmux": False, "round_trip": None, "program_version": "", "synchronised_output": True,
}  # fmt: skip


def test_json_without_a_terminal(run):
    done = run("doctor", "--json")
    assert done.exit_code == 0
    found = json.loads(done.stdout)
    assert {"versions", "machine", "terminal", "paths", "advice"} <= found.keys()
    assert {"python", "torch", "numpy", "textual", "plotext"} <= found["versions"].keys()
    assert found["machine"]["devices"][0] == "cpu"
    assert found["machine"]["memory_total"] >= found["machine"]["memory_available"] > 0
    assert found["terminal"]["stdout"] is False
    assert found["paths"]["runs"] == os.environ["NNEXPR_STORE"]


def test_the_test_card_is_printed(run):
    printed = run("doctor").stdout
    for signs in TEST_CARD.values():
        assert f"{signs}|" in printed


def test_the_test_cards_rows_are_of_one_length():
    assert {cell_len(signs) for signs in TEST_CARD.values()} == {16}
    assert all(cell_len(sign) == 1 for signs in TEST_CARD.values() for sign in signs)


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({}, "none"),
        ({"TERM": "dumb"}, "none"),
        ({"TERM": "xterm"}, "16"),
        ({"TERM": "xterm-256color"}, "256"),
        ({"TERM": "xterm-256color", "COLORTERM": "truecolor"}, "16 million"),
        ({"TERM": "xterm-256color", "COLORTERM": "truecolor", "NO_COLOR": "1"}, "none"),
        ({"TERM": "xterm", "NO_COLOR": ""}, "16"),
    ],
)
def test_colours(environment, expected):
    assert colours(environment) == expected


def test_nothing_to_advise_where_all_is_well():
    assert advice(FOUND) == []


@pytest.mark.parametrize(
    ("found", "word"),
    [
        ({"stdout": False}, "not a terminal"),
        ({"columns": 50}, "too small"),
        ({"columns": 70}, "80x24"),
        ({"encoding": "ISO-8859-1"}, "ascii"),
        ({"one_column": {"braille": False, "block": True, "ascii": True}}, "braille"),
        ({"colours": "none"}, "dashes"),
        ({"ssh": True}, "ssh -C"),
        ({"round_trip": 0.4}, "400 ms"),
        ({"tmux": True, "program_version": "3.4"}, "tmux 3.7"),
        ({"synchronised_output": False}, "tear"),
    ],
)
def test_each_shortcoming_has_one_sentence(found, word):
    [sentence] = advice({**FOUND, **found})
    assert word in sentence


def test_a_new_tmux_needs_no_advice():
    assert advice({**FOUND, "tmux": True, "program_version": "3.7b"}) == []


class Terminal:
    """The other end of a pseudo-terminal: answers as a terminal does, wide signs two columns wide."""

    def __init__(self, answers: bool = True):
        pty = pytest.importorskip("pty")
        self.ours, self.theirs = pty.openpty()
        self.answers, self.column = answers, 1
        self.thread = threading.Thread(target=self._serve, daemon=True)
        self.thread.start()

    def _serve(self):
        pending = ""
        while True:
            try:
                received = os.read(self.ours, 1024)
            except OSError:
                return
            pending += received.decode()
            if self.answers:
                pending = self._take(pending)

    def _take(self, pending):
        replies = {"\x1b[?2026$p": "\x1b[?2026;2$y", "\x1b[>q": "\x1bP>|tester 1.2\x1b\\", "\x1b[K": ""}
        while pending:
            for question, reply in replies.items():
                if pending.startswith(question):
                    os.write(self.ours, reply.encode())
                    pending = pending[len(question) :]
                    break
            else:
                if pending.startswith("\x1b[6n"):
                    os.write(self.ours, f"\x1b[7;{self.column}R".encode())
                    pending = pending[4:]
                elif pending.startswith("\x1b") and len(pending) < 4:
                    return pending
                else:
                    self.column = 1 if pending[0] == "\r" else self.column + cell_len(pending[0])
                    pending = pending[1:]
        return pending

    def close(self):
        os.close(self.theirs)
        self.thread.join(timeout=5)
        os.close(self.ours)


@pytest.fixture
def attached(monkeypatch):
    """``attached(Terminal())``: stdin and stderr are that terminal."""
    opened = []

    def attach(terminal):
        opened.append(terminal)
        for name, mode in (("stdin", "r"), ("stderr", "w")):
            stream = os.fdopen(os.dup(terminal.theirs), mode)
            opened.append(stream)
            monkeypatch.setattr(f"sys.{name}", stream)

    yield attach
    monkeypatch.undo()
    for thing in reversed(opened):
        thing.close()


def test_the_terminal_is_asked(attached, monkeypatch):
    from nnexpr_tui.commands import terminal_probe

    monkeypatch.setattr(terminal_probe, "_WAIT", 100.0)
    attached(Terminal())
    found = terminal_probe.probe_terminal(["a", "⣿", "漢"])
    assert found is not None
    assert found.widths == (1, 1, 2)
    assert found.synchronised_output
    assert found.name == "tester 1.2"
    assert found.round_trip > 0


def test_a_terminal_that_does_not_answer_costs_one_time_out(attached, monkeypatch):
    from nnexpr_tui.commands import terminal_probe

    monkeypatch.setattr(terminal_probe, "_WAIT", 0.05)
    attached(Terminal(answers=False))
    assert terminal_probe.probe_terminal(["a"]) is None


def test_no_terminal_is_not_asked():
    from nnexpr_tui.commands.terminal_probe import probe_terminal

    assert probe_terminal(["a"]) is None


def test_compiling_first_tells_the_same(run):
    done = run("doctor", "--compile", "--json")
    assert done.exit_code == 0
    assert json.loads(done.stdout)["versions"] == json.loads(run("doctor", "--json").stdout)["versions"]


def test_a_graphics_processor_is_told_with_its_capability_and_what_it_cannot(run, monkeypatch):
    known = SimpleNamespace(name="NVIDIA Old", major=3, minor=5, total_memory=4 << 30)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    monkeypatch.setattr(torch.cuda, "get_device_properties", lambda device: known)
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda device: known.name)
    monkeypatch.setattr(devices, "trouble", lambda name: "no kernel image is available")
    found = json.loads(run("doctor", "--json").stdout)["machine"]
    assert (found["devices"], found["auto"]) == (["cpu", "cuda:0: NVIDIA Old"], "cpu")
    assert found["cuda"] == [
        {"device": "cuda:0", "name": "NVIDIA Old", "capability": "3.5", "memory": 4 << 30,
         "trouble": "no kernel image is available"},
    ]  # fmt: skip
    printed = " ".join(run("doctor").stdout.split())
    assert "cuda:0 capability 3.5, 4.0 GiB; it cannot compute: no kernel image is available" in printed
