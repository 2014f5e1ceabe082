"""Which journal an index can have where it lies.

A write-ahead log lets readers and a writer go on beside each other, but rests on memory that processes share, which
there is on a disk of this machine only. On network file systems, and on whatever is not known to be such a disk, a
rollback journal does, which needs no more than locks.
"""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path

from nnexpr.specification import InputError

__all__ = ["VARIABLE", "journal_for"]

VARIABLE = "NNEXPR_INDEX_JOURNAL"  # in the environment: wal or delete, in place of what would be chosen
LOCAL = frozenset((
    "ext2", "ext3", "ext4", "xfs", "btrfs", "zfs", "f2fs", "jfs", "reiserfs", "bcachefs", "tmpfs", "ramfs",
    "overlay", "apfs", "hfs", "ufs", "ffs", "vfat", "exfat", "ntfs", "ntfs3", "refs", "fat32",
))  # fmt: skip
_MOUNTS = Path("/proc/self/mountinfo")
_OCTAL = re.compile(r"\\([0-7]{3})")


def journal_for(folder: Path) -> str:
    """``wal`` on a local disk and ``delete`` elsewhere, unless the environment says which."""
    told = os.environ.get(VARIABLE, "").strip().lower()
    if told and told not in ("wal", "delete"):
        raise InputError(VARIABLE, told, "it is wal or delete")
    return told or ("wal" if file_system(folder).lower() in LOCAL else "delete")


def file_system(folder: Path) -> str:
    """The kind of file system that holds the folder, as the system calls it; nothing where that is not known."""
    place = os.path.realpath(folder)
    holding = [(where, kind) for where, kind in _mounted() if _is_in(place, where)]
    # Of several on one place the last was mounted over the others.
    return max(enumerate(holding), key=lambda each: (len(each[1][0]), each[0]))[1][1] if holding else ""


def _is_in(place: str, where: str) -> bool:
    if sys.platform == "win32":
        place, where = place.lower(), where.lower()
    return place == where or place.startswith(where.rstrip(os.sep) + os.sep)


def _mounted() -> list[tuple[str, str]]:
    """Every place that something is mounted on, and the kind of what is."""
    try:
        lines = _MOUNTS.read_text(errors="surrogateescape").splitlines()
    except OSError:
        return _mounted_elsewhere()
    found = []
    for line in lines:
        before, _, after = line.partition(" - ")
        where = _OCTAL.sub(lambda octal: chr(int(octal[1], 8)), before.split(" ")[4])
        found.append((where, after.split(" ")[0]))
    return found


def _mounted_elsewhere() -> list[tuple[str, str]]:
    import psutil

    return [(each.mountpoint, each.fstype) for each in psutil.disk_partitions(all=True)]
