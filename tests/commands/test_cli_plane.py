"""``regions`` and ``fit`` for networks of two inputs: what is told is what the engine counts."""

from __future__ import annotations

import json

import pytest
import torch

from nnexpr import from_torch, load, plane_regions, save
from nnexpr_tui.commands import fit_report


def document(done):
    assert done.exit_code == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture
def module():
    torch.manual_seed(5)
    layers = [
        torch.nn.Linear(2, 9),
        torch.nn.ReLU(),
        torch.nn.Linear(9, 7),
        torch.nn.ReLU(),
        torch.nn.Linear(7, 1),
    ]
    return torch.nn.Sequential(*layers).double()


@pytest.fixture(params=["state.pt", "ours.safetensors"])
def file(request, module, tmp_path):
    path = tmp_path / request.param
    if path.suffix == ".pt":
        torch.save(module.state_dict(), path)
    else:
        save(path, from_torch(module))
    return path


@pytest.mark.parametrize(
    ("options", "domain"),
    [
        ([], ((0, 1), (0, 1))),
        (["--domain", -2, 2], ((-2, 2), (-2, 2))),
        (["--domain", -2, 2, "--domain2", -1, 3], ((-2, 2), (-1, 3))),
    ],
)
def test_the_cells_are_the_engine_s(run, module, file, options, domain):
    found = document(run("regions", file, *options, "--json"))
    assert found["schema"] == 1
    assert found["domain"] == [list(side) for side in domain]
    [member] = found["members"]
    cells = plane_regions(from_torch(module), domain)
    assert (member["linear_regions"], member["cells"]) == (cells.count, cells.activation_regions)
    assert member["activation_regions"] == member["cells"]
    assert member["euler"] == 1
    assert member["area_error"] < 1e-12
    assert member["mean_degree"] == pytest.approx(cells.check.mean_degree)
    assert member["dead_units"] == [list(unit) for unit in cells.dead_units]
    assert sum(member["bends_by_layer"]) == member["bends"]
    assert (
        member["check"]["sampled_mismatches"]
        == member["check"]["twice_crossed"]
        == member["check"]["ties"]
        == 0
    )
    assert member["check"]["max_residual"] < 1e-12


def test_a_table_for_people(run, file):
    done = run("regions", file)
    assert done.exit_code == 0
    for word in ("regions", "bends", "dead units", "euler", "area error", "mean degree", "residual", "ties"):
        assert word in done.stdout


def test_a_fit_counts_cells_on_the_target_s_domain(run, tmp_path):
    saved = tmp_path / "net.safetensors"
    options = [
        "--target",
        "star2d",
        "--width",
        12,
        "--members",
        3,
        "--epochs",
        5,
        "--dtype",
        "float64",
        "--no-store",
    ]
    members = document(run("fit", *options, "--save", saved, "--json"))["members"]
    told = document(run("regions", saved, "--json"))
    assert told["domain"] == [list(side) for side in load(saved).domain]
    for trained, counted in zip(members, told["members"], strict=True):
        for key in ("linear_regions", "bends", "activation_regions", "dead_units", "collapsed"):
            assert trained[key] == counted[key] is not None
    one = document(run("regions", saved, "--members", 2, "--json"))["members"]
    assert one == told["members"][2:]


def test_a_fit_says_which_members_it_had_no_time_to_count(run, monkeypatch):
    monkeypatch.setattr(fit_report, "PLANE_SECONDS", -1.0)
    found = document(
        run("fit", "--target", "star2d", "--width", 4, "--members", 3, "--epochs", 1, "--no-store", "--json")
    )
    assert [member["linear_regions"] is None for member in found["members"]] == [False, True, True]
    assert found["notes"] == ["regions were counted for 1 of 3 members, in -1 seconds"]


@pytest.mark.parametrize(
    ("inputs", "options", "words"),
    [
        (2, ["--domain2", 1, 0], "two numbers"),
        (1, ["--domain2", 0, 1], "two inputs"),
        (2, ["--activation", "tanh"], "tanh"),
    ],
)
def test_what_is_refused(run, tmp_path, inputs, options, words):
    path = tmp_path / "state.pt"
    torch.save(
        torch.nn.Sequential(torch.nn.Linear(inputs, 3), torch.nn.ReLU(), torch.nn.Linear(3, 1)).state_dict(),
        path,
    )
    done = run("regions", path, *options)
    assert done.exit_code == 2
    assert words in done.stderr
