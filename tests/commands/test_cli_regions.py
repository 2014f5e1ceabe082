"""``regions``: the pieces that are told are the network, whichever file it came from."""

from __future__ import annotations

import json
import pickle

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from nnexpr import Network, from_torch, linear_regions, load, plane_regions, save
from nnexpr.kinds import AffineLayer


def document(done):
    assert done.exit_code == 0, done.stderr
    return json.loads(done.stdout)


def pieces(member, x):
    """The value of the piece that each x lies on."""
    piece = np.searchsorted(member["breakpoints"], x)
    return np.take(member["slopes"], piece) * x + np.take(member["intercepts"], piece)


@pytest.fixture
def module():
    torch.manual_seed(5)
    layers = [
        torch.nn.Linear(1, 12),
        torch.nn.ReLU(),
        torch.nn.Linear(12, 8),
        torch.nn.ReLU(),
        torch.nn.Linear(8, 1),
    ]
    return torch.nn.Sequential(*layers).double()


@pytest.fixture(params=["state.pt", "state.safetensors", "ours.safetensors"])
def file(request, module, tmp_path):
    """The module, in a file of each kind."""
    path = tmp_path / request.param
    if path.suffix == ".pt":
        torch.save(module.state_dict(), path)
    elif path.stem == "state":
        save_file(module.state_dict(), path)
    else:
        save(path, from_torch(module))
    return path


@pytest.mark.parametrize("domain", [(-2.0, 2.0), (0.25, 0.75)])
def test_the_pieces_are_the_module(run, module, file, domain):
    found = document(run("regions", file, "--domain", *domain, "--json"))
    assert found["domain"] == list(domain)
    [member] = found["members"]
    x = np.random.default_rng(0).uniform(*domain, 500)
    expected = module(torch.as_tensor(x)[:, None])[:, 0].detach().numpy()
    np.testing.assert_allclose(pieces(member, x), expected, rtol=0, atol=1e-12)
    assert member["linear_regions"] == member["bends"] + 1 == len(member["slopes"])
    assert sum(member["bends_by_layer"]) == member["bends"] == len(member["breakpoints"])
    assert member["check"]["max_residual"] < 1e-12
    hidden = [module[:2](torch.linspace(*domain, 5001).double()[:, None])]
    hidden.append(module[2:4](hidden[0]))
    dead = [
        [layer, unit]
        for layer, a in enumerate(hidden, 1)
        for unit in range(a.shape[1])
        if not (a[:, unit] > 0).any()
    ]
    assert member["dead_units"] == dead


def test_pieces_of_a_files_network_are_in_the_files_own_units(run, tmp_path):
    data, saved = tmp_path / "data.csv", tmp_path / "net.safetensors"
    data.write_text("".join(f"{x},{3 * abs(x - 1950) + 7}\n" for x in range(1900, 2001)))
    run(
        "fit",
        "--target",
        f"csv:{data}",
        "--lr",
        0.01,
        "--epochs",
        300,
        "--dtype",
        "float64",
        "--save",
        saved,
        "--no-store",
    )
    found = document(run("regions", saved, "--json"))
    assert found["domain"] == pytest.approx([1900.0, 2000.0])
    x, y = np.loadtxt(data, delimiter=",").T
    [member] = found["members"]
    error = pieces(member, x) - y
    told = document(
        run("fit", "--target", f"csv:{data}", "--lr", 0.01, "--epochs", 300, "--dtype", "float64", "--json")
    )
    assert np.mean(error**2) == pytest.approx(told["members"][0]["loss"], rel=1e-6)
    half = document(run("regions", saved, "--domain", 1925, 1975, "--json"))["members"][0]
    np.testing.assert_allclose(pieces(half, x[30:70]), pieces(member, x[30:70]))


def test_a_fit_is_counted_where_it_was_trained(run, tmp_path):
    path = tmp_path / "abs.safetensors"
    shape = ("--depth", 3, "--width", 16, "--members", 3)
    fit = document(run("fit", "--target", "abs", *shape, "--epochs", 50, "--save", path, "--json"))
    found = document(run("regions", path, "--json"))
    assert fit["domain"] == found["domain"] == [-1.0, 1.0]
    network = load(path).network
    for ends in (None, (-1.0, 1.0)):
        counts = [lines.count for lines in linear_regions(network, ends)]
        assert counts == [member["linear_regions"] for member in fit["members"]]
        assert counts == [member["linear_regions"] for member in found["members"]]


