"""A value that cannot be used: exit code 2, one sentence on stderr that names it, nothing on stdout."""

from __future__ import annotations

import shlex

import pytest

BAD = [
    ("fit --lr -1", "--lr", "-1", "above 0"),
    ("fit --lr abc", "--lr", "abc", "a number"),
    ("fit --lr nan", "--lr", "nan", "a number"),
    ("fit --epochs 1.5", "--epochs", "1.5", "whole number"),
    ("fit --members 0", "--members", "0", "at least 1"),
    ("fit --seed -1", "--seed", "-1", "at least 0"),
    ("fit --network foo", "--network", "foo", "mlp, shallow"),
    ("fit --activation RELU", "--activation", "RELU", "relu"),
    ("fit --dtype float16", "--dtype", "float16", "float32"),
    ("fit --device tpu", "--device", "tpu", "cpu"),
    ("fit --device cuda:99", "--device", "cuda:99", "cpu"),
    ("fit --domain 1 0", "--domain", "1 0", "lower first"),
    ("fit --domain a b", "--domain", "a b", "two numbers"),
    ("fit --domain 1", "--domain", "", "2 arguments"),
    ("fit --width 3,4,5 --depth 2", "--width", "3,4,5", "hidden layer"),
    ("fit --network compositional --peaks 0,1", "--peaks", "0,1", "above 0 and below 1"),
    ("fit --schedule warm", "--schedule", "warm", "cosine"),
    ("fit --batch-size 0", "--batch-size", "0", "at least 1"),
    ("fit --threads 0", "--threads", "0", "at least 1"),
    ("fit --checkpoint-every 0", "--checkpoint-every", "0", "above 0"),
    ("fit --target nope", "--target", "nope", "fourier"),
    ("fit --target csv:nope.csv", "--target", "nope.csv", "no such file"),
    ("fit --target expr:__import__('os')", "--target", "__import__", ""),
    ("fit --network shallow --target waves2d", "--network", "shallow", "1 input"),
    ("fit --members 1000000 --width 4096", "", "", "memory"),
    ("fit --save x.txt", "--save", "x.txt", ".safetensors"),
    ("fit --save nope/x.safetensors", "--save", "nope/x.safetensors", "folder"),
    ("fit --epochs 1 --store {file}/runs", "--store", "runs", "--no-store"),
    ("fit --nope", "--nope", "", ""),
    ("fit extra", "extra", "", ""),
    ("regions", "FILE", "", "Missing"),
    ("regions nope", "FILE", "nope", "no such file"),
    ("regions 20200101-000000-abcdef", "FILE", "20200101-000000-abcdef", "no run"),
    ("regions {file}", "FILE", "notes.txt", "not a file that torch.save wrote"),
    ("regions {folder}", "FILE", "", ""),
    ("regions {file} --domain 2 1", "--domain", "2 1", "lower first"),
    ("compose --depth 0", "--depth", "0", "at least 1"),
    ("compose --knots 8,0", "--knots", "8,0", "at least 1"),
    ("lstsq --basis foo", "--basis", "foo", "hat"),
    ("lstsq --solver foo", "--solver", "foo", "svd"),
    ("lstsq --knots 1", "--knots", "1", "at least 2"),
    ("lstsq --samples 0", "--samples", "0", "at least 1"),
    ("lstsq --rcond 0.1", "--rcond", "0.1", "svd"),
    ("lstsq --solver svd --rcond 2", "--rcond", "2", ""),
    ("lstsq --target star2d --basis sine", "--basis", "sine", "in two dimensions"),
    ("fit --store ''", "--store", "empty", "leave it out"),
    ("nope", "subcommand", "nope", "fit, regions"),
    ("''", "subcommand", "empty", "fit, regions"),
    ("--seed 3 doctor", "--seed", "doctor", ""),
    ("--seed x", "--seed", "x", "whole number"),
    ("", "", "", "nnexpr-tui fit"),
]


@pytest.mark.parametrize(
    ("line", "option", "value", "allowed"), BAD, ids=[bad[0] or "no terminal" for bad in BAD]
)
def test_one_sentence_and_exit_code_2(run, tmp_path, line, option, value, allowed):
    file = tmp_path / "notes.txt"
    file.write_text("no network")
    words = [word.format(file=file, folder=tmp_path) for word in shlex.split(line)]
    done = run(*words)
    assert done.exit_code == 2, done.stderr
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1
    assert done.stderr.endswith(".\n")
    for part in (option, value, allowed):
        assert part in done.stderr


def test_no_escape_sequence_reaches_the_terminal(run):
    done = run("fit", "--target", "csv:\x1b[31m\x07\u202eevil\n.csv")
    assert done.exit_code == 2
    assert done.stderr.count("\n") == 1
    assert done.stderr.rstrip("\n").isprintable()


def test_a_very_long_value_is_shortened(run):
    assert len(run("regions", "x" * 100_000).stderr) < 1000
