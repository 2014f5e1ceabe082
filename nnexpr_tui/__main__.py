"""The program: how its process begins and ends, whatever it was started with. What it does is in ``commands/cli.py``.

Nothing is imported above that Python has not loaded itself, so that an interrupt is heard from the first moment on.
"""

from __future__ import annotations

import os
import signal
import sys
import warnings
from collections.abc import MutableMapping
from contextlib import suppress
from types import FrameType

__all__ = ["main"]

_MOST_DIGITS = 3  # of a terminal's size


def main() -> None:
    """The console script ``nnexpr-tui``."""
    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _interrupted)
    _open_streams()
    _forget_odd_sizes(os.environ)
    if not sys.warnoptions:  # what people must know is a sentence of ours
        warnings.simplefilter("ignore")
    from nnexpr_tui.commands.cli import cli

    try:
        cli.main(prog_name="nnexpr-tui")
    except SystemExit as end:
        if "torch" in sys.modules:
            _end_at_once(end.code)
        raise


def _interrupted(number: int, frame: FrameType | None) -> None:  # noqa: ARG001
    """Before anything was begun, and after all was done, there is nothing to save."""
    os._exit(128 + number)


def _open_streams() -> None:
    """Give streams that were closed (``>&-``) a place that swallows all; a file would take their number otherwise."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: SIM115 - until the end


def _forget_odd_sizes(environment: MutableMapping[str, str]) -> None:
    """Leave out sizes that no terminal has: libraries believe them, and lay out a million columns or fail."""
    for name in ("COLUMNS", "LINES"):
        size = environment.get(name, "")
        if not (size.isascii() and size.isdigit() and len(size) <= _MOST_DIGITS and int(size)):
            environment.pop(name, None)


def _end_at_once(code: object) -> None:
    """Leave without taking torch down: that takes half a second, and aborts if a thread is still inside of it."""
    with suppress(OSError, ValueError):
        sys.stdout.flush()
        sys.stderr.flush()
    os._exit(code if isinstance(code, int) else 0)


if __name__ == "__main__":
    main()
