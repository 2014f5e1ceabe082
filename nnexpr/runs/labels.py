"""What a person says of a run, its name, tags and note: a small file beside the run's.

They are not in the run's own file, which the process that trains it writes anew every few seconds. Deleting, putting
into the trash and bringing back take them along.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from nnexpr.atomic import write_atomically
from nnexpr.files import FileError, open_ordinary
from nnexpr.specification import InputError

__all__ = ["Labels", "labels_of", "require_name", "require_note", "require_tag", "write_labels"]

MOST_BYTES = 100_000  # of a file that is believed
LONGEST_NAME, LONGEST_TAG, LONGEST_NOTE, MOST_TAGS = 80, 40, 10_000, 50
_TAG = re.compile(r'[^\s,|!/"<>=:]+')  # what a filter can ask for as it stands
_LIKE_AN_ID = re.compile(r"[0-9]{1,8}(-[0-9]{0,6}(-[0-9a-f]{0,6})?)?")


@dataclass(frozen=True)
class Labels:
    """Of a run; ``tags`` in alphabetical order."""

    name: str = ""
    tags: tuple[str, ...] = ()
    note: str = ""


def labels_of(path: Path) -> Labels:
    """What the file says; nothing where there is none, or what is there cannot be read."""
    try:
        with open_ordinary(path) as file:
            told: Any = json.loads(file.read(MOST_BYTES))
        tags = tuple(sorted({require_tag(tag) for tag in told.get("tags", ())}))
        return Labels(require_name(told.get("name", "")), tags, require_note(told.get("note", "")))
    except (FileError, OSError, ValueError, TypeError, AttributeError, RecursionError):
        return Labels()


def write_labels(path: Path, labels: Labels) -> None:
    """Over what was there; no file for no labels. Raises OSError."""
    if labels == Labels():
        path.unlink(missing_ok=True)
    else:
        write_atomically(path, json.dumps(asdict(labels), ensure_ascii=False) + "\n", private=True)


def require_name(name: str) -> str:
    """A name without the space around it; raises InputError for what cannot be one."""
    name = _of_text("name", name).strip()
    if len(name) > LONGEST_NAME or not name.isprintable():
        raise InputError(
            "name", name, f"it is one line of at most {LONGEST_NAME} signs, none of them invisible"
        )
    if _LIKE_AN_ID.fullmatch(name):
        raise InputError("name", name, "it could be the beginning of an id")
    return name


def require_tag(tag: str) -> str:
    """Raises InputError for what cannot be one."""
    if not _TAG.fullmatch(_of_text("tag", tag)) or not tag.isprintable() or len(tag) > LONGEST_TAG:
        allowed = (
            f'it is one word of at most {LONGEST_TAG} signs, none of them invisible or , | ! / " < > = :'
        )
        raise InputError("tag", tag, allowed)
    return tag


def require_tags(tags: Iterable[str]) -> tuple[str, ...]:
    """Each once, in alphabetical order; raises InputError for what cannot be tags."""
    known = tuple(sorted({require_tag(tag) for tag in tags}))
    if len(known) > MOST_TAGS:
        raise InputError("tag", known[-1], f"a run has at most {MOST_TAGS}")
    return known


def require_note(note: str) -> str:
    """Without the space around it; raises InputError for what cannot be one."""
    note = _of_text("note", note).strip()
    if len(note) > LONGEST_NOTE:
        raise InputError("note", f"{note[:40]}...", f"it has {len(note):,} signs; at most {LONGEST_NOTE:,}")
    return note


def _of_text(option: str, value: Any) -> str:
    if not isinstance(value, str):
        raise InputError(option, value, "it is a text")
    try:
        value.encode()
    except UnicodeEncodeError:  # half of a pair, or a byte of the command line that is no UTF-8
        raise InputError(option, value, "it has a sign that UTF-8 has not") from None
    return value
