"""The explorer in a real terminal: what is seen at each size, and how it ends.

One explorer trains at each size while the tests press keys; every test leaves it training on Explore.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from explorer_app import counted, epoch, is_training, launch
from pty_app import NARROW, WIDE, PtyApp

EXPLORE = "One epoch"  # in the footer of this screen only


def option(text: str, name: str) -> int:
    """A number in the forms; -1 where the forms are not shown."""
    found = re.search(rf"\b{name} +(\d+)", text)
    return int(found[1]) if found else -1


@pytest.fixture(scope="module", params=[WIDE, NARROW], ids=lambda size: f"{size.columns}x{size.rows}")
def explorer(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[PtyApp]:
    with launch(tmp_path_factory.mktemp("explorer"), size=request.param) as app:
        app.wait_for(is_training)
        yield app


def test_the_words_stand_beside_their_numbers(explorer: PtyApp) -> None:
    explorer.wait_for(counted)


def test_training_advances(explorer: PtyApp) -> None:
    before = epoch(explorer.text)
    explorer.wait_for(lambda text: epoch(text) > before)


def test_paused_it_sends_nothing_and_one_epoch_is_one(explorer: PtyApp) -> None:
    explorer.send(" ")
    explorer.wait_for("paused")
    explorer.wait_quiet(1.5)
    before = epoch(explorer.text)
    explorer.send("s")
    explorer.wait_for(lambda text: epoch(text) != before)
    assert epoch(explorer.text) == before + 1
    explorer.send(" ")
    explorer.wait_for(is_training)


@pytest.mark.parametrize(("open_key", "close_key"), [("?", "?"), ("\x1bOP", "\x1bOP"), ("?", "\x1b")])
def test_help_opens_and_closes(explorer: PtyApp, open_key: str, close_key: str) -> None:
    explorer.send(open_key)
    explorer.wait_for("closes")
    explorer.send(close_key)
    explorer.wait_for(lambda text: "closes" not in text)


def test_the_residual_and_back(explorer: PtyApp) -> None:
    explorer.send("e")
    explorer.wait_for("fit − target")
    explorer.send("e")
    explorer.wait_for(lambda text: "fit − target" not in text)


def test_with_markers_in_ascii_all_is(explorer: PtyApp) -> None:
    """Borders, signs and texts too, as a console without the characters needs it."""
    explorer.send("mm")
    explorer.wait_for(lambda text: text.isascii() and EXPLORE in text)
    for key, words in (("2", "Snapshot"), ("3", "Folds"), ("4", r"\btwo\b"), ("6", "Experiments: ")):
        explorer.send(key)
        explorer.wait_for(lambda text, words=words: text.isascii() and re.search(words, text))
    explorer.send("1")
    explorer.wait_for(lambda text: text.isascii() and EXPLORE in text)
    explorer.send("?")
    explorer.wait_for(lambda text: text.isascii() and "closes" in text)
    explorer.send("?m")
    explorer.wait_for(lambda text: not text.isascii() and "closes" not in text)


@pytest.mark.parametrize(("name", "more", "less"), [("Depth", "+", "-"), ("Width", "]", "[")])
def test_depth_and_width(explorer: PtyApp, name: str, more: str, less: str) -> None:
    has_room = name in explorer.text
    if not has_room:
        explorer.send("f")
    before = option(explorer.wait_for(name), name)
    explorer.send(more)
    explorer.wait_for(lambda text: option(text, name) > before)
    explorer.send(less)
    explorer.wait_for(lambda text: option(text, name) == before)
    if not has_room:
        explorer.send("f")
        explorer.wait_for(lambda text: name not in text)
    explorer.wait_for(is_training)


@pytest.mark.parametrize("key", ["2", "3"])
def test_other_screens(explorer: PtyApp, key: str) -> None:
    explorer.wait_for(EXPLORE)
    explorer.send(key)
    explorer.wait_for(lambda text: EXPLORE not in text)
    explorer.send("1")
    explorer.wait_for(EXPLORE)


def test_what_was_painted_bit_by_bit_is_what_is_painted_anew(explorer: PtyApp) -> None:
    explorer.send(" ")
    explorer.wait_for("paused")
    explorer.wait_quiet(3.0)  # until all that is counted of this epoch is there
    explorer.send("\x10")
    explorer.wait_for("Search for commands")
    explorer.send("theme")
    explorer.wait_for("Change the colours")
    explorer.wait_quiet(1.0)
    explorer.send("\x1b")
    wrong = painted_wrongly(explorer)
    for _ in range(2):  # what is painted wrongly is so again, what only came late is not
        wrong &= painted_wrongly(explorer) if wrong else set()
    assert not wrong
    explorer.send(" ")
    explorer.wait_for(is_training)


def painted_wrongly(explorer: PtyApp) -> set[str]:
    """The steps of a way round the screens after which painting anew made a difference."""
    steps = (
        ("", "^(?!.*Palette)"), ("?", "closes"), ("? ", "^(?!.*closes)"), ("z", "^(?!.*│.*││)"),
        ("z ", "╭.*╮"), ("2", "Snapshot"), ("3", "Sampled says"), ("6", "Experiments: "), ("1", EXPLORE),
    )  # fmt: skip
    wrong = set()
    for keys, seen in steps:
        explorer.send(keys.strip())
        explorer.wait_for(re.compile(seen, re.DOTALL).search)
        explorer.wait_quiet(0.4)
        before = explorer.cells
        explorer.send("\x0c")
        explorer.wait_quiet(0.4)
        if before != explorer.cells:
            wrong.add(keys)
    return wrong


def test_other_sizes(explorer: PtyApp) -> None:
    size = explorer.size
    explorer.resize(60, 20)
    before = epoch(explorer.wait_for(is_training))
    explorer.wait_for(lambda text: epoch(text) > before)
    explorer.resize(20, 5)
    explorer.wait_for("too small")
    for columns, rows in ((200, 60), size):
        explorer.resize(columns, rows)
        explorer.wait_for(lambda text: counted(text) and EXPLORE in text and "too small" not in text)
