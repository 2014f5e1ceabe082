"""``fit``: its numbers, recomputed from the file it writes by NumPy alone; its manners."""

from __future__ import annotations

import json
from itertools import pairwise

import numpy as np
import pytest
import torch
from safetensors.numpy import load_file

from nnexpr import target
from nnexpr.runs.file import load
from nnexpr.runs.store import Store
from nnexpr.specification import OPTIONS
from nnexpr.splines.floor import QUICK_WORK, spline_floor
from nnexpr.training.modes import mode_amplitudes
from nnexpr.training.tangent import tangent_kernel
from nnexpr_tui.commands import fit_report

MEMBER_KEYS = {
    "seed", "loss", "best_loss", "epoch_of_best", "max_error", "linear_regions", "bends", "activation_regions",
    "dead_units", "collapsed", "certified", "nonfinite", "spline_lower_bound", "spline_best_found", "spline_certified",
}  # fmt: skip
KEYS = {
    "schema", "run", "config", "device", "dtype", "parameters", "trained_parameters", "members", "epochs", "seconds",
    "member_epochs_per_second", "history", "modes",
}  # fmt: skip
CSV = "year;number\n1700;5\n1701;11\n1702;16\n1703;23\n1704;36\n1705;58\n1706;29\n"


def document(done, code=0):
    assert done.exit_code == code, done.stderr
    return json.loads(done.stdout)


def forward(parameters, x, widths):
    """A ReLU network of one member, by NumPy: parameters (P,), x (points,)."""
    values, offset = x[None, :], 0
    for layer, (inputs, outputs) in enumerate(pairwise(widths)):
        block = parameters[offset : offset + outputs * (inputs + 1)].reshape(outputs, inputs + 1)
        values, offset = block[:, :-1] @ values + block[:, -1:], offset + block.size
        if layer < len(widths) - 2:
            values = np.maximum(values, 0.0)
    assert offset == parameters.size
    return values[0]


def test_every_key_and_the_resolved_options(run):
    found = document(
        run(
            "fit",
            "--epochs",
            3,
            "--members",
            2,
            "--seed",
            4,
            "--threads",
            1,
            "--target",
            "two_tone",
            "--json",
        )
    )
    assert found.keys() >= KEYS
    assert [member["seed"] for member in found["members"]] == [4, 5]
    assert all(member.keys() == MEMBER_KEYS for member in found["members"])
    assert found["config"].keys() == OPTIONS.keys()
    config = {name: found["config"][name] for name in ("device", "threads", "domain", "epochs", "network")}
    assert config == {"device": "cpu", "threads": 1, "domain": [-1.0, 1.0], "epochs": 3, "network": "mlp"}
    assert found["parameters"] == found["trained_parameters"] == 2 * 16 + 17 * 16 + 17
    assert (found["schema"], found["epochs"], found["dtype"], found["device"]) == (1, 3, "float32", "cpu")
    for member in found["members"]:
        assert member["linear_regions"] == member["bends"] + 1 <= member["activation_regions"]


def test_losses_are_those_of_the_saved_members_in_the_files_own_units(run, tmp_path):
    data, saved = tmp_path / "spots.csv", tmp_path / "net.safetensors"
    data.write_text(CSV)
    found = document(
        run("fit", "--target", f"csv:{data}", "--epochs", 40, "--width", 5, "--members", 3, "--dtype", "float64",
            "--save", saved, "--json")
    )  # fmt: skip
    x, y = np.loadtxt(data, delimiter=";", skiprows=1).T
    unit = (x - x.min()) / np.ptp(x)
    for member, parameters in zip(found["members"], load_file(saved)["parameters"], strict=True):
        error = forward(parameters, unit, (1, 5, 5, 1)) * np.ptp(y) + y.min() - y
        assert member["loss"] == pytest.approx(np.mean(error**2), rel=1e-9)
        assert member["max_error"] == pytest.approx(np.abs(error).max(), rel=1e-9)
        assert member["best_loss"] <= member["loss"]
    assert found["config"]["points"] == len(x)


def test_a_member_is_told_with_what_splines_of_as_many_pieces_can_do(run, monkeypatch):
    options = ("fit", "--target", "tanh3", "--points", 40, "--width", 5, "--members", 3, "--epochs", 200,
               "--dtype", "float64", "--lr", 0.01, "--no-store", "--json")  # fmt: skip
    found = document(run(*options))
    made = target("tanh3", points=40)
    for member in found["members"]:
        floor = spline_floor(
            made.own_inputs[:, 0], made.own_values, member["linear_regions"], work=QUICK_WORK
        )
        assert member["spline_lower_bound"] == floor.lower_bound <= member["spline_best_found"] == floor.mse
        assert member["spline_certified"] == floor.certified
        assert member["loss"] >= member["spline_lower_bound"] > 0
    assert "notes" not in found
    monkeypatch.setattr(fit_report, "FLOOR_SECONDS", -1.0)
    late = document(run(*options))
    counts = len({member["linear_regions"] for member in late["members"]})
    assert all(member["spline_lower_bound"] is None for member in late["members"])
    assert late["notes"] == [f"spline bounds were found for 0 of {counts} counts, in -1 seconds"]


