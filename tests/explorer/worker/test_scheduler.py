"""The engine's thread: questions are answered in order, moments do not queue, nothing is made for nobody, and what
fails stands still alone.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from time import monotonic, sleep

import pytest
from textual.message import Message

from nnexpr_tui.worker import scheduler
from nnexpr_tui.worker.scheduler import Said, Scheduler, Updated
from nnexpr_tui.worker.subject import Subject

PATIENCE = 100.0  # seconds; nothing is asserted about time, this only ends a test that hangs


@dataclass(frozen=True)
class Count:
    turns: int
    look: int = field(default=0, compare=False)  # which moment it is

    def is_urgent(self, before: Count | None) -> bool:
        return before is None


class Clerk(Subject[Count]):
    """Counts its turns and its moments; works, waits, rests, fails and ends as a test says."""

    def __init__(self) -> None:
        self.turns = self.looks = 0
        self.pause: float | None = None
        self.is_due = True
        self.failure: Exception | None = None
        self.blindness: Exception | None = None
        self.said: list[object] = []
        self.ended = False

    @property
    def wait(self) -> float | None:
        return self.pause

    @property
    def due(self) -> bool:
        return self.is_due and self.pause is not None

    def turn(self, seconds: float) -> bool:
        assert seconds <= 0.02
        if self.failure is not None:
            raise self.failure
        self.turns += 1
        return False

    def moment(self) -> Count:
        if self.blindness is not None:
            raise self.blindness
        self.looks += 1
        return Count(self.turns, self.looks)

    def fail(self, why: str) -> str:
        return f"Stopped: {why}"

    def end(self) -> None:
        self.ended = True

    def note(self, said: object) -> None:
        self.said.append(said)

    def work(self, pause: float | None = 0.0) -> None:
        self.pause = pause


class Guest(Clerk):
    """Another subject, made when it is first looked at or asked."""


class Office:
    """A scheduler, its first subject and the messages it posted."""

    def __init__(self, clerk: Clerk) -> None:
        self.posted: queue.Queue[Message] = queue.Queue()
        self.clerk = clerk
        self.scheduler = Scheduler(self.posted.put, clerk)
        self.scheduler.look(frozenset({Clerk, Guest}))
        self._met: queue.Queue[Guest] = queue.Queue()
        self.scheduler.ask(Guest, self._met.put)
        self.scheduler.open()

    @cached_property
    def guest(self) -> Guest:
        """As the scheduler's thread made it: no other may look it up."""
        return self._met.get(timeout=PATIENCE)

    def next(self, kind: type[Message]) -> Message:
        """The next message of this kind."""
        while not isinstance(message := self.posted.get(timeout=PATIENCE), kind):
            pass
        return message

    def ask_and_wait(self, topic: type[Clerk]) -> None:
        """Until a question was answered: the thread has then been once through its loop."""
        answered = threading.Event()
        self.scheduler.ask(topic, lambda _: answered.set())
        assert answered.wait(PATIENCE)

    def said(self) -> tuple[str, bool]:
        message = self.next(Said)
        assert isinstance(message, Said)
        return message.text, message.error

    def take(self, topic: type[Clerk] = Clerk) -> Count:
        """The next moment of this topic."""
        until(lambda: (self.scheduler.want(), topic in self.scheduler.waiting)[1])
        moment = self.scheduler.take()[topic]
        assert isinstance(moment, Count)
        return moment


def until(condition: object) -> None:
    deadline = monotonic() + PATIENCE
    while not condition():  # type: ignore[operator]
        assert monotonic() < deadline
        sleep(0.001)


@pytest.fixture
def office() -> Iterator[Office]:
    made = Office(Clerk())
    yield made
    made.scheduler.stop()
    assert made.scheduler.stopped.wait(PATIENCE)
    assert made.clerk.ended


def test_questions_are_answered_in_their_order_and_what_they_return_is_said(office: Office) -> None:
    for number in range(5):
        office.scheduler.ask(Clerk, lambda clerk, number=number: clerk.note(number))
    office.scheduler.ask(Clerk, lambda clerk: "done so")
    assert office.said() == ("done so", False)
    assert office.clerk.said == list(range(5))


