"""Files as other programs write them: what is read out of each kind, what is said of it, and what is refused."""

from __future__ import annotations

import datetime
import os
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nnexpr.specification import InputError
from nnexpr.targets import target
from nnexpr.targets.cells import precise
from nnexpr.targets.dates import Dates
from nnexpr.targets.target import Target

CASES = Path(__file__).parent / "cases"
EXAMPLES = Path(__file__).parents[2] / "examples" / "data"
PROPERTY = settings(
    deadline=None,
    max_examples=150,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
SQUARES = [float(i * i) for i in range(20)]


def made_of(folder: Path, content: str | bytes, columns: str = "", **options: object) -> Target:
    file = folder / "data.csv"
    file.write_bytes(content.encode() if isinstance(content, str) else content)
    return target(f"csv:{file}{columns}", **options)  # type: ignore[arg-type]


def refusal(folder: Path, content: str | bytes, columns: str = "", **options: object) -> str:
    with pytest.raises(InputError) as caught:
        made_of(folder, content, columns, **options)
    assert str(caught.value).isprintable()
    return str(caught.value)


def points(made: Target) -> list[tuple[float, float]]:
    return list(zip(made.own_inputs[:, 0].tolist(), made.own_values.tolist(), strict=True))


@pytest.mark.parametrize(
    ("file", "names", "x", "said"),
    [
        ("savetxt.txt", ("x", "y"), [i / 10 for i in range(20)], ""),
        ("comments.csv", ("t", "v"), range(20), ""),
        ("excel_sep.csv", ("t", "v"), range(20), ""),
        ("r_write_table.csv", ("t", "v"), [i / 2 for i in range(20)], "one name fewer"),
        ("units_row.csv", ("t", "v"), range(20), "Line 2 was passed over as units: s, V."),
        ("cp1252.csv", ("Größe", "v"), range(20), "Windows-1252"),
        ("iso_dates.csv", ("date (days since 2020-01-01)", "v"), range(20), "days since 2020-01-01"),
        ("year_header.csv", ("2019", "2020"), range(20), "read as names: 2019, 2020"),
    ],
)
def test_cases_are_read(file: str, names: tuple[str, str], x: list[float], said: str) -> None:
    made = target(f"csv:{CASES / file}")
    assert (made.input_names[0], made.value_name) == names
    assert made.own_inputs[:, 0] == pytest.approx(list(x))
    squares = np.array(SQUARES) / 7 if file == "savetxt.txt" else SQUARES
    if file == "savetxt.txt":
        squares = 100 * np.array(x) ** 2 / 7
    assert made.own_values == pytest.approx(squares)
    assert said in " ".join(made.notes)
    assert bool(said) == bool(made.notes)


@pytest.mark.parametrize("file", ["milliseconds.csv", "cluster.csv", "outlier.csv", "zeros.csv"])
def test_cases_of_odd_sizes_keep_every_point(file: str) -> None:
    made = target(f"csv:{CASES / file}")
    close = "39 pairs of neighbours on x cannot be told apart beside its whole range in double precision."
    assert made.notes == ((close,) if file == "cluster.csv" else ())
    raw = np.loadtxt(CASES / file, delimiter=",", skiprows=1)
    assert made.points == len(raw)
    assert (np.diff(made.inputs[:, 0]) > 0).all()
    np.testing.assert_allclose(made.own_values, raw[np.argsort(raw[:, 0], kind="stable"), 1])


def test_points_that_may_be_thousands_are_refused() -> None:
    with pytest.raises(InputError, match=r"column v has 1\.000 beside 980"):
        target(f"csv:{CASES / 'points_as_thousands.csv'}")


def test_the_example_of_a_calendar_with_gaps_is_read_as_shipped() -> None:
    made = target(f"csv:{EXAMPLES / 'co2.csv'}")
    rows = [line.split(",") for line in (EXAMPLES / "co2.csv").read_text().split()[1:]]
    first = datetime.date(1958, 3, 29)
    expected = [
        ((datetime.datetime.strptime(day, "%Y%m%d").date() - first).days, float(value))
        for day, value in rows
        if value
    ]
    assert [(round(x), y) for x, y in points(made)] == [(x, pytest.approx(y)) for x, y in expected]
    assert made.input_names == ("date (days since 1958-03-29)",)
    assert "59 rows without a value were left out." in made.notes
    with pytest.raises(InputError, match=r"line 8 has no value in column co2.*--missing drop"):
        target(f"csv:{EXAMPLES / 'co2.csv'}", missing="refuse")


TWO = [(0.5, 1.0), (1.5, 2.0)]
PLAIN = "t,v\n0.5,1\n1.5,2\n"


@pytest.mark.parametrize(
    ("content", "names", "said"),
    [
        (PLAIN.encode("utf-16"), ("t", "v"), "UTF-16"),
        (PLAIN.encode("utf-16-le"), ("t", "v"), "UTF-16-LE"),
        (PLAIN.encode("utf-16-be"), ("t", "v"), "UTF-16-BE"),
        (PLAIN.encode("utf-32"), ("t", "v"), "UTF-32"),
        (PLAIN.encode("utf-8-sig"), ("t", "v"), ""),
        ("größe;µ\r\n0,5;1\r\n1,5;2\r\n".encode("cp1252"), ("größe", "µ"), "Windows-1252"),
        ("0.5 1\n1.5 2\n", ("x", "y"), ""),
        ("   0.5    1  \n  1.5\t 2\n", ("x", "y"), ""),
        ('"t" "v"\n"1" 0.5 1\n"2" 1.5 2\n', ("t", "v"), "one name fewer"),
        ("t [s]  v (V)\n0.5 1\n1.5 2\n", ("t [s]", "v (V)"), ""),
        ("0,5 1\n1,5 2\n", ("x", "y"), "Decimal commas"),
        ("0,5\t1\n1,5\t2\n", ("x", "y"), "Decimal commas"),
        ("t|v\n0.5|1\n1.5|2\n", ("t", "v"), ""),
        ("| t | v |\n|---|---|\n| 0.5 | 1 |\n| 1.5 | 2 |\n", ("t", "v"), ""),
        ("0.5, 1\n1.5, 2\n", ("x", "y"), ""),
        ("# t v\n0.5 1\n1.5 2\n", ("t", "v"), "comment in line 1"),
        ("% made by hand: no names\n\n0.5,1\n# between\n1.5,2\n", ("x", "y"), ""),
        ('"sep=;"\r\nt;v\r\n0.5;1\r\n1.5;2\r\n', ("t", "v"), ""),
        ("sep=\\t\nt\tv\n0.5\t1\n1.5\t2\n", ("t", "v"), ""),
        ("t;v\n[s];-\n0.5;1\n1.5;2\n", ("t", "v"), "Line 2 was passed over as units: [s], -."),
        ("t,v\ns,V\nmean,mean\n0.5,1\n1.5,2\n", ("t", "v"), "Line 3 was passed over"),
        (",2019,2020\n0,0.5,1\n1,1.5,2\n", ("2019", "2020"), "names: , 2019, 2020"),
        (",0,1\n0,0.5,1\n1,1.5,2\n", ("0", "1"), "names: , 0, 1"),
        ("t,v,\n0.5,1,\n1.5,2,\n", ("t", "v"), ""),
        ("  5.0D-01  1.0D+00\n  1.5D+00  2.0d0\n", ("x", "y"), ""),
        ("t;v\n5,0D-01;1\n1,5D+00;2\n", ("t", "v"), "Decimal commas"),
        ("! S-parameters\n0.5 1\n1.5 2\n", ("x", "y"), ""),
        ("// a comment\nt,v\n0.5,1\n// another\n1.5,2\n", ("t", "v"), ""),
        ("t,v\n0.5,1\n1.5,2\n\x1a", ("t", "v"), ""),
        ("t,v,w\n0.5,1,7\n1.5,2,8\n", ("t", "v"), "Of its columns t, v were taken, not w"),
    ],
)  # fmt: skip
def test_kinds_are_read(tmp_path: Path, content: str | bytes, names: tuple[str, str], said: str) -> None:
    made = made_of(tmp_path, content)
    assert points(made) == TWO
    assert (made.input_names[0], made.value_name) == names
    assert said in " ".join(made.notes)


DAY = 86_400.0


@pytest.mark.parametrize(
    ("stamps", "x", "unit"),
    [
        (["2020-02-28", "2020-03-01"], [0, 2], "days since 2020-02-28"),
        (["2020/2/28", "2020/3/1"], [0, 2], "days since 2020-02-28"),
        (["28.2.2020", "1.3.2020"], [0, 2], "days since 2020-02-28"),
        (["19580329", "19580405"], [0, 7], "days since 1958-03-29"),
        (["1700-01", "1700-03"], [0, 59], "days since 1700-01-01"),
        (["2020-01-01T00:00", "2020-01-01T03:00"], [0, 3], "hours since 2020-01-01 00:00:00"),
        (["2020-01-01 00:00:00Z", "2020-01-01 02:30:00+01:00"], [0, 90], "minutes since 2020-01-01 00:00:00 UTC"),
        (["2020-01-01 10:00:00,5", "2020-01-01 10:00:03"], [0, 2.5], "seconds since 2020-01-01 10:00:00.5"),
        (
            ["2020-01-01T00:00:00.000000100", "2020-01-01T00:00:00.000000200"],
            [0, 100], "nanoseconds since 2020-01-01 00:00:00.0000001",
        ),
        (["23:59:00", "23:59:30"], [0, 30], "seconds since 23:59:00"),
        (["12:30 AM", "1:00 p.m."], [0, 12.5], "hours since 00:30:00"),
        (["2020-02-28 11:00 AM", "2020-02-28 12:30 PM"], [0, 90], "minutes since 2020-02-28 11:00:00"),
        (["28-Feb-2020", "1-March-2020"], [0, 2], "days since 2020-02-28"),
        (["28 feb 2020 23:00", "29 Feb 2020 02:00"], [0, 3], "hours since 2020-02-28 23:00:00"),
        (["February 28, 2020", "Mar 1, 2020"], [0, 2], "days since 2020-02-28"),
        (["20200228T230000Z", "20200301T0200+0300"], [0, 24], "hours since 2020-02-28 23:00:00 UTC"),
    ],
)  # fmt: skip
def test_dates_on_x_say_their_unit(tmp_path: Path, stamps: list[str], x: list[float], unit: str) -> None:
    made = made_of(tmp_path, f"when;v\n{stamps[1]};2\n{stamps[0]};1\n" if ":" not in stamps[0][:3] else
                   f"when;v\n{stamps[0]};1\n{stamps[1]};2\n")  # fmt: skip
    assert points(made) == [(pytest.approx(x[0]), 1.0), (pytest.approx(x[1], rel=1e-14), 2.0)]
    assert made.input_names == (f"when ({unit})",)
    assert any(unit in note for note in made.notes)


def test_a_date_and_its_time_are_one_x_and_a_date_comes_before_a_number(tmp_path: Path) -> None:
    made = made_of(tmp_path, "2020-01-01 00:00:00 5\n2020-01-01 06:00:00 7\n")
    assert points(made) == [(0.0, 5.0), (6.0, 7.0)]
    made = made_of(tmp_path, "id,day,time,v\n7,2020-01-01,00:00,5\n8,2020-01-01,06:00,7\n")
    assert points(made) == [(0.0, 5.0), (6.0, 7.0)]
    assert made.input_names == ("day time (hours since 2020-01-01 00:00:00)",)


@PROPERTY
@given(
    st.lists(
        st.datetimes(datetime.datetime(1600, 1, 1), datetime.datetime(2400, 1, 1)),
        min_size=2,
        max_size=8,
        unique=True,
    )
)
def test_moments_lie_where_the_calendar_says(tmp_path: Path, moments: list[datetime.datetime]) -> None:
    column = Dates("t")
    for moment in moments:
        read = column.read(moment.isoformat(), 1)
        assert read is not None
        column.append(read)
    values, unit, first = column.finish()
    length = {
        "days": 86400,
        "hours": 3600,
        "minutes": 60,
        "seconds": 1,
        "milliseconds": 1e-3,
        "microseconds": 1e-6,
    }[unit]
    expected = [(moment - min(moments)).total_seconds() / length for moment in moments]
    np.testing.assert_allclose(values, expected, rtol=1e-12)
    assert datetime.datetime.fromisoformat(first) == min(moments)


@PROPERTY
@given(st.integers(10**17, 10**19), st.lists(st.integers(0, 10**6), min_size=2, max_size=9, unique=True))
def test_stamps_in_nanoseconds_keep_every_digit(tmp_path: Path, start: int, steps: list[int]) -> None:
    rows = [(start + step, float(i)) for i, step in enumerate(steps)]
    made = made_of(tmp_path, "t,v\n" + "".join(f"{x},{y}\n" for x, y in rows))
    exact = [(float(x - min(x for x, _ in rows)), y) for x, y in sorted(rows)]
    assert points(made) == [(pytest.approx(x, rel=1e-13, abs=1e-9), pytest.approx(y)) for x, y in exact]
    assert f"counted from {min(x for x, _ in rows)}" in " ".join(made.notes)


@PROPERTY
@given(st.lists(st.decimals(-(10**6), 10**6, places=22), min_size=1, max_size=5))
def test_what_a_double_leaves_over_is_kept(numbers: list[object]) -> None:
    texts = [f"{number:f}" for number in numbers]
    values = np.array([float(text) for text in texts])
    rests, smallest = precise(texts, values)
    for text, value, rest in zip(texts, values, rests, strict=True):
        whole = Fraction(float(value)) + Fraction(float(rest))
        assert abs(whole - Fraction(text)) <= abs(Fraction(float(rest))) / 2**52
    assert Fraction(smallest) == min(map(Fraction, texts))


def test_what_double_precision_cannot_tell_apart_is_said(tmp_path: Path) -> None:
    made = made_of(tmp_path, "0,1\n1,5\n1.00000000000000001,7\n2,0\n")
    assert points(made) == [(0.0, 1.0), (1.0, 6.0), (2.0, 0.0)]
    assert "1 value of column x cannot be told from others in double precision." in made.notes


MISSING = "t,v\n0,1\n1,{}\n2,3\n"


@pytest.mark.parametrize("mark", ["", "NA", "nan", "NaN", "#N/A", "null", "-", "?", " "])
def test_missing_values_are_refused_with_the_hint_or_left_out(tmp_path: Path, mark: str) -> None:
    text = MISSING.format(mark)
    said = refusal(tmp_path, text)
    assert f"line 3 has {mark.strip() or 'no value'} in column v" in said
    assert "--missing drop" in said
    made = made_of(tmp_path, text, missing="drop")
    assert points(made) == [(0.0, 1.0), (2.0, 3.0)]
    assert made.notes == ("1 row without a value was left out.",)


def test_a_calendar_with_gaps_is_read_unless_that_is_refused(tmp_path: Path) -> None:
    dated = "d,v\n2020-01-01,1\n2020-01-02,\n2020-01-03,3\n"
    assert points(made_of(tmp_path, dated)) == [(0.0, 1.0), (2.0, 3.0)]
    assert "line 3 has no value in column v" in refusal(tmp_path, dated, missing="refuse")
    without_date = dated.replace("2020-01-02,", ",5")
    assert "line 3 has no value in column d" in refusal(tmp_path, without_date)
    assert made_of(tmp_path, without_date, missing="drop").points == 2
    almost = "d,v\n20200101,1\n20200102,\n99999999,3\n"  # not a calendar after all
    assert "line 3 has no value in column v" in refusal(tmp_path, almost)
    assert "no row of it has both values" in refusal(tmp_path, "t,v\n1,\n2,\n", missing="drop")
    assert "line 3 has oops in column v" in refusal(tmp_path, MISSING.format("oops"), missing="drop")


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("t;v\n0;980\n1;1,020\n", "1,020 beside 980"),
        ("t\tv\n0\t980\n1\t1.020\n", "1.020 beside 980"),
        ("d;v\n2020-01-01;1\n01/02/2020;2\n", "line 3 has 01/02/2020 in column d, where a date is expected"),
        ("d;v\n01/02/2020;1\n", "the day and the month cannot be told apart"),
        ("d;v\n2020-02-30;1\n", "line 2 has 2020-02-30 in column d"),
        ("d;v\n30 Feb 2020;1\n", "line 2 has 30 Feb 2020 in column d, where a date is expected"),
        ("d;v\n13:00 PM;1\n", "line 2 has 13:00 PM in column d, where a date is expected"),
        ('t,v\n0,"1,234"\n1,2\n', "line 2 has 1,234 in column v, with a mark for thousands"),
        ("t,v\n0,0,-1,5\n1,0,2,0\n", "4 fields for 2 names; if the comma is also the decimal mark"),
        ("t,v\n0 s,1 V\n1 s,2 V\n", "line 2 has 0 s where a number is expected, and no row has two numbers"),
        ("d;v\n2020-01-01T00:00Z;1\n2020-01-01T01:00;2\n", "a zone or none"),
        ("d;v\n23:59;1\n00:01;2\n", "goes back in time"),
        ("d;v\n2020-01-01T00:00:00.0000000001;1\n", "line 2 has"),
        ("1\n2\n3\n", "lines that are no rows begin with #"),
        ("d,v\n" + "".join(f"202001{i:02},1\n" for i in range(1, 32)) + "20200230,1\n", "20200230"),
        ("t,v\n1,2\n3,4,5\n", "line 3 has 3 fields where the first row has 2"),
        ("<!DOCTYPE html>\n<html>", "a web page"),
        ("\n  <html><body>no</body></html>", "a web page"),
        ("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n", "git lfs pull"),
        ('{"x": [1, 2]}', "JSON"),
        ('<?xml version="1.0"?>', "XML"),
        (b"PK\x03\x04\x14\0", "spreadsheet"),
        (b"\xfd7zXZ\0", "compressed"),
        (b"\x80\x04\x95", "pickle"),
        (b"\x93NUMPY\x01\0", "NumPy"),
        (b"%PDF-1.7\n", "PDF"),
        ("x,y\n1,1e200\n2,0\n", "column y reaches from 0 to 1e+200"),
        ("x,y\n1e308,1\n-1e308,0\n", "column x reaches from -1e+308"),
        ("x,y\n1,1e-200\n2,0\n", "column y spans 1e-200"),
    ],
)
def test_what_is_unclear_or_no_table_is_refused_by_name(
    tmp_path: Path, content: str | bytes, reason: str
) -> None:
    assert reason in refusal(tmp_path, content)


