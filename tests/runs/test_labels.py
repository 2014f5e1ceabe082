"""Names, tags and notes go with a run, and so does the trash's way back."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from light_runs import ids, write_run

from nnexpr.runs import folder
from nnexpr.runs.filters import parse
from nnexpr.runs.holding import hold
from nnexpr.runs.labels import Labels, labels_of
from nnexpr.runs.store import Store
from nnexpr.specification import InputError

ONE, OTHER = ids(2)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    for run in (ONE, OTHER):
        write_run(tmp_path / "store", run)
    return Store(tmp_path / "store")


def labels(store: Store, run: str = ONE) -> Labels:
    found = store.find(run)
    assert found is not None
    return found.labels()


def test_a_run_is_tagged_named_and_noted(store: Store) -> None:
    store.tag(ONE, "paper", "good")
    store.tag(ONE, "good", "small")
    store.untag(ONE, "paper", "never")
    store.rename(ONE, "  the first ")
    store.note(ONE, "line\nline\n")
    assert labels(store) == Labels("the first", ("good", "small"), "line\nline")
    assert store.named("the first").id == ONE
    [entry] = [entry for entry in store.entries() if parse("tag=small").accepts(entry)]
    assert (entry.id, entry.name, entry.tags, entry.note) == (
        ONE,
        "the first",
        ("good", "small"),
        "line\nline",
    )
    store.untag(ONE, "good", "small")
    store.rename(ONE, "")
    store.note(ONE, "")
    assert sorted(path.suffix for path in store.folder.glob("2*")) == [".safetensors"] * 2, (
        "no labels, no file"
    )


def test_a_name_is_of_one_run(store: Store) -> None:
    store.rename(ONE, "best")
    with pytest.raises(InputError, match=f"run {ONE} has it"):
        store.rename(OTHER, "best")
    store.rename(ONE, "best")
    store.rename(ONE, "other")
    store.rename(OTHER, "best")


@pytest.mark.parametrize(
    ("what", "wrong"),
    [
        ("tag", "two words"), ("tag", ""), ("tag", "a=b"), ("tag", "x" * 41), ("tag", "\x1b[2J"), ("tag", "a|b"),
        ("rename", "two\nlines"), ("rename", "x" * 81), ("rename", "20261127"), ("rename", "2"), ("rename", "\x07"),
        ("note", "x" * 10_001),
    ],
)  # fmt: skip
def test_what_cannot_be_said_is_refused(store: Store, what: str, wrong: str) -> None:
    with pytest.raises(InputError):
        getattr(store, what)(ONE, wrong)
    assert labels(store) == Labels()


@pytest.mark.parametrize("run", ["20260101-000000-000000", "../x", "", "nothing"])
def test_what_is_no_run_is_not_labelled(store: Store, run: str) -> None:
    for change in (store.tag, store.rename, store.note):
        with pytest.raises(InputError, match="none of this id"):
            change(run, "word")
    for change in (store.trash, store.restore):
        with pytest.raises(InputError):
            change(run)
    assert sorted(path.name for path in store.folder.parent.iterdir()) == ["store"]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=60) | st.text('{}[]":,tagsnme\\u0', max_size=40).map(str.encode))
def test_labels_that_are_damaged_are_none(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.labels.json"
    path.write_bytes(content)
    assert labels_of(path) == Labels()


def test_half_a_sign_is_no_label(store: Store, tmp_path: Path) -> None:
    (tmp_path / "a.labels.json").write_text('{"note": "\\ud800"}')
    assert labels_of(tmp_path / "a.labels.json") == Labels()
    for change in (store.tag, store.rename, store.note):
        with pytest.raises(InputError):
            change(ONE, "\udcff")
    assert labels(store) == Labels()


def test_a_pipe_or_a_folder_in_the_place_of_labels_is_none(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.labels.json")
    (tmp_path / "b.labels.json").mkdir()
    assert labels_of(tmp_path / "a.labels.json") == labels_of(tmp_path / "b.labels.json") == Labels()


def test_labels_go_and_come_back_with_their_run(store: Store) -> None:
    store.tag(ONE, "good")
    content = store.named(ONE).path.read_bytes()
    store.trash(ONE)
    assert ([entry.id for entry in store.entries()], store.trashed()) == ([OTHER], (ONE,))
    store.restore(ONE)
    assert [entry.tags for entry in store.entries()] == [("good",), ()]
    assert (store.named(ONE).path.read_bytes(), store.trashed()) == (content, ())
    with pytest.raises(InputError, match="not in the trash"):
        store.restore(ONE)
    store.named(ONE).delete()
    assert not list(store.folder.glob(f"*{ONE}*"))


def test_a_run_that_is_trained_is_not_thrown_away(store: Store) -> None:
    let_go = hold(store.named(ONE).path)
    with pytest.raises(InputError, match="is training it"):
        store.trash(ONE)
    let_go()
    store.trash(ONE)


def test_what_has_lain_in_the_trash_for_long_goes(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    store.trash(ONE)
    monkeypatch.setattr(folder, "DAYS_IN_TRASH", -1)
    store.trash(OTHER)
    assert store.trashed() == (OTHER,)
    assert os.listdir(store.folder / ".trash") == [f"{OTHER}.safetensors"]
