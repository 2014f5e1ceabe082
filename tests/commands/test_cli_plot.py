"""``plot``: what is drawn of runs, files and experiments, its files, and what is refused in one sentence."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest
from PIL import Image

from nnexpr.experiments import discovery
from nnexpr.experiments.attempt import Attempt
from nnexpr.experiments.data import Curve, Figure, Result, Table
from nnexpr.experiments.discovery import Experiment
from nnexpr.plot.ways import WAYS

ROOT = Path(__file__).parents[2]
CALLS: list[bool] = []


def works(attempt: Attempt) -> Result:
    CALLS.append(attempt.quick)
    figures = [Figure(f"<{place}> $x$", "x", "y", [Curve("a", [0, 1], [0, place])]) for place in range(2)]
    return Result([Table("A table", ("name", "value, printed"), [["one", 1.0]])], figures)


@pytest.fixture
def fakes(monkeypatch):
    """A group of two experiments, in place of the others."""
    made = tuple(
        Experiment(name, "fakes", "a source", name, "Does it?", works, "all", "few")
        for name in ("one", "two")
    )
    monkeypatch.setattr(discovery, "groups", lambda: {"fakes": made})
    CALLS.clear()


@pytest.fixture
def kept(run):
    """Runs, by their options, kept in the test's store."""

    def fit(*options: object) -> str:
        done = run("fit", "--epochs", 40, "--points", 64, "--width", 12, "--json", *options)
        assert done.exit_code == 0, done.stderr
        return json.loads(done.stdout)["run"]

    return fit


def texts(file: Path) -> str:
    return "\n".join(ElementTree.parse(file).getroot().itertext())  # noqa: S314 - it is ours


def test_a_run_as_each_way_that_suits_it(run, kept, tmp_path) -> None:
    name = kept("--members", 2)
    done = run("plot", name, "--what", "all", "-o", tmp_path / "a.pdf", "--json", "--size", "page")
    assert done.exit_code == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["figures"] == [way.name for way in WAYS.values() if 1 in way.inputs]
    assert told["files"] == [str(tmp_path / "a.pdf")]
    content = (tmp_path / "a.pdf").read_bytes()
    assert len(re.findall(rb"/Type /Page\b", content)) == len(told["figures"])


def test_one_figure_of_a_run_at_an_epoch(run, kept, tmp_path) -> None:
    name = kept()
    done = run("plot", name, "-o", tmp_path / "a.svg", "--epoch", 7)
    assert (done.exit_code, done.stdout) == (0, f"{tmp_path / 'a.svg'}\n"), done.stderr
    assert "epoch 7" in texts(tmp_path / "a.svg")
    assert f"nnexpr-tui plot {name} -o a.svg --epoch 7" in texts(tmp_path / "a.svg")
    first = (tmp_path / "a.svg").read_bytes()
    run("plot", name, "-o", tmp_path / "a.svg", "--epoch", 7)
    assert (tmp_path / "a.svg").read_bytes() == first
    run("plot", name[:-3], "-o", tmp_path / "b.svg", "--no-title")  # as much of the id as is its own
    assert "epoch" not in texts(tmp_path / "b.svg").replace("--epoch", "")


def test_two_inputs_are_maps_and_cells(run, kept, tmp_path) -> None:
    name = kept("--target", "waves2d", "--no-store", "--save", tmp_path / "w.safetensors")
    assert name is None
    run_name = kept("--target", "waves2d")
    told = json.loads(run("plot", run_name, "-o", tmp_path / "a.pdf", "--what", "all", "--json").stdout)
    assert told["figures"] == [way.name for way in WAYS.values() if 2 in way.inputs]
    assert json.loads(run("plot", run_name, "-o", tmp_path / "a.png", "--dpi", 40, "--json").stdout)[
        "figures"
    ] == ["maps"]
    done = run("plot", tmp_path / "w.safetensors", "-o", tmp_path / "w.pdf", "--what", "cells", "--json")
    assert json.loads(done.stdout)["figures"] == ["cells"]


def test_a_network_and_data_by_themselves(run, tmp_path) -> None:
    import torch

    torch.manual_seed(0)
    torch.save(
        torch.nn.Sequential(torch.nn.Linear(1, 9), torch.nn.ReLU(), torch.nn.Linear(9, 1)).state_dict(),
        tmp_path / "n.pt",
    )
    done = run("plot", tmp_path / "n.pt", "-o", tmp_path / "n.svg", "--domain", -2, 2)
    assert done.exit_code == 0, done.stderr
    counted = json.loads(run("regions", tmp_path / "n.pt", "--domain", -2, 2, "--json").stdout)["members"][0]
    assert f"{counted['bends']} bends" in texts(tmp_path / "n.svg")
    flat = torch.nn.Sequential(torch.nn.Linear(2, 5), torch.nn.ReLU(), torch.nn.Linear(5, 1))
    torch.save(flat.state_dict(), tmp_path / "m.pt")
    done = run("plot", tmp_path / "m.pt", "-o", tmp_path / "m.pdf", "--what", "all", "--json")
    assert json.loads(done.stdout)["figures"] == ["cells", "patterns"]
    done = run("plot", ROOT / "examples/data/sunspots.csv", "-o", tmp_path / "s.svg")
    assert done.exit_code == 0, done.stderr
    assert {"YEAR", "SUNACTIVITY"} <= set(texts(tmp_path / "s.svg").split("\n"))
    run("plot", "expr:x**2", "-o", tmp_path / "e.png", "--dpi", 100, "--size", "4,2")
    with Image.open(tmp_path / "e.png") as picture:
        assert picture.size == (400, 200)
        assert picture.text["Description"] == "nnexpr-tui plot 'expr:x**2' -o e.png --size 4,2"


