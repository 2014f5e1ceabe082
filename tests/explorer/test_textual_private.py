"""What Textual does not promise is there still and does what it did: with a new version this fails first."""

from __future__ import annotations

import io
import os
import re
import sys
from pathlib import Path
from threading import Event, Thread
from typing import ClassVar

import pytest
from textual import events
from textual.app import App
from textual.drivers.headless_driver import HeadlessDriver
from textual.geometry import Region, Size
from textual.screen import ModalScreen, Screen
from textual.widget import Widget
from textual.widgets import Input, Static

from nnexpr_tui import textual_private as private

PLACES = (Path(private.__file__).parent, Path(__file__).parent)
REACH = re.compile(r"\b(?!self\b|cls\b|os\b)\w+\._([a-z]\w*)|['\"]_([a-z]\w*)['\"]")


async def test_nothing_else_names_a_private_part_of_textual() -> None:
    """That is, of another object; what an application, a screen or a widget has for itself is named ``self._…``."""
    writing = pytest.importorskip("textual.drivers._writer_thread")
    writer = writing.WriterThread(io.StringIO())
    parts = {
        name for thing in (App(), Screen(), Widget(), HeadlessDriver(App()), writer) for name in dir(thing)
    }
    reached = {
        path.name
        for place in PLACES
        for path in place.rglob("*.py")
        for names in REACH.findall(path.read_text(encoding="utf-8"))
        if parts & {f"_{name}" for name in names}
    }
    assert reached == {
        "textual_private.py",
        "steps.py",
        Path(__file__).name,
    }  # in steps: what a class is given


async def test_a_driver_of_a_terminal_has_a_writer_with_a_queue_and_draws_on_stderr() -> None:
    linux = pytest.importorskip("textual.drivers.linux_driver")
    writing = pytest.importorskip("textual.drivers._writer_thread")
    assert writing.MAX_QUEUED_WRITES == private.QUEUE_PLACES
    app, before, file = App[None](), sys.__stderr__, io.StringIO()
    with private.drawing_on(file):
        driver = linux.LinuxDriver(app)
    assert sys.__stderr__ is before
    assert private.app_of(driver) is app
    assert private.writer_of(driver) is None
    assert private.waiting_writes(driver) == 0
    private.forget_writes(driver)
    driver._writer_thread = writing.WriterThread(driver._file)  # not started: nothing is taken from it
    for _ in range(3):
        driver.write("a")
    assert private.waiting_writes(driver) == 3
    private.forget_writes(driver)
    assert private.waiting_writes(driver) == 0
    driver.write("b")
    private.writer_of(driver).start()
    private.writer_of(driver).stop()
    assert file.getvalue() == "b"


async def test_an_application_has_a_driver_and_says_when_it_has_ended() -> None:
    app = App[None]()
    assert private.driver_of(app) is None
    async with app.run_test():
        assert private.app_of(private.driver_of(app)) is app
        assert not private.is_ended(app)
        assert private.exception_of(app) is None
        app.exit()
        assert private.is_ended(app)


async def test_what_goes_wrong_in_a_handler_is_known_before_the_end() -> None:
    app = App[None]()
    seen: list[BaseException | None] = []

    async def fail() -> None:
        async with app.run_test() as pilot:
            app.call_later(lambda: int("as it should"))
            await pilot.pause()
            seen.append(private.exception_of(app))

    with pytest.raises(ValueError, match="as it should"):
        await fail()
    assert [type(error) for error in seen] == [ValueError]


async def test_the_text_that_is_painted_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    class Writing(App[None]):
        def compose(self):
            yield Input("what is written")

    heard: list[str] = []
    displaying = private.on_display(Writing, lambda app, text: heard.append(text))
    monkeypatch.setattr(Writing, "_display", displaying)
    async with Writing().run_test() as pilot:
        await pilot.pause()
        assert "what is written" in heard[-1]


def test_where_the_input_ends_the_reading_ends() -> None:
    """A terminal that is gone gives nothing for ever: who goes on reading never ends, and the process neither."""
    ours, theirs = os.pipe()
    driver = object.__new__(private.PromptEscape)
    driver.fileno, driver._debug, driver.exit_event = ours, False, Event()
    reading = Thread(target=driver.run_input_thread, daemon=True)
    reading.start()
    os.close(theirs)
    reading.join(100.0)
    assert not reading.is_alive()
    os.close(ours)


