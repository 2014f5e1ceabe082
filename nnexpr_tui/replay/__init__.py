"""Replay: the snapshots of a training, or of several side by side, scrubbed through."""

from nnexpr_tui.actions import Action, ViewEntry

VIEW = ViewEntry(
    home="nnexpr_tui.replay.view:ReplayView",
    key="2",
    screen="Replay",
    purpose="scrub through the training, of one run or of several side by side",
    actions=(
        Action("play", "space", "space", "Play/stop", "play the training back", footer=True),
        Action("move(-1)", "left,h", "←", "Back", "one snapshot back", footer=True),
        Action("move(1)", "right,l", "→", "Forward", "one snapshot forward", footer=True),
        Action("vary", "a", "a", "Variant", "train the chosen run beside it with one thing changed", footer=True),
        Action("open", "A,shift+a", "A", "Kept run", "a run from the store beside the others, or the fit again"),
        Action("event(1)", "right_square_bracket", "]", "Next event", "to the next knee, bend, collapse, divergence "
               "or best", footer=True),
        Action("event(-1)", "left_square_bracket", "[", "Event before", "to the event before"),
        Action("event(0)", "E,shift+e", "E", "Events", "a list of what happened, to go to one"),
        Action("clock", "c", "c", "Clock", "runs stand at one epoch, second of training, or loss", footer=True),
        Action("bends", "b", "b", "Bends", "where the bends are over time, then how many", footer=True),
        Action("fronts", "w", "w", "Where", "the error over x and time, then from when on it is small", footer=True),
        Action("next_run", "n", "n", "Next run", "choose the next of several runs", footer=True),
        Action("train", "p", "p", "Train/pause", "train the chosen run on, or pause it", footer=True),
        Action("take_away", "d,delete", "d", "Take away", "the chosen run: a variant that is not kept is gone"),
        Action("keep", "S,shift+s", "S", "Keep", "write the chosen variant to the store of runs"),
        Action("flip('together')", "o", "o", "Together", "all fits in one chart, or each in its own"),
        Action("flip('residual')", "e", "e", "Residual", "show the error in place of the fit", footer=True),
        Action("move(-10)", "shift+left,k,up", "k", "10 back", "ten snapshots back"),
        Action("move(10)", "shift+right,j,down", "j", "10 forward", "ten snapshots forward"),
        Action("move(-10000)", "home,g", "home", "First", "the first snapshot", footer=True),
        Action("move(10000)", "end,G,shift+g", "end", "Last", "the newest snapshot", footer=True),
        Action("speed(2)", "plus,equals_sign", "+", "Faster", "play twice as fast"),
        Action("speed(0.5)", "minus,underscore", "-", "Slower", "play half as fast"),
        Action("over_time", "F,shift+f", "F", "Modes", "the error's modes over the epochs, in place of the loss"),
        Action("tangent", "K,shift+k", "K", "Tangent kernel", "the tangent kernel, five pages, in place of the loss"),
        Action("flip('log_epochs')", "L,shift+l", "L", "Log epochs", "epochs on a logarithmic or a linear axis"),
    ),
)  # fmt: skip
