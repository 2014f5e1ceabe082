"""When a run is kept: as often as asked for and no oftener than its share of the time; what cannot be is told once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from unittest.mock import Mock

import numpy as np
import pytest
import torch

from nnexpr.runs import keeper as module
from nnexpr.runs.claiming import claimed
from nnexpr.runs.keeper import LEAST_REST, Keeper
from nnexpr.runs.store import Store
from nnexpr.specification import FitSpecification, InputError
from nnexpr.training.fit import session_of
from nnexpr.training.session import Session


@pytest.fixture
def session() -> Session:
    return session_of(FitSpecification.make(members=2, points=32, width=(4,), epochs=100))


class Clock:
    """Time that passes when told to, and by ``cost`` whenever a store is written to."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now, self.cost = 100.0, 0.0
        monkeypatch.setattr(module, "monotonic", lambda: self.now)
        keep = Store.keep

        def slowly(*args: object, **rest: object) -> str:
            self.now += self.cost
            return keep(*args, **rest)  # type: ignore[arg-type]

        monkeypatch.setattr(Store, "keep", slowly)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


def kept_epochs(keeper: Keeper, session: Session, clock: Clock, seconds: int) -> list[int | None]:
    found: list[int | None] = []
    for _ in range(seconds):
        clock.now += 1.0
        session.step()
        if keeper.is_due:
            keeper.keep(session)
        found.append(keeper.epoch)
    return found


def test_it_is_kept_every_so_many_seconds_under_one_id(
    tmp_path: Path, session: Session, clock: Clock
) -> None:
    keeper = Keeper(Store(tmp_path), 3.0)
    assert kept_epochs(keeper, session, clock, 8) == [None, None, 3, 3, 3, 6, 6, 6]
    [run] = Store(tmp_path).runs()
    assert run.id == keeper.run
    saved = run.read()
    assert saved.metadata["extra"]["epoch"] == 6
    assert saved.specification == session.specification


def test_keeping_takes_a_small_share_of_the_time(tmp_path: Path, session: Session, clock: Clock) -> None:
    keeper = Keeper(Store(tmp_path), 0.0)
    clock.cost = 2.0
    kept_epochs(keeper, session, clock, LEAST_REST * 2)
    assert session.epoch - (keeper.epoch or 0) < LEAST_REST * 2
    assert keeper.epoch == 1  # the next would be due after 40 seconds
    kept_epochs(keeper, session, clock, 1)
    assert keeper.epoch == LEAST_REST * 2 + 1


def test_a_store_that_could_never_be_written_is_refused_before_and_told_after(
    tmp_path: Path, session: Session
) -> None:
    (tmp_path / "file").touch()
    store = Store(tmp_path / "file")
    with pytest.raises(InputError, match="cannot be written"):
        store.require_writable()
    keeper = Keeper(store, 0.0)
    keeper.keep(session)
    assert (keeper.run, keeper.epoch) == (None, None)
    assert keeper.problem.startswith(f"the run could not be kept in {store.folder}: ")
    Store(tmp_path / "new").require_writable()
    assert list((tmp_path / "new").iterdir()) == []