@pytest.mark.parametrize("size", [(40, 6), (31, 3)])
async def test_what_lies_beneath_is_shown_as_textual_shows_it(size: tuple[int, int]) -> None:
    """Cell by cell; blanks show no ink."""

    class Beneath(App[None]):
        CSS = (
            "Ours, Textuals { background: transparent; align: center middle; } .box { width: 9; height: 1; }"
        )

        def compose(self):
            yield Static("[b]bold[/b] on [red on blue]another ground[/]")
            yield Static("and a second line", classes="box")

    class Box:
        def compose(self):
            yield Static("over it", classes="box")

    class Ours(Box, private.OverAnother[None]):
        pass

    class Textuals(Box, ModalScreen[None]):
        pass

    async def cells(over: type[ModalScreen[None]]) -> list[tuple[object, ...]]:
        app = Beneath()
        async with app.run_test(size=size) as pilot:
            await app.push_screen(over())
            await pilot.pause()
            update = app.screen._compositor.render_update(full=True, screen_stack=app._background_screens)
            return [
                (character, style.bgcolor, *((style.color, style.bold) if character != " " else ()))
                for strips in update.strips
                for strip in strips
                for text, style, _ in strip
                for character in text
            ]

    shown = await cells(Ours)
    assert "over it" in "".join(str(character) for character, *_ in shown)
    assert shown == await cells(Textuals)


async def test_a_screen_over_another_is_painted_once_and_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    class Beneath(App[None]):
        def compose(self):
            yield Static("beneath")

    class Over(private.OverAnother[None]):
        CSS = "Over { background: transparent; align: center middle; } Static { width: 6; }"

        def compose(self):
            yield Static("over it")

    painted: list[tuple[bool, str]] = []
    heard = private.on_display(
        Beneath, lambda app, text: painted.append((isinstance(app.screen, Over), text))
    )
    monkeypatch.setattr(Beneath, "_display", heard)
    async with Beneath().run_test(size=(20, 5)) as pilot:
        await pilot.app.push_screen(Over())
        await pilot.pause()
        [over] = [text for is_over, text in painted if is_over]
        assert "over" in over


async def test_what_lies_beneath_fills_a_screen_that_is_larger_already() -> None:
    """While the terminal's size changes, the lower screen may be laid out after the upper one."""
    app = App[None]()
    async with app.run_test(size=(20, 5)) as pilot:
        over = private.OverAnother[None]()
        await app.push_screen(over)
        await pilot.pause()
        for crop in (Region(0, 0, 31, 9), Region(3, 2, 28, 7), Region(25, 6, 2, 1)):
            private.visible_screen_stack.set(app._background_screens)
            lines = over.render_lines(crop)
            assert [line.cell_length for line in lines] == [crop.width] * crop.height


async def test_sizes_that_are_on_their_way_at_once_do_not_answer_each_other() -> None:
    """Each layout tells the screen of its size, between other messages: two sizes would go on in turn without end."""

    class Busy(Static):
        def on_resize(self) -> None:
            self.screen.call_later(lambda: None)

    class Ours(App[None]):
        laid_out: ClassVar[list[Size]] = []

        def get_default_screen(self) -> private.StyledOnce[None]:
            class Watched(private.StyledOnce[None]):
                def _screen_resized(self, size: Size) -> None:
                    Ours.laid_out.append(size)
                    super()._screen_resized(size)

            return Watched()

        def compose(self):
            yield Busy("text")

    app = Ours()
    async with app.run_test(size=(30, 6)) as pilot:
        del Ours.laid_out[:]
        app.screen.post_message(events.Resize(Size(50, 9), Size(50, 9)))
        app.screen.call_later(lambda: None)
        await pilot.pause()
        assert (Ours.laid_out, app.screen.size) == ([], Size(30, 6))
        await pilot.resize_terminal(41, 7)
        await pilot.pause()
        assert app.screen.size == Size(41, 7)