def test_a_fit_in_the_plane_likewise(run, tmp_path):
    path = tmp_path / "waves.safetensors"
    fit = document(run("fit", "--target", "waves2d", "--width", 6, "--epochs", 5, "--save", path, "--json"))
    found = document(run("regions", path, "--json"))
    assert fit["domain"] == found["domain"] == [[-1.0, 1.0], [-1.0, 1.0]]
    counts = [member["members"][0]["linear_regions"] for member in (fit, found)]
    assert counts == [plane_regions(load(path).network).count] * 2
    half = document(run("regions", path, "--domain2", 0, 1, "--json"))
    assert half["domain"] == [[-1.0, 1.0], [0.0, 1.0]]
    assert half["members"][0]["linear_regions"] < counts[0]


def test_members_are_chosen(run, tmp_path):
    saved = tmp_path / "net.safetensors"
    run("fit", "--members", 6, "--epochs", 0, "--save", saved, "--no-store")
    every = document(run("regions", saved, "--json"))["members"]
    assert document(run("regions", saved, "--members", "5,1-3", "--json"))["members"] == [
        every[i] for i in (5, 1, 2, 3)
    ]
    for wrong in ("6", "-1", "2-", "a", "3-1", "0,3-1", "0-99999999999", ""):
        done = run("regions", saved, "--members", wrong)
        assert done.exit_code == 2
        assert "0 to 5" in done.stderr


def test_an_activation_that_is_smooth_is_refused_by_its_name(run, tmp_path, module):
    path = tmp_path / "state.pt"
    torch.save(module.state_dict(), path)
    done = run("regions", path, "--activation", "tanh")
    assert done.exit_code == 2
    assert "tanh" in done.stderr


def test_three_inputs_are_refused(run, tmp_path):
    path = tmp_path / "state.pt"
    torch.save(
        torch.nn.Sequential(torch.nn.Linear(3, 3), torch.nn.ReLU(), torch.nn.Linear(3, 1)).state_dict(), path
    )
    done = run("regions", path)
    assert done.exit_code == 2
    assert "3 inputs" in done.stderr


def test_numbers_that_are_not_finite_are_refused(run, tmp_path, module):
    path = tmp_path / "state.pt"
    module[0].weight.data[3] = torch.nan
    torch.save(module.state_dict(), path)
    done = run("regions", path)
    assert done.exit_code == 2
    assert "not finite" in done.stderr


class Bomb:
    def __reduce__(self):
        return exec, ("raise SystemExit(99)",)


def test_a_pickled_program_is_not_run(run, tmp_path):
    path = tmp_path / "state.pt"
    path.write_bytes(pickle.dumps(Bomb()))
    assert run("regions", path).exit_code == 2


def test_a_table_for_people(run, file):
    done = run("regions", file)
    assert done.exit_code == 0
    for word in ("regions", "bends", "dead units", "slope", "intercept", "residual"):
        assert word in done.stdout


def test_what_a_file_does_not_say_is_said(run, module, tmp_path):
    path = tmp_path / "m.pt"
    torch.save({"model_state_dict": module.state_dict()}, path)
    done = run("regions", path, "--json")
    assumed = document(done)["assumed"]
    assert assumed[0] == "'model_state_dict' of the file was read."
    assert "activation relu was assumed between 0 and 2, 2 and 4, and none behind" in assumed[1]
    assert all(sentence in done.stderr for sentence in assumed)
    asked = run("regions", path, "--activation", "hardtanh", "--json")
    assert document(asked)["assumed"] == assumed[:1]
    save(tmp_path / "ours.safetensors", from_torch(module))
    assert document(run("regions", tmp_path / "ours.safetensors", "--json"))["assumed"] == []


def test_layers_are_named_where_their_order_is_not_known(run, module, tmp_path):
    path = tmp_path / "m.pt"
    names = {"0": "first", "2": "second", "4": "head"}
    state = {f"{names[key[0]]}{key[1:]}": tensor for key, tensor in module.state_dict().items()}
    torch.save(dict(reversed(state.items())), path)
    refused = run("regions", path)
    assert refused.exit_code == 2
    assert "--layers first,head,second" in refused.stderr
    found = document(run("regions", path, "--layers", "first, second,head", "--json"))["members"]
    torch.save(state, path)
    as_stored = document(run("regions", path, "--json"))
    assert as_stored["members"] == found
    assert "first, second, head were taken to follow one another" in as_stored["assumed"][0]
    torch.save(module.state_dict(), path)
    assert document(run("regions", path, "--json"))["members"] == found
    for option in ("--layers=first", "--activation=relu"):
        save(tmp_path / "ours.safetensors", from_torch(module))
        assert "leave it out" in run("regions", tmp_path / "ours.safetensors", option).stderr


