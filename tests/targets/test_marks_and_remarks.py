"""Marks for thousands that another number settles, remarks at rows' ends, packed files, dates with slashes."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nnexpr.specification import InputError
from nnexpr.targets import target
from nnexpr.targets.target import Target

PROPERTY = settings(
    deadline=None,
    max_examples=150,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


def made_of(folder: Path, content: str | bytes, columns: str = "", **options: object) -> Target:
    file = folder / "data.csv"
    file.write_bytes(content.encode() if isinstance(content, str) else content)
    return target(f"csv:{file}{columns}", **options)  # type: ignore[arg-type]


def refusal(folder: Path, content: str | bytes, columns: str = "", **options: object) -> str:
    with pytest.raises(InputError) as caught:
        made_of(folder, content, columns, **options)
    assert str(caught.value).isprintable()
    return str(caught.value)


def values(made: Target) -> list[float]:
    return [pytest.approx(value, rel=1e-14) for value in made.own_values.tolist()]


@pytest.mark.parametrize(
    ("content", "expected", "said"),
    [
        ("t;v\n0;1.234,50\n1;2,5\n", [1234.5, 2.5], "The point in 1.234,50"),
        ("t;v\n0;1.234\n1;2.345\n2;3.456,5\n", [1234, 2345, 3456.5], "The point in 3.456,5"),
        ("t;v\n0;1.234.567\n1;980\n2;1.000\n", [1234567, 980, 1000], "The point in 1.234.567"),
        ("t;v\n0;1,234.5\n1;0.25\n2;1,000\n", [1234.5, 0.25, 1000], "The comma in 1,234.5"),
        ('t,v\n0,"1,234.5"\n1,2\n2,"1,000"\n', [1234.5, 2, 1000], "The comma in 1,234.5"),
        ('t,v\n0,"1.234,5"\n1,"2,5"\n', [1234.5, 2.5], "The point in 1.234,5"),
        ('t,v\n0,"0,5"\n1,"1,5"\n2,"1,250"\n', [0.5, 1.5, 1.25], "Decimal commas"),
        ("t;v\n0;1'234\n1;2.5\n2;1'000'000\n", [1234, 2.5, 1e6], "The apostrophe in 1'234"),
        ("t,v\n0,1'234.5\n1,2\n", [1234.5, 2], "The apostrophe in 1'234.5"),
        ("t;v\n0;1 234,5\n1;12 345\n", [1234.5, 12345], "The blank in 1 234,5"),
        ("t;v\n0;1\u00a0234,5\n1;1\u202f000\n".replace("\u202f", "\u00a0"), [1234.5, 1000], "The blank in"),
        ("t\tv\n0\t\N{MINUS SIGN}1.234,5\n1\t2,5\n", [-1234.5, 2.5], "The point in -1.234,5"),
        ("0 1.234,5\n1 1.000\n", [1234.5, 1000], "The point in 1.234,5"),
    ],
)
def test_a_number_of_one_reading_settles_the_marks_of_all(
    tmp_path: Path, content: str, expected: list[float], said: str
) -> None:
    made = made_of(tmp_path, content)
    assert values(made) == expected
    assert said in " ".join(made.notes)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("t;v\n0;1.234,5\n1;0.125\n", "line 3 has 0.125 in column v, and the point in 1.234,5 stands for thousands"),
        ("t;v\n0;1.234,5\n1;1,234.5\n", "line 3 has 1,234.5 in column v"),
        ("t;v\n0;1.234,5\n1;12.34\n", "line 3 has 12.34 in column v"),
        ("t;v\n0;1.234.567\n1;1.23.456\n", "line 3 has 1.23.456 in column v"),
        ("t;v\n0;1'234,5\n1;1'234.5\n", "line 3 mixes decimal commas and decimal points"),
        ('t,v\n0,"1,234"\n1,"2,345"\n', "line 2 has 1,234 in column v, with a mark for thousands"),
        ('t,v\n0,"0,5"\n1,1.5\n', "line 3 mixes decimal commas and decimal points"),
        ("t,v\n0,1 234\n1,2 345\n", "line 2 has 1 234 in column v, with a mark for thousands"),
        ("t;v\n0;1,234\n1;2.5\n", "line 3 mixes decimal commas and decimal points"),
        ("t;v\n0;0.125,5\n1;2\n", "line 2 has 0.125,5"),
        ("t;v\n0;1.234.5\n1;2\n", "line 2 has 1.234.5"),
    ],
)  # fmt: skip
def test_marks_that_contradict_or_settle_nothing_are_refused_with_their_line(
    tmp_path: Path, content: str, reason: str
) -> None:
    assert reason in refusal(tmp_path, content)


@PROPERTY
@given(
    st.lists(st.decimals(-(10**9), 10**9, places=3), min_size=2, max_size=8),
    st.sampled_from([(".", ","), (",", "."), ("'", "."), ("'", ","), (" ", ","), ("\u2019", ".")]),
)
def test_numbers_written_in_groups_are_read_as_they_were(
    tmp_path: Path, numbers: list[Decimal], marks: tuple[str, str]
) -> None:
    thousands, mark = marks
    written = [
        f"{number:,}".replace(",", "\0").replace(".", mark).replace("\0", thousands)
        for number in [Decimal("1234.500"), *numbers]
    ]
    made = made_of(tmp_path, "t;v\n" + "".join(f"{i};{text}\n" for i, text in enumerate(written)))
    expected = np.array([1234.5, *map(float, numbers)])
    rounding = 4 * np.finfo(np.float64).eps * np.abs(expected).max()  # of the way to network units and back
    np.testing.assert_allclose(made.own_values, expected, rtol=0, atol=rounding)


@pytest.mark.parametrize(
    "content",
    [
        "0 1 # begun\n1 2\n2 4 # late\n",
        "0 1\n1 2  #late\n2 4\n",
        "t,v\n0,1 # begun, twice\n1,2\n2,4\n",
        "t,v\n0,1, # begun\n1,2\n2,4\n",
        "t,v\n0,1,# begun\n1,2\n2,4\n",
        "t,v,note\n0,1,# begun\n1,2,\n2,4,\n",
        "t;v\n0;1 % begun\n1;2\n2;4\n",
        "t\tv\n0\t1 ! begun\n1\t2\t// gone\n2\t4\n",
        '"t" "v"\n0 1 # "begun" and "gone"\n1 2\n2 4\n',
        "2020-01-01 1 # begun\n2020-01-02 2\n2020-01-03 4\n",
    ],
)
def test_remarks_at_the_end_of_a_row_are_no_cells(tmp_path: Path, content: str) -> None:
    made = made_of(tmp_path, content)
    assert made.own_inputs[:, 0].tolist() == [0.0, 1.0, 2.0]
    assert values(made) == [1.0, 2.0, 4.0]


@pytest.mark.parametrize(
    ("content", "columns"),
    [
        ("t,# v\n0,1\n1,2\n", ""),
        ("t;v;colour;w\n0;5;#ff0000;1\n1;5;#00ff00;2\n", ":1:4"),
        ("t;name;w\n0;valve # 7;1\n1;valve # 8;2\n", ""),
        ('t,name,w\n0,"a, 3 # b",1\n1,"c, 4 # d",2\n', ""),
        ("t;share;w\n0;5 %;1\n1;6 %;2\n", ":1:3"),
    ],
)
def test_signs_of_remarks_within_a_row_are_kept(tmp_path: Path, content: str, columns: str) -> None:
    assert values(made_of(tmp_path, content, columns)) == [1.0, 2.0]


@pytest.mark.parametrize("cell", ["#DIV/0!", "#REF!", "#NAME?", "#VALUE!"])
def test_an_error_of_a_spreadsheet_is_no_remark(tmp_path: Path, cell: str) -> None:
    assert f"line 3 has {cell} in column v" in refusal(tmp_path, f"t,v\n0,1\n1,{cell}\n2,3\n")
    assert f"line 3 has {cell} in column t" in refusal(tmp_path, f"t,v\n0,1\n{cell},2\n2,3\n")


def test_lines_are_counted_as_in_the_file_whatever_ends_them(tmp_path: Path) -> None:
    content = "# one\n0 1 # two\n\n1 2 # four\n2 oops # five\n"
    assert "line 5 has oops in column 2" in refusal(tmp_path, content)
    assert "line 5 has oops in column 2" in refusal(tmp_path, gzip.compress(content.encode()))


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "cp1252"])
def test_packed_tables_are_read(tmp_path: Path, pack: object, encoding: str) -> None:
    content = "größe;v\n0;1\n1;2\n".encode(encoding)
    packed = pack(content)  # type: ignore[operator]
    made, plain = made_of(tmp_path, packed), made_of(tmp_path, content)
    assert (made.input_names, made.value_name, made.notes) == (
        plain.input_names,
        plain.value_name,
        plain.notes,
    )
    assert values(made) == [1.0, 2.0]


def test_what_numpy_saves_packed_is_read(tmp_path: Path) -> None:
    rows = np.random.default_rng(0).normal(size=(500, 2))
    np.savetxt(tmp_path / "rows.txt.gz", rows)
    made = target(f"csv:{tmp_path / 'rows.txt.gz'}")
    order = np.argsort(rows[:, 0])
    np.testing.assert_allclose(made.own_inputs[:, 0], rows[order, 0], atol=1e-14)
    np.testing.assert_allclose(made.own_values, rows[order, 1], atol=1e-14)


def bomb(size: int) -> bytes:
    packed = io.BytesIO()
    with gzip.GzipFile(fileobj=packed, mode="wb", compresslevel=9) as file:
        for _ in range(size // 1_000_000):
            file.write(b"\n" * 1_000_000)
    return packed.getvalue()


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (gzip.compress(b"0,1\n" * 10_000)[:-30], "it is damaged: it cannot be unpacked to its end"),
        (b"\x1f\x8b\x08\0", "it is damaged"),
        (b"\x1f\x8bno archive", "it is damaged"),
        (bz2.compress(b"0,1\n1,2\n")[:-5], "it is damaged"),
        (gzip.compress(gzip.compress(b"0,1\n1,2\n")), "it is compressed; unpack it first"),
        (lzma.compress(b"0,1\n1,2\n"), "it is compressed; unpack it first"),
        (gzip.compress(b""), "it is empty"),
        (gzip.compress(b"\x93NUMPY\x01\0"), "NumPy"),
        (gzip.compress(b"t,v\n0,1\n\0"), "line 3 has a zero byte"),
        (gzip.compress(b"0,1\n" + b"1" * 2_000_000), "line 2 is longer than"),
    ],
    ids=lambda each: each if isinstance(each, str) else "",  # gzip writes the time into what it packs
)
def test_packed_files_that_hold_no_table_are_refused_by_name(
    tmp_path: Path, content: bytes, reason: str
) -> None:
    assert reason in refusal(tmp_path, content)


def test_a_small_file_that_unpacks_to_a_huge_one_is_refused_before_it_is_read(tmp_path: Path) -> None:
    packed = bomb(40_000_000)
    assert len(packed) < 60_000
    assert "unpack to more than 16 MB; unpack it first" in refusal(tmp_path, packed)


@pytest.mark.parametrize(
    ("stamps", "x", "name", "said"),
    [
        (["01/02/2020", "01/31/2020"], [0, 29], "d (days since 2020-01-02)", "As 01/31/2020 shows, the month"),
        (["01/02/2020", "31/1/2021"], [0, 365], "d (days since 2020-02-01)", "As 31/1/2021 shows, the day"),
        (["1-2-2020", "31-1-2021"], [0, 365], "d (days since 2020-02-01)", "the day stands first"),
        (
            ["01/30/2020 11:00 PM", "01/31/2020 02:00 AM"],
            [0, 3], "d (hours since 2020-01-30 23:00:00)", "the month stands first",
        ),
    ],
)  # fmt: skip
def test_one_date_shows_the_order_of_all(
    tmp_path: Path, stamps: list[str], x: list[float], name: str, said: str
) -> None:
    made = made_of(tmp_path, f"d;v\n{stamps[0]};1\n{stamps[1]};2\n")
    assert made.own_inputs[:, 0] == pytest.approx(x)
    assert made.input_names == (name,)
    assert said in " ".join(made.notes)


def test_dates_of_both_orders_are_refused_with_their_line(tmp_path: Path) -> None:
    content = "d;v\n01/31/2020;1\n31/01/2020;2\n"
    assert "line 3 has 31/01/2020 in column d, where a date is expected" in refusal(tmp_path, content)
    assert "cannot be told apart" in refusal(tmp_path, "d;v\n01/02/2020;1\n02/02/2020;2\n")


def test_a_date_with_slashes_and_the_time_beside_it_are_one_x(tmp_path: Path) -> None:
    made = made_of(tmp_path, "date,time,v\n01/30/2020,23:00,1\n01/31/2020,02:00,2\n")
    assert made.own_inputs[:, 0] == pytest.approx([0.0, 3.0])


def test_rows_that_were_left_out_do_not_shift_the_digits_of_the_others(tmp_path: Path) -> None:
    start = 1_600_000_000_000_000_000
    rows = [f"{start + 100},1", f"{start + 200},", ",3", f"{start + 400},4"]
    made = made_of(tmp_path, "t,v\n" + "\n".join(rows) + "\n", missing="drop")
    assert made.own_inputs[:, 0] == pytest.approx([0.0, 300.0])
    assert values(made) == [1.0, 4.0]