def test_the_history_is_thinned_and_ends_near_the_loss(run):
    found = document(run("fit", "--epochs", 1000, "--members", 3, "--width", 4, "--no-store", "--json"))
    epochs, losses = found["history"]["epochs"], found["history"]["losses"]
    assert epochs == sorted(set(epochs))
    assert 100 <= len(epochs) <= 200
    assert (epochs[0] <= 1, 990 <= epochs[-1] <= 1000) == (True, True)
    for member, way in zip(found["members"], losses, strict=True):
        assert len(way) == len(epochs)
        assert way[-1] == pytest.approx(member["loss"], rel=1e-2)
        assert way[0] > way[-1]
        assert min(way) >= member["best_loss"] * (1 - 1e-6)


def test_the_modes_of_the_error_end_with_those_of_what_was_trained(run, tmp_path):
    """Of one member as the median is of all; the best one's, at the last epoch, from its own predictions."""
    options = ("fit", "--target", "fourier", "--width", 8, "--epochs", 300, "--no-store", "--json")
    saved = tmp_path / "three.safetensors"
    found = document(run(*options, "--members", 3, "--save", saved))
    modes = found["modes"]
    losses = [member["loss"] for member in found["members"]]
    assert modes["member"] == losses.index(min(losses))
    assert (modes["epochs"][0], modes["epochs"][-1]) == (0, 300)
    for rows in (modes["amplitudes"], modes["median"]):
        assert {len(row) for row in rows} == {len(modes["target"])}
        assert len(rows) == len(modes["epochs"])
    network, made = load(saved).network, target("fourier")
    grid = np.linspace(0, 1, 512)
    error = network(grid)[modes["member"], :, 0] - made.function(grid[:, None])
    np.testing.assert_allclose(modes["amplitudes"][-1], mode_amplitudes(error)[:32], rtol=1e-3, atol=1e-6)
    assert document(run(*options))["modes"]["median"] is None
    assert document(run("fit", "--target", "waves2d", "--epochs", 2, "--no-store", "--json"))["modes"] is None


def test_the_tangent_kernel_is_told_where_it_is_asked_for(run, tmp_path):
    """Of the best member: the fixed knots' stays, and its losses are those that it foretold."""
    common = ("--target", "cube", "--points", 50, "--no-store", "--tangent")
    knots = ("--network", "shallow", "--knots", 9, "--dtype", "float64")
    descent = ("--optimizer", "sgd", "--momentum", 0, "--lr", 0.01, "--epochs", 80)
    found = document(run("fit", *common, *knots, *descent, "--json"))
    told = found["tangent"]
    assert (told["member"], told["points"], told["movement"]) == (0, 50, 0.0)
    assert told["start"]["eigenvalues"] == told["now"]["eigenvalues"]
    assert told["foretold"]["by"] == "gradient descent"
    assert (told["foretold"]["epochs"][0], told["foretold"]["epochs"][-1]) == (0, 80)
    assert told["foretold"]["losses"][-1] == pytest.approx(found["members"][0]["loss"], rel=1e-3)
    saved = tmp_path / "three.safetensors"
    trained = ("fit", *common, "--width", 6, "--members", 3, "--epochs", 60, "--save", saved)
    found = document(run(*trained, "--json"))
    told, losses = found["tangent"], [member["loss"] for member in found["members"]]
    assert told["member"] == losses.index(min(losses))
    kernel = tangent_kernel(load(saved).network.to(dtype=torch.float64), target("cube", points=50).inputs)
    values = np.linalg.eigvalsh(kernel[told["member"]] / 50)[::-1]
    np.testing.assert_allclose(told["now"]["eigenvalues"][:4], values[:4], rtol=1e-3)
    shown = run(*trained).stdout
    assert "Tangent kernel of member" in shown
    assert "effective rank" in shown
    assert "tangent" not in document(run("fit", "--epochs", 2, "--no-store", "--json"))


def test_what_has_no_tangent_kernel_says_why(run):
    options = (
        "fit",
        "--target",
        "cube",
        "--network",
        "compositional",
        "--depth",
        2,
        "--stages",
        "1,3",
        "--epochs",
        4,
    )
    why = "there is no tangent kernel: peaks and scales are trained; the tangent kernel is that of weights"
    found = document(run(*options, "--no-store", "--tangent", "--json"))
    assert (found["tangent"], found["notes"]) == (None, [why])
    assert why.capitalize() in run(*options, "--no-store", "--tangent").stdout


