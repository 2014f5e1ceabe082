"""A run is held by one process, as long as that lives and no longer."""

from __future__ import annotations

import errno
import fcntl
import platform
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from nnexpr.runs import holding
from nnexpr.runs.holding import Held, hold, holder, lock_of, locked

OTHER = """
import sys
from pathlib import Path
from nnexpr.runs.holding import hold
let_go = hold(Path(sys.argv[1]))
print("held", flush=True)
sys.stdin.readline()
let_go()
print("let go", flush=True)
sys.stdin.readline()
"""


@pytest.fixture
def run(tmp_path: Path) -> Path:
    return tmp_path / "20261127-193943-0123ab.safetensors"


@pytest.fixture
def other(run: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process, that holds the run until it is told a line."""
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen([sys.executable, "-c", OTHER, run], **pipes) as process:
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()


def test_another_process_holds_it_until_it_lets_go(run: Path, other: subprocess.Popen[str]) -> None:
    assert holder(run) == f"process {other.pid}"
    with pytest.raises(Held, match=f"process {other.pid} is training it"):
        hold(run)
    other.stdin.write("\n")
    other.stdin.flush()
    assert other.stdout.readline() == "let go\n"
    assert holder(run) == ""
    assert not lock_of(run).exists()
    hold(run)()


def test_what_says_who_holds_it_is_the_users_own(run: Path) -> None:
    let_go = hold(run)
    assert lock_of(run).stat().st_mode & 0o777 == 0o600
    let_go()


def test_a_process_that_was_killed_holds_nothing(run: Path, other: subprocess.Popen[str]) -> None:
    other.send_signal(signal.SIGKILL)
    other.wait()
    assert lock_of(run).exists()
    assert holder(run) == ""
    let_go = hold(run)
    assert holder(run) == "this process"
    let_go()
    assert list(run.parent.iterdir()) == []


def test_a_holder_on_another_machine_is_called_by_its_name(
    run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    let_go = hold(run)
    monkeypatch.setattr(platform, "node", lambda: "elsewhere")
    assert " on " in holder(run)
    let_go()


def test_of_many_at_once_one_gets_it(run: Path) -> None:
    taken: list[Callable[[], None]] = []
    refused: list[str] = []

    def take() -> None:
        try:
            taken.append(hold(run))
        except Held as error:
            refused.append(str(error.strerror))

    threads = [threading.Thread(target=take) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(taken), {*refused}) == (1, {"this process is training it"})
    taken[0]()
    hold(run)()


def test_whoever_only_looks_keeps_nobody_out(run: Path) -> None:
    stop, let_go = threading.Event(), hold(run)

    def look() -> None:
        while not stop.is_set():
            holder(run)

    threads = [threading.Thread(target=look) for _ in range(3)]
    for thread in threads:
        thread.start()
    try:
        for _ in range(20):
            let_go()
            let_go = hold(run)
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    let_go()


@pytest.mark.parametrize("answer", [errno.ENOLCK, errno.EOPNOTSUPP, errno.EINVAL])
def test_where_there_are_no_locks_nothing_is_held_and_nothing_refused(
    run: Path, monkeypatch: pytest.MonkeyPatch, answer: int
) -> None:
    def no_locks(*_: object) -> None:
        raise OSError(answer, "No locks available")

    monkeypatch.setattr(fcntl, "flock", no_locks)
    one, other = hold(run), hold(run)
    assert holder(run) == ""
    one()
    other()
    assert list(run.parent.iterdir()) == []
    with locked(run.parent / "lock", 0.0), locked(run.parent / "lock", 0.0):
        pass


def test_a_folder_that_is_not_there_is_no_error_of_whoever_holds(run: Path) -> None:
    hold(run.parent / "none" / run.name)()
    assert holder(run.parent / "none" / run.name) == ""


def test_waiting_for_a_place_has_an_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(holding, "LOOK", 0.0)
    with locked(tmp_path / "lock", 0.0), pytest.raises(TimeoutError), locked(tmp_path / "lock", 0.0):
        pass
    with locked(tmp_path / "lock", 0.0):
        pass
