"""The axes of pages: round numbers inside them, ascending, each label the number that it stands at and no other."""

from __future__ import annotations

import math
import random
import re
from importlib.resources import files
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = pytest.mark.browser

RAISED = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-")


@pytest.fixture(scope="module")
def ticks(browser: Browser) -> Any:
    """``ticks("new Linear(0, 1)", most)``: of many axes at once, ``[low, high, ticks]`` each."""
    page = browser.new_page()
    page.add_script_tag(
        content=files("nnexpr.exports.page").joinpath("assets", "numbers.js").read_text(encoding="utf-8")
    )
    script = "([axes, most]) => eval(axes).map((axis) => [axis.low, axis.high, axis.ticks(most)])"
    yield lambda axes, most: page.evaluate(script, [f"[{','.join(axes)}]", most])
    page.context.close()


def number(label: str) -> float:
    """What a label says."""
    plain = label.replace("−", "-").replace(",", "")
    mantissa, _, power = plain.rpartition("10") if re.search("[⁰¹²³⁴⁵⁶⁷⁸⁹]", plain) else (plain, "", "")
    if not power:
        return float(plain)
    return float(mantissa.replace("×", "").strip() or 1) * 10.0 ** int(power.translate(RAISED))


def ranges(count: int) -> list[tuple[float, float]]:
    """Of all sizes, near zero and far from it."""
    drawn = random.Random(0)  # noqa: S311
    found = []
    for _ in range(count):
        low = drawn.choice([-1, 0, 1]) * 10.0 ** drawn.uniform(-9, 12)
        span = (abs(low) or 1.0) * 10.0 ** drawn.uniform(-6, 3)
        found.append((low, low + span))
    return found


@pytest.mark.parametrize("most", [2, 5, 10])
def test_even_axes(ticks: Any, most: int) -> None:
    pairs = ranges(300)
    for (low, high), (first, last, found) in zip(
        pairs, ticks([f"new Linear({a!r}, {b!r})" for a, b in pairs], most), strict=True
    ):
        values = [value for value, _ in found]
        step = min(b - a for a, b in pairwise(values))
        assert (first, last) == (low, high)
        assert 2 <= len(values) <= 2.5 * most + 6
        assert all(low - 1e-6 * step <= value <= high + 1e-6 * step for value in values)
        assert len({label for _, label in found}) == len(values), "each is another"
        for value, label in found:
            assert abs(number(label) - value) <= 0.01 * step + 1e-9 * abs(value), label
        mantissa = step / 10.0 ** math.floor(math.log10(step) + 1e-6)
        assert min(abs(mantissa - whole) for whole in (1, 2, 5, 10)) < 1e-3


def test_round_ends_hold_the_values(ticks: Any) -> None:
    pairs = ranges(300)
    for (low, high), (first, last, _) in zip(
        pairs, ticks([f"Linear.around({a!r}, {b!r})" for a, b in pairs], 5), strict=True
    ):
        slack = 1e-6 * (high - low)
        assert first <= low + slack
        assert last >= high - slack
        assert last - first <= 2 * (high - low) + slack


@pytest.mark.parametrize("most", [2, 5])
def test_logarithmic_axes(ticks: Any, most: int) -> None:
    drawn = random.Random(1)  # noqa: S311
    pairs = [(low := 10.0 ** drawn.uniform(-20, 5), low * 10.0 ** drawn.uniform(0, 15)) for _ in range(300)]
    for (low, high), (first, last, found) in zip(
        pairs, ticks([f"new Log({a!r}, {b!r})" for a, b in pairs], most), strict=True
    ):
        assert 10.0**first <= low * (1 + 1e-6)
        assert 10.0**last >= high * (1 - 1e-6)
        assert 2 <= len(found) <= 3 * most + 4
        assert len({label for _, label in found}) == len(found)
        for value, label in found:
            assert first - 1e-6 <= math.log10(value) <= last + 1e-6
            assert number(label) == pytest.approx(value, rel=1e-9)


def test_axes_of_epochs_begin_at_zero_and_know_their_last_decade(ticks: Any) -> None:
    lasts = [1, 2, 9, 10, 11, 999, 1000, 1001, 123_456, 10**9]
    for last, (_, _, found) in zip(lasts, ticks([f"new Growing({last})" for last in lasts], 4), strict=True):
        assert found[0] == [0, "0"]
        assert found[-1][0] == 10 ** (len(str(last)) - 1)
        assert [number(label) for _, label in found] == [value for value, _ in found]


def test_where_nothing_has_a_place_there_is_an_axis(ticks: Any) -> None:
    for axis in (
        "new Log(0, 1)",
        "new Log(-1, 0)",
        "new Log(1, Infinity)",
        "new Linear(0, 0)",
        "Linear.around(3, 3)",
        "new Linear(1e17, 1e17 + 16)",
    ):
        [[low, high, found]] = ticks([axis], 4)
        assert low < high
        assert len(found) >= 2
