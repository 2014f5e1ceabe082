"""The engine's thread: a scheduler that carries out questions, gives its subjects turns, and offers their moments.

A plain daemon thread, because Textual waits for its own workers when it closes. Questions go in by a queue; between two
turns of at most 20 ms all that wait are carried out. Moments come out by one slot a topic: the screen says what it
looks at (:meth:`Scheduler.look`) and when it wants to see it anew (:meth:`Scheduler.want`), the thread puts it there
and posts one message, and a newer moment replaces one that has not been fetched. So nothing queues up, however slow the
terminal is, and nothing is made that nobody looks at.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic
from typing import Any, TypeVar

from textual.message import Message

from nnexpr_tui.worker.subject import Subject, sentence

__all__ = ["Exported", "Said", "Scheduler", "Topic", "Updated"]

TURN = 0.02  # seconds of a subject's work between two looks at the questions
HUSH = 0.1  # seconds in which subjects rest, so that what draws has the interpreter to itself

Topic = type[Subject[Any]]
S = TypeVar("S", bound=Subject[Any])


class Updated(Message):
    """There are new moments in the slots."""

    def can_replace(self, message: Message) -> bool:
        return isinstance(message, Updated)


class Said(Message):
    """One sentence for the person at the keyboard."""

    def __init__(self, text: str, *, error: bool = False) -> None:
        super().__init__()
        self.text, self.error = text, error


class Exported(Message):
    """Files of these moments are written under ``stem``: the picture of the screen that shows them is still to come.

    ``kinds``: the endings of the files, as they are said.
    """

    def __init__(self, stem: Path, kinds: str, moments: dict[Topic, Any]) -> None:
        super().__init__()
        self.stem, self.kinds, self.moments = stem, kinds, moments


class Scheduler:
    """Owns the thread. ``first``: the subject without which there is no other."""

    def __init__(self, post: Callable[[Message], object], first: Subject[Any]) -> None:
        self._post = post
        self._questions: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._slots: dict[Topic, Any] = {}
        self._looked_at: frozenset[Topic] = frozenset()
        self._wanted = threading.Event()
        self._quitting = threading.Event()
        self._has_begun = False
        self._rests_until = float("-inf")
        self._is_painted = threading.Event()
        self.stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="engine", daemon=True)
        # On the thread: the subjects, that which had a turn least lately first; those whose turn or whose moment
        # raised, until they are asked something; whether to show all anew.
        self._first = first
        self._subjects: dict[Topic, Subject[Any]] = {type(first): first}
        self._failed: set[Topic] = set()
        self._unseen: set[Topic] = set()
        self._changed = False

    # Called from the event loop; each returns at once

    def open(self) -> None:
        """Start the thread."""
        self._thread.start()

    def ask(self, topic: type[S], question: Callable[[S], str | None]) -> None:
        """Have ``question(subject)`` done between two turns, and said what it returns; then show what has changed."""
        self._questions.put(lambda: self._answer(topic, question))

    def look(self, topics: frozenset[Topic]) -> None:
        """From now on these are looked at, and no others."""
        if topics != self._looked_at:
            self._looked_at = topics
            self._questions.put(self._begin_look)

    def want(self) -> None:
        """Ask for the next moments once something has changed."""
        self._wanted.set()

    def hush(self) -> None:
        """A key is being answered: for a moment give no turns. Of the time in which keys are held, half at most.

        Questions wait as well, until :meth:`painted`: what the key changes on the screen by itself is seen first.
        """
        now = monotonic()
        if now >= self._rests_until + HUSH:
            self._is_painted.clear()
            self._rests_until = now + HUSH

    def painted(self) -> None:
        """A frame was painted: what was asked by a key may be done."""
        self._is_painted.set()

    @property
    def is_hushed(self) -> bool:
        """Whether there are no turns now."""
        return monotonic() < self._rests_until

    def take(self) -> dict[Topic, Any]:
        """The newest moments, once; None for a topic of which there is nothing to see."""
        with self._lock:
            moments, self._slots = self._slots, {}
        return moments

    @property
    def waiting(self) -> dict[Topic, Any]:
        """The same, left in their slots."""
        with self._lock:
            return dict(self._slots)

    def stop(self) -> None:
        """Let every subject keep what it must and end the thread; :attr:`stopped` is set once that is done."""
        self._quitting.set()
        self._is_painted.set()
        self._questions.put(lambda: None)
        if not (self._has_begun and self._thread.is_alive()):  # there is nothing to keep yet
            self.stopped.set()

    # What subjects are given

    def subject(self, topic: type[S]) -> S:
        """The one of this topic, made where there is none yet. On the thread only, like all it does."""
        found = self._subjects.get(topic)
        if found is None:
            found = topic()
            found.begin(self)
            self._subjects[topic] = found
        return found  # type: ignore[return-value]

    def watches(self, topic: Topic) -> bool:
        """Whether the screen looks at it."""
        return topic in self._looked_at

    def show(self) -> None:
        """Show all that is looked at anew."""
        self._changed = True

    def say(self, text: str, *, error: bool = False) -> None:
        """Say one sentence; from any thread."""
        self.send(Said(text, error=error))

    def send(self, message: Message) -> None:
        """Post a message to the screens."""
        try:
            self._post(message)
        except RuntimeError:  # the event loop has closed: nobody is there to read it
            self._quitting.set()

    # On the thread

    def _run(self) -> None:
        try:
            self._first.begin(self)
        except Exception as error:
            self.say(f"The engine could not be loaded: {sentence(error)}", error=True)
            self.stopped.set()
            return
        self._has_begun = True
        while not self._quitting.is_set():
            self._turn()
        for subject in self._subjects.values():
            with self._saying():
                subject.end()
        self.stopped.set()

    def _turn(self) -> None:
        """All questions that wait, for as long as every subject rests; then all that they changed, or one turn."""
        waits = [wait for topic in self._subjects if (wait := self._wait(topic)) is not None]
        rest = self._rests_until - monotonic()
        wait = 0.0 if self._changed else max(min(waits), rest, 0.0) if waits else None
        while not self._quitting.is_set():
            try:
                question = self._questions.get(timeout=wait)
            except queue.Empty:
                break
            self._is_painted.wait(max(0.0, self._rests_until - monotonic()))
            question()
            wait = 0.0
        if self._quitting.is_set():
            return
        if self._changed:
            self._publish(everything=True)
            return
        is_resting = monotonic() < self._rests_until
        topic = (
            None if is_resting else next((topic for topic in self._subjects if self._wait(topic) == 0), None)
        )
        if topic is not None:
            self._give_turn(topic)
        if self._wanted.is_set() and not (self._changed or is_resting):
            self._publish(everything=False)

    def _wait(self, topic: Topic) -> float | None:
        return None if topic in self._failed else self._subjects[topic].wait

    def _give_turn(self, topic: Topic) -> None:
        """Where it raises, the subject stands still until it is asked something; the others go on."""
        subject = self._subjects[topic] = self._subjects.pop(topic)  # now it is the last
        try:
            self._changed |= subject.turn(TURN)
        except Exception as error:
            self._failed.add(topic)
            self._changed = True
            self.say(subject.fail(sentence(error)), error=True)

    def _answer(self, topic: type[S], question: Callable[[S], str | None]) -> None:
        self._changed = True
        self._failed.discard(topic)
        self._unseen.discard(topic)
        with self._saying():
            said = question(self.subject(topic))
            if said:
                self.say(said)

    def _begin_look(self) -> None:
        for topic in self._looked_at:
            with self._saying():
                self.subject(topic)
        self._changed = True

    def _publish(self, *, everything: bool) -> None:
        """Put moments into their slots: of all that is looked at, or of what is due."""
        self._changed = False
        made: dict[Topic, Any] = {}
        for topic, subject in list(self._subjects.items()):
            is_new = everything or (topic not in self._failed and subject.due)
            if is_new and topic in self._looked_at and topic not in self._unseen:
                try:
                    made[topic] = subject.moment()
                except Exception as error:
                    self._unseen.add(topic)
                    self.say(sentence(error), error=True)
        if not made:
            return
        self._wanted.clear()
        with self._lock:
            undelivered = bool(self._slots)
            self._slots |= made
        if not undelivered:
            self.send(Updated())

    @contextmanager
    def _saying(self) -> Iterator[None]:
        """What is raised is said in a sentence, and life goes on."""
        try:
            yield
        except Exception as error:
            self.say(sentence(error), error=True)
