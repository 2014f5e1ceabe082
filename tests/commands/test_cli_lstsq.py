"""``lstsq``: least squares in a chosen basis, against SciPy's on the dense hat matrix."""

from __future__ import annotations

import json

import numpy as np
import pytest
from scipy.linalg import lstsq as scipy_lstsq


def document(done):
    assert done.exit_code == 0, done.stderr
    return json.loads(done.stdout)


def dense(function, knots, samples):
    """(max error, mean squared error) of the best linear spline on the knots, for evenly spaced samples of [-1, 1]."""
    x = np.linspace(-1, 1, samples)
    hats = np.stack([np.interp(x, knots, unit) for unit in np.eye(len(knots))], axis=1)
    error = hats @ scipy_lstsq(hats, function(x))[0] - function(x)
    return np.abs(error).max(), np.mean(error**2)


@pytest.mark.parametrize("basis", ["hat", "relu"])
@pytest.mark.parametrize("solver", ["hat", "qr", "svd"])
def test_every_way_finds_the_least_squares(run, basis, solver):
    found = document(
        run(
            "lstsq",
            "--target",
            "arctan25",
            "--basis",
            basis,
            "--solver",
            solver,
            "--knots",
            40,
            "--samples",
            900,
            "--json",
        )
    )
    assert found.keys() >= {"max_error", "mse", "rank", "condition", "seconds"}
    max_error, mse = dense(lambda x: np.arctan(25 * x), np.linspace(-1, 1, 40), 900)
    assert found["max_error"] == pytest.approx(max_error, rel=1e-6)
    assert found["mse"] == pytest.approx(mse, rel=1e-6)
    assert found["rank"] == 40
    assert found["condition"] > 1


def test_the_settings_are_told(run):
    done = run(
        "lstsq",
        "--knots",
        7,
        "--samples",
        50,
        "--solver",
        "gram",
        "--rcond",
        "1e-3",
        "--dtype",
        "float32",
        "--json",
    )
    assert document(done)["config"] == {
        "target": "arctan25", "basis": "hat", "power": 1, "scale": 10.0, "biases": "uniform", "knots": 7,
        "samples": 50, "solver": "gram",
        "rcond": 1e-3, "ridge": 0.0, "dtype": "float32",
    }  # fmt: skip


def test_adaptive_knots_share_the_variation(run):
    """Those of arctan(25 x) have a closed form: its values at them are evenly spaced."""
    found = document(run("lstsq", "--biases", "adaptive", "--knots", 30, "--samples", 4000, "--json"))
    knots = np.tan(np.linspace(-np.arctan(25), np.arctan(25), 30)) / 25
    max_error, mse = dense(lambda x: np.arctan(25 * x), knots, 4000)
    assert found["max_error"] == pytest.approx(max_error, rel=1e-3)
    assert found["mse"] == pytest.approx(mse, rel=1e-3)


def test_random_knots_are_those_of_the_seed(run):
    def error(seed):
        return document(run("lstsq", "--biases", "random", "--knots", 30, "--seed", seed, "--json"))["mse"]

    assert error(1) == error(1) != error(2)


def test_a_singular_matrix_has_no_condition_and_the_json_says_so(run):
    done = run("lstsq", "--basis", "relu", "--solver", "svd", "--knots", 30, "--samples", 10, "--json")
    found = document(done)
    assert found["rank"] <= 10
    assert (found["condition"] is None) == found.get("nonfinite", False)


def test_data_of_a_file_in_its_own_units(run, tmp_path):
    data = tmp_path / "data.csv"
    x = np.linspace(1700.1, 2000.7, 61)
    y = 5 * np.abs(x - x[30])
    data.write_text("".join(f"{a!r},{b!r}\n" for a, b in zip(x.tolist(), y.tolist(), strict=True)))
    found = document(run("lstsq", "--target", f"csv:{data}", "--knots", 3, "--json"))
    assert found["config"]["samples"] == 61
    assert found["max_error"] < 1e-9 * y.max()


def test_a_chart_and_a_table_for_people(run):
    done = run("lstsq", "--knots", 10, "--samples", 100)
    assert done.exit_code == 0
    for word in ("least squares", "max error", "condition", "rank"):
        assert word in done.stdout


def test_the_fit_itself_and_its_certificate_are_in_the_json(run):
    found = document(
        run("lstsq", "--target", "cube", "--knots", 5, "--samples", 40, "--basis", "relu", "--json")
    )
    np.testing.assert_array_equal(found["knots"], np.linspace(0, 1, 5))
    x = np.linspace(0, 1, 40)
    relus = np.stack([np.ones(40), *(np.maximum(x - knot, 0) for knot in found["knots"][:-1])], axis=1)
    error = relus @ found["coefficients"] - x**3
    assert found["mse"] == pytest.approx(np.mean(error**2), rel=1e-9)
    assert found["gradient"] < 1e-12
    assert np.abs(relus.T @ error).max() < 1e-12


