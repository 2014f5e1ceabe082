"""Data files: every dialect reads back what was written, and everything else is refused in one sentence."""

from __future__ import annotations

import errno
import itertools
import os
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from nnexpr.specification import InputError
from nnexpr.targets import target
from nnexpr.targets.target import Target

EXAMPLES = Path(__file__).parents[2] / "examples" / "data"
PROPERTY = settings(
    deadline=None,
    max_examples=150,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)

values = st.floats(-1e9, 1e9).filter(
    lambda value: value == 0 or abs(value) > 1e-100
)  # spans of which are squared
tables = st.lists(st.tuples(values, values), min_size=2, max_size=12, unique_by=lambda row: row[0])
dialects = st.sampled_from(
    list(
        itertools.product(
            ",;\t", [False, True], ["", "\ufeff"], ["\n", "\r\n", "\r"], [False, True], [False, True]
        )
    )
)


def refusal(file: Path, columns: str = "", **options: object) -> str:
    with pytest.raises(InputError) as caught:
        target(f"csv:{file}{columns}", **options)  # type: ignore[arg-type]
    message = str(caught.value)
    assert message.isprintable()
    return message


def beyond_the_smallest(values: np.ndarray) -> np.ndarray:
    """Differences of what is written, which is not what double precision holds of it."""
    written = [Fraction(repr(value)) for value in values.tolist()]
    return np.array([float(value - min(written)) for value in written])


def attempt(file: Path) -> Target | InputError:
    try:
        return target(f"csv:{file}")
    except InputError as error:
        return error


@PROPERTY
@given(tables, dialects, st.booleans(), st.booleans())
@example([(0.0, 1e9), (1.0, 1e9 + 2.0**-20)], (";", True, "", "\n", False, True), False, False)
@example([(1e9, 0.0), (1e9 + 2.0**-20, 1.0)], (";", True, "", "\n", False, True), False, False)
def test_every_dialect_reads_back(
    tmp_path: Path,
    rows: list[tuple[float, float]],
    dialect: tuple[str, bool, str, str, bool, bool],
    decimal_comma: bool,
    blank_lines: bool,
) -> None:
    separator, header, mark, newline, quoted, last_newline = dialect

    def field(value: float) -> str:
        text = repr(value).replace(".", ",") if decimal_comma and separator != "," else repr(value)
        return f'"{text}"' if quoted else text

    lines = [separator.join(["time, s" if separator == ";" else "time", '"a ""b"""'])] * header
    lines += [separator.join(map(field, row)) for row in rows]
    text = mark + (newline * (1 + blank_lines)).join(lines) + newline * last_newline
    (tmp_path / "data.csv").write_bytes(text.encode())

    made = target(f"csv:{tmp_path / 'data.csv'}")
    x, y = np.array(sorted(rows)).T
    assert made.points == len(rows)
    shown = ("time, s" if separator == ";" else "time", 'a "b"') if header else ("x", "y")
    notes = " ".join(made.notes)
    x, y = (  # values so close that doubles distort them are counted from the smallest, by their digits
        beyond_the_smallest(values) if f"Column {name} is counted from" in notes else values
        for name, values in zip(shown, (x, y), strict=True)
    )
    np.testing.assert_allclose(made.own_inputs[:, 0], x, rtol=1e-12, atol=1e-12 * max(1, np.ptp(x)))
    np.testing.assert_allclose(made.own_values, y, rtol=1e-12, atol=1e-12 * max(1, np.ptp(y)))
    assert made.inputs.min() >= 0
    assert made.inputs.max() <= 1
    assert made.values.min() >= 0
    assert made.values.max() <= 1
    assert made.value_name.startswith(shown[1])


@PROPERTY
@given(
    st.one_of(
        st.binary(max_size=200), st.text('0123456789.,;\t\n\r"naif-eE xé\0', max_size=60).map(str.encode)
    )
)
def test_no_bytes_raise_anything_but_input_error(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "data.csv").write_bytes(content)
    made = attempt(tmp_path / "data.csv")
    if isinstance(made, InputError):
        assert str(made).isprintable()
    else:
        assert made.points >= 1
        assert np.isfinite(made.own_inputs).all()
        assert np.isfinite(made.own_values).all()
        assert (np.diff(made.inputs[:, 0]) >= 0).all()


