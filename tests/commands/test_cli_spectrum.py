"""``spectrum``: the eigenvalues of a basis' Gram matrix, as JSON and as a chart with tables."""

from __future__ import annotations

import json

import numpy as np
import pytest


def document(done):
    assert done.exit_code == 0, done.stderr
    return json.loads(done.stdout)


def test_relus_on_the_line_beside_the_cantilever(run):
    asked = "--basis relu --power 1 --dimension 1 --knots 300 --biases uniform --modes 10 --json"
    found = document(run("spectrum", *asked.split()))
    assert found.keys() >= {"eigenvalues", "slope", "slope_modes", "condition", "exact"}
    b = -1 + (np.arange(300) + 0.5) / 150
    u, v = 1 - np.maximum.outer(b, b), 1 - np.minimum.outer(b, b)
    expected = np.linalg.eigvalsh(u**2 * (3 * v - u) / 6)[::-1] / 150
    np.testing.assert_allclose(found["eigenvalues"], expected[:10], rtol=1e-9)
    np.testing.assert_allclose(found["eigenvalues"], found["exact"], rtol=5e-3)
    assert found["exact"][0] == pytest.approx((2 / 1.8751040687) ** 4)
    assert found["slope"] == pytest.approx(-4, abs=0.1)
    assert found["slope_modes"] == [10, 100]
    assert found["condition"] == pytest.approx(6.36 * 300**4, rel=0.01)


def test_a_large_one_is_found_in_a_process_of_its_own(run):
    found = document(run("spectrum", "--knots", 4001, "--modes", 3, "--json"))
    np.testing.assert_allclose(found["eigenvalues"], found["exact"], rtol=1e-6)
    assert found["condition"] == pytest.approx(6.36 * 4001.0**4, rel=0.01)


def test_in_the_plane_no_exact_spectrum_is_known(run):
    found = document(
        run("spectrum", "--dimension", 2, "--knots", 60, "--biases", "random", "--modes", 4, "--json")
    )
    assert found["exact"] is None
    assert len(found["eigenvalues"]) == 4


def test_a_target_places_the_knots_and_is_projected_on_the_modes(run):
    asked = ["spectrum", "--target", "arctan25", "--knots", 80, "--modes", 30, "--json"]
    uniform, adaptive = (
        np.cumsum(document(run(*asked, "--biases", biases))["shares"]) for biases in ("uniform", "adaptive")
    )
    assert uniform[-1] <= 1
    assert adaptive[9] > uniform[9]


def test_data_of_a_file_in_its_own_units(run, tmp_path):
    data = tmp_path / "data.csv"
    x = np.linspace(1700.0, 2000.0, 61)
    data.write_text(
        "".join(f"{a!r},{b!r}\n" for a, b in zip(x.tolist(), np.sin(x / 9).tolist(), strict=True))
    )
    found = document(run("spectrum", "--target", f"csv:{data}", "--knots", 40, "--json"))
    assert found["exact"][0] == pytest.approx((300 / 1.8751040687) ** 4)
    assert found["eigenvalues"][0] == pytest.approx(found["exact"][0], rel=0.01)
    assert len(found["shares"]) == 10


def test_a_chart_and_tables_for_people(run):
    done = run("spectrum", "--knots", 40, "--draw", "1,2", "--target", "cube")
    assert done.exit_code == 0, done.stderr
    for word in ("kernel, exact", "slope over modes", "condition", "target's share", "Eigenmodes", "mode 2"):
        assert word in done.stdout


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        (["--basis", "spline"], "basis"),
        (["--draw", "1,x"], "draw is 1,x: it must be a comma-separated list of modes"),
        (["--draw", "0"], "each from 1 to 1000"),
        (["--biases", "adaptive"], "these knots follow a target, which must be given"),
        (["--target", "cube", "--dimension", 2], "dimension is 2: the target cube has 1 input"),
        (["--target", "waves2d"], "dimension is 1: the target waves2d has 2 inputs"),
        (["--knots", 5000, "--basis", "tanh"], "at most 4000"),
    ],
)  # fmt: skip
def test_what_cannot_be_used_ends_with_two(run, asked, sentence):
    done = run("spectrum", *asked)
    assert done.exit_code == 2
    assert sentence in done.stderr


@pytest.mark.parametrize("command", ["spectrum", "lstsq"])
def test_an_option_that_means_nothing_for_the_basis_is_told(run, command):
    said = run(command, "--basis", "hat", "--power", 2, "--scale", 3, "--knots", 5, "--json").stderr
    for name in ("power", "scale"):
        assert f"--{name} has no meaning for --basis hat; it changes nothing." in said
    assert (
        "has no meaning" not in run(command, "--basis", "tanh", "--scale", 3, "--knots", 5, "--json").stderr
    )


def test_in_the_plane_modes_are_drawn_and_take_a_target_of_two_inputs(run):
    asked = [
        "spectrum",
        "--dimension",
        2,
        "--knots",
        64,
        "--samples",
        400,
        "--target",
        "waves2d",
        "--modes",
        5,
    ]
    shown = run(*asked, "--draw", "1,3")
    assert shown.exit_code == 0, shown.stderr
    for word in ("mode 1", "mode 3", "target's share", "dimension 2"):
        assert word in shown.stdout
    shares = document(run(*asked, "--basis", "hat", "--json"))["shares"]
    assert len(shares) == 5
    assert 0 <= min(shares) <= sum(shares) <= 1


@pytest.mark.parametrize("command", ["spectrum", "lstsq"])
def test_an_option_that_means_nothing_for_the_target_is_told(run, tmp_path, command):
    (tmp_path / "d.csv").write_text("".join(f"{x},{x * x}\n" for x in range(9)))
    read = run(
        command,
        "--target",
        f"csv:{tmp_path / 'd.csv'}",
        "--samples",
        50,
        "--terms",
        3,
        "--knots",
        5,
        "--json",
    )
    for name in ("samples", "terms"):
        assert f"--{name} has no meaning for --target csv:" in read.stderr
    named = run(command, "--target", "cube", "--missing", "drop", "--target-seed", 3, "--knots", 5, "--json")
    for name in ("missing", "target-seed"):
        assert f"--{name} has no meaning for --target cube; it changes nothing." in named.stderr
    used = run(
        command,
        "--target",
        "fourier",
        "--terms",
        3,
        "--target-seed",
        3,
        "--samples",
        50,
        "--knots",
        5,
        "--json",
    )
    assert "has no meaning" not in used.stderr


def test_a_spectrum_of_no_target_has_no_use_for_what_is_of_one(run):
    said = run("spectrum", "--samples", 50, "--terms", 3, "--knots", 20, "--json").stderr
    assert "--samples has no meaning for a spectrum without --target; it changes nothing." in said
    assert "--terms has no meaning for a spectrum without --target" in said
