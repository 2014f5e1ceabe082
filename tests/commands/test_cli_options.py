"""Options on the command line are the declarations of a fit, and only those given are handed on."""

from __future__ import annotations

import json

import pytest
from hypothesis import given as drawn
from hypothesis import settings
from hypothesis import strategies as st

from nnexpr.kinds import NETWORKS
from nnexpr.specification import OPTIONS, FitSpecification, InputError
from nnexpr_tui.commands.cli import cli
from nnexpr_tui.commands.explore import amended
from nnexpr_tui.commands.options import given


def parsed(*args):
    """The options of a fit that ``nnexpr-tui ARGS`` takes as given."""
    with cli.make_context("nnexpr-tui", list(args)) as ctx:
        return given(ctx)


def test_only_what_was_given_is_given():
    assert parsed() == {}
    assert parsed("--start", "--fresh") == {}
    assert parsed("--lr", "0.1", "--domain", "-1", "1.5", "--width", "3,4") == {
        "lr": 0.1, "domain": (-1.0, 1.5), "width": (3, 4),
    }  # fmt: skip


def test_a_flag_has_three_states():
    assert parsed("--encoding-raw") == {"encoding_raw": True}
    assert parsed("--no-encoding-raw") == {"encoding_raw": False}


def test_none_is_given_where_none_is_allowed():
    assert parsed("--batch-size", "none") == {"batch_size": None}


@pytest.mark.parametrize("option", ["--stages", "--peaks", "--batch-size", "--width", "--device"])
def test_nothing_is_no_value(option):
    for nothing in ("", " "):
        with pytest.raises(InputError, match=f"{option[2:].replace('-', '_')} is empty: it must be"):
            parsed(option, nothing)


sized = st.integers(1, 64)
fits = st.fixed_dictionaries(
    {},
    optional={
        "depth": sized, "members": sized, "knots": st.integers(2, 99),
        "seed": st.integers(0, 2**63 - 1),
        "width": st.tuples(sized), "lr": st.floats(1e-12, 1e12), "noise": st.floats(0, 1e300),
        "encoding_raw": st.booleans(),
        "domain": st.tuples(st.floats(-1e9, 0, exclude_max=True), st.floats(0, 1e9)),
        "target": st.sampled_from(["sine", "cube"]),
        "activation": st.sampled_from(OPTIONS["activation"].choices), "stop_loss": st.none() | st.floats(0, 1),
    },
)  # fmt: skip


@settings(max_examples=60, deadline=None, database=None)
@drawn(fits)
def test_a_spelled_out_fit_is_read_back(values):
    words = []
    for name, value in values.items():
        option = OPTIONS[name]
        if option.kind == "flag":
            words.append(option.flag if value else f"--no-{option.flag[2:]}")
        elif option.kind == "interval":
            words += [option.flag, *map(repr, value)]
        else:
            words += [
                option.flag,
                "none"
                if value is None
                else repr(value)
                if isinstance(value, float)
                else option.format(value),
            ]
    assert parsed(*words) == values


@pytest.mark.parametrize("network", NETWORKS)
def test_a_network_keeps_its_own_defaults(run, network):
    printed = run("fit", "--network", network, "--epochs", 0, "--no-store", "--json").stdout
    config = json.loads(printed)["config"]
    for name, value in NETWORKS[network].defaults.items():
        assert config[name] == (list(value) if isinstance(value, tuple) else value)


def test_options_may_stand_before_the_subcommand_and_those_behind_it_win(run):
    done = run(
        "--members",
        2,
        "--seed",
        5,
        "--domain",
        -1,
        1,
        "fit",
        "--seed",
        7,
        "--epochs",
        0,
        "--no-store",
        "--json",
    )
    config = json.loads(done.stdout)["config"]
    assert (config["members"], config["seed"], config["domain"]) == (2, 7, [-1.0, 1.0])


def test_the_last_session_is_amended():
    last = FitSpecification.make(network="mmnn", rank=3, target="cube", domain=(0.0, 2.0), lr=0.5)
    assert amended(last, {"seed": 4}, epochs=9) == last.replace(seed=4)
    other = amended(last, {"network": "mlp"}, epochs=9)
    assert other == FitSpecification.make(target="cube", domain=(0.0, 2.0), lr=0.5)
    assert amended(last, {"target": "chirp"}, epochs=9) == last.replace(target="chirp", domain=None)


def test_what_contradicts_the_last_session_stands_alone():
    last = FitSpecification.make(width=(8, 4, 2), depth=4)
    assert amended(last, {"depth": 7}, epochs=9) == FitSpecification.make(depth=7, epochs=9)
    with pytest.raises(InputError, match="width"):
        amended(last, {"depth": 7, "width": (1, 2)}, epochs=9)
    assert amended(None, {"depth": 7}, epochs=9).epochs == 9
