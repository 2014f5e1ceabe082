"""Palettes: lightness says the order, on either ground, by CIE's own measure of it."""

from __future__ import annotations

import numpy as np
import pytest

from nnexpr_tui.charts import palettes

GROUNDS = pytest.mark.parametrize("dark", [True, False])


def channels(colors: np.ndarray) -> np.ndarray:
    return np.stack([colors >> 16, colors >> 8 & 255, colors & 255], axis=-1)


def lightness(colors: np.ndarray) -> np.ndarray:
    """CIE L*, from the luminance of sRGB (IEC 61966-2-1)."""
    share = channels(colors) / 255
    linear = np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)
    luminance = linear @ [0.2126, 0.7152, 0.0722]
    return np.where(luminance > 216 / 24389, 116 * np.cbrt(luminance) - 16, luminance * 24389 / 27)


def outwards(dark: bool, values: np.ndarray) -> np.ndarray:
    """How far each lightness is from the ground's."""
    return values if dark else 100 - values


@GROUNDS
def test_more_is_further_from_the_ground_in_even_steps(dark: bool) -> None:
    steps = np.diff(outwards(dark, lightness(palettes.sequential(dark))))
    assert steps.min() > 0
    assert steps.max() < 2.5 * steps.min()


@GROUNDS
def test_errors_of_one_size_are_of_one_lightness_and_larger_ones_stand_out_more(dark: bool) -> None:
    far = outwards(dark, lightness(palettes.diverging(dark)))
    middle = palettes.LEVELS // 2
    assert np.diff(far[middle:]).min() > 0
    assert np.diff(far[: middle + 1]).max() < 0
    assert far == pytest.approx(far[::-1], abs=6)


@GROUNDS
def test_the_sign_of_an_error_is_its_hue(dark: bool) -> None:
    red, _, blue = np.moveaxis(channels(palettes.diverging(dark)), -1, 0)
    middle = palettes.LEVELS // 2
    assert (blue - red)[: middle - 1].min() > 0
    assert (red - blue)[middle + 2 :].min() > 0
    assert np.ptp(channels(palettes.diverging(dark))[middle]) <= 1, "no error is grey"


@GROUNDS
def test_steeper_cells_stand_out_more_whatever_their_direction(dark: bool) -> None:
    table = outwards(dark, lightness(palettes.slope_colors(dark)))
    assert np.diff(table, axis=0).min() > 0
    assert np.ptp(table, axis=1).max() < 12
    assert len(np.unique(palettes.slope_colors(dark)[0])) == 1, "a flat cell has no direction"
    assert len(np.unique(palettes.slope_colors(dark)[-1])) == palettes.DIRECTIONS


@GROUNDS
def test_borders_are_darker_than_their_cells(dark: bool) -> None:
    inner, border = (lightness(palettes.slope_colors(dark, border)) for border in (False, True))
    assert (inner - border).min() > 8


@GROUNDS
@pytest.mark.parametrize("layers", [1, 2, 5, 12])
def test_layers_have_colours_of_their_own(dark: bool, layers: int) -> None:
    colors = channels(palettes.layer_colors(dark, layers)).astype(float)
    apart = np.linalg.norm(colors[:, None] - colors[None], axis=-1) + 1000 * np.eye(layers)
    assert apart.min() > 15


def test_what_the_screen_cannot_show_keeps_its_lightness() -> None:
    asked = np.linspace(0.3, 0.9, 7)
    plain, vivid = palettes.packed(asked, 0.0, 0.0), palettes.packed(asked, 5.0, 140.0)
    assert lightness(vivid) == pytest.approx(lightness(plain), abs=9)
    assert np.ptp(channels(plain), axis=-1).max() <= 1
