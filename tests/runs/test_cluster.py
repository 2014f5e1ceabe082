"""A sweep on a real Dask scheduler with workers as processes, which are killed, late, slow, and other than we are.

What is carried out there is a function of ``cluster_jobs.py`` where a fault is wanted, and the training where its
result is.
"""

from __future__ import annotations

import json
import math
import re
import subprocess
from collections.abc import Callable
from dataclasses import replace
from functools import partial

import cluster_jobs
import dask
import distributed
import psutil
import pytest
from dask_processes import Cluster, until

from nnexpr.runs.cluster import run as running
from nnexpr.runs.cluster import worker
from nnexpr.runs.cluster.carrying import Listener
from nnexpr.runs.cluster.connection import Certificates
from nnexpr.runs.cluster.run import run_on
from nnexpr.runs.cluster.rungs import Rung
from nnexpr.runs.cluster.scheduler import Scheduler, SchedulerLost
from nnexpr.runs.sweeps.halving import scores_here
from nnexpr.runs.sweeps.job import run_job
from nnexpr.runs.sweeps.local import Progress
from nnexpr.runs.sweeps.plan import Job, plan_of
from nnexpr.runs.sweeps.sweep import ResultDiffers
from nnexpr.specification import InputError


class Kept:
    """Takes what a sweep takes, without a store: a result once, a second one compared."""

    def __init__(self, count: int, **options) -> None:
        shared = {"target": "cube", "points": 16, **options}
        self.jobs = plan_of([{**shared, "epochs": 20 + number} for number in range(count)]).jobs
        self.results: dict[int, bytes] = {}
        self.failures: dict[int, str] = {}
        self.twice: list[int] = []

    def left(self) -> list[Job]:
        return [job for job in self.jobs if job.number not in self.results]

    def accept(self, job: Job, data: bytes) -> bool:
        if job.number in self.results:
            self.twice.append(job.number)
            if self.results[job.number] != data:
                raise ResultDiffers(job.number)
            return False
        self.results[job.number] = data
        return True

    def fail(self, job: Job, reason: str) -> None:
        self.failures[job.number] = reason


class Heard:
    """What was said; ``look`` is called at every look, and may stop it. ``on`` has the jobs done."""

    def __init__(self, look: Callable[[Heard], object] = lambda heard: False) -> None:
        self.said: list[str] = []
        self._look = look

    def on(
        self, cluster: Cluster, kept: Kept | Rung, function=cluster_jobs.echo, jobs=None, **options
    ) -> Progress:
        listener = Listener(self.said.append, lambda progress: None, lambda: bool(self._look(self)))
        left = kept.left() if jobs is None else jobs
        return run_on(kept, left, cluster.address, listener, function=function, **options)


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    made = Cluster(tmp_path_factory.mktemp("cluster"))
    made.start()
    yield made
    made.end()


@pytest.fixture
def workers(cluster):
    """Two that are alive, each watched by a nanny."""
    cluster.keep_two()
    return cluster


def results_of(kept: Kept) -> dict[int, int]:
    """Of jobs that were echoed: the number that came back, by the number of the job."""
    return {number: json.loads(data)["number"] for number, data in kept.results.items()}


def holder(folder, number: int) -> int | None:
    """The process that has said that it has this job."""
    return next((int(mark.suffix[1:]) for mark in folder.glob(f"{number}.*")), None)


@pytest.mark.timeout(900)  # all may have to be compiled first
def test_results_are_those_of_here_to_the_bit(workers):
    kept = Kept(3)
    here = [run_job(replace(job, config={**job.config, "device": "cpu"}).to_json()) for job in kept.jobs]
    assert Heard().on(workers, kept, worker.train).done == {0, 1, 2}
    assert not kept.failures
    for job in kept.jobs:
        assert tensors_of(kept.results[job.number]) == tensors_of(here[job.number])