@pytest.mark.parametrize("inputs", [1, 2])
def test_one_of_several_outputs_is_counted(run, inputs, tmp_path):
    torch.manual_seed(3)
    module = torch.nn.Sequential(torch.nn.Linear(inputs, 6), torch.nn.ReLU(), torch.nn.Linear(6, 3)).double()
    path = tmp_path / "m.pt"
    torch.save(module.state_dict(), path)
    refused = run("regions", path, "--domain", -2, 2)
    assert refused.exit_code == 2
    assert "it has 3 outputs; choose one by --output, from 0 to 2" in refused.stderr
    assert "it must be from 0 to 2" in run("regions", path, "--output", 3).stderr
    for output in range(3):
        [found] = document(run("regions", path, "--domain", -2, 2, "--output", output, "--json"))["members"]
        module[2].weight.data, module[2].bias.data = (
            module[2].weight.data.clone(),
            module[2].bias.data.clone(),
        )
        alone = torch.nn.Linear(6, 1).double()
        alone.weight.data, alone.bias.data = (
            module[2].weight.data[output : output + 1],
            module[2].bias.data[output : output + 1],
        )
        torch.save(torch.nn.Sequential(module[0], module[1], alone).state_dict(), tmp_path / "one.pt")
        [expected] = document(run("regions", tmp_path / "one.pt", "--domain", -2, 2, "--json"))["members"]
        found.pop("member"), expected.pop("member")
        assert found == expected


@pytest.mark.parametrize("slope", [0.2, -1.5, 2.0])
def test_a_leaky_relu_of_any_slope_is_counted(run, slope, tmp_path):
    torch.manual_seed(4)
    layers = torch.nn.Linear(1, 9), torch.nn.LeakyReLU(slope), torch.nn.Linear(9, 1)
    module = torch.nn.Sequential(*layers).double()
    torch.save(module.state_dict(), tmp_path / "m.pt")
    asked = ("regions", tmp_path / "m.pt", "--domain", -3, 3, "--activation", f"leaky_relu:{slope}", "--json")
    [member] = document(run(*asked))["members"]
    x = np.linspace(-3, 3, 401)
    expected = module(torch.as_tensor(x)[:, None])[:, 0].detach().numpy()
    np.testing.assert_allclose(pieces(member, x), expected, rtol=0, atol=1e-12)
    kinks = -module[0].bias / module[0].weight[:, 0]
    assert member["bends"] == int((kinks.abs() < 3).sum())


@pytest.mark.parametrize(("inputs", "options"), [(1, []), (1, ["--along", "0;1"]), (2, [])])
def test_a_certificate_that_fails_is_told_and_fails_the_command(run, tmp_path, inputs, options):
    """Kinks at 0.3 and 0.5, read with a tolerance that takes them for one."""
    layers = AffineLayer(inputs, 2, "relu"), AffineLayer(2, 1)
    weights = [1.0, *[0.0] * (inputs - 1)]
    parameters = torch.tensor([[*weights, -0.3, *weights, -0.5, 1.0, -2.0, 0.0]], dtype=torch.float64)
    for tolerance, code in ((2.0**-49, 0), (0.5, 1)):
        save(tmp_path / "net.safetensors", Network(layers, parameters, tie_tolerance=tolerance))
        done = run("regions", tmp_path / "net.safetensors", *options, "--json")
        assert done.exit_code == code
        [member] = json.loads(done.stdout)["members"]
        assert member["certified"] is (code == 0)
        assert ("certificate of member 0 does not hold" in done.stderr) is (code == 1)
        table = run("regions", tmp_path / "net.safetensors", *options)
        assert table.exit_code == code
        assert ("NO" in table.stdout) is (code == 1)


def test_of_a_run_that_diverged_it_is_told_from_when_its_weights_are(run):
    fitted = run(
        "fit", "--target", "cube", "--points", 16, "--epochs", 9, "--lr", 1e30, "--members", 2, "--json"
    )
    assert fitted.exit_code == 1
    counted = run("regions", json.loads(fitted.stdout)["run"], "--json")
    told = document(counted)
    assert told["assumed"] == [
        f"Member {member} diverged by epoch 1: its weights here are the last from before that."
        for member in (0, 1)
    ]
    assert told["assumed"][1] in counted.stderr
