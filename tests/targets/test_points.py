"""A point as it is spelled is the row of the file that it names, or refused in a sentence."""

from __future__ import annotations

import numpy as np
import pytest

from nnexpr.specification import InputError
from nnexpr.targets.points import read_point

IMAGES = np.arange(24.0).reshape(4, 2, 3)


@pytest.fixture(autouse=True)
def files(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    np.save("images.npy", IMAGES)
    np.save("bytes.npy", IMAGES.astype(np.uint8))
    np.save("one.npy", IMAGES[:1])
    np.save("wide.npy", np.zeros((1, 6, 1)))
    np.save("objects.npy", np.array([{}], dtype=object), allow_pickle=True)
    np.save("complex.npy", np.zeros(6, complex))
    np.save("holes.npy", np.array([0, 1, np.nan, 3, 4, 5]))
    rows = IMAGES.reshape(4, 6)
    np.savetxt("rows.csv", rows, delimiter=",", fmt="%g")
    with open("named.csv", "w") as file:
        file.write("a;b;c;d;e;f\n" + "\n".join(";".join(f"{each:g}" for each in row) for row in rows) + "\n")
    with open("single.csv", "w") as file:
        file.write("0.5,1,2,3,4,5\n")
    with open("gap.csv", "w") as file:
        file.write("0,1,2,3,4,5\n0,1,,3,4,5\n0,1,2,3,4,5\n")
    with open("cut.npy", "wb") as file:
        file.write(b"\x93NUMPY\x01\x00")
    with open("7", "w") as file:
        file.write("0,1,2,3,4,5\n")


@pytest.mark.parametrize(
    ("spelled", "row"),
    [
        ("0,1,2,3,4,5", 0),
        (" 6, 7,8e0,9.0,+10,11", 1),
        ("images.npy:3", 3),
        ("bytes.npy:2", 2),
        ("one.npy", 0),
        ("one.npy:0", 0),
        ("rows.csv:0", 0),
        ("rows.csv:3", 3),
        ("named.csv:1", 1),
        ("7", 0),
    ],
)
def test_a_point_is_the_row_it_names(spelled, row):
    found = read_point(spelled, 6, "between")
    assert found.dtype == np.float64
    np.testing.assert_array_equal(found.ravel(), IMAGES[row].ravel())
    assert found.shape == ((2, 3) if spelled.startswith(("images", "bytes")) else found.shape)


def test_any_shape_and_a_table_of_one_row_will_do():
    np.testing.assert_array_equal(read_point("wide.npy", 6, "between"), np.zeros((1, 6, 1)))
    np.testing.assert_array_equal(read_point("single.csv", 6, "between"), [0.5, 1, 2, 3, 4, 5])
    np.testing.assert_array_equal(read_point("images.npy", 24, "between"), IMAGES)


@pytest.mark.parametrize(
    ("spelled", "why"),
    [
        ("images.npy", "4 points; choose one"),
        ("images.npy:4", "4 points, counted from 0"),
        ("rows.csv:4", "4 points, counted from 0"),
        ("rows.csv", "several rows"),
        ("one.npy:1", "1 point, counted"),
        ("0,1,2", "3 numbers, and the network 6 inputs"),
        ("0", "1 number, and"),
        ("0,1,2,3,4,inf", "finite"),
        ("holes.npy", "finite"),
        ("0,1,,3,4,5", "neither a file nor numbers"),
        ("nowhere.npy:0", "no such file"),
        ("objects.npy", "never loaded"),
        ("complex.npy", "must be real"),
        ("cut.npy", "damaged"),
        ("gap.csv:1", "missing value"),
        (".", "folder"),
    ],
)
def test_what_is_none_is_refused_by_its_option(spelled, why):
    with pytest.raises(InputError, match="between") as refused:
        read_point(spelled, 6, "between")
    assert why in str(refused.value)
