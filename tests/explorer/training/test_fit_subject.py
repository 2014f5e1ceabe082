"""The fit on the engine's thread: it trains, is rebuilt and kept, and says what is urgent of what it shows."""

from __future__ import annotations

import queue
from collections.abc import Iterator
from pathlib import Path
from time import monotonic, sleep

import pytest
from stand_in import World
from steps import PATIENCE
from textual.message import Message

from nnexpr.runs.store import Store, store
from nnexpr.specification import FitSpecification, InputError
from nnexpr.training import devices
from nnexpr_tui.training.moment import FitMoment, Loaded, Refused
from nnexpr_tui.training.subject import FitSubject
from nnexpr_tui.worker.scheduler import Said, Scheduler, Updated

PLAIN = FitSpecification.make(epochs=10_000)


class Office:
    """A scheduler with a fit, looked at, and the messages it posted."""

    def __init__(self, world: World, **options: object) -> None:
        self.posted: queue.Queue[Message] = queue.Queue()
        self.scheduler = Scheduler(self.posted.put, FitSubject(world.load, store=store(), **options))  # type: ignore[arg-type]
        self.scheduler.look(frozenset({FitSubject}))

    def open(self, *, start: bool = False) -> None:
        self.configure(PLAIN, start=start)
        self.scheduler.open()

    def configure(self, specification: FitSpecification, *, start: bool | None = None) -> None:
        self.scheduler.ask(FitSubject, lambda fit: fit.configure(specification, start=start))

    def step(self, epochs: int = 1) -> None:
        self.scheduler.ask(FitSubject, lambda fit: fit.step(epochs))

    def next(self, kind: type[Message]) -> Message:
        """The next message of this kind."""
        while not isinstance(message := self.posted.get(timeout=PATIENCE), kind):
            pass
        return message

    def moment(self, epoch: int, state: str = "") -> FitMoment:
        """The first moment at this epoch or later, and in this state."""
        deadline = monotonic() + PATIENCE
        while monotonic() < deadline:
            self.scheduler.want()
            moment = self.scheduler.take().get(FitSubject)
            if moment is not None and moment.epoch >= epoch and state in ("", moment.state):
                assert isinstance(moment, FitMoment)
                return moment
            sleep(0.002)
        raise AssertionError(f"no moment at epoch {epoch}")

    def close(self) -> None:
        self.scheduler.stop()
        assert self.scheduler.stopped.wait(PATIENCE)


@pytest.fixture
def office(world: World) -> Iterator[Office]:
    made = Office(world)
    yield made
    made.close()


def test_it_says_that_the_engine_is_there_and_offers_the_first_moment(office: Office) -> None:
    office.open()
    assert office.next(Loaded).targets == ("fourier", "cube", "chirp")  # type: ignore[attr-defined]
    office.next(Updated)
    moment = office.moment(0)
    assert (moment.epoch, moment.state, moment.loss) == (0, "ready", 1.0)


def test_while_it_trains_moments_come_only_when_they_are_wanted(office: Office, world: World) -> None:
    office.open(start=True)
    office.moment(0)
    world.let_train(500)
    taken = 0
    while world.engine.epoch < 500:
        taken += bool(office.scheduler.take())
        sleep(0.002)
    assert taken <= 1, "the one that was asked for while the first came"
    assert office.moment(500).epoch == 500


def test_questions_are_answered_in_their_order(office: Office, world: World) -> None:
    office.open()
    office.step(3)
    office.configure(PLAIN.replace(depth=5))
    office.step(2)
    assert office.moment(2).specification.depth == 5
    assert [engine.epoch for engine in world.engines] == [3, 2]


def test_what_cannot_be_built_is_refused_with_the_way_back(office: Office) -> None:
    office.open()
    office.moment(0)
    wrong = PLAIN.replace(target="nothing")
    office.configure(wrong)
    message = office.next(Refused)
    assert isinstance(message, Refused)
    assert isinstance(message.error, InputError)
    assert (message.refused, message.back_to) == (wrong, PLAIN)
    office.step()
    assert office.moment(1).specification == PLAIN


