"""Lists of runs are right whatever has become of the index, and quick while nothing has become of the files."""

from __future__ import annotations

import contextlib
import math
import os
import random
import re
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from light_runs import age, ids, write_run

from nnexpr.runs.entry import Entry
from nnexpr.runs.head import read_head
from nnexpr.runs.holding import hold
from nnexpr.runs.index import Index, IndexProblem, index
from nnexpr.runs.index.database import reading, writing
from nnexpr.runs.index.filesystems import VARIABLE, file_system, journal_for
from nnexpr.runs.index.schema import VERSION
from nnexpr.runs.run import Run
from nnexpr.runs.store import Store
from nnexpr.specification import InputError

RUNS = ids(7)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """Seven runs in all states, one of which cannot be read."""
    folder = tmp_path / "store"
    write_run(folder, RUNS[0], state="finished", epoch=1000, losses=(0.25, 0.5))
    write_run(folder, RUNS[1], state="running")
    write_run(folder, RUNS[2], state="failed", losses=(None, None))
    write_run(folder, RUNS[3], state="", options={"target": "expr:sin(8*pi*x)", "lr": 0.125})
    write_run(folder, RUNS[4], state="paused", losses=(None, 2.0), sweep="20261127-120000-abcdef")
    write_run(folder, RUNS[5], name="first")
    path = folder / f"{RUNS[6]}.safetensors"
    path.write_bytes(b"\x00" * 100)
    age(path)
    return Store(folder)


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The ids of runs whose files were read for the index."""
    found: list[str] = []
    genuine = index.read_entry

    def noted(run: Run) -> Entry:
        found.append(run.id)
        return genuine(run)

    monkeypatch.setattr(index, "read_entry", noted)
    return found


def by_id(store: Store) -> dict[str, Entry]:
    return {entry.id: entry for entry in store.entries()}


def assert_as_the_files_say(store: Store) -> None:
    entries = by_id(store)
    assert list(entries) == [run.id for run in store.runs()]
    for run in store.runs():
        entry = entries[run.id]
        assert entry.size == run.path.stat().st_size
        if entry.state == "damaged":
            with pytest.raises(InputError, match=re.escape(entry.problem)):
                run.head()
            continue
        head = read_head(run.path, run.id)
        assert entry.config == head.config
        assert (entry.epoch, entry.members, entry.session) == (head.epoch, head.members, head.state)
        assert entry.losses == pytest.approx(head.losses, abs=0, nan_ok=True)
        assert entry.least_loss == pytest.approx(head.least_loss, abs=0, nan_ok=True)


def test_entries_are_what_the_files_say_with_an_index_and_without(store: Store, read: list[str]) -> None:
    assert_as_the_files_say(store)
    assert read == RUNS
    read.clear()
    assert_as_the_files_say(store)
    assert read == []
    (store.folder / "index.sqlite").unlink()
    assert_as_the_files_say(store)
    assert read == RUNS


def made_a(kind: str, path: Path) -> None:
    """Something under the name of a run's file that is no file, or leads to none."""
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "folder":
        path.mkdir()
    else:
        path.symlink_to(
            {"device": "/dev/zero", "link to nothing": "/nowhere/at/all", "loop": path.name}[kind]
        )


@pytest.mark.skipif(sys.platform == "win32", reason="has no pipes in folders")
@pytest.mark.parametrize("kind", ["pipe", "folder", "device", "link to nothing", "loop"])
def test_what_is_no_file_is_a_run_that_is_named_and_can_be_thrown_away(store: Store, kind: str) -> None:
    run = RUNS[1]
    store.entries()
    store.place(run).unlink()
    made_a(kind, store.place(run))
    entry = by_id(store)[run]
    assert (list(by_id(store)), entry.state) == (RUNS, "damaged")
    assert re.search("not an ordinary file|is a folder|no such file|cannot be read", entry.problem)
    assert store.entry(run) == entry
    assert dict(store.index().query("SELECT id, state FROM runs").rows)[run] == "damaged"
    with pytest.raises(InputError, match=re.escape(entry.problem)):
        store.named(run).read()
    store.trash(run)
    assert run not in by_id(store)
    store.restore(run)
    assert by_id(store)[run] == entry


@pytest.mark.skipif(sys.platform != "linux", reason="names there are any bytes")
@pytest.mark.parametrize(
    "name", ["two\nlines", "\x1b[31mred", "a%41?mode=memory#b", "half a pair \udc80", "'\";--"]
)
def test_the_folder_of_a_store_may_have_any_name(store: Store, name: str) -> None:
    odd = Store(store.folder.rename(store.folder.with_name(name)))
    assert [entry.id for entry in odd.entries()] == RUNS
    assert odd.index().query("SELECT count(*) FROM runs").rows == ((7,),)
    assert (odd.folder / "index.sqlite").is_file()