def tensors_of(data: bytes) -> dict[str, bytes]:
    """Of the contents of a safetensors file, by its own format: the bytes of each tensor, with type and shape."""
    length = int.from_bytes(data[:8], "little")
    head = json.loads(data[8 : 8 + length])
    return {
        f"{name} {told['dtype']} {told['shape']}": data[8 + length :][slice(*told["data_offsets"])]
        for name, told in head.items()
        if name != "__metadata__"
    }


def test_cells_are_judged_in_a_rung_as_here_to_the_bit(workers):
    """One of them diverges; and a rung that is stopped has judged nothing."""
    shared = {"target": "cube", "points": 16, "epochs": 27}
    jobs = plan_of([{**shared, "width": (width,), "lr": lr} for width in (4, 8) for lr in (1e-3, 1e30)]).jobs
    rung = Rung("loss", 1 / 3)
    assert Heard().on(workers, rung, rung.function, jobs=jobs).done == {job.number for job in jobs}
    assert rung.scores == scores_here("loss", workers=1)(jobs, 1 / 3)
    assert len(rung.scores) == 4
    assert 0 < sum(map(math.isinf, rung.scores.values())) < 4
    assert Heard(lambda heard: True).on(workers, Rung("loss", 1.0), rung.function, jobs=jobs).stopped


def test_what_is_sent_is_a_function_by_name_and_text(workers, monkeypatch):
    sent, submit = [], distributed.Client.submit

    def submitted(self, *given, **options):
        sent.append((given, options))
        return submit(self, *given, **options)

    monkeypatch.setattr(distributed.Client, "submit", submitted)
    kept = Kept(2)
    Heard().on(workers, kept, worker.train)
    assert len(sent) == 2
    for (function, message), options in sent:
        assert function is worker.train
        assert isinstance(message, str)
        assert set(json.loads(message)) == {"attempt", "job"}
        assert not set(options) - {"key", "workers", "resources"}
    assert all(isinstance(data, bytes) for data in kept.results.values())


def test_workers_stop_what_nobody_waits_for_any_more(workers):
    """Else they would train for days, and have no thread for what comes next."""
    endless, looks = Kept(2), []
    endless.jobs = tuple(replace(job, config={**job.config, "epochs": 10**12}) for job in endless.jobs)
    Heard(lambda heard: looks.append(1) or len(looks) > 20).on(workers, endless, worker.train)
    assert not endless.results
    kept = Kept(2)
    Heard().on(workers, kept)
    assert results_of(kept) == {0: 0, 1: 1}


@pytest.mark.parametrize("nanny", [False, True], ids=["the worker", "the worker and its nanny"])
def test_what_a_killed_worker_had_is_done_by_another(workers, tmp_path, nanny):
    killed = []

    def look(heard):
        if not killed and (process := holder(tmp_path, 0)):
            own = psutil.Process(process)
            for each in [own.parent(), own] if nanny else [own]:
                each.kill()
            killed.append(process)
            (tmp_path / "go").touch()

    kept = Kept(4)
    Heard(look).on(workers, kept, partial(cluster_jobs.waits_for, str(tmp_path)))
    assert killed
    assert results_of(kept) == {0: 0, 1: 1, 2: 2, 3: 3}
    assert len(list(tmp_path.glob("0.*"))) == 2  # two had it
    assert not kept.failures


def test_a_job_that_kills_its_workers_has_failed_and_the_others_go_on(workers):
    kept = Kept(4)
    Heard().on(workers, kept, partial(cluster_jobs.dies_of, 1))
    assert results_of(kept) == {0: 0, 2: 2, 3: 3}
    assert list(kept.failures) == [1]
    assert re.match(
        r"\d workers (died|were lost) while they had it, the last of them tcp://\S+; ", kept.failures[1]
    )


def test_a_job_that_raises_has_failed_with_its_sentence(workers):
    kept = Kept(3)
    progress = Heard().on(workers, kept, partial(cluster_jobs.fails, 1))
    assert results_of(kept) == {0: 0, 2: 2}
    assert kept.failures == progress.failed == {1: "this is no job"}
    assert not progress.stopped