@pytest.mark.parametrize(
    ("above", "names", "passed"),
    [
        ("Station,12\nDate,2020-01-31\n", ("t", "v"), "Lines 1 to 2"),
        ("Measured by the second instrument\n\nGain: 3\n", ("t", "v"), "Lines 1 to 3"),
        ("Station,12\nOperator,ann\nRange,1,5,auto\n", ("t", "v"), "Lines 1 to 3"),
        ("one,two,three,four\n", ("t", "v"), "Line 1"),
        ("Title of all\n", ("t", "v"), "Line 1"),
        ("Instrument: A\nDate: today\n", ("t", "v"), "Lines 1 to 2"),
        ("Gain =,low\n", ("t", "v"), "Line 1"),
    ],
)
@pytest.mark.parametrize("header", ["t,v\n", "t,v\ns,mV\n", ""])
def test_what_stands_above_the_table_is_passed_over_and_said(
    tmp_path: Path, above: str, names: tuple[str, str], passed: str, header: str
) -> None:
    if not header and above.startswith(("Title", "Station,12\nDate", "one")):
        return  # a name of one column, a header of numbers, a header too long: see the tests of those
    made = made_of(tmp_path, above + header + "0,5\n1,7\n2,4\n")
    assert points(made) == [(0.0, 5.0), (1.0, 7.0), (2.0, 4.0)]
    assert (made.input_names[0], made.value_name) == (names if header else ("x", "y"))
    assert any(
        note.startswith(f"{passed} {'was' if passed == 'Line 1' else 'were'} passed over")
        for note in made.notes
    )


