"""Recordings as one HTML page that needs nothing but itself, and their curves from such a page again.

curves.py       (beside this package) what is shown of a recording, as arrays
document.py     these as JSON, and back
html.py         the frame of a page: escaping, the policy that forbids every network source
body.py         headings, controls, tables
assets/         the style and the script, which draws
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from nnexpr.atomic import write_atomically
from nnexpr.exports.curves import Curves, curves_of
from nnexpr.exports.page.body import body, title
from nnexpr.exports.page.document import curves_from, document
from nnexpr.exports.page.html import data, found_data, page
from nnexpr.files import FileError, open_ordinary
from nnexpr.runs.recording import Recording
from nnexpr.specification import InputError

__all__ = ["read", "rendered", "write"]

MOST_BESIDE = 4
MOST_SNAPSHOTS, LEAST_SNAPSHOTS = 200, 32  # of each run
MOST_BYTES = 1_000_000  # of a page that has more than the fewest snapshots
LARGEST = 200_000_000  # bytes of a page that is read
STYLES = ("base.css", "page.css")
SCRIPTS = ("numbers.js", "chart.js", "runs.js", "player.js", "panels.js", "maps.js", "page.js")


def write(recordings: Sequence[Recording], path: Path) -> None:
    """One page of one to four recordings, side by side on one clock, with as many snapshots as go into a megabyte.

    Raises InputError, OSError.
    """
    most = MOST_SNAPSHOTS
    while True:
        page = rendered([curves_of(recording, most=most) for recording in recordings]).encode("utf-8")
        if len(page) <= MOST_BYTES or most == LEAST_SNAPSHOTS:
            break
        most = max(LEAST_SNAPSHOTS, min(most - 1, int(0.98 * most * MOST_BYTES / len(page))))
    write_atomically(path, page)


def rendered(runs: Sequence[Curves]) -> str:
    """The page that shows these; raises InputError unless there are one to four of them."""
    if not 1 <= len(runs) <= MOST_BESIDE:
        raise InputError("to", f"a page of {len(runs)} runs", f"it holds one to {MOST_BESIDE} of them")
    inside = body(runs) + data(document(runs))
    return page(title(runs), inside, styles=STYLES, scripts=SCRIPTS)


def read(path: str | os.PathLike[str]) -> tuple[Curves, ...]:
    """The curves of a page that :func:`write` wrote: exact but for predictions, bands and maps, which are in steps.

    Nothing in the file is run. Raises InputError, in one sentence, where it is no such page or is damaged.
    """
    try:
        with open_ordinary(path) as file:
            content = file.read(LARGEST + 1)
        if len(content) > LARGEST:
            raise FileError(f"it is larger than {LARGEST // 10**6} MB")
        return curves_from(found_data(content.decode("utf-8")))
    except FileError as error:
        raise InputError("file", os.fspath(path), str(error)) from None
    except (ValueError, TypeError, LookupError, AttributeError, OverflowError, RecursionError) as error:
        why = f"it is no page written by nnexpr, or a damaged one ({error})"
        raise InputError("file", os.fspath(path), why) from None