def test_a_member_is_the_same_alone(run):
    def loss(*args):
        return document(run("fit", "--epochs", 30, "--width", 6, "--no-store", "--json", *args))["members"][
            -1
        ]["loss"]

    assert loss("--members", 3) == pytest.approx(loss("--seed", 2), rel=1e-5)


def test_the_run_is_kept_and_reads_back_as_it_was_told(run, tmp_path):
    found = document(run("fit", "--epochs", 5, "--json"))
    assert [run.id for run in Store(tmp_path / "store").runs()] == [found["run"]]
    counted = document(run("regions", found["run"], "--json"))
    assert counted["members"][0]["linear_regions"] == found["members"][0]["linear_regions"]
    assert counted["domain"] == [0.0, 1.0]


def test_no_store_keeps_nothing(run, tmp_path):
    assert document(run("fit", "--epochs", 1, "--no-store", "--json"))["run"] is None
    assert not (tmp_path / "store").exists()


def test_another_store(run, tmp_path):
    found = document(run("fit", "--epochs", 1, "--store", tmp_path / "other", "--json"))
    assert (tmp_path / "other" / f"{found['run']}.safetensors").is_file()


@pytest.mark.parametrize("args", [("--activation", "tanh"), ("--encoding-bands", 2)], ids=str)
def test_no_counts_where_regions_cannot_be_counted(run, args):
    found = document(run("fit", "--epochs", 2, "--points", 64, "--no-store", "--json", *args))
    [member] = found["members"]
    counts = ("linear_regions", "bends", "activation_regions", "dead_units", "collapsed")
    assert all(member[name] is None for name in counts)
    assert member["loss"] > 0


DIVERGING = ("fit", "--optimizer", "sgd", "--lr", "1e30", "--epochs", 20, "--no-store")


def test_a_run_fails_when_all_members_diverge(run):
    done = run(*DIVERGING, "--members", 2, "--json")
    found = document(done, code=1)
    assert "NaN" not in done.stdout
    assert "Infinity" not in done.stdout
    for member in found["members"]:
        assert (member["loss"], member["max_error"], member["nonfinite"]) == (None, None, True)
    assert done.stderr.splitlines()[-1].startswith("Error: all 2 members diverged")


def test_a_diverged_run_is_shown_without_json_too(run):
    done = run(*DIVERGING)
    assert done.exit_code == 1
    assert "diverged" in done.stdout


def test_the_chart_and_the_table_are_printed_for_people(run):
    done = run("fit", "--epochs", 3, "--members", 25, "--no-store")
    assert done.exit_code == 0
    assert "\x1b" not in done.stdout
    for word in ("loss", "regions", "bends", "target", "fit", "5 more members", "median"):
        assert word in done.stdout
    assert max(map(len, done.stdout.splitlines())) <= 100


def test_an_option_without_a_meaning_is_said(run):
    done = run("fit", "--network", "shallow", "--rank", 3, "--epochs", 0, "--no-store", "--json")
    assert done.exit_code == 0
    assert "--rank has no meaning" in done.stderr
    done = run("fit", "--target", "cube", "--terms", 3, "--epochs", 0, "--no-store", "--json")
    assert "--terms has no meaning for --target cube; it changes nothing." in done.stderr


def test_the_targets_are_listed(run):
    names = [entry["name"] for entry in document(run("fit", "--list-targets", "--json"))]
    assert {"fourier", "cube", "arctan25", "star2d"} <= set(names)
    printed = run("fit", "--list-targets").stdout
    assert all(name in printed for name in names)


@pytest.mark.parametrize(
    ("target", "advice"), [("expr:1e30*sin(x)", "--dtype float64"), ("expr:x", "a smaller --lr")]
)
def test_a_diverged_run_is_told_what_may_help(run, target, advice):
    rate = "1e38" if target == "expr:x" else "1e-3"
    done = run("fit", "--target", target, "--optimizer", "sgd", "--lr", rate, "--epochs", 30, "--no-store")
    assert done.exit_code == 1
    assert advice in done.stderr
    if "1e30" in target:
        assert "--lr" not in done.stderr
        assert (
            run("fit", "--target", target, "--dtype", "float64", "--epochs", 3, "--no-store").exit_code == 0
        )


def test_an_encoding_with_another_period_is_said(run):
    asked = ("fit", "--target", "arctan25", "--encoding-bands", 4, "--epochs", 2, "--no-store")
    assert "The encoding's period is the domain, [-1, 1]" in run(*asked).stderr
    assert "period" not in run(*asked, "--domain", 0, 1).stderr
