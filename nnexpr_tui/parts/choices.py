"""What can be written of what a view shows: the files of this moment, and each export of the whole training."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from textual.app import SystemCommand

from nnexpr.exports import EXPORTS, Export
from nnexpr.specification import InputError
from nnexpr_tui.parts.writing import Writing, WritingScreen
from nnexpr_tui.training.moment import file_name

if TYPE_CHECKING:
    from nnexpr.runs.recording import Recording
    from nnexpr_tui.parts.screen import HostScreen

__all__ = ["export_choices"]


def export_choices(
    screen: HostScreen, recordings: tuple[Recording, ...], folder: Path
) -> list[SystemCommand]:
    """The choices, the first that which needs no recording."""
    moment = SystemCommand(
        "This moment",
        "JSON, a picture of the screen, of a fit also its weights",
        partial(screen.view.export, folder),
    )
    choices = [moment]
    writing = screen.controller.writing
    if writing is not None and writing.is_going:
        shown = partial(screen.app.push_screen, WritingScreen(writing))
        choices.append(SystemCommand("How far it is", f"{writing.path.name}, and giving it up", shown))
    return choices + [
        SystemCommand(name, export.words, partial(_write, screen, export, recordings, folder))
        for name, export in EXPORTS.items()
    ]


def _write(screen: HostScreen, export: Export, recordings: tuple[Recording, ...], folder: Path) -> None:
    """Begin to write, and show how far it is."""
    controller, last = screen.controller, recordings[0].snapshots[-1].epoch
    path = folder / f"{file_name(recordings[0].specification, 0)}-to-{last}{export.name}"
    if controller.writing is not None and controller.writing.is_going:
        screen.footer.say(
            f"{controller.writing.path.name} is still being written; x shows how far it is", error=True
        )
        return
    try:
        export.require(path, len(recordings))
    except InputError as error:
        screen.footer.say(f"{export.name} cannot be written: {error.allowed}", error=True)
        return
    rests = partial(getattr, controller.worker, "is_hushed")
    controller.writing = Writing(export, recordings, path, screen.app.post_message, rests)
    screen.app.push_screen(WritingScreen(controller.writing))
