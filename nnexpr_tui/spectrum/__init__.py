"""Spectrum: least squares in a chosen basis, and which frequencies survive its cut-off."""

from nnexpr_tui.actions import Action, ViewEntry

VIEW = ViewEntry(
    home="nnexpr_tui.spectrum.view:SpectrumView",
    key="5",
    screen="Spectrum",
    purpose="bases, cut-offs and what survives them",
    actions=(
        Action("cut(1)", "plus,equals_sign", "+", "Cut more", "a cut-off (or ridge) ten times as high", footer=True),
        Action("cut(-1)", "minus,underscore", "-", "Cut less", "a cut-off ten times as low", footer=True),
        Action("solver", "s", "s", "Solver", "the next solver that the basis has", footer=True),
        Action("precision", "p", "p", "Precision", "single or double", footer=True),
        Action("basis(1)", "b", "b", "Basis", "the next basis", footer=True),
        Action("basis(-1)", "B,shift+b", "B", "Basis before", "the basis before"),
        Action("placement", "a", "a", "Placement", "where knots are placed: uniform, adaptive, random"),
        Action("knots(1)", "right_square_bracket", "]", "Knots", "some knots more", footer=True),
        Action("knots(-1)", "left_square_bracket", "[", "Fewer knots", "some knots less"),
        Action("multiply(1)", "right_curly_bracket", "}", "Twice", "twice as many knots"),
        Action("multiply(-1)", "left_curly_bracket", "{", "Half", "half as many knots"),
        Action("mode(1)", "full_stop", ".", "Next mode", "draw the next eigenmode", footer=True),
        Action("mode(-1)", "comma", ",", "Mode before", "draw the eigenmode before"),
        Action("last_kept", "l", "l", "Last kept", "draw the last eigenmode that is kept"),
        Action("target", "t", "t", "Target", "the next target of the catalogue", footer=True),
        Action("same_target", "T,shift+t", "T", "As in Explore", "the target of Explore, its noise included"),
        Action("flip('residual')", "e", "e", "Residual", "show the error in place of the fit", footer=True),
        Action("forms", "f", "f", "Forms", "show or hide the forms", footer=True),
        Action("tables", "c", "c", "Compare", "show or hide the bases, the frequencies and the mode", footer=True),
    ),
)  # fmt: skip
