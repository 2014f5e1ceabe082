"""The engine's thread: commands are carried out in order, frames do not queue, and what fails does not end it."""

from __future__ import annotations

import queue
from collections.abc import Iterator
from time import monotonic, sleep

import pytest
from stand_in import World
from textual.message import Message

from nnexpr.specification import FitSpecification, InputError
from nnexpr_tui.worker.frame import Frame
from nnexpr_tui.worker.thread import Loaded, Refused, Said, Updated, Worker

PLAIN = FitSpecification.make(epochs=10_000)


class Office:
    """A worker and the messages it posted."""

    def __init__(self, world: World, **options: object) -> None:
        self.posted: queue.Queue[Message] = queue.Queue()
        self.worker = Worker(self.posted.put, world.load, **options)  # type: ignore[arg-type]

    def next(self, kind: type[Message]) -> Message:
        """The next message of this kind."""
        while not isinstance(message := self.posted.get(timeout=10), kind):
            pass
        return message

    def frame(self, epoch: int, state: str = "") -> Frame:
        """The first frame at this epoch or later, and in this state."""
        deadline = monotonic() + 10
        while monotonic() < deadline:
            self.worker.want()
            frame = self.worker.take()
            if frame is not None and frame.epoch >= epoch and state in ("", frame.state):
                return frame
            sleep(0.002)
        raise AssertionError(f"no frame at epoch {epoch}")


@pytest.fixture
def office(world: World) -> Iterator[Office]:
    made = Office(world)
    yield made
    made.worker.stop()
    assert made.worker.stopped.wait(10)


def test_it_says_that_the_engine_is_there_and_offers_the_first_frame(office: Office) -> None:
    office.worker.open(PLAIN, start=False)
    assert office.next(Loaded).targets == ("fourier", "cube", "chirp")  # type: ignore[attr-defined]
    office.next(Updated)
    frame = office.worker.take()
    assert frame is not None
    assert (frame.epoch, frame.state, frame.loss) == (0, "ready", 1.0)
    assert office.worker.take() is None


def test_a_newer_frame_replaces_one_that_was_not_fetched(office: Office) -> None:
    office.worker.open(PLAIN, start=False)
    office.next(Updated)
    for _ in range(5):
        office.worker.step()
    deadline = monotonic() + 10
    while (waiting := office.worker.waiting) is None or waiting.epoch < 5:
        assert monotonic() < deadline
        sleep(0.002)
    assert office.worker.take() is waiting
    assert office.posted.empty(), "one message for all of them"


def test_while_it_trains_frames_come_only_when_they_are_wanted(office: Office, world: World) -> None:
    office.worker.open(PLAIN, start=True)
    office.frame(0)
    sleep(0.05)
    office.worker.take()
    world.let_train(500)
    while world.engine.epoch < 500:
        sleep(0.002)
    assert office.worker.take() is None
    assert office.frame(500).epoch == 500


def test_commands_are_carried_out_in_their_order(office: Office, world: World) -> None:
    office.worker.open(PLAIN, start=False)
    office.worker.step(3)
    office.worker.configure(PLAIN.replace(depth=5))
    office.worker.step(2)
    frame = office.frame(2)
    assert frame.scene.specification.depth == 5
    assert [engine.epoch for engine in world.engines] == [3, 2]


def test_what_cannot_be_built_is_refused_with_the_way_back(office: Office) -> None:
    office.worker.open(PLAIN, start=False)
    office.frame(0)
    wrong = PLAIN.replace(target="nothing")
    office.worker.configure(wrong)
    message = office.next(Refused)
    assert isinstance(message, Refused)
    assert isinstance(message.error, InputError)
    assert (message.refused, message.back_to) == (wrong, PLAIN)
    office.worker.step()
    assert office.frame(1).scene.specification == PLAIN


def test_after_a_failure_it_stands_still_and_lives_on(office: Office, world: World) -> None:
    office.worker.open(PLAIN, start=True)
    office.frame(0)
    world.failure = ZeroDivisionError("first line\nsecond line")
    said = office.next(Said)
    assert isinstance(said, Said)
    assert said.error
    assert said.text.endswith("first line")
    assert office.frame(0, "failed").epoch == 0
    world.failure = None
    office.worker.configure(PLAIN, start=True)
    world.let_train(3)
    assert office.frame(3).state == "running"