def test_of_the_last_run_that_went_nothing_is_left(store: Store) -> None:
    assert store.index().query("SELECT count(*) FROM runs").rows == ((7,),)
    for run in RUNS:
        store.trash(run)
    assert store.index().query("SELECT count(*) FROM runs").rows == ((0,),)
    assert store.entries() == ()


def test_states_say_how_a_run_stands(store: Store) -> None:
    let_go = hold(store.folder / f"{RUNS[1]}.safetensors")
    entries = by_id(store)
    assert [entries[run].state for run in RUNS] == [
        "finished", "running", "diverged", "kept", "interrupted", "interrupted", "damaged",
    ]  # fmt: skip
    let_go()
    assert by_id(store)[RUNS[1]].state == "interrupted"
    assert math.isnan(entries[RUNS[2]].least_loss)
    assert math.isnan(entries[RUNS[4]].losses[0])
    assert (entries[RUNS[4]].least_loss, entries[RUNS[4]].sweep) == (2.0, "20261127-120000-abcdef")
    assert (entries[RUNS[5]].name, entries[RUNS[5]].created) == ("first", "2026-11-27 19:00:05")
    assert "safetensors" in entries[RUNS[6]].problem
    assert store.entry(RUNS[0]) == entries[RUNS[0]]
    assert store.entry("20260101-000000-000000") is None


def test_what_is_done_behind_the_indexs_back_is_noticed(
    store: Store, read: list[str], tmp_path: Path
) -> None:
    store.entries()
    read.clear()
    (store.folder / f"{RUNS[0]}.safetensors").unlink()
    elsewhere = write_run(tmp_path / "other", ids(9)[8], epoch=77)
    elsewhere.rename(store.folder / elsewhere.name)
    write_run(store.folder, RUNS[2], epoch=123_456)
    same_size = (store.folder / f"{RUNS[4]}.safetensors").stat().st_size
    write_run(
        store.folder, RUNS[4], state="paused", epoch=99, losses=(None, 2.0), sweep="20261127-120000-abcdef"
    )
    assert (store.folder / f"{RUNS[4]}.safetensors").stat().st_size == same_size
    assert_as_the_files_say(store)
    assert sorted(read) == [RUNS[2], RUNS[4], elsewhere.stem]
    store.rename(RUNS[3], "here")
    age(store.folder / f"{RUNS[3]}.labels.json")
    read.clear()
    assert by_id(store)[RUNS[3]].name == "here"
    assert read == [RUNS[3]]
    read.clear()
    assert_as_the_files_say(store)
    assert read == []


def test_a_file_that_is_new_may_change_unseen_and_is_read_again(store: Store, read: list[str]) -> None:
    store.entries()
    read.clear()
    path = write_run(store.folder, RUNS[1], epoch=11, aged=False)
    then = path.stat()
    assert by_id(store)[RUNS[1]].epoch == 11
    write_run(store.folder, RUNS[1], epoch=12, aged=False)
    os.utime(path, ns=(then.st_atime_ns, then.st_mtime_ns))  # as clocks that tick slowly have it
    assert by_id(store)[RUNS[1]].epoch == 12
    assert read == [RUNS[1]] * 2


def test_a_clock_that_goes_back_changes_nothing(store: Store, read: list[str]) -> None:
    store.entries()
    path = write_run(store.folder, RUNS[1], epoch=500)
    age(path, 10 * 365 * 86_400)
    read.clear()
    assert by_id(store)[RUNS[1]].epoch == 500
    assert read == [RUNS[1]]


@pytest.mark.parametrize("content", [b"no database" * 100, b"SQLite format 3\0" + b"\xff" * 8000])
def test_what_is_no_index_is_set_aside_named_and_made_anew(
    store: Store, content: bytes, read: list[str]
) -> None:
    path = store.folder / "index.sqlite"
    path.write_bytes(content)
    over = store.index()
    assert len(over.entries()) == 7
    [note] = over.notes
    [aside] = store.folder.glob("index.damaged-*.sqlite")
    assert aside.name in note
    assert aside.read_bytes() == content
    assert_as_the_files_say(store)
    read.clear()
    again = store.index()
    assert len(again.entries()) == 7
    assert (again.notes, read) == ([], [])


def of_another_program(path: Path, version: int) -> None:
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE photos (a)")
        connection.execute(f"PRAGMA user_version={version}")
        connection.commit()


