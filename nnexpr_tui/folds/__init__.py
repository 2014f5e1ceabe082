"""Folds: the triangle map composed, beside a shallow least-squares fit."""

from nnexpr_tui.actions import WAVES, Action, ViewEntry

VIEW = ViewEntry(
    home="nnexpr_tui.folds.view:FoldsView",
    key="3",
    screen="Compose",
    purpose="fold a wave",
    title="Folds",
    label="one wave, folded over and over",
    actions=(
        Action("fold(1)", "plus,equals_sign", "+", "Fold", "one fold more", footer=True),
        Action("fold(-1)", "minus,underscore", "-", "Unfold", "one fold less"),
        Action("play", "space", "space", "Play", "fold after fold", footer=True),
        Action("knots(1)", "right_square_bracket", "]", "Knots", "one knot more", footer=True),
        Action("knots(-1)", "left_square_bracket", "[", "Fewer knots", "one knot less"),
        Action("multiply(1)", "right_curly_bracket", "}", "Twice", "twice as many knots", footer=True),
        Action("multiply(-1)", "left_curly_bracket", "{", "Half", "half as many knots"),
        Action("enough", "n", "n", "Enough", "as many knots as the wave needs", footer=True),
        *WAVES,
    ),
)  # fmt: skip
