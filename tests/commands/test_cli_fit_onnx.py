"""``fit --save FILE.onnx``: what another program computes from the file is the trained network."""

from __future__ import annotations

import json
import sys

import numpy as np
from onnx.reference import ReferenceEvaluator

from nnexpr.runs.file import load

FIT = ("fit", "--target", "chirp", "--width", 6, "--members", 3, "--epochs", 40, "--points", 64, "--no-store")


def test_the_member_of_least_loss_is_what_the_file_computes(run, tmp_path):
    whole, best = tmp_path / "all.safetensors", tmp_path / "best.onnx"
    members = json.loads(run(*FIT, "--threads", 1, "--save", whole, "--json").stdout)["members"]
    told = run(*FIT, "--threads", 1, "--save", best)
    assert told.exit_code == 0, told.stderr
    losses = [member["loss"] for member in members]
    least = losses.index(min(losses))
    assert f"member {least} has the least loss" in told.stderr
    x = np.linspace(-1, 1, 41, dtype=np.float32)[:, None]
    [made] = ReferenceEvaluator(str(best)).run(None, {"x": x})
    expected = load(whole).network(x)
    np.testing.assert_allclose(made, expected[least], rtol=1e-5, atol=1e-6)
    others = [member for member in range(3) if member != least]
    assert all(np.abs(made - expected[member]).max() > 1e-3 for member in others)
    counted = json.loads(run("regions", best, "--domain", -1, 1, "--json").stdout)
    assert counted["members"][0]["linear_regions"] == members[least]["linear_regions"]


def test_numbers_of_a_file_are_told_to_be_scaled(run, tmp_path):
    table = tmp_path / "table.csv"
    table.write_text("year,level\n" + "".join(f"{1900 + n},{5 * n % 7}\n" for n in range(20)))
    told = run("fit", "--target", f"csv:{table}", "--epochs", 2, "--no-store", "--save", tmp_path / "a.onnx")
    assert told.exit_code == 0, told.stderr
    assert "x = (year - " in told.stderr


def test_what_onnx_cannot_hold_is_refused_before_training(run, tmp_path):
    place = tmp_path / "a.onnx"
    told = run(*FIT, "--encoding-bands", 2, "--save", place)
    assert (told.exit_code, "--save" in told.stderr, "Training" in told.stderr) == (2, True, False)
    assert not place.exists()


def test_without_the_package_it_says_what_to_install(run, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "onnx", None)
    told = run(*FIT, "--save", tmp_path / "a.onnx")
    assert told.exit_code != 0
    assert "pip install 'nnexpr-tui[onnx]'" in told.stderr
