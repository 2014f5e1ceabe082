"""``sweep --scheduler``: the results of a sweep on this machine, and one sentence for whatever is in the way."""

from __future__ import annotations

import json
import signal

import dask
import pytest
from dask_processes import Cluster, until

from nnexpr import extras

GRID = "[base]\ntarget = 'cube'\npoints = 32\nepochs = 30\n[grid]\nwidth = [4, 8]\nlr = [1e-3, 1e-2]\n"
ENDLESS = GRID.replace("epochs = 30", "epochs = 1000000000")
PATIENCE = 100


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    made = Cluster(tmp_path_factory.mktemp("cluster"))
    made.start()
    made.worker()
    yield made
    made.end()


@pytest.fixture
def grid(tmp_path):
    (tmp_path / "grid.toml").write_text(GRID)
    return tmp_path / "grid.toml"


def rows_of(result) -> list[dict]:
    """Without what is another each time."""
    assert result.exit_code == 0, result.stderr
    rows = json.loads(result.stdout, parse_constant=pytest.fail)["results"]
    return [{name: row[name] for name in row if name not in ("sweep", "run", "seconds")} for row in rows]


@pytest.mark.timeout(900)  # all may have to be compiled first
def test_a_sweep_elsewhere_has_the_results_of_one_here(run, grid, cluster):
    here = rows_of(run("sweep", grid, "--json"))
    there = run("sweep", grid, "--again", "--scheduler", cluster.address, "--json")
    assert rows_of(there) == here
    assert len(here) == 4
    assert f"by {cluster.address}, as sweep" in there.stderr


def test_where_no_scheduler_answers_the_same_command_goes_on_later(run, grid, cluster):
    with dask.config.set({"distributed.comm.timeouts.connect": "500ms"}):
        failed = run("sweep", grid, "--scheduler", "tcp://127.0.0.1:1")
    assert failed.exit_code == 1
    [*_, said] = failed.stderr.splitlines()
    assert said.startswith("Error: no scheduler answers at tcp://127.0.0.1:1 (")
    assert said.endswith("; what has come is kept, and the same command goes on.")
    later = run("sweep", grid, "--scheduler", cluster.address, "--json")
    assert "has the same cells; it goes on." in later.stderr
    assert len(rows_of(later)) == 4


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (("--scheduler", "10.0.0.5"), "--scheduler is 10.0.0.5: it must be tcp://HOST:PORT or tls://HOST:PORT"),
        (("--scheduler", "inproc://10.0.0.5:1"), "it must be tcp://HOST:PORT or tls://HOST:PORT"),
        (("--scheduler", "tcp://a:1", "--tls-ca", "none.pem"), "--tls-ca is none.pem: there is no such file"),
        (("--scheduler", "tls://a:1", "--tls-ca", __file__), "--tls-ca and --tls-cert go together"),
        (("--scheduler", "tcp://a:1", "--tls-ca", __file__, "--tls-cert", __file__), "it must be tls://HOST:PORT"),
        (("--scheduler", "tcp://a:1", "--patience", "0"), "--patience is 0: it must be"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else None,
)  # fmt: skip
def test_what_cannot_be_is_refused_before_anything_is_begun(run, grid, tmp_path, options, says):
    refused = run("sweep", grid, *options)
    assert refused.exit_code == 2
    assert says in refused.stderr
    assert not (tmp_path / "store").exists()


def test_without_dask_one_sentence_says_how_to_get_it(run, grid, monkeypatch):
    def missing(package):
        raise ModuleNotFoundError(name=package)

    monkeypatch.setattr(extras, "import_module", missing)
    failed = run("sweep", grid, "--scheduler", "tcp://127.0.0.1:1")
    assert failed.exit_code == 1
    assert "pip install 'nnexpr-tui[cluster]'" in failed.stderr


def test_an_interrupted_sweep_ends_at_once_and_its_worker_is_free(start, run, tmp_path, grid, cluster):
    (tmp_path / "endless.toml").write_text(ENDLESS)
    process = start("sweep", tmp_path / "endless.toml", "--scheduler", cluster.address, "--json")
    while b"Training" not in process.stderr.readline():
        assert process.poll() is None
    process.send_signal(signal.SIGTERM)
    printed, said = process.communicate(timeout=PATIENCE)
    assert process.returncode == 143
    assert b"with 4 cells left; nnexpr-tui sweep --resume" in said
    assert b"Traceback" not in said
    assert json.loads(printed)["done"] == 0
    assert len(rows_of(run("sweep", grid, "--scheduler", cluster.address, "--json"))) == 4


def test_a_sweep_is_halved_elsewhere_as_here(run, grid, cluster):
    here = rows_of(run("sweep", grid, "--halving", "--json"))
    there = run("sweep", grid, "--halving", "--again", "--scheduler", cluster.address, "--json")
    assert rows_of(there) == here
    assert [row["state"] for row in here].count("done") == 1


def test_versions_that_differ_are_refused_by_name(run, grid, cluster):
    """The last of this file: the worker stays."""
    cluster.odd_worker()

    def refused():
        result = run("sweep", grid, "--again", "--scheduler", cluster.address)
        return result if result.exit_code else None

    result = until(refused)
    assert result.exit_code == 2
    [*_, said] = result.stderr.splitlines()
    assert said.startswith(f"Error: --scheduler is {cluster.address}: numpy is 1.0 on tcp://127.0.0.1:")
    assert said.endswith(" here; install the same on both.")
