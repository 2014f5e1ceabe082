"""What the bridge to a cluster decides by itself: who is late, what differs, where compiled code is kept."""

from __future__ import annotations

import os
import pickle
import re
import sys
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnexpr.runs.cluster import compiling, flights, versions, worker
from nnexpr.runs.cluster.flights import Flights


@dataclass(frozen=True)
class Job:
    number: int
    work: float = 1.0


@given(st.lists(st.sampled_from(["send", "land", "fall", "lose", "look"]), max_size=60), st.data())
def test_every_job_comes_to_one_end_whatever_happens_to_its_attempts(steps, data):
    """Each is open, or done with exactly once; what is open waits or is under way; no name is used twice."""
    jobs, now = Flights(map(Job, range(4)), "s", patience=2.0), 0.0
    ends, names = [], []
    for step in steps:
        now += 1.0
        under_way = list(jobs.under_way.values())
        if step == "send" and jobs.waiting:
            names.append(jobs.send(now).name)
        elif step == "look":
            ends += [
                each.job.number
                for each in jobs.late(now)
                if jobs.is_hopeless(each.job) and jobs.give_up(each.job)
            ]
        elif step in ("land", "fall", "lose") and under_way:
            flight = data.draw(st.sampled_from(under_way))
            if step == "lose":
                jobs.returned(flight)
            elif jobs.landed(flight, now) if step == "land" else jobs.fell(flight):
                ends.append(flight.job.number)
        open_ones = {0, 1, 2, 3}.difference(ends)
        assert jobs.left == len(open_ones)
        assert open_ones <= {each.number for each in jobs.waiting} | {
            each.job.number for each in jobs.under_way.values()
        }
        assert {each.number for each in jobs.waiting} <= open_ones
    assert len(set(ends)) == len(ends)
    assert len(set(names)) == len(names)


def test_how_long_is_long_follows_from_the_slowest_and_the_work_of_a_job():
    jobs = Flights([Job(0, 10.0), Job(1, 10.0), Job(2, 1000.0)], "s")
    first, second = jobs.send(0.0), jobs.send(0.0)
    assert jobs.limit(second.job) is None  # nothing has come yet that would tell
    assert not jobs.late(1e9)
    assert jobs.landed(first, 20.0)  # 2 s for each of its work
    assert jobs.limit(second.job) == flights.FACTOR * 2.0 * (10.0 + 10.0)
    large = jobs.send(20.0)
    assert jobs.limit(large.job) == flights.FACTOR * 2.0 * (1000.0 + 1000.0)
    assert not jobs.late(300.0)


def test_a_job_that_is_late_is_sent_again_and_the_first_answer_ends_it():
    jobs = Flights([Job(0)], "s", patience=5.0)
    slow = jobs.send(0.0)
    assert not jobs.late(5.0)
    assert jobs.late(5.1) == [slow]
    assert not jobs.late(99.0)  # once
    again = jobs.send(6.0)
    assert again.job is slow.job
    assert jobs.landed(again, 7.0)
    assert not jobs.landed(slow, 8.0)
    assert not jobs.left


def test_a_job_that_was_late_too_often_is_given_up():
    jobs, now = Flights([Job(0)], "s", patience=5.0), 0.0
    for attempt in range(1, flights.MOST_ATTEMPTS + 1):
        jobs.send(now)
        now += 6.0
        [flight] = jobs.late(now)
        assert jobs.is_hopeless(flight.job) == (attempt == flights.MOST_ATTEMPTS)
    assert jobs.give_up(flight.job)
    assert not jobs.left
    assert not jobs.waiting


def test_an_attempt_that_fails_waits_for_the_one_beside_it():
    jobs = Flights([Job(0)], "s", patience=5.0)
    slow = jobs.send(0.0)
    jobs.late(6.0)
    again = jobs.send(6.0)
    assert not jobs.fell(again)
    assert jobs.fell(slow)


def test_versions_are_compared_by_name():
    ours = versions.versions()
    assert list(ours) == ["python", "nnexpr", *versions.PACKAGES]
    assert ours["python"] == f"{sys.version_info.major}.{sys.version_info.minor}"
    assert re.fullmatch(r"\S+ \([0-9a-f]{8}\)", ours["nnexpr"])
    assert not versions.differences(dict(ours), ours, "there")
    theirs = {**ours, "numpy": "1.0"}
    del theirs["torch"]
    assert versions.differences(theirs, ours, "there") == [
        f"torch is not there on there and {ours['torch']} here",
        f"numpy is 1.0 on there and {ours['numpy']} here",
    ]


def test_what_goes_over_is_a_function_by_its_name_and_text():
    """No code, no tensor and no class of ours is in it."""
    for function in (worker.train, worker.introduce, worker.halt, worker.introduce_scheduler):
        sent = pickle.dumps(function)
        assert len(sent) < 100
        assert b"nnexpr.runs.cluster.worker" in sent
        assert function.__name__.encode() in sent


def test_whatever_goes_wrong_comes_back_as_a_sentence_of_a_plain_error():
    with pytest.raises(RuntimeError, match="it is not a job of a sweep") as caught:
        worker.train('{"attempt": "a-1", "job": "nonsense"}')
    assert type(caught.value) is RuntimeError
    assert caught.value.__cause__ is None
    assert [type(each) for each in caught.value.args] == [str]


def test_a_file_is_known_by_its_content_and_a_pipe_is_not_waited_for(tmp_path):
    (tmp_path / "a.csv").write_text("x,y\n0,1\n")
    (tmp_path / "b.csv").write_text("x,y\n0,1\n")
    os.mkfifo(tmp_path / "pipe")
    assert worker.digest_of(str(tmp_path / "a.csv")) == worker.digest_of(str(tmp_path / "b.csv"))
    assert worker.digest_of(str(tmp_path / "pipe")) is None
    assert worker.digest_of(str(tmp_path)) is None
    assert worker.digest_of(str(tmp_path / "none.csv")) is None


# --- compiled loops


@pytest.fixture
def environment(monkeypatch):
    """Numba's place as it was, whatever is chosen here."""
    monkeypatch.setenv("NUMBA_CACHE_DIR", "")
    if "numba" in sys.modules:
        monkeypatch.setattr(sys.modules["numba"].config, "CACHE_DIR", "")
    return monkeypatch


def test_what_is_compiled_stays_beside_sources_that_no_other_machine_sees(environment, tmp_path):
    assert compiling.keep_compiled_code(tmp_path) is None
    assert not os.environ["NUMBA_CACHE_DIR"]


def test_what_is_compiled_is_kept_on_the_workers_own_disk_where_sources_are_shared(environment, tmp_path):
    environment.setattr(compiling, "file_system", lambda folder: "nfs4")
    folder = compiling.keep_compiled_code(tmp_path)
    assert folder == tmp_path / compiling.FOLDER
    assert os.environ["NUMBA_CACHE_DIR"] == str(folder)
    assert folder.stat().st_mode & 0o777 == 0o700
    assert compiling.keep_compiled_code(tmp_path / "else") is None  # it is chosen now


def test_a_folder_that_others_may_write_is_not_loaded_from(environment, tmp_path):
    """What is in it is run as machine code."""
    environment.setattr(compiling, "file_system", lambda folder: "")  # it is not known
    (tmp_path / compiling.FOLDER).mkdir()
    (tmp_path / compiling.FOLDER).chmod(0o777)
    folder = compiling.keep_compiled_code(tmp_path)
    assert folder is not None
    assert folder != tmp_path / compiling.FOLDER
    assert folder.stat().st_mode & 0o777 == 0o700
    folder.rmdir()
