"""The runs that are kept: a table to filter, sort and mark, what is known of one, and what can be done with them."""

from nnexpr_tui.actions import Action, ViewEntry

VIEW = ViewEntry(
    home="nnexpr_tui.runs.view:RunsView",
    key="7",
    screen="Runs",
    purpose="the runs that are kept: filter, compare, go on, export",
    actions=(
        Action("replay", "enter", "enter", "Replay", "the chosen run, or the marked ones side by side, in Replay",
               footer=True),
        Action("filter", "slash", "/", "Filter", "narrow the table down while you type; esc leaves it as it was",
               footer=True),
        Action("mark", "space", "space", "Mark", "mark a run, up to four: they are compared, and opened together",
               footer=True),
        Action("resume", "r", "r", "Go on", "train it on from its last checkpoint, in Explore", footer=True),
        Action("sort(1)", "s", "s", "Sort", "by the next column", footer=True),
        Action("reverse", "S,shift+s", "S", "Reverse", "the table the other way around"),
        Action("name", "n", "n", "Name", "name the run; commands take the name for the id", footer=True),
        Action("tag", "t", "t", "Tag", "tags of the chosen run, or of all that are marked", footer=True),
        Action("note", "N,shift+n", "N", "Note", "a note on the chosen run"),
        Action("delete", "d,delete", "d", "Delete", "the chosen run, or all that are marked, once you have said so",
               footer=True),
        Action("undo", "u", "u", "Undo", "bring back what was deleted last"),
        Action("charts", "c", "c", "Charts", "show or hide the fit and the loss of the chosen run", footer=True),
        Action("move(1)", "down,j", "j", "Down", "the next run"),
        Action("move(-1)", "up,k", "k", "Up", "the run before"),
        Action("page(1)", "pagedown,J,shift+down", "pgdn", "Far down", "a page of runs down"),
        Action("page(-1)", "pageup,K,shift+up", "pgup", "Far up", "a page of runs up"),
        Action("move(-1e9)", "home,g", "home", "First", "the first run"),
        Action("move(1e9)", "end,G,shift+g", "end", "Last", "the last run"),
        Action("scroll(1)", "greater_than_sign", ">", "More", "what is told of the run, downwards"),
        Action("scroll(-1)", "less_than_sign", "<", "Less", "and back up"),
        Action("flip('residual')", "e", "e", "Residual", "show the error in place of the fit"),
        Action("flip('log_axis')", "l", "l", "Log axis", "loss on a logarithmic or a linear axis"),
        Action("flip('log_epochs')", "L,shift+l", "L", "Log epochs", "epochs on a logarithmic or a linear axis"),
    ),
)  # fmt: skip