def test_sunspots_read_with_their_names_and_come_back_exactly() -> None:
    made = target(f"csv:{EXAMPLES / 'sunspots.csv'}", points=7)
    raw = np.loadtxt(EXAMPLES / "sunspots.csv", delimiter=",", skiprows=1)
    assert made.points == 309
    assert made.input_names == ("YEAR",)
    assert made.value_name == "SUNACTIVITY"
    assert made.function is None
    assert made.notes == ()
    np.testing.assert_allclose(made.own_inputs[:, 0], raw[:, 0], rtol=1e-12)
    np.testing.assert_allclose(made.own_values, raw[:, 1], rtol=1e-12, atol=1e-12 * np.ptp(raw[:, 1]))
    assert made.own_domain == ((1700.0, 2008.0),)


def write(folder: Path, text: str) -> Path:
    file = folder / "data.csv"
    file.write_text(text, encoding="utf-8", newline="")
    return file


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "it is empty"),
        ("\n \n\n", "it is empty"),
        ("x,y\n", "no rows of data"),
        ("1\n2\n", "one column"),
        ("x,y\n1,2\n3,\n", "line 3 has no value in column y"),
        ("x,y\n1,2\n3\n", "line 3 has no value in column y"),
        ("1,2\n\n,4\n", "line 3 has no value in column 1"),
        ("x,y\n1,nan\n", "line 2 has nan in column y"),
        ("nan,nan\n1,2\n", "line 1 has nan in column 1"),
        ("x,y\n1,-inf\n", "line 2 has -inf in column y"),
        ("x,y\n1,1e999\n", "line 2 has 1e999 in column y"),
        ("x,y\n1,NA\n", "line 2 has NA in column y"),
        ("x,y\n1,1_0\n", "line 2 has 1_0 in column y"),
        ("x,y\n1,٣\n", "line 2 has ٣ in column y"),
        ("x,y\n1,two\n", "line 2 has two in column y"),
        ("x,y\n1,2,3\n", "line 2 has 3 fields where the first row has 2"),
        ("1,5;2.5\n", "mixes decimal commas and decimal points"),
        ("x;y\n1,5;2\n2;1.5\n", "line 3 mixes"),
        ("x;y\n1;1.234,5\n2;1.5\n", "line 3 has 1.5 in column y"),
        ('x,y\n1,"2\n3,4\n', "line 2 cannot be read: its quotes do not match"),
        ('x\ty\n1\t"2"3\n', "line 2 cannot be read: its quotes do not match"),
        ('x,"y\nz"\n1,2\n3,?\n', "line 4 has ? in column y z"),
        ("name,1,2\nbob,3,4\n", "choose the columns"),
        ("a,b,c\nu,v,1\n", "line 2 has fewer than two columns with numbers"),
        ("x,y\n1,1e308\n2,-1e308\n", "column y reaches from -1e+308 to 1e+308"),
        ("x,y\n1,\x1b[31m\n", "line 2 has [31m in column y"),
        ("x,y\n1,2\n\0,3\n", "line 3 has a zero byte"),
        ("x,y\n" + "1" * 1_000_001, "line 2 is longer than"),
        ("x,y\n1," + "2" * 200_000 + "\n", "line 2 cannot be read: a field is too long"),
    ],
)
def test_what_cannot_be_used_is_refused_with_its_line(tmp_path: Path, text: str, reason: str) -> None:
    assert reason in refusal(write(tmp_path, text))


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    assert "it is a folder" in refusal(tmp_path)
    assert "there is no such file" in refusal(tmp_path / "absent.csv")
    assert "there is no such file" in refusal(Path("\0"))
    assert "there is no such file" in refusal(Path("/" + "n" * 5000))
    os.mkfifo(tmp_path / "pipe")
    assert "not an ordinary file" in refusal(tmp_path / "pipe")


def test_a_file_that_may_not_be_read_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def denied(*_: object, **__: object) -> None:  # as the system does for anyone but root
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    file = write(tmp_path, "1,2\n")
    monkeypatch.setattr("builtins.open", denied)
    assert "permission denied" in refusal(file)


WIDE = "when,who,height,weight\n3,ann,1.5,50\n1,bob,1.9,80\n2,cyd,1.7,60\n"


@pytest.mark.parametrize(
    ("columns", "x_name", "y"),
    [
        ("", "when", [1.9, 1.7, 1.5]),
        (":when:weight", "when", [80, 60, 50]),
        (":1:4", "when", [80, 60, 50]),
        (":weight:1", "weight", [3, 2, 1]),
    ],
)
def test_columns_are_chosen_by_name_or_number(
    tmp_path: Path, columns: str, x_name: str, y: list[float]
) -> None:
    made = target(f"csv:{write(tmp_path, WIDE)}{columns}")
    assert made.input_names == (x_name,)
    assert made.own_values == pytest.approx(y)


