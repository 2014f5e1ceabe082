"""A Dask scheduler and workers as processes, for tests."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import psutil

ROOT = Path(__file__).parents[1]
JOBS = ROOT / "tests" / "runs"  # where what workers load is: cluster_jobs.py, cluster_odd_worker.py
PATIENCE = 200.0  # seconds; nothing is asserted about time, this only ends a test that hangs
SETTINGS = {
    "PYTHONPATH": os.pathsep.join([str(ROOT), str(JOBS)]),
    "DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": "1",
    "DASK_DISTRIBUTED__WORKER__PROFILE__ENABLED": "False",
    "OMP_NUM_THREADS": "1",
}


def until(condition, patience: float = PATIENCE):
    """What the condition gives once it gives something."""
    deadline = time.monotonic() + patience
    while not (found := condition()):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    return found


class Cluster:
    """A scheduler in ``folder``, and workers that are started when they are asked for."""

    def __init__(self, folder: Path, address: str = "") -> None:
        self._folder, self._count = folder, 0
        self._processes: list[subprocess.Popen] = []
        self._pair: list[subprocess.Popen] = []
        self._tls: list[str] = []
        self.address = address
        self.scheduler: subprocess.Popen | None = None

    def start(self, scheme: str = "tcp", certificates: dict[str, str] | None = None) -> None:
        """The scheduler, the second time with the address of the first; of TLS with the paths of certificates."""
        if certificates:
            names = {"ca": "ca-file", "cert": "cert", "key": "key"}
            self._tls = [
                word for name, path in certificates.items() for word in (f"--tls-{names[name]}", path)
            ]
        place = self._folder / "scheduler.json"
        place.unlink(missing_ok=True)
        port = self.address.rpartition(":")[2] or "0"
        self.scheduler = self._run(
            "scheduler",
            "--host",
            "127.0.0.1",
            "--port",
            port,
            "--protocol",
            scheme,
            "--scheduler-file",
            str(place),
        )
        until(lambda: place.exists() and place.read_text().endswith("}"))
        self.address = json.loads(place.read_text())["address"]

    def worker(self, *options: str, nanny: bool = False) -> subprocess.Popen:
        """One more, which reports to the scheduler some time later."""
        watched = "--nanny" if nanny else "--no-nanny"
        place = str(self._folder / "local")
        return self._run(
            "worker",
            self.address,
            watched,
            "--nthreads",
            "1",
            "--memory-limit",
            "0",
            "--local-directory",
            place,
            *options,
        )

    def keep_two(self) -> None:
        """Two workers with nannies that are alive, or soon will be."""
        self._pair = [each for each in self._pair if each.poll() is None]
        while len(self._pair) < 2:
            self._pair.append(self.worker(nanny=True))

    def odd_worker(self) -> subprocess.Popen:
        """One that says that it has another NumPy."""
        return self.worker("--preload", str(JOBS / "cluster_odd_worker.py"))

    def end(self) -> None:
        """All of them, and what they have started."""
        for process in self._processes:
            for each in family(process.pid):
                with suppress(psutil.Error):
                    each.kill()
            process.wait()

    def _run(self, what: str, *options: str) -> subprocess.Popen:
        self._count += 1
        with (self._folder / f"{self._count}-{what}.log").open("wb") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "dask", what, "--no-dashboard", *self._tls, *options],
                env={**os.environ, **SETTINGS}, cwd=self._folder, stdout=log, stderr=log,
            )  # fmt: skip
        self._processes.append(process)
        return process


def family(process: int) -> list[psutil.Process]:
    """A process and all that it has started, the youngest first."""
    with suppress(psutil.Error):
        own = psutil.Process(process)
        return [*reversed(own.children(recursive=True)), own]
    return []