def test_while_a_key_is_answered_there_are_no_turns_and_no_answers_until_it_is_painted(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    office.scheduler.ask(Clerk, Clerk.work)
    until(lambda: office.clerk.turns > 3)
    monkeypatch.setattr(scheduler, "HUSH", 100.0)
    office.scheduler.hush()
    office.scheduler.ask(Clerk, lambda clerk: clerk.note(1))
    sleep(0.1)
    assert office.clerk.said == []
    office.scheduler.painted()
    until(lambda: office.clerk.said == [1])
    turns = office.take().turns
    for number in range(3):
        office.scheduler.ask(Clerk, lambda clerk, number=number: f"heard {number}")
        assert office.said() == (f"heard {number}", False)
    assert office.clerk.turns == turns


def test_a_key_that_paints_nothing_holds_its_question_up_for_a_moment_only(office: Office) -> None:
    office.scheduler.hush()
    office.scheduler.ask(Clerk, lambda clerk: "heard")
    assert office.said() == ("heard", False)


def test_keys_that_are_held_leave_half_of_the_time_for_turns(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 0.0
    monkeypatch.setattr(scheduler, "monotonic", lambda: now)
    made = Scheduler(lambda message: None, Clerk())
    rests = 0
    for tick in range(10_000):
        now = tick / 1000
        made.hush()
        rests += made.is_hushed
    assert 4900 <= rests <= 5100


def test_a_question_that_is_refused_is_said_and_all_is_shown_as_it_was(office: Office) -> None:
    office.take()

    def refuse(clerk: Clerk) -> None:
        raise RuntimeError("cannot be\nat all")

    office.scheduler.ask(Clerk, refuse)
    assert office.said() == ("cannot be", True)
    assert office.take() == Count(0)


def test_a_newer_moment_replaces_one_that_was_not_fetched(office: Office) -> None:
    """A reader that is slow: what is made meanwhile is one moment and one message, and of what is due no more."""
    office.next(Updated)
    office.scheduler.take()
    office.scheduler.ask(Clerk, Clerk.work)
    until(lambda: office.clerk.turns > 0)
    for _ in range(5):
        seen = office.clerk.looks
        office.scheduler.ask(Clerk, lambda clerk: None)
        until(lambda seen=seen: office.clerk.looks > seen)
    office.next(Updated)
    until(lambda: office.scheduler.waiting[Clerk].look == office.clerk.looks)
    assert office.scheduler.take()[Clerk].turns > 0
    assert office.posted.empty(), "one message for all of them"
    looks, turns = office.clerk.looks, office.clerk.turns
    until(lambda: office.clerk.turns > turns + 100)
    assert office.clerk.looks == looks, "nothing is made that is not wanted"
    assert office.take().turns > turns


def test_one_message_brings_the_moments_of_all_topics(office: Office) -> None:
    office.next(Updated)
    until(lambda: len(office.scheduler.waiting) == 2)
    assert set(office.scheduler.take()) == {Clerk, Guest}
    assert office.scheduler.take() == {}


def test_a_topic_that_nobody_looks_at_costs_nothing(office: Office) -> None:
    office.take(Guest)
    office.scheduler.look(frozenset({Clerk}))
    office.scheduler.ask(Guest, Guest.work)
    until(lambda: office.guest.turns > 10)
    looks = office.guest.looks
    for _ in range(3):
        office.scheduler.ask(Clerk, lambda clerk: None)
        office.take()
    assert office.guest.looks == looks
    office.scheduler.look(frozenset({Clerk, Guest}))
    assert office.take(Guest).turns > 10


def test_subjects_take_turns(office: Office) -> None:
    office.scheduler.ask(Clerk, Clerk.work)
    office.scheduler.ask(Guest, Guest.work)
    until(lambda: office.guest.turns)
    # Read in this order, what passes between two readings can only add to the guest's share.
    guest, clerk = office.guest.turns, office.clerk.turns
    until(lambda: office.clerk.turns > clerk + 100)
    assert office.guest.turns > guest + 50


def test_what_rests_or_waits_keeps_nothing_busy(office: Office) -> None:
    office.take(Guest)
    office.scheduler.ask(Guest, lambda guest: guest.work(60.0))
    for _ in range(3):
        office.ask_and_wait(Clerk)
    assert office.guest.turns == office.clerk.turns == 0
    office.scheduler.ask(Guest, Guest.work)
    until(lambda: office.guest.turns)


def test_what_fails_stands_still_until_it_is_asked_something_and_the_others_go_on(office: Office) -> None:
    office.take(Guest)
    office.guest.failure = ValueError("no room\nat all")
    office.scheduler.ask(Clerk, Clerk.work)
    office.scheduler.ask(Guest, Guest.work)
    assert office.said() == ("Stopped: no room", True)
    turns = office.clerk.turns
    until(lambda: office.clerk.turns > turns + 20)
    assert office.posted.qsize() <= 1, "it is said once"
    office.guest.failure = None
    assert office.guest.turns == 0
    office.scheduler.ask(Guest, lambda guest: None)
    until(lambda: office.guest.turns)


def test_what_cannot_be_shown_hides_nothing_of_the_others_and_is_said_once(office: Office) -> None:
    office.take(Guest)
    office.guest.blindness = ValueError("nothing to see")
    office.scheduler.ask(Guest, Guest.work)
    assert office.said() == ("nothing to see", True)
    office.scheduler.ask(Clerk, Clerk.work)
    until(lambda: office.take().turns > 20)
    assert all(not isinstance(message, Said) for message in list(office.posted.queue)[1:])


def test_what_cannot_be_begun_is_said_and_ends_the_thread() -> None:
    class Late(Clerk):
        def begin(self, scheduler: Scheduler) -> None:
            raise ImportError("libtorch is missing")

    office = Office(Late())
    assert office.said() == ("The engine could not be loaded: libtorch is missing", True)
    assert office.scheduler.stopped.wait(PATIENCE)


def test_it_can_be_stopped_before_it_was_opened() -> None:
    scheduler = Scheduler(lambda message: None, Clerk())
    scheduler.stop()
    assert scheduler.stopped.is_set()


def test_when_the_screens_are_gone_it_ends() -> None:
    def closed(message: Message) -> None:
        raise RuntimeError("the event loop is closed")

    clerk = Clerk()
    scheduler = Scheduler(closed, clerk)
    scheduler.look(frozenset({Clerk}))
    scheduler.open()
    assert scheduler.stopped.wait(PATIENCE)
    assert clerk.ended
