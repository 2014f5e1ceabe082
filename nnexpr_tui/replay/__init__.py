"""Replay: the snapshots of a training, scrubbed through."""

from nnexpr_tui.actions import Action, ViewEntry

VIEW = ViewEntry(
    home="nnexpr_tui.replay.view:ReplayView",
    key="2",
    screen="Replay",
    purpose="scrub through the training",
    actions=(
        Action("play", "space", "space", "Play/stop", "play the training back", footer=True),
        Action("move(-1)", "left,h", "←", "Back", "one snapshot back", footer=True),
        Action("move(1)", "right,l", "→", "Forward", "one snapshot forward", footer=True),
        Action("move(-10)", "shift+left,k,up", "k", "10 back", "ten snapshots back", footer=True),
        Action("move(10)", "shift+right,j,down", "j", "10 forward", "ten snapshots forward", footer=True),
        Action("move(-10000)", "home,g", "home", "First", "the first snapshot", footer=True),
        Action("move(10000)", "end,G,shift+g", "end", "Last", "the newest snapshot", footer=True),
        Action("flip('residual')", "e", "e", "Residual", "show the error in place of the fit", footer=True),
        Action("over_time", "F,shift+f", "F", "Modes", "the error's modes over the epochs, in place of the loss"),
        Action("tangent", "K,shift+k", "K", "Tangent kernel", "the tangent kernel, five pages, in place of the loss"),
        Action("flip('log_epochs')", "L,shift+l", "L", "Log epochs", "epochs on a logarithmic or a linear axis"),
    ),
)  # fmt: skip