def test_a_store_that_fails_later_is_a_problem_until_it_is_written_again(
    tmp_path: Path, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    keeper = Keeper(Store(tmp_path), 0.0)
    keeper.keep(session)
    run = keeper.run
    session.step()

    def full(*_: object, **__: object) -> str:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(Store, "keep", full)
        keeper.keep(session)
    assert (keeper.run, keeper.epoch) == (run, 0)
    assert (
        keeper.problem
        == f"the run could not be kept in {tmp_path}: No space left on device; what is there is of epoch 0"
    )
    keeper.keep(session)
    assert (keeper.run, keeper.epoch, keeper.problem) == (run, 1, "")


def test_a_run_that_never_came_to_a_file_is_none_though_its_id_was_claimed(
    tmp_path: Path, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = Store(tmp_path)
    keeper = Keeper(store, 1.0, claimed(store, "night"))
    with monkeypatch.context() as full:
        full.setattr(Store, "keep", Mock(side_effect=OSError(28, "No space left on device")))
        keeper.keep(session)
    assert (keeper.kept, "No space left" in keeper.problem) == (None, True)
    keeper.keep(session)
    assert keeper.kept == keeper.run == store.named("night").id


def test_losses_are_those_of_the_members_that_are_written(tmp_path: Path, session: Session) -> None:
    keeper = Keeper(Store(tmp_path), 0.0)
    session.step(20)
    keeper.keep(session)
    [run] = Store(tmp_path).runs()
    saved = run.read()
    x, y = session.target.inputs, session.target.own_values
    with torch.no_grad():
        predictions = saved.network(torch.as_tensor(x, dtype=torch.float32))[:, :, 0].numpy()
    assert saved.metadata["extra"]["losses"] == pytest.approx(
        np.mean((predictions - y) ** 2, axis=1), rel=1e-5
    )


def test_while_long_epochs_go_on_no_pass_is_made_for_a_checkpoint(tmp_path: Path, session: Session) -> None:
    keeper = Keeper(Store(tmp_path), 0.0)
    session.step(3)
    session.seconds = 1e6
    keeper.keep(session)
    [run] = Store(tmp_path).runs()
    assert run.read().metadata["extra"]["losses"] == session.history.losses[-1].tolist()
    session.stop()  # at the end they are exact again
    keeper.keep(session)
    assert run.read().metadata["extra"]["losses"] == session.losses().tolist()


def test_a_run_is_held_while_it_can_still_train(tmp_path: Path, session: Session) -> None:
    store, keeper = Store(tmp_path), Keeper(Store(tmp_path), 0.0)
    session.step()
    keeper.keep(session)
    [run] = store.runs()
    assert run.holder() == "this process"
    with pytest.raises(InputError, match="this process is training it"), Keeper(store, 0.0, run.id).held():
        pass
    with pytest.raises(InputError, match="this process is training it"):
        run.delete()
    session.stop()
    keeper.keep(session)
    assert run.holder() == ""
    assert [path.name for path in tmp_path.iterdir()] == [run.path.name]


def test_what_is_kept_no_longer_is_let_go(tmp_path: Path, session: Session) -> None:
    keeper = Keeper(Store(tmp_path), 0.0)
    keeper.keep(session)
    [run] = Store(tmp_path).runs()
    assert run.holder()
    del keeper
    assert run.holder() == ""
    with Keeper(Store(tmp_path), 0.0, run.id).held():
        assert run.holder() == "this process"
    assert run.holder() == ""


def test_where_another_trains_the_run_it_is_a_problem_and_its_file_stands(
    tmp_path: Path, session: Session
) -> None:
    first = Keeper(Store(tmp_path), 0.0)
    first.keep(session)
    session.step()
    second = Keeper(Store(tmp_path), 0.0, first.run)
    second.keep(session)
    assert "this process is training it" in second.problem
    assert Store(tmp_path).runs()[0].head().epoch == 0


def test_words_of_whoever_keeps_it_are_in_the_head(tmp_path: Path, session: Session) -> None:
    Keeper(Store(tmp_path), 0.0, words={"sweep": "20261127-120000-abcdef", "name": "first"}).keep(session)
    head = Store(tmp_path).runs()[0].head()
    assert (head.sweep, head.name, head.state) == ("20261127-120000-abcdef", "first", "ready")


def test_two_that_draw_one_id_in_one_second_keep_two_runs(
    tmp_path: Path, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that holds it, and one that has kept it and let go before it could be held."""
    ids = [f"20260101-000000-00000{number}" for number in range(3)]
    store, genuine = Store(tmp_path), module.hold
    let_go = genuine(store.place(ids[0]))

    def late(path: Path) -> Callable[[], None]:
        if path.stem == ids[1]:
            path.write_bytes(b"another's")
        return genuine(path)

    monkeypatch.setattr("nnexpr.runs.store.new_id", iter(ids).__next__)
    monkeypatch.setattr(module, "hold", late)
    keeper = Keeper(store, 0.0)
    keeper.keep(session)
    let_go()
    assert (keeper.run, keeper.problem) == (ids[2], "")
    assert store.place(ids[1]).read_bytes() == b"another's"
    assert not store.place(ids[0]).exists()