@pytest.mark.parametrize(
    "put",
    [
        os.mkfifo,
        lambda path: path.symlink_to(os.devnull),
        lambda path: os.mkfifo(path.with_name(path.name + "-wal")),
        *(lambda path, version=version: of_another_program(path, version) for version in (0, 1, VERSION, -5)),
    ],
)
def test_what_lies_in_its_place_is_set_aside_as_it_is(store: Store, put: Callable[[Path], None]) -> None:
    path = store.folder / "index.sqlite"
    put(path)
    before = path.read_bytes() if path.is_file() else None
    over = store.index()
    assert len(over.entries()) == 7
    [aside] = [each for each in store.folder.glob("index.damaged-*") if before or not each.is_file()]
    assert any(aside.name.removesuffix("-wal") in note for note in over.notes)
    assert before is None or aside.read_bytes() == before
    assert over.query("SELECT count(*) FROM runs").rows == ((7,),)


def test_an_index_damaged_anywhere_never_gives_a_wrong_list(store: Store) -> None:
    store.entries()
    path = store.folder / "index.sqlite"
    whole, draw = path.read_bytes(), random.Random(0)  # noqa: S311 - no secret
    for _ in range(60):
        damaged = bytearray(whole)
        for _ in range(draw.choice((1, 8, 200))):
            damaged[draw.randrange(len(damaged))] = draw.randrange(256)
        path.write_bytes(damaged[: draw.choice((len(damaged), draw.randrange(len(damaged))))])
        assert_as_the_files_say(store)


def test_of_damaged_ones_that_were_set_aside_the_newest_are_kept(store: Store) -> None:
    """With their journals; by when they were set aside, whatever the clock said and their names say."""
    (store.folder / "index.damaged-29991231-235959-ffff.sqlite").write_bytes(b"from a clock that was ahead")
    (store.folder / "index.damaged-29991231-235959-ffff.sqlite-wal").write_bytes(b"its journal")
    for number in range(5):
        (store.folder / "index.sqlite").write_bytes(b"nonsense %d" % number * 100)
        assert store.index().rebuild().set_aside
    kept = {path.read_bytes()[:10] for path in store.folder.glob("index.damaged*")}
    assert kept == {b"nonsense 2", b"nonsense 3", b"nonsense 4"}


def test_an_index_of_a_newer_version_is_left_alone_and_told_of(store: Store) -> None:
    store.entries()
    path = store.folder / "index.sqlite"
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.execute(f"PRAGMA user_version={VERSION + 1}")
        connection.commit()
    before = path.read_bytes()
    over = store.index()
    assert len(over.entries()) == 7
    assert f"version {VERSION + 1}; this one knows {VERSION}" in over.notes[0]
    assert_as_the_files_say(store)
    with pytest.raises(IndexProblem, match="newer nnexpr"):
        over.rebuild()
    assert path.read_bytes() == before
    assert not list(store.folder.glob("index.damaged*"))


def test_it_is_rebuilt_from_the_files_labels_and_all(store: Store) -> None:
    store.tag(RUNS[0], "good", "paper")
    store.note(RUNS[1], "two\nlines")
    before = by_id(store)
    rebuilt = store.index().rebuild()
    assert (rebuilt.runs, rebuilt.damaged, rebuilt.set_aside) == (7, 1, "")
    (store.folder / "index.sqlite").write_bytes(b"nonsense" * 2000)
    rebuilt = store.index().rebuild()
    assert (store.folder / rebuilt.set_aside).read_bytes() == b"nonsense" * 2000
    after = by_id(store)
    assert all(after[run].__dict__.items() >= _plain(before[run]).items() for run in RUNS)
    assert (after[RUNS[0]].tags, after[RUNS[1]].note) == (("good", "paper"), "two\nlines")


def _plain(entry: Entry) -> dict[str, Any]:
    return {name: value for name, value in vars(entry).items() if value == value}


@contextlib.contextmanager
def only_reading(folder: Path) -> Iterator[None]:
    """Nothing in the folder can be written while inside, also where the tests belong to root."""
    folder.chmod(0o555)
    for path in folder.iterdir():
        path.chmod(0o444)
    nobody = 65534
    try:
        if os.geteuid() == 0:
            os.seteuid(nobody)
        yield
    finally:
        if os.getuid() == 0:
            os.seteuid(0)
        folder.chmod(0o755)


@pytest.mark.parametrize("journal", ["wal", "delete"])
def test_a_store_that_can_only_be_read_is_listed(
    store: Store, journal: str, monkeypatch: pytest.MonkeyPatch, read: list[str]
) -> None:
    monkeypatch.setenv(VARIABLE, journal)
    with tempfile.TemporaryDirectory() as anybodys:  # the tests' own folder is for their user alone
        Path(anybodys).chmod(0o755)
        shared = Store(shutil.copytree(store.folder, Path(anybodys) / "store"))
        with only_reading(shared.folder):
            assert [entry.id for entry in shared.entries()] == RUNS  # without an index
        shared.entries()
        read.clear()
        with only_reading(shared.folder):
            over = shared.index()
            assert [entry.id for entry in over.entries()] == RUNS
            assert (over.notes, read) == ([], [])


