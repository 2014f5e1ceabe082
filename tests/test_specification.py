"""The declarations: every option renders, reads back, refuses in one sentence, and survives JSON."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nnexpr.networks.architecture import architecture
from nnexpr.specification import OPTIONS, FitSpecification, InputError

CHANGES = [
    {},
    {"network": "shallow", "knots": 7, "biases": "adaptive"},
    {"network": "compositional", "depth": 3, "peaks": (0.2, 0.5, 0.7)},
    {"network": "mmnn"},
    {"width": (3, 4), "domain": (-1, 1), "stop_loss": 1e-4, "batch_size": 5, "schedule": "step:9:0.5"},
]


@pytest.mark.parametrize("changes", CHANGES)
def test_a_specification_survives_json(changes: dict[str, object]) -> None:
    spec = FitSpecification.make(**changes)
    assert FitSpecification.from_config(json.loads(json.dumps(spec.as_config()))) == spec


@pytest.mark.parametrize("changes", CHANGES)
def test_every_option_reads_back_what_it_writes(changes: dict[str, object]) -> None:
    spec = FitSpecification.make(**changes)
    for name, option in OPTIONS.items():
        value = getattr(spec, name)
        if value is not None:
            assert option.parse(option.format(value)) == value


@settings(deadline=None, max_examples=300, database=None)
@given(st.sampled_from(sorted(OPTIONS)), st.text(max_size=30))
def test_any_text_is_read_or_refused_in_one_sentence(name: str, text: str) -> None:
    option, refusal = OPTIONS[name], None
    try:
        value = option.parse(text)
    except InputError as error:
        refusal = error
    if refusal is None:
        assert option.check(value) == value
    else:
        assert refusal.option == name
        assert "it must be" in str(refusal)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"lr": -1}, "lr is -1.0: it must be a number, above 0"),
        ({"lr": float("nan")}, "lr is nan: it must be a number, above 0"),
        ({"depth": 2.5}, "depth is 2.5: it must be a whole number, at least 1"),
        ({"depth": True}, "depth is True"),
        ({"width": ()}, "width is ()"),
        ({"width": (1, 2, 3), "depth": 3}, "depth 3 has 2 hidden layers; give one width or 2"),
        ({"network": "cnn"}, "network is cnn: it must be one of mlp, shallow, compositional, mmnn"),
        ({"network": "compositional", "peaks": (0.5, 1.0)}, "above 0 and below 1"),
        ({"network": "compositional", "depth": 3, "peaks": (0.5, 0.2)}, "one for each of the 3 layers"),
        ({"domain": (1, 0)}, "two numbers, the lower first"),
        ({"device": "tpu"}, "device is tpu: it must be auto, cpu, cuda, cuda:N or mps"),
        ({"depht": 3}, "option is depht: known options are network"),
        ({"width": 99999}, "width is 99999: it must be"),
        ({"width": (3, 99999)}, "width is 3, 99999: it must be"),
        ({"members": 10**5000}, "members is a number of more than thirty digits: it must be a whole number"),
        ({"width": (10**5000,)}, "width is a number of more than thirty digits"),
        ({"domain": "01"}, "two numbers, the lower first"),
    ],
)
def test_what_cannot_be_is_refused(changes: dict[str, object], sentence: str) -> None:
    with pytest.raises(InputError) as caught:
        FitSpecification.make(**changes)
    assert sentence in str(caught.value)


def test_lists_decide_the_depth_where_none_is_given() -> None:
    assert FitSpecification.make(width=(3, 4, 5)).depth == 4
    assert FitSpecification.make(network="compositional", peaks=(0.3, 0.6)).depth == 2
    assert architecture(FitSpecification.make(depth=5, width=7)).hidden_widths == (7, 7, 7, 7)


def test_importing_the_package_and_the_specification_costs_nothing() -> None:
    program = (
        "import sys, nnexpr, nnexpr.specification; nnexpr.FitSpecification;"
        "heavy = {'torch', 'numpy', 'scipy', 'textual', 'rich', 'plotext', 'click'} & set(sys.modules);"
        "assert not heavy, heavy"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


def test_the_engine_loads_no_front_end() -> None:
    program = (
        "import sys, nnexpr\n"
        "for name in nnexpr.__all__: getattr(nnexpr, name)\n"
        "front = {'textual', 'rich', 'plotext', 'click', 'nnexpr_tui'} & set(sys.modules)\n"
        "assert not front, front"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


def test_an_unknown_name_is_an_attribute_error() -> None:
    import nnexpr

    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        nnexpr.nothing  # noqa: B018
    assert "fit" in dir(nnexpr)


def test_choices_are_those_the_engine_has() -> None:
    from nnexpr.activations import ACTIVATIONS

    assert set(OPTIONS["activation"].choices) <= set(ACTIVATIONS)


@pytest.mark.parametrize(
    ("text", "value", "shown"),
    [
        ("1e5", 10**5, "100000"),
        ("2.5e3", 2500, "2500"),
        ("1E10", 10**10, "1e10"),
        ("12e7", 12 * 10**7, "12e7"),
    ],
)
def test_a_whole_number_may_be_spelled_with_an_exponent(text: str, value: int, shown: str) -> None:
    option = OPTIONS["epochs"]
    assert option.parse(text) == value
    assert type(option.parse(text)) is int
    assert option.format(value) == shown
    assert option.parse(shown) == value


@pytest.mark.parametrize("text", ["1.5", "1e-3", "1.5e0", "1e400", "e5", "nan", "-1e3"])
def test_what_is_no_whole_number_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="epochs is"):
        OPTIONS["epochs"].parse(text)


@pytest.mark.parametrize("text", ["4,,4", ",4", "4,", "4, ,4", "1_0", "9" * 5000])
def test_a_list_with_a_gap_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="width is"):
        OPTIONS["width"].parse(text)


def test_lists_are_read_with_commas_and_blanks() -> None:
    assert OPTIONS["width"].parse("4, 5 ,6  7") == (4, 5, 6, 7)
    assert OPTIONS["domain"].parse("-1 1") == OPTIONS["domain"].parse("-1,1") == (-1.0, 1.0)
    assert OPTIONS["lr"].parse("1e-3") == 1e-3
    for text in ("1_0", "1_000.5"):
        with pytest.raises(InputError):
            OPTIONS["lr"].parse(text)
