"""Colours of runs side by side."""

from __future__ import annotations

import pytest
from textual.theme import BUILTIN_THEMES

from nnexpr_tui.replay.charts import COLORS


@pytest.mark.parametrize("name", [name for name in BUILTIN_THEMES if not name.startswith("ansi")])
def test_no_theme_has_one_colour_for_two_runs(name: str) -> None:
    variables = BUILTIN_THEMES[name].to_color_system().generate()
    assert len({variables[color] for color in COLORS.values()}) == len(COLORS) == 4
