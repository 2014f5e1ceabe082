"""``regions --between``: what is told of a segment is the module on it, for files of any kind and several at once."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch

INPUTS, OUTPUTS = 5, 3


@pytest.fixture
def modules():
    torch.manual_seed(4)
    widths = [(INPUTS, 10), (10, 8), (8, OUTPUTS)]
    return [
        torch.nn.Sequential(
            *(part for shape in widths for part in (torch.nn.Linear(*shape), torch.nn.ReLU()))
        )[:-1].double()
        for _ in range(3)
    ]


@pytest.fixture
def points():
    return np.random.default_rng(0).uniform(-3, 3, (4, INPUTS))


@pytest.fixture(autouse=True)
def files(tmp_path, monkeypatch, modules, points):
    monkeypatch.chdir(tmp_path)
    for number, module in enumerate(modules):
        torch.save(module.state_dict(), f"epoch{number}.pt")
    np.save("points.npy", points)
    np.savetxt("points.csv", points, delimiter=",")


def document(done):
    assert done.exit_code == 0, done.stderr
    return json.loads(done.stdout)


def bends(module, a, b, outputs=slice(None)):
    """Where slopes along the segment change, by bisection on a grid: an oracle that knows only values."""
    t = np.linspace(0, 1, 20_001)
    with torch.no_grad():
        y = module(torch.from_numpy(a + t[:, None] * (b - a)))[:, outputs].numpy()
    slopes = np.diff(y, axis=0) / np.diff(t)[:, None]
    turns = np.flatnonzero(np.abs(np.diff(slopes, axis=0)).max(axis=1) > 1e-7)
    # A bend inside a cell of the grid changes the slope on both sides of it.
    return [
        t[group.mean().astype(int) + 1] for group in np.split(turns, np.flatnonzero(np.diff(turns) > 1) + 1)
    ]


def test_positions_are_where_the_module_bends(run, modules, points):
    found = document(run("regions", "epoch0.pt", "--between", "points.npy:1", "points.csv:2", "--json"))
    assert found["schema"] == 1
    [member] = found["members"]
    expected = bends(modules[0], points[1], points[2])
    np.testing.assert_allclose(member["positions"], expected, atol=2e-4)
    assert member["linear_regions"] == member["bends"] + 1 == len(expected) + 1
    assert member["certified"] is True
    assert member["check"]["max_residual"] < 1e-12


def test_one_output_bends_where_it_bends(run, modules, points):
    arguments = ("--between", "points.npy:0", "points.npy:3", "--of", "output:2", "--json")
    [member] = document(run("regions", "epoch1.pt", *arguments))["members"]
    expected = bends(modules[1], points[0], points[3], [2])
    np.testing.assert_allclose(member["positions"], expected, atol=2e-4)


def test_checkpoints_are_rows_in_their_order(run, modules, points):
    files = [f"epoch{number}.pt" for number in range(3)]
    done = run("regions", *files, "--between", "points.npy:0", "points.npy:1")
    assert done.exit_code == 0
    rows = [line.split() for line in done.stdout.splitlines() if line.strip().startswith("epoch")]
    assert [row[0] for row in rows] == files
    counted = [len(bends(module, points[0], points[1])) + 1 for module in modules]
    assert [int(row[1]) for row in rows] == counted
    told = document(run("regions", *files, "--between", "points.npy:0", "points.npy:1", "--json"))["members"]
    assert [(each["file"], each["linear_regions"]) for each in told] == list(zip(files, counted, strict=True))


def test_a_runs_points_are_in_its_own_units(run, tmp_path):
    table = tmp_path / "data.csv"
    table.write_text("".join(f"{x},{abs(x - 1950)}\n" for x in range(1900, 2001)))
    run("fit", "--target", f"csv:{table}", "--epochs", 3, "--save", "wave.safetensors", "--no-store")
    line = document(run("regions", "wave.safetensors", "--domain", 1900, 2000, "--json"))["members"][0]
    along = document(run("regions", "wave.safetensors", "--between", "1900", "2000", "--json"))["members"][0]
    np.testing.assert_allclose(1900 + 100 * np.array(along["positions"]), line["breakpoints"], rtol=1e-12)
    assert along["linear_regions"] == line["linear_regions"]


@pytest.mark.parametrize(
    ("options", "named"),
    [
        (["--between", "points.npy:0", "points.npy:9"], "4 points"),
        (["--between", "points.npy:0", "points.npy:0"], "differ"),
        (["--between", "points.npy:0", "1,2"], "2 numbers"),
        (["--between", "points.npy:0", "1,2,3,4,nan"], "finite"),
        (["--between", "points.npy:0", "points.npy:1", "--of", "output:3"], "output:2"),
        (["--between", "points.npy:0", "points.npy:1", "--of", "all"], "regions"),
        (["--between", "points.npy:0", "points.npy:1", "--output", "1"], "--output"),
        (["--between", "points.npy:0", "points.npy:1", "--domain", "0", "1"], "--domain"),
        (["--between", "points.npy:0", "points.npy:1", "--along", "0;1"], "--along"),
        (["--between", "points.npy:0", "points.npy:1", "--members", "1"], "--members"),
        (["epoch1.pt"], "several"),
        (["--of", "regions"], "--between"),
    ],
)
def test_what_says_no_segment_is_refused(run, options, named):
    done = run("regions", "epoch0.pt", *options)
    assert done.exit_code == 2
    assert named in done.stderr
    assert len([line for line in done.stderr.splitlines() if line.startswith("Error")]) == 1


# On planes


def folded(module, origin, u, v):
    """The module with x = origin + s u + t v folded into its first layer: a network of the two inputs s and t."""
    first, *rest = module
    made = torch.nn.Linear(2, first.out_features).double()
    with torch.no_grad():
        made.weight.copy_(first.weight @ torch.from_numpy(np.stack([u, v], axis=1)))
        made.bias.copy_(first.weight @ torch.from_numpy(origin) + first.bias)
    return torch.nn.Sequential(made, *rest)


@pytest.mark.parametrize("output", [0, 2])
def test_the_cells_of_a_plane_are_those_of_the_network_folded_onto_it(run, modules, points, output):
    p, q, r = points[:3]
    torch.save(folded(modules[0], p, q - p, r - p).state_dict(), "folded.pt")
    window = ("--domain", -1, 2, "--domain2", -2, 2, "--json")
    plane = ("--plane", "points.npy:0", "points.csv:1", "points.npy:2", "--of", f"output:{output}")
    [found] = document(run("regions", "epoch0.pt", *plane, *window))["members"]
    [expected] = document(run("regions", "folded.pt", "--output", output, *window))["members"]
    for told in ("linear_regions", "cells", "bends", "bends_by_layer", "dead_units", "euler", "certified"):
        assert found[told] == expected[told], told
    assert found["linear_regions"] > 10
    assert found["area_error"] < 1e-12


def test_an_origin_and_directions_are_a_plane(run, points):
    p, q, r = points[:3]
    np.save("directions.npy", np.stack([q - p, r - p]))
    window = ("--domain", -1, 1, "--json")
    named = ("--origin", "points.npy:0", "--directions", "directions.npy:0", "directions.npy:1", *window)
    through = ("--plane", "points.npy:0", "points.npy:1", "points.npy:2", *window)
    one, other = (document(run("regions", "epoch1.pt", *each)) for each in (named, through))
    np.testing.assert_allclose(one["plane"]["origin"], p)
    np.testing.assert_allclose(one["plane"]["v"], r - p, rtol=1e-12)
    assert one["domain"] == [[-1, 1], [-1, 1]] == other["domain"]
    assert [m["linear_regions"] for m in one["members"]] == [m["linear_regions"] for m in other["members"]]


def test_decision_regions_hold_every_class_that_is_largest_somewhere(run, modules, points):
    p, q, r = points[:3]
    place = ("--plane", "points.npy:0", "points.npy:1", "points.npy:2", "--of", "argmax")
    [member] = document(run("regions", "epoch2.pt", *place, "--json"))["members"]
    s, t = np.meshgrid(*[np.linspace(-0.5, 1.5, 201)] * 2)
    inputs = p + s[..., None] * (q - p) + t[..., None] * (r - p)
    with torch.no_grad():
        largest = modules[2](torch.from_numpy(inputs)).argmax(-1).numpy()
    assert set(np.unique(largest)) <= set(member["classes"])
    assert member["decision_regions"] >= len(np.unique(largest))
    assert member["linear_regions"] is None
    shown = run("regions", "epoch2.pt", *place)
    assert shown.exit_code == 0
    picture = [line for line in shown.stdout.splitlines() if line and set(line) <= set("012│─┘|-+ ")]
    middle = picture[len(picture) // 2]
    assert len(picture) >= 20
    # A character stands for the class in its middle, but for borders.
    row = largest[::-1][round((len(picture) // 2 + 0.5) / len(picture) * 201)]
    expected = "".join(str(row[int((column + 0.5) / len(middle) * 201)]) for column in range(len(middle)))
    alike = [a == b for a, b in zip(middle, expected, strict=True) if a in "012"]
    assert sum(alike) >= 0.9 * len(alike)


def test_where_the_decision_changes_on_a_segment(run, modules, points):
    place = ("--between", "points.npy:0", "points.npy:3", "--of", "argmax", "--json")
    [member] = document(run("regions", "epoch0.pt", *place))["members"]
    t = np.linspace(0, 1, 20_001)
    with torch.no_grad():
        inputs = points[0] + t[:, None] * (points[3] - points[0])
        largest = modules[0](torch.from_numpy(inputs)).argmax(-1).numpy()
    changes = np.flatnonzero(np.diff(largest))
    np.testing.assert_allclose(member["positions"], t[changes], atol=1e-4)
    assert member["classes"] == [int(largest[0]), *largest[changes + 1].tolist()]
    assert member["decision_regions"] == len(changes) + 1


@pytest.mark.parametrize(
    ("options", "named"),
    [
        (["--plane", "points.npy:0", "points.npy:0", "points.npy:1"], "line"),
        (["--plane", "0,0,0,0,0", "1,1,1,1,1", "-2,-2,-2,-2,-2"], "line"),
        (["--plane", "points.npy:0", "points.npy:1", "points.npy:7"], "4 points"),
        (["--plane", "points.npy:0", "points.npy:1", "1,2,3"], "3 numbers"),
        (["--origin", "points.npy:0"], "--directions"),
        (["--directions", "points.npy:0", "points.npy:1"], "--origin"),
        (["--origin", "points.npy:0", "--directions", "1,0,0,0,0", "2,0,0,0,0"], "line"),
        (["--plane", "points.npy:0", "points.npy:1", "points.npy:2", "--domain", "1", "0"], "--domain"),
        (["--plane", "points.npy:0", "points.npy:1", "points.npy:2", "--of", "logit"], "argmax"),
        (["--plane", "points.npy:0", "points.npy:1", "points.npy:2", "--between", "1", "2"], "one place"),
        (["--plane", "points.npy:0", "points.npy:1", "points.npy:2", "--circle", "0", "0", "1"], "one place"),
    ],
)
def test_what_says_no_plane_is_refused(run, options, named):
    done = run("regions", "epoch0.pt", *options)
    assert done.exit_code == 2
    assert named in done.stderr


# Margins


def test_a_margin_is_zero_where_the_class_comes_or_goes(run, modules, points):
    place = ("--between", "points.npy:0", "points.npy:3")
    [member] = document(run("regions", "epoch0.pt", *place, "--of", "margin:1", "--json"))["members"]
    t = np.linspace(0, 1, 20_001)
    with torch.no_grad():
        y = modules[0](torch.from_numpy(points[0] + t[:, None] * (points[3] - points[0]))).numpy()
    above = y[:, 1] > np.delete(y, 1, axis=1).max(axis=1)
    np.testing.assert_allclose(member["zeros"], t[np.flatnonzero(np.diff(above))], atol=1e-4)
    shown = run("regions", "epoch0.pt", *place, "--of", "margin:1")
    assert shown.exit_code == 0
    assert "Linear regions of margin:1 between points.npy:0 and points.npy:3" in shown.stdout
    assert any(line.startswith("zeros, as fractions of the way: ") for line in shown.stdout.splitlines())


def test_on_a_plane_a_margin_has_the_lines_on_which_it_is_zero(run, modules, points):
    p, q, r = points[:3]
    place = ("--plane", "points.npy:0", "points.npy:1", "points.npy:2", "--of", "margin:0")
    [member] = document(run("regions", "epoch2.pt", *place, "--json"))["members"]
    assert member["certified"]
    lines = [np.array(line) for line in member["zeros"]]
    assert lines
    s, t = np.concatenate(lines).T[..., None]
    with torch.no_grad():
        y = modules[2](torch.from_numpy(p + s * (q - p) + t * (r - p))).numpy()
    np.testing.assert_allclose(y[:, 0], y[:, 1:].max(axis=1), atol=1e-9)
    assert run("regions", "epoch2.pt", *place).exit_code == 0


# Over epochs


def test_the_moments_of_a_runs_recording_are_rows(run):
    fitted = json.loads(run("fit", "--target", "sine", "--width", 8, "--epochs", 40, "--json").stdout)
    done = run("regions", fitted["run"], "--epochs", "--between", 0, 1)
    assert done.exit_code == 0, done.stderr
    told = document(run("regions", fitted["run"], "--epochs", "--between", 0, 1, "--json"))["members"]
    epochs = [each["epoch"] for each in told]
    assert epochs == sorted(set(epochs))
    assert (epochs[0], epochs[-1]) == (0, 40)
    [last] = document(run("regions", fitted["run"], "--between", 0, 1, "--members", 0, "--json"))["members"]
    assert told[-1]["positions"] == last["positions"]
    rows = [line.split() for line in done.stdout.splitlines()]
    rows = [row for row in rows if len(row) > 5 and row[0].isdecimal() and row[1].isdecimal()]
    shown = {int(row[0]): int(row[1]) for row in rows}
    assert shown.items() <= {each["epoch"]: each["linear_regions"] for each in told}.items()
    assert {0, 1} <= shown.keys()


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["epoch0.pt", "--epochs", "--between", "points.npy:0", "points.npy:1"], "--epochs"),
        (["epoch0.pt", "--epochs"], "--between"),
        (["epoch0.pt", "--epochs", "--between", "points.npy:0", "points.npy:1", "--layers", "a"], "--layers"),
    ],
)
def test_epochs_are_of_runs_in_one_place(run, arguments, named):
    done = run("regions", *arguments)
    assert done.exit_code == 2
    assert named in done.stderr