def test_one_convention_of_knots_is_said(run):
    said = {name: " ".join(run(name, "--help").stdout.split()) for name in ("lstsq", "compose", "fit")}
    assert "inner knots of the shallow fits" in said["compose"]
    assert "both ends included" in said["lstsq"]
    assert "both ends included" in said["fit"]


@pytest.mark.parametrize(
    ("basis", "more"), [("gaussian", ["--scale", 4]), ("relu", ["--power", 3]), ("cosine", [])]
)
def test_a_basis_of_other_functions_is_solved_by_qr_unless_a_solver_is_named(run, basis, more):
    asked = [
        "lstsq",
        "--target",
        "cube",
        "--domain",
        -1,
        1,
        "--knots",
        9,
        "--samples",
        300,
        "--basis",
        basis,
        *more,
        "--json",
    ]
    found = document(run(*asked))
    x, knots = np.linspace(-1, 1, 300), np.linspace(-1, 1, 9)
    matrix = {
        "gaussian": np.column_stack([np.ones(300), np.exp(-16 * (x[:, None] - knots) ** 2)]),
        "relu": np.vander(x, 4),  # x³ is one of them
        "cosine": np.cos(np.pi / 2 * np.arange(9) * (x[:, None] + 1)),
    }[basis]
    error = matrix @ scipy_lstsq(matrix, x**3)[0] - x**3
    assert found["config"]["solver"] == "qr"
    assert found["mse"] == pytest.approx(np.mean(error**2), rel=1e-6, abs=1e-28)
    refused = run(*asked, "--solver", "hat")
    assert refused.exit_code == 2
    assert "linear splines only" in refused.stderr


@pytest.mark.parametrize("basis", ["hat", "relu", "tanh"])
def test_a_target_of_two_inputs_is_fitted_in_the_plane(run, basis):
    more = ["--basis", basis, "--scale", 2] if basis == "tanh" else ["--basis", basis]
    asked = ["lstsq", "--target", "product2d", "--knots", 50, "--samples", 900, *more]
    found = document(run(*asked, "--json"))
    axis = np.linspace(-1, 1, 30)
    x = np.stack(np.meshgrid(axis, axis, indexing="ij"), axis=-1).reshape(-1, 2)
    if basis == "hat":
        assert np.shape(found["knots"]) == (49, 2)
        nodes = np.array(found["knots"])
        # Bilinear and linear on the diagonal of a cell of size h they differ by h²/4 at most.
        assert found["max_error"] < (2 / 6) ** 2 / 4
        assert np.ptp(nodes, axis=0).tolist() == [2, 2]
        assert found["config"]["solver"] == "hat"
    else:
        lines = np.array(found["knots"])
        heights = x @ lines[:, :2].T - lines[:, 2]
        units = np.maximum(heights, 0) if basis == "relu" else np.tanh(2 * heights)
        fitted = np.column_stack([np.ones(900), units]) @ found["coefficients"]
        assert found["mse"] == pytest.approx(np.mean((fitted - x[:, 0] * x[:, 1]) ** 2), rel=1e-6)
        assert found["config"]["solver"] == "qr"
    assert found["gradient"] < 1e-9
    shown = run(*asked)
    for word in ("product2d", "least squares − target", "condition"):
        assert word in shown.stdout


def test_in_the_plane_knots_follow_no_variation(run):
    for basis in ("hat", "relu"):
        done = run("lstsq", "--target", "star2d", "--basis", basis, "--biases", "adaptive", "--samples", 100)
        assert done.exit_code == 2
        assert "in two dimensions these knots are placed uniform" in done.stderr


def test_a_singular_matrix_says_so_beside_its_condition(run):
    """Fewer samples than knots: the condition is infinite, which no number of JSON is."""
    found = document(
        run("lstsq", "--target", "cube", "--knots", 20, "--samples", 10, "--solver", "svd", "--json")
    )
    assert (found["condition"], found["singular"], found["nonfinite"]) == (None, True, True)
    found = document(run("lstsq", "--target", "cube", "--knots", 20, "--samples", 100, "--json"))
    assert found["condition"] > 1
    assert found["singular"] is False
    assert "nonfinite" not in found


def test_a_domain_chooses_rows_of_a_file(run, tmp_path):
    (tmp_path / "d.csv").write_text("".join(f"{x},{x * x}\n" for x in range(100)))
    asked = "lstsq", "--target", f"csv:{tmp_path / 'd.csv'}", "--knots", 5, "--json"
    found = document(run(*asked, "--domain", 20, 40))
    assert (found["config"]["samples"], found["knots"][0], found["knots"][-1]) == (21, 20, 40)