def test_a_device_that_was_passed_over_is_said_once(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(devices, "passed_over", lambda name: f"{name} is passed over.")
    office.open()
    said = office.next(Said)
    assert isinstance(said, Said)
    assert (said.text, said.error) == ("auto is passed over.", False)
    office.configure(PLAIN.replace(lr=0.5))
    office.step()
    assert office.moment(1).specification.lr == 0.5
    assert not any(isinstance(message, Said) for message in list(office.posted.queue))


def test_what_is_taken_otherwise_than_one_may_think_is_said_when_it_is_new(tmp_path: Path) -> None:
    """The encoding's period and what a file's columns were taken for, as the command line says them."""
    table = tmp_path / "days.csv"
    table.write_text("day,level\n2020-01-03,1\n2020-01-01,2\n2020-01-02,4\n")
    posted: list[Message] = []
    fit = FitSubject()
    fit.begin(Scheduler(posted.append, fit))

    def said(**options: object) -> str:
        posted.clear()
        fit.configure(FitSpecification.make(**options))
        return " ".join(message.text for message in posted if isinstance(message, Said))

    assert said(target="arctan25") == ""
    period = "The encoding's period is the domain, [-1, 1]; with 1, x and x + 1 would be one input."
    assert said(target="arctan25", encoding_bands=2) == period
    assert said(target="arctan25", encoding_bands=3, depth=4) == ""
    read = said(target=f"csv:{table}")
    assert "days since 2020-01-01" in read
    assert "sorted by x" in read


def test_the_way_back_from_what_is_refused_has_the_live_changes(office: Office) -> None:
    office.open()
    faster = PLAIN.replace(lr=0.5)
    office.scheduler.ask(FitSubject, lambda fit: fit.reconfigure(faster))
    office.configure(faster.replace(target="nothing"))
    assert office.next(Refused).back_to == faster  # type: ignore[attr-defined]


def test_after_a_failure_it_stands_still_and_lives_on(office: Office, world: World) -> None:
    office.open(start=True)
    office.moment(0)
    world.failure = ZeroDivisionError("first line\nsecond line")
    said = office.next(Said)
    assert isinstance(said, Said)
    assert (said.text, said.error) == ("Training stopped: first line", True)
    assert office.moment(0, "failed").epoch == 0
    world.failure = None
    office.configure(PLAIN, start=True)
    world.let_train(3)
    assert office.moment(3).state == "running"


def test_what_a_fit_did_before_it_failed_is_kept(world: World) -> None:
    office = Office(world, keep_every=1e6)
    world.let_train(5)
    office.open(start=True)
    office.moment(5)
    world.failure = MemoryError()
    assert office.moment(5, "failed").run is not None
    assert world.kept == [5]
    office.close()


def test_the_run_is_kept_while_training_and_once_more_at_the_end(world: World) -> None:
    office = Office(world, keep_every=0.05)
    world.let_train(10)
    office.open(start=True)
    deadline = monotonic() + PATIENCE
    while not world.kept:
        assert monotonic() < deadline
        sleep(0.005)
    world.let_train(10)
    while world.engine.epoch < 20:
        sleep(0.002)
    office.close()
    assert world.kept == [20]


def test_a_fit_that_ends_by_itself_is_kept_then_and_once(world: World) -> None:
    office = Office(world, keep_every=1e6)
    world.let_train(5)
    office.open()
    office.configure(PLAIN.replace(epochs=5), start=True)
    assert office.moment(5, "finished").state == "finished"
    assert world.kept == [5]
    office.close()
    assert world.kept == [5]


def test_a_store_that_cannot_be_written_is_said_and_training_goes_on(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def keep(*_: object, **__: object) -> str:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Store, "keep", keep)
    office = Office(world, keep_every=0.01)
    world.let_train(5)
    office.open(start=True)
    said = office.next(Said)
    assert isinstance(said, Said)
    assert "No space left" in said.text
    world.let_train(5)
    assert office.moment(10).state == "running"
    office.close()


def test_nothing_is_kept_of_a_fit_that_did_not_train(world: World) -> None:
    office = Office(world)
    office.open()
    office.moment(0)
    office.close()
    assert world.kept == []


def test_a_moment_is_urgent_unless_training_just_goes_on(office: Office, world: World) -> None:
    office.open()
    ready = office.moment(0)
    assert ready.is_urgent(None)
    world.let_train(20)
    office.scheduler.ask(FitSubject, FitSubject.toggle)
    first, second = office.moment(5, "running"), office.moment(20, "running")
    assert first.is_urgent(ready)
    assert not second.is_urgent(first)
    office.scheduler.ask(FitSubject, FitSubject.toggle)
    assert office.moment(20, "paused").is_urgent(second)
    office.configure(PLAIN, start=True)
    assert office.moment(0, "running").is_urgent(second), "of another network"
