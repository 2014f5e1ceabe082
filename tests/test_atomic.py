"""Files are whole or absent, and nothing is left beside them."""

from __future__ import annotations

import os
import sys
import threading
from pathlib import Path

import pytest

from nnexpr.atomic import sweep, write_atomically, writing_atomically


def test_text_and_bytes_arrive_as_they_are_in_a_folder_that_is_made(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "er" / "a.json"
    for content in ("ä\r\n", b"\x00\xff", ""):
        write_atomically(path, content, durable=False)
        assert path.read_bytes() == (content if isinstance(content, bytes) else content.encode("utf-8"))
    assert os.listdir(path.parent) == ["a.json"]


def test_what_was_there_stands_where_writing_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a"
    write_atomically(path, "before")

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        write_atomically(path, "after")
    assert path.read_text() == "before"
    assert os.listdir(tmp_path) == ["a"]


def test_what_is_written_bit_by_bit_takes_its_place_at_the_end_or_never(tmp_path: Path) -> None:
    path = tmp_path / "a"
    write_atomically(path, "before")
    with writing_atomically(path) as beside, beside.open("a") as file:
        file.write("one ")
        file.write("two")
        assert path.read_text() == "before"
    assert path.read_text() == "one two"

    def interrupted() -> None:
        with writing_atomically(path) as beside:
            beside.write_text("half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert path.read_text() == "one two"
    assert os.listdir(tmp_path) == ["a"]


def test_writers_at_once_do_not_meet(tmp_path: Path) -> None:
    path = tmp_path / "a"
    contents = [str(number) * 100_000 for number in range(8)]
    threads = [threading.Thread(target=write_atomically, args=(path, content)) for content in contents]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert path.read_text() in contents
    assert os.listdir(tmp_path) == ["a"]


def test_what_a_killed_process_left_is_swept_away_and_nothing_else(tmp_path: Path) -> None:
    left = tmp_path / ".a.json.0123abcd.4711.tmp"
    others = [tmp_path / ".a.json.0123abcd.14711.tmp", tmp_path / "a.json"]
    for path in (left, *others):
        path.touch()
    sweep(tmp_path, 4711)
    sweep(tmp_path / "missing", 4711)
    assert sorted(tmp_path.iterdir()) == sorted(others)


def test_a_name_as_long_as_there_can_be_is_written(tmp_path: Path) -> None:
    for sign in "aä":
        path = tmp_path / (sign * (250 // len(sign.encode())))
        write_atomically(path, "all")
        assert path.read_text() == "all"


def test_what_was_there_can_be_kept_under_another_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, earlier = tmp_path / "a", tmp_path / "b"
    for links in (True, False):
        if not links:
            monkeypatch.setattr(os, "link", lambda *_: (_ for _ in ()).throw(PermissionError(1, "none here")))
        for number in range(3):
            write_atomically(path, str(number), previous=earlier)
            assert path.read_text() == str(number)
            assert earlier.exists() == (number > 0)
            assert number == 0 or earlier.read_text() == str(number - 1)
        assert sorted(os.listdir(tmp_path)) == ["a", "b"]
        path.unlink()
        earlier.unlink()


def test_nobody_may_do_more_with_a_private_file_than_with_its_folder(tmp_path: Path) -> None:
    write_atomically(tmp_path / "made" / "a", "", private=True)
    assert [path.stat().st_mode & 0o777 for path in (tmp_path / "made", tmp_path / "made" / "a")] == [
        0o700,
        0o600,
    ]
    (tmp_path / "shared").mkdir(0o750)
    (tmp_path / "shared").chmod(0o750)
    write_atomically(tmp_path / "shared" / "a", "", private=True)
    assert (tmp_path / "shared" / "a").stat().st_mode & 0o027 == 0


@pytest.mark.skipif(sys.platform == "win32", reason="has no such devices")
def test_a_device_in_the_place_of_a_file_is_not_copied_without_end(tmp_path: Path) -> None:
    place, previous = tmp_path / "run", tmp_path / "run.previous"
    place.symlink_to("/dev/zero")
    write_atomically(place, "new", previous=previous)
    assert place.read_text() == "new"
    assert not previous.exists()