def test_an_experiment_is_run_once_and_then_drawn_from_what_was_kept(run, fakes, tmp_path) -> None:
    done = run("plot", "one", "-o", tmp_path / "a.svg", "--quick")
    assert done.exit_code == 0, done.stderr
    assert done.stdout.split() == [str(tmp_path / f"a-{place}.svg") for place in (1, 2, 3)]
    assert "one has no quick finding of this version: it is run now (few)" in done.stderr
    assert "<0> $x$" in texts(tmp_path / "a-1.svg")
    chosen = run("plot", "one", "-o", tmp_path / "d.png", "--quick", "--only", "1,3", "--dpi", 50)
    assert chosen.stdout.split() == [str(tmp_path / f"d-{place}.png") for place in (1, 3)]
    again = run("plot", "one", "-o", tmp_path / "b.pdf", "--quick")
    assert "no quick finding" not in again.stderr
    assert "3 figures as the pages of one file" in again.stderr
    assert CALLS == [True]
    every = run("plot", "fakes", "-o", tmp_path / "c.png", "--dpi", 40)
    assert [Path(each).name for each in every.stdout.split()] == [
        f"c-{name}-{n}.png" for name in ("one", "two") for n in (1, 2, 3)
    ]
    assert CALLS == [True, False, False]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["nothing", "-o", "a.pdf"], "FILE is nothing: there is no such file"),
        (["20200101-000000", "-o", "a.pdf"], "RUN is 20200101-000000: no run in"),
        (["x", "-o", "a.jpg"], "--output is a.jpg: it must end in .pdf, .png, .svg"),
        (["x", "-o", "nowhere/a.pdf"], "--output is nowhere/a.pdf: there is no folder nowhere"),
        (["expr:x", "-o", "a.pdf", "--size", "3"], "--size is 3: it must be column, page"),
        (["expr:x", "-o", "a.pdf", "--size", "a,b"], "--size is a,b: it must be column, page"),
        (["expr:x", "-o", "a.pdf", "--what", "loss"], "--what is loss: leave it out"),
        (["expr:x", "-o", "a.pdf", "--what", "nothing"], "--what is nothing: it must be one of fit"),
        (["expr:x", "-o", "a.pdf", "--only", "2"], "--only is 2: there is 1 figure"),
        (["expr:x", "-o", "a.pdf", "--only", "a"], "--only is a: it must be a comma-separated list"),
        (["expr:x", "-o", "a.pdf", "--dpi", "1"], "--dpi is 1"),
        (["expr:(", "-o", "a.pdf"], "--target is"),
    ],
)
def test_what_cannot_be_is_refused_in_one_sentence(run, tmp_path, monkeypatch, arguments, sentence) -> None:
    monkeypatch.chdir(tmp_path)
    done = run("plot", *arguments)
    assert done.exit_code == 2
    assert done.stderr.startswith(f"Error: {sentence}"), done.stderr
    assert done.stderr.count("\n") == 1
    assert [path.name for path in tmp_path.iterdir()] == []


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--what", "cells"], "--what is cells: it is for two inputs"),
        (["--what", "loss", "--epoch", 3], "--epoch is 3: loss takes none; fit, error"),
        (["--what", "counts", "--member", 0], "--member is 0: counts takes none; fit"),
        (["--member", 7], "--member is 7"),
        (["--epoch", 4000], "--epoch is 4000: it was recorded from 0 to 40"),
        (["--domain", 0, 1], "--domain is 0.0, 1.0: leave it out"),
        (["--quick"], "--quick is given: leave it out"),
    ],
)
def test_what_a_run_has_not_is_refused(run, kept, tmp_path, options, sentence) -> None:
    done = run("plot", kept(), "-o", tmp_path / "a.pdf", *options)
    assert done.exit_code == 2
    assert done.stderr.startswith(f"Error: {sentence}"), done.stderr
    assert not (tmp_path / "a.pdf").exists()


def test_without_matplotlib_it_says_how_to_get_it(run, tmp_path, monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    done = run("plot", "expr:x", "-o", tmp_path / "a.pdf")
    assert done.exit_code == 1
    assert (
        done.stderr
        == "Error: figures need matplotlib, which is not installed: pip install 'nnexpr-tui[plots]'.\n"
    )