def test_the_run_is_kept_while_training_and_once_more_at_the_end(world: World) -> None:
    office = Office(world, checkpoint_seconds=0.05)
    world.let_train(10)
    office.worker.open(PLAIN, start=True)
    deadline = monotonic() + 10
    while not world.kept:
        assert monotonic() < deadline
        sleep(0.005)
    world.let_train(10)
    while world.engine.epoch < 20:
        sleep(0.002)
    office.worker.stop()
    assert office.worker.stopped.wait(10)
    assert world.kept[-1] == ("run-1", 20)
    assert {run for run, _ in world.kept} == {"run-1"}


def test_a_store_that_cannot_be_written_is_said_and_training_goes_on(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def keep(self: object, run: str | None) -> str:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("stand_in.StandIn.keep", keep)
    office = Office(world, checkpoint_seconds=0.01)
    world.let_train(5)
    office.worker.open(PLAIN, start=True)
    said = office.next(Said)
    assert isinstance(said, Said)
    assert "No space left" in said.text
    world.let_train(5)
    assert office.frame(10).state == "running"
    office.worker.stop()
    assert office.worker.stopped.wait(10)


def test_nothing_is_kept_of_a_fit_that_did_not_train(world: World) -> None:
    office = Office(world)
    office.worker.open(PLAIN, start=False)
    office.frame(0)
    office.worker.stop()
    assert office.worker.stopped.wait(10)
    assert world.kept == []


def test_it_can_be_stopped_before_it_was_opened(world: World) -> None:
    office = Office(world)
    office.worker.stop()
    assert office.worker.stopped.is_set()


class Guest:
    """A companion that counts its turns; it rests, waits, fails or shows what a test says."""

    def __init__(self) -> None:
        self.turns = 0
        self.wait: float | None = None
        self.frame_due = False
        self.failure: Exception | None = None
        self.failed = False

    def turn(self, seconds: float) -> bool:
        self.turns += 1
        if self.failure is not None:
            raise self.failure
        return False

    def fail(self) -> None:
        self.failed, self.wait = True, None

    def moment(self) -> None:
        return None


def test_a_companion_and_the_fit_take_turns(office: Office, world: World) -> None:
    guest = Guest()
    office.worker.open(PLAIN, start=True)
    office.worker.accompany(guest)
    guest.wait = 0.0
    world.let_train(20)
    office.frame(20)
    assert guest.turns >= 20


def test_a_companion_that_rests_or_waits_keeps_nothing_busy(office: Office) -> None:
    guest = Guest()
    office.worker.accompany(guest)
    office.worker.open(PLAIN, start=False)
    office.frame(0)
    sleep(0.05)
    assert guest.turns == 0
    office.worker.tell(lambda: setattr(guest, "wait", 60.0))
    office.worker.step(3)
    office.frame(3)
    assert guest.turns == 0
    office.worker.tell(lambda: setattr(guest, "wait", 0.0), changes=False)
    deadline = monotonic() + 10
    while not guest.turns:
        assert monotonic() < deadline
        sleep(0.002)
    office.worker.tell(lambda: setattr(guest, "wait", None))


def test_a_companion_that_fails_stands_still_and_the_fit_goes_on(office: Office, world: World) -> None:
    guest = Guest()
    guest.failure, guest.wait = ValueError("no room\nat all"), 0.0
    office.worker.accompany(guest)
    office.worker.open(PLAIN, start=True)
    said = office.next(Said)
    assert (said.text, said.error) == ("Training stopped: no room", True)  # type: ignore[attr-defined]
    assert guest.failed
    world.let_train(5)
    office.frame(5)
    assert guest.turns == 1


def test_what_cannot_be_shown_of_a_companion_hides_nothing_of_the_fit(office: Office) -> None:
    guest = Guest()

    def moment() -> None:
        raise ValueError("nothing to see")

    guest.moment = moment  # type: ignore[method-assign]
    office.worker.accompany(guest)
    office.worker.open(PLAIN, start=False)
    assert office.next(Said).text == "nothing to see"  # type: ignore[attr-defined]
    assert office.frame(0).manifold is None


def test_what_is_told_is_said_and_a_failure_too(office: Office) -> None:
    office.worker.open(PLAIN, start=False)
    office.worker.tell(lambda: "done so")
    assert office.next(Said).text == "done so"  # type: ignore[attr-defined]

    def refuse() -> None:
        raise RuntimeError("cannot be")

    office.worker.tell(refuse)
    said = office.next(Said)
    assert (said.text, said.error) == ("cannot be", True)  # type: ignore[attr-defined]
