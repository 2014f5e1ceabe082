"""A sweep's file: which cells it means, and every fault with its line."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnexpr.declarations import InputError
from nnexpr.runs.sweeps.faults import SweepFileError
from nnexpr.runs.sweeps.file import read_file, read_text
from nnexpr.runs.sweeps.results import RESULTS
from nnexpr.runs.sweeps.spaces import DISTRIBUTIONS
from nnexpr.specification import OPTIONS


def faults(text: str) -> dict[int, str]:
    with pytest.raises(SweepFileError) as caught:
        read_text(text, "sweep.toml")
    return {fault.line: fault.sentence for fault in caught.value.faults}


def test_a_grid_is_every_combination_and_a_zip_goes_together() -> None:
    file = read_text(
        "seeds = 2\n[base]\nepochs = 7\n[grid]\nlr = [1e-3, 1e-2]\nwidth = [4, [8]]\n"
        "[zip]\ndepth = [2, 2]\ndtype = ['float32', 'float64']",
        "s.toml",
    )
    assert file.varied == ("lr", "width", "depth", "dtype", "seed")
    told = [tuple(config[name] for name in file.varied) for config in file.configs]
    assert told == [
        (lr, width, 2, dtype, seed)
        for lr in (1e-3, 1e-2)
        for width in ((4,), (8,))
        for dtype in ("float32", "float64")
        for seed in (0, 1)
    ]
    assert all(config["epochs"] == 7 for config in file.configs)


def test_tables_of_one_kind_follow_one_another() -> None:
    file = read_text("[[grid]]\nlr = [1e-3, 1e-2]\n[[grid]]\ndepth = [2, 4]\nwidth = [8]\n", "s.toml")
    assert [dict(config) for config in file.configs] == [
        {"lr": 1e-3, "seed": 0}, {"lr": 1e-2, "seed": 0},
        {"depth": 2, "width": (8,), "seed": 0}, {"depth": 4, "width": (8,), "seed": 0},
    ]  # fmt: skip


def test_members_are_cells_and_seeds_may_be_listed() -> None:
    assert [c["seed"] for c in read_text("[base]\nmembers = 3\nseed = 5", "s").configs] == [5, 6, 7]
    assert [c["seed"] for c in read_text("seeds = [9, 2]", "s").configs] == [9, 2]
    assert [c["seed"] for c in read_text("seeds = 2\n[grid]\nseed = [10, 20]", "s").configs] == [
        10,
        11,
        20,
        21,
    ]
    assert "members" not in read_text("[base]\nmembers = 3", "s").configs[0]


def test_files_are_seen_from_the_sweeps_own(tmp_path: Path) -> None:
    place = tmp_path / "deep" / "s.toml"
    place.parent.mkdir()
    place.write_bytes(
        b"\xef\xbb\xbf[grid]\r\ntarget = ['csv:d.csv:a:b', 'csv:/x.csv', 'cube']\r\n"
    )  # of a Windows editor
    targets = [config["target"] for config in read_file(place).configs]
    assert targets == [f"csv:{place.parent / 'd.csv'}:a:b", "csv:/x.csv", "cube"]


@given(
    st.sampled_from(sorted(DISTRIBUTIONS)), st.integers(0, 2**32), st.floats(1e-6, 1e3), st.floats(1.001, 1e3)
)
def test_draws_lie_where_they_may_and_are_the_same_again(
    name: str, seed: int, low: float, factor: float
) -> None:
    option, ends = (
        ("lr", [low, low * factor])
        if "uniform" in name
        else ("target_seed", [int(low), int(low * factor) + 5])
    )
    text = f"[random]\ncount = 20\nseed = {seed}\n{option} = {{ {name} = {ends} }}"
    values = [config[option] for config in read_text(text, "s").configs]
    assert values == [config[option] for config in read_text(text, "s").configs]
    assert all(ends[0] <= value <= ends[1] for value in values)
    if name == "choice":
        assert set(values) <= set(ends)


def test_draws_are_spread_as_they_are_said_to_be() -> None:
    """By the quantiles: of a uniform one a tenth lies below a tenth, of a log-uniform one half below the mean power."""
    text = (
        "[random]\ncount = 4000\nnoise = { uniform = [0, 1] }\n"
        "lr = { loguniform = [1e-4, 1e-2] }\nrank = { int = [1, 4] }"
    )
    configs = read_text(text, "s").configs
    assert sum(c["noise"] < 0.1 for c in configs) == pytest.approx(400, abs=100)
    assert sum(c["lr"] < 1e-3 for c in configs) == pytest.approx(2000, abs=160)
    assert [sum(c["rank"] == k for c in configs) for k in (1, 2, 3, 4)] == pytest.approx([1000] * 4, abs=140)


def test_all_faults_are_told_at_once_in_the_command_lines_words() -> None:
    found = faults(
        """seeds = 2.5