def test_a_job_that_nobody_answers_is_given_to_another_and_its_first_result_stands(workers, tmp_path):
    """The worker that had it first comes back while another job is still under way, with other bits."""
    kept = Kept(3)

    def look(heard):
        if any(sentence.startswith("Job 0 has been away") for sentence in heard.said):
            (tmp_path / "late").touch()
        if 0 in kept.results:
            (tmp_path / "go").touch()

    heard = Heard(look)
    heard.on(workers, kept, partial(cluster_jobs.hangs_once, str(tmp_path), 0), patience=2.0)
    assert results_of(kept) == {0: 0, 1: 1, 2: 2}
    assert 0 in kept.twice
    assert any(
        re.match(r"Job 0 has been away for 2 s at tcp://.*: another worker has it too", each)
        for each in heard.said
    )
    assert "Job 0 was done twice, with other bits the second time; the first stands." in heard.said


def test_so_many_jobs_are_under_way_as_workers_can_take(workers, tmp_path, monkeypatch):
    """Results are held in memory; and a job that waits behind one that kills its worker would be taken for it."""
    under_way, most, train = set(), [], Scheduler.train

    async def counted(self, attempt, *given, **options):
        under_way.add(attempt)
        most.append(len(under_way))
        try:
            return await train(self, attempt, *given, **options)
        finally:
            under_way.remove(attempt)

    monkeypatch.setattr(Scheduler, "train", counted)
    kept = Kept(30)
    Heard().on(workers, kept)
    assert sorted(kept.results) == list(range(30))
    assert max(most) == 2


def test_a_stopped_sweep_keeps_what_is_done_and_is_taken_up_by_the_same_call(workers):
    kept = Kept(6)
    assert Heard(lambda heard: len(kept.results) >= 2).on(workers, kept).stopped
    done = dict(kept.results)
    assert 2 <= len(done) < 6
    Heard().on(workers, kept)
    assert sorted(kept.results) == list(range(6))
    assert done.items() <= kept.results.items()
    assert not kept.twice


def test_a_worker_that_comes_late_takes_part_if_it_is_as_we_are(workers, tmp_path):
    """And one that is not takes none; once it is there, no sweep begins."""
    started = []

    def look(heard):
        if not started and holder(tmp_path, 0):
            started.append(workers.odd_worker())
        if any("takes no part" in sentence for sentence in heard.said):
            (tmp_path / "go").touch()

    kept, heard = Kept(4), Heard(look)
    heard.on(workers, kept, partial(cluster_jobs.waits_for, str(tmp_path)))
    assert results_of(kept) == {0: 0, 1: 1, 2: 2, 3: 3}
    said = heard.said[-1]
    assert re.match(r"A worker takes no part: numpy is 1\.0 on tcp://\S+ and \S+ here; ", said)
    assert not {int(mark.suffix[1:]) for mark in tmp_path.glob("?.*")} & {started[0].pid}
    again = Kept(1)
    with pytest.raises(InputError, match=r"numpy is 1\.0 on tcp://") as refused:
        Heard().on(workers, again)
    assert refused.value.option == "scheduler"
    assert not again.results
    started[0].kill()
    started[0].wait()


def test_a_data_file_that_is_another_there_is_refused_before_any_job(workers, tmp_path, monkeypatch):
    path = tmp_path / "data.csv"
    path.write_text("x,y\n0,1\n1,2\n")
    kept = Kept(1, target=f"csv:{path}")
    monkeypatch.setattr(running.worker, "digest_of", lambda path: "0" * 64)
    with pytest.raises(InputError, match=r"data\.csv has another content on tcp://"):
        Heard().on(workers, kept)
    assert not kept.results