@pytest.mark.parametrize(
    ("columns", "reason"),
    [
        (":when:who", "line 2 has ann in column who"),
        (":when:age", "it has no column age; its columns are when, who, height, weight"),
        (":0:1", "no column 0"),
        (":1:5", "no column 5"),
        ("::", "no column without a name"),
        (":weight", "columns come in pairs"),
        (":1:" + "9" * 5000, "no column"),
    ],
)
def test_columns_that_are_not_there_are_refused(tmp_path: Path, columns: str, reason: str) -> None:
    assert reason in refusal(write(tmp_path, WIDE), columns)


def test_a_name_that_stands_twice_is_refused(tmp_path: Path) -> None:
    assert "2 columns have the name y" in refusal(write(tmp_path, "x,y,y\n1,2,3\n"), ":x:y")


def test_an_index_without_a_name_is_passed_over(tmp_path: Path) -> None:
    made = target(f"csv:{write(tmp_path, ',time,level' + chr(10) + '0,5,7' + chr(10) + '1,6,9' + chr(10))}")
    assert (made.input_names, made.value_name) == (("time",), "level")


def test_names_beside_numbers_are_a_header_when_a_name_is_chosen(tmp_path: Path) -> None:
    file = write(tmp_path, "year,1990,2000\n1,3,4\n2,5,6\n")
    assert target(f"csv:{file}:year:2").own_values == pytest.approx([3, 5])
    assert "line 1 has year in column 1" in refusal(file, ":1:2")


def test_a_path_may_hold_colons(tmp_path: Path) -> None:
    odd = tmp_path / "a:b:c"
    odd.write_text("x,y,z\n1,2,3\n2,3,4\n")
    assert target(f"csv:{odd}").value_name == "y"
    assert target(f"csv:{odd}:x:z").value_name == "z"


def test_repeated_x_is_averaged_and_said(tmp_path: Path) -> None:
    made = target(
        f"csv:{write(tmp_path, '2,1' + chr(10) + '1,5' + chr(10) + '2,2' + chr(10) + '2,6' + chr(10))}"
    )
    assert made.own_inputs[:, 0] == pytest.approx([1, 2])
    assert made.own_values == pytest.approx([5, 3])
    assert made.notes == ("The rows were sorted by x.", "1 repeated x value was averaged.")


def test_decimal_commas_are_said(tmp_path: Path) -> None:
    made = target(f"csv:{write(tmp_path, 'x;y' + chr(10) + '0,5;1' + chr(10) + '1;-2,25e1' + chr(10))}")
    assert made.own_inputs[:, 0] == pytest.approx([0.5, 1])
    assert made.own_values == pytest.approx([1, -22.5])
    assert made.notes == ("Decimal commas were read as decimal points.",)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("4,7\n", "it has one x (1 row)"),
        ("4,7\n4,7\n", "it has one x (2 rows)"),
        ("4,6\n4,8\n", "it has one x (2 rows)"),
    ],
)
def test_one_x_is_no_target(tmp_path: Path, text: str, reason: str) -> None:
    assert reason in refusal(write(tmp_path, text))


def test_a_domain_with_one_x_is_no_target(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"one x in the domain \(1 row\); a fit needs two"):
        target(f"csv:{write(tmp_path, '1,5' + chr(10) + '2,6' + chr(10))}", domain=(1.5, 3))


def test_a_constant_column_keeps_its_value(tmp_path: Path) -> None:
    made = target(f"csv:{write(tmp_path, '1,3' + chr(10) + '2,3' + chr(10))}")
    assert made.own_values.tolist() == [3.0, 3.0]
    assert made.values.tolist() == [0.0, 0.0]


def test_a_domain_keeps_the_rows_inside_in_own_units() -> None:
    made = target(f"csv:{EXAMPLES / 'sunspots.csv'}", domain=(1799.5, 1900))
    assert made.own_domain == ((1800.0, 1900.0),)
    assert made.points == 101
    assert made.notes == ("208 rows outside the domain were left out.",)
    assert "YEAR goes from 1700 to 2008" in refusal(EXAMPLES / "sunspots.csv", domain=(0, 1))


def test_noise_on_data_is_in_own_units() -> None:
    spelling = f"csv:{EXAMPLES / 'sunspots.csv'}"
    clean, noisy = target(spelling), target(spelling, noise=20.0)
    assert (noisy.own_values - clean.own_values).std() == pytest.approx(20, rel=0.15)
    assert noisy.value_scale == clean.value_scale