[base]
learning_rate = 5
epochs = -1
encoding-raw = 3
batch_size = 4
batch-size = 4
[grid]
width = [8,
  0,
]
lr = 3e-3
"depth" = [2, 2]
members = [1, 2]
[zip]
activation = ["relu", "tanhh"]
init = ["torch"]
[random]
count = 2.5
noise = { uniform = [0.1, 0] }
optimizer = { uniform = [1, 2] }
[grids]
"""
    )
    assert found.keys() == {1, 3, 4, 5, 7, 10, 12, 13, 14, 15, 16, 19, 20, 21, 22}
    assert found[3].startswith("option is learning_rate: did you mean lr?")
    assert found[4] == f"epochs is -1: {OPTIONS['epochs'].allowed}"
    assert found[7] == "batch_size is given twice: batch_size and batch-size are one option"
    assert found[10] == f"width is 0: {OPTIONS['width'].allowed}"
    assert found[16] == f"activation is tanhh: {OPTIONS['activation'].allowed}"
    assert found[22].startswith("grids is no part of a sweep: did you mean grid?")


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("[grid]\nlr = [1", 2, "it is not TOML: unclosed array"),
        ("a = 1\nb = = 2", 2, "it is not TOML"),
        ("a = " + "9" * 5000, 1, "too many digits"),
        ("[base]\n\nwidth = true", 3, "width is true"),
        ("[base]\nlr = true", 2, "lr is true"),
        ("[base]\nencoding_raw = 1", 2, "yes or no"),
        ("[base]\nepochs = 1979-05-27", 2, "epochs is 1979-05-27"),
        ("[base]\nwidth = {a = 1}", 2, "width is {…}"),
        ("[base]\nlr = nan", 2, "lr is nan"),
        ("base = 3", 1, "base must be a table"),
        ("[grid]\nlr = []", 2, "lr is an empty list"),
        (
            "[base]\nstages = [1, 3]\nnetwork = 'compositional'\n[grid]\noptimizer = [\n 'adam',\n 'sgd']",
            7, "optimizer is sgd",
        ),
        ("[grid]\nlr = [1e-3]\n[zip]\nlr = [1e-3]", 4, "lr stands in [grid] and in [zip]"),
        ("seeds = [1, 1]", 1, "seeds is 1"),
        ("seeds = [1]\n[base]\nseed = 4", 1, "leave it out"),
        ("seeds = 2\n[base]\nmembers = 4", 1, "leave members out"),
        ("[random]\nlr = {loguniform = [0, 1]}\ncount = 3", 2, "lr is 0"),
        ("[random]\nlr = {uniform = [1, 2]}", 1, "count of [random] is missing"),
        ("[random]\nlr = {uniform = [2]}\ncount = 1", 2, "[LOW, HIGH]"),
        ("name = ''", 1, "name must be"),
    ],
)  # fmt: skip
def test_a_fault_is_told_with_its_line(text: str, line: int, words: str) -> None:
    found = faults(text)
    assert list(found) == [line]
    assert words in found[line]


def test_what_a_text_spells_is_among_the_faults_each_on_its_line(tmp_path: Path) -> None:
    """Targets that nobody knows, formulas, files that are not there, schedules and devices, beside all other faults."""
    found = faults(
        "seeds = 0\n[base]\nschedule = 'cosin'\ndevice = 'gpu'\n[grid]\ntarget = ['cube',\n 'fourrier',\n"
        " 'expr:sin(',\n 'csv:none.csv',\n 'data.csv',\n]\n[random]\ncount = 2\ninit = {choice = ['torchh']}\n"
    )
    assert found.keys() == {1, 3, 4, 7, 8, 9, 10, 14}
    assert found[7].startswith("target is fourrier: did you mean fourier?")
    assert found[9].endswith("there is no such file")
    assert found[10].endswith("a file is written csv:PATH")
    drawn = faults("[random]\ncount = 3\ntarget = {choice = ['cube', 'foo']}\nlr = {uniform = [-1, 1]}")
    assert drawn.keys() == {3, 4}


def test_what_cannot_be_together_does_not_hide_what_cannot_be_built(tmp_path: Path) -> None:
    """And each is told on the line of the value that is meant."""
    found = faults(
        "[base]\nbatch_size = 4\npoints = 16\n[grid]\noptimizer = [\n 'adam',\n 'lbfgs']\n"
        "target = [\n 'cube',\n 'expr:1/x']\n[zip]\ndomain = [[0, 1]]\n"
    )
    assert found.keys() == {2, 10}
    assert "not finite at x = 0" in found[10]


def test_what_is_too_much_is_refused_before_it_is_made() -> None:
    values = ", ".join(map(str, range(10_000)))
    found = faults(f"[base]\n[grid]\nseed = [{values}]\ntarget_seed = [{values}]\nepochs = [{values}]")
    assert "1,000,000,000,000 cells" in found[2]
    assert "[random]" in found[2]
    assert "cells" in faults("seeds = 9223372036854775807")[1]
    assert "cells" in faults(f"seeds = {'9' * 4000}")[1]
    values = ", ".join(map(str, range(2, 10_002)))
    many = "".join(f"{name} = [{values}]\n" for name in ("seed", "target_seed", "epochs", "points", "lr"))
    assert "100,000,000,000,000,000,000 cells" in faults(f"[base]\n[grid]\n{many}")[2]


def test_a_file_that_is_none_is_refused_in_a_sentence(tmp_path: Path) -> None:
    place = tmp_path / "s.toml"
    with pytest.raises(InputError, match="there is no such file"):
        read_file(place)
    with pytest.raises(InputError, match="folder"):
        read_file(tmp_path)
    place.write_bytes(b"[base]\nname = '\xff'")
    with pytest.raises(SweepFileError, match="line 2: it is not UTF-8"):
        read_file(place)
    place.write_bytes(b" " * 1_000_001)
    with pytest.raises(InputError, match="larger than"):
        read_file(place)
    place.write_text("a = " + "[" * 50_000)
    with pytest.raises(InputError, match="deep"):
        read_file(place)


@given(
    st.text(max_size=200)
    | st.lists(
        st.sampled_from(
            [
                "[grid]",
                "lr",
                "=",
                "[",
                "]",
                "1",
                ",",
                "\n",
                '"',
                "'",
                "{",
                "}",
                "#",
                "[[",
                "seeds",
                ".",
                "count",
            ]
        ),
        max_size=40,
    ).map("".join)
)
def test_no_text_does_more_than_be_refused(text: str) -> None:
    with suppress(InputError):
        read_text(text, "sweep.toml")


def test_results_and_options_are_told_apart_by_name() -> None:
    assert not RESULTS.keys() & OPTIONS.keys()