@pytest.mark.parametrize("journal", ["wal", "delete"])
def test_the_journal_is_that_which_the_place_bears(
    store: Store, journal: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, journal)
    store.entries()
    with reading(store.folder / "index.sqlite") as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == (journal,)
    other = "delete" if journal == "wal" else "wal"
    monkeypatch.setenv(VARIABLE, other)  # it was moved to another file system
    with writing(store.folder / "index.sqlite") as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == (other,)
    monkeypatch.setenv(VARIABLE, "quick")
    with pytest.raises(InputError, match="it is wal or delete"):
        journal_for(store.folder)


def test_file_systems_are_told_by_where_they_are_mounted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "home" / "my runs"
    home.mkdir(parents=True)
    table = tmp_path / "mounts"
    escaped = str(home).replace(" ", "\\040")
    table.write_text(
        "22 1 0:21 / / rw - ext4 /dev/sda1 rw\n"
        f"23 22 0:22 / {tmp_path}/home rw shared:1 - ext4 /dev/sdb rw\n"
        f"24 23 0:23 / {tmp_path}/home rw - nfs4 server:/home rw\n"
        f"25 24 0:24 / {escaped} rw - fuse.sshfs box: rw\n"
    )
    monkeypatch.setattr("nnexpr.runs.index.filesystems._MOUNTS", table)
    monkeypatch.delenv(VARIABLE, raising=False)
    assert [file_system(each) for each in (home, home.parent, tmp_path, Path("/"))] == [
        "fuse.sshfs", "nfs4", "ext4", "ext4",
    ]  # fmt: skip
    assert [journal_for(each) for each in (home, home.parent, tmp_path)] == ["delete", "delete", "wal"]
    table.unlink()
    assert file_system(tmp_path) != ""  # as the system itself tells it


def test_an_index_that_another_writes_is_waited_for_only_so_long_and_the_list_is_right(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nnexpr.runs.index.index.SHORT", 0.0)
    with writing(store.folder / "index.sqlite"):
        over = store.index()
        assert [entry.id for entry in over.entries()] == RUNS
    assert_as_the_files_say(store)


def test_no_file_of_a_store_stays_open(store: Store) -> None:
    for _ in range(3):
        store.entries()
        store.index().rebuild()
        store.tag(RUNS[0], "good")
    numbers = Path("/proc/self/fd")
    opened = [os.readlink(numbers / name) for name in os.listdir(numbers) if (numbers / name).exists()]
    assert opened
    assert not [name for name in opened if name.startswith(str(store.folder))]


def test_what_is_made_is_the_users_own(tmp_path: Path) -> None:
    store = Store(tmp_path / "mine")
    store.make_folder()
    write_run(store.folder, RUNS[0])
    store.entries()
    store.tag(RUNS[0], "good")
    assert store.folder.stat().st_mode & 0o077 == 0
    made = [path for path in store.folder.iterdir() if path.suffix != ".safetensors"]
    assert {path.name: path.stat().st_mode & 0o077 for path in made} == {path.name: 0 for path in made}
    assert len(made) >= 3


def test_an_older_state_of_a_file_never_takes_the_place_of_a_newer_one(store: Store) -> None:
    store.entries()
    slow = store.index()
    known = slow._known()
    older = {
        RUNS[1]: (*known[RUNS[1]][:15], 11, *known[RUNS[1]][16:])
    }  # as read by one that was then held up
    write_run(store.folder, RUNS[1], epoch=500)
    (store.folder / f"{RUNS[0]}.safetensors").unlink()
    write_run(store.folder, RUNS[0], epoch=77)
    store.entries()
    slow._write(older, {RUNS[0]}, known, must=False)
    with reading(slow.path) as connection:
        told = connection.execute("SELECT epoch FROM runs WHERE id < ? ORDER BY id", (RUNS[2],)).fetchall()
    assert told == [(77,), (500,)]


LISTER = """
import sys
import tempfile
from nnexpr.runs.store import store
sys.stdin.readline()
over = store(sys.argv[1]).index()
print(len(over.entries()), over.notes, flush=True)
"""


def test_processes_that_list_at_once_where_there_is_no_index_yet_all_are_right(store: Store) -> None:
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    started = [subprocess.Popen([sys.executable, "-c", LISTER, store.folder], **pipes) for _ in range(8)]
    for process in started:
        process.stdin.write("\n")
        process.stdin.flush()
    said = [process.communicate() for process in started]
    assert said == [("7 []\n", "")] * len(started)
    with reading(store.folder / "index.sqlite") as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert connection.execute("SELECT count(*) FROM runs").fetchone() == (7,)


def test_an_index_of_no_runs_is_not_made(tmp_path: Path) -> None:
    assert Index(tmp_path / "none").entries() == ()
    assert not (tmp_path / "none").exists()
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match="must be a folder"):
        Index(tmp_path / "file").entries()