def test_dates_are_for_x_only(tmp_path: Path) -> None:
    content = "t,v\n1,2020-01-01\n2,2020-01-02\n"
    assert "only x may hold dates" in refusal(tmp_path, content, ":t:v")
    assert points(made_of(tmp_path, content)) == [(0.0, 1.0), (1.0, 2.0)]


@pytest.mark.parametrize("text", ["t;v\n0;1.250\n1;2.375\n", "t\tv\n0\t1,250\n1\t2,375\n"])
def test_a_mark_before_three_digits_everywhere_is_said(tmp_path: Path, text: str) -> None:
    made = made_of(tmp_path, text)
    assert made.own_values == pytest.approx([1.25, 2.375])
    assert "was read as a decimal" in " ".join(made.notes)


@pytest.mark.parametrize(
    "text", ["t;v\n0;980\n1;0.125\n2;1.250\n", "t;v\n0;1980\n1;1.125\n", "t,v\n0,980\n1,1.000\n"]
)
def test_marks_that_are_clear_are_read(tmp_path: Path, text: str) -> None:
    assert made_of(tmp_path, text).points >= 2


def ordinary(folder: Path) -> Path:
    return folder / "data.csv"


@pytest.mark.parametrize("make", [os.mkfifo, lambda path: os.symlink("/dev/zero", path)])
def test_pipes_and_devices_are_refused_at_once(tmp_path: Path, make: Callable[[Path], None]) -> None:
    make(ordinary(tmp_path))
    with pytest.raises(InputError, match="not an ordinary file"):
        target(f"csv:{ordinary(tmp_path)}")


@pytest.mark.parametrize("start", [b"", b"t,v\n0,1\n1,2\n", b"t,v\n" + b"0,1\n" * 40_000])
def test_a_file_of_a_hundred_gigabytes_of_nothing_is_refused(tmp_path: Path, start: bytes) -> None:
    file = ordinary(tmp_path)
    with file.open("wb") as handle:
        handle.write(start)
        handle.truncate(10**11)
    with pytest.raises(InputError, match=r"zero byte|GB of memory"):
        target(f"csv:{file}")


def test_nothing_read_is_shown_raw(tmp_path: Path) -> None:
    made = made_of(tmp_path, "# \x1b[2J\nt\x1b[31m,[red]v[/red]\n\x1b]0;s,V\x07\n0,1\n1,2\n")
    shown = " ".join([*made.input_names, made.value_name, made.formula, *made.notes])
    assert shown.isprintable()