def test_cards_are_those_that_workers_declare(workers, tmp_path):
    """With none, auto is the processor; with some, they alone have the jobs."""

    def devices(place) -> set[str]:
        place.mkdir(exist_ok=True)
        (place / "go").touch()
        kept = Kept(3)
        Heard().on(workers, kept, partial(cluster_jobs.waits_for, str(place)))
        return {json.loads(data)["config"]["device"] for data in kept.results.values()}

    assert devices(tmp_path / "none") == {"cpu"}
    for device, why in {"cuda": "declares a card", "cuda:1": "must be auto, cpu or cuda"}.items():
        with pytest.raises(InputError, match=why):
            Heard().on(workers, Kept(1, device=device))
    process = workers.worker("--resources", "GPU=1")
    until(lambda: devices(tmp_path / "some") == {"cuda"})
    assert process.pid in {int(mark.suffix[1:]) for mark in (tmp_path / "some").glob("?.*")}
    process.kill()
    process.wait()


# --- a scheduler of their own


@pytest.fixture
def alone(tmp_path):
    """A scheduler without a worker; this process waits a second for a line that is lost."""
    made = Cluster(tmp_path)
    made.start()
    yield made
    made.end()


def test_a_sweep_waits_for_a_worker_and_says_so(alone):
    heard = Heard(lambda heard: heard.said)
    heard.on(alone, Kept(1))
    assert heard.said == [f"Waiting for a worker of {alone.address} ..."]


def test_a_lost_scheduler_leaves_a_sweep_that_can_be_taken_up(alone, tmp_path):
    alone.worker()
    kept = Kept(8)

    def look(heard):
        if kept.results and alone.scheduler.poll() is None:
            alone.scheduler.kill()
            alone.scheduler.wait()

    with dask.config.set({"distributed.comm.timeouts.connect": "1s"}), pytest.raises(SchedulerLost):
        Heard(look).on(alone, kept, cluster_jobs.takes_a_while)
    done = dict(kept.results)
    assert 0 < len(done) < 8
    alone.start()
    alone.worker()
    Heard().on(alone, kept)
    assert sorted(kept.results) == list(range(8))
    assert done.items() <= kept.results.items()
    assert not kept.twice


def test_what_was_under_way_is_sent_again_when_the_scheduler_is_back(alone, tmp_path):
    """It has forgotten everything; workers of before have ended, as Dask's do, and another one comes."""
    alone.worker()
    kept, again = Kept(3), []

    def look(heard):
        if not again and holder(tmp_path, 0):
            alone.scheduler.kill()
            alone.scheduler.wait()
            alone.start()
            again.append(alone.worker())
            (tmp_path / "go").touch()

    Heard(look).on(alone, kept, partial(cluster_jobs.waits_for, str(tmp_path)))
    assert again
    assert results_of(kept) == {0: 0, 1: 1, 2: 2}


def test_where_no_scheduler_answers_one_sentence_says_so(tmp_path):
    briefly = dask.config.set({"distributed.comm.timeouts.connect": "500ms"})
    with briefly, pytest.raises(SchedulerLost, match=r"no scheduler answers at tcp://127\.0\.0\.1:1 "):
        Heard().on(Cluster(tmp_path, "tcp://127.0.0.1:1"), Kept(1))


def test_over_tls_a_scheduler_answers_those_who_have_a_certificate(tmp_path, certificates):
    made = Cluster(tmp_path)
    made.start("tls", certificates)
    try:
        made.worker()
        kept = Kept(2)
        known = Certificates(certificates["ca"], certificates["cert"], certificates["key"])
        Heard().on(made, kept, certificates=known)
        assert results_of(kept) == {0: 0, 1: 1}
        briefly = dask.config.set({"distributed.comm.timeouts.connect": "2s"})
        with briefly, pytest.raises(SchedulerLost, match="no scheduler answers at tls://"):
            Heard().on(made, Kept(1))
    finally:
        made.end()


@pytest.fixture(scope="module")
def certificates(tmp_path_factory):
    """One of our own, which is its own authority: the paths of its file and its key."""
    folder = tmp_path_factory.mktemp("tls")
    made = {"ca": str(folder / "cert.pem"), "cert": str(folder / "cert.pem"), "key": str(folder / "key.pem")}
    how = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj /CN=nnexpr -days 2"
    files = ("-keyout", made["key"], "-out", made["cert"])
    subprocess.run(["openssl", *how.split(), *files], check=True, capture_output=True)
    return made
