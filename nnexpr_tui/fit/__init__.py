"""The fit: a network being trained, its counts and its frequencies."""

from nnexpr_tui.actions import TRAINING, Action, ViewEntry

VIEW = ViewEntry(
    home="nnexpr_tui.fit.view:FitView",
    key="1",
    screen="Explore",
    purpose="train and look",
    actions=(
        TRAINING[0],
        Action("forms", "f", "f", "Forms", "show or hide the forms", footer=True),
        Action("numbers", "c", "c", "Counts", "show or hide counts and frequencies", footer=True),
        *TRAINING[1:],
        Action("target", "t", "t", "Target", "the next target of the catalogue", footer=True),
        Action("flip('residual')", "e", "e", "Residual", "show the error in place of the fit", footer=True),
        Action("flip('log_axis')", "l", "l", "Log axis", "loss on a logarithmic or a linear axis", footer=True),
        Action("over_time", "F,shift+f", "F", "Modes", "the error's modes over the epochs, in place of the loss"),
        Action("tangent", "K,shift+k", "K", "Tangent kernel", "the tangent kernel, five pages, in place of the loss"),
        Action("flip('log_epochs')", "L,shift+l", "L", "Log epochs", "epochs on a logarithmic or a linear axis"),
    ),
)  # fmt: skip
