"""``regions --along`` and ``--circle``: what is told is the network along the path."""

from __future__ import annotations

import json
from math import hypot, pi, sin

import numpy as np
import pytest
import torch


@pytest.fixture
def module():
    torch.manual_seed(3)
    layers = [
        torch.nn.Linear(2, 12),
        torch.nn.ReLU(),
        torch.nn.Linear(12, 6),
        torch.nn.ReLU(),
        torch.nn.Linear(6, 1),
    ]
    return torch.nn.Sequential(*layers).double()


@pytest.fixture
def file(module, tmp_path):
    torch.save(module.state_dict(), tmp_path / "plane.pt")
    return tmp_path / "plane.pt"


def document(done):
    assert done.exit_code == 0, done.stderr
    return json.loads(done.stdout)


def test_the_pieces_along_a_path_are_the_module(run, module, file):
    found = document(run("regions", file, "--along", "-2,-1; 2,0.5; 0,3", "--json"))
    corners = np.array(found["path"]["vertices"])
    assert corners.tolist() == [[-2, -1], [2, 0.5], [0, 3]]
    assert found["path"]["closed"] is False
    assert found["path"]["length"] == pytest.approx(hypot(4, 1.5) + hypot(2, 2.5))
    [member] = found["members"]
    assert member["pieces"] == member["bends"] + 2 == len(member["slopes"]) == sum(member["segment_pieces"])
    assert member["linear_regions"] == member["bends"] + 1 == sum(member["bends_by_layer"]) + 1
    assert len(member["points"]) == len(member["breakpoints"]) == member["bends"]
    at = np.array([0.0, hypot(4, 1.5), found["path"]["length"]])
    ends = np.array(member["piece_ends"])
    x = np.stack([np.interp(ends, at, column) for column in corners.T], axis=1)
    values = module(torch.from_numpy(x))[:, 0].detach().numpy()
    np.testing.assert_allclose(np.diff(values), np.array(member["slopes"]) * np.diff(ends), atol=1e-12)
    np.testing.assert_allclose(member["trajectory_lengths"][-1], np.abs(np.diff(values)).sum())
    assert member["check"]["max_residual"] < 1e-12


def test_a_circle_is_its_polygon_closed(run, file):
    circle = document(run("regions", file, "--circle", 0.5, -0.5, 2, "--vertices", 12, "--json"))
    angles = 2 * pi * np.arange(12) / 12
    points = ";".join(
        f"{0.5 + 2 * np.cos(a)!r},{-0.5 + 2 * np.sin(a)!r}".replace("np.float64(", "").replace(")", "")
        for a in angles
    )
    along = document(run("regions", file, "--along", points, "--closed", "--json"))
    assert circle == along
    assert circle["path"]["length"] == pytest.approx(12 * 2 * 2 * sin(pi / 12))
    assert len(circle["members"][0]["segment_pieces"]) == 12


def test_people_are_shown_a_table(run, file):
    done = run("regions", file, "--along", "0,0;1,1")
    assert done.exit_code == 0
    assert "along a path of 1 segments, length 1.41421" in done.stdout


@pytest.mark.parametrize(
    ("options", "named"),
    [
        (["--along", "0,0"], "at least two points"),
        (["--along", "0,0;1,x"], "points of"),
        (["--along", "0,0;1,inf"], "finite"),
        (["--along", "0,0;0,0"], "differ"),
        (["--along", "0;1"], "2, one for each input"),
        (["--closed"], "--along"),
        (["--vertices", "8"], "--circle"),
        (["--circle", "0", "0", "-1"], "radius"),
        (["--circle", "0", "0", "1", "--along", "0,0;1,1"], "one path"),
    ],
)
def test_paths_that_are_none_are_refused(run, file, options, named):
    done = run("regions", file, *options)
    assert done.exit_code == 2
    assert named in done.stderr
