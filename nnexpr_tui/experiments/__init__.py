"""Experiments in processes of their own: the process, the queue of them, and what they find."""

from nnexpr_tui.actions import Action, ViewEntry

VIEW = ViewEntry(
    home="nnexpr_tui.experiments.view:ExperimentsView",
    key="6",
    screen="Experiments",
    purpose="the sources' claims, tables and figures",
    actions=(
        Action("run", "enter,space", "enter", "Run", "run the chosen experiment in full", footer=True),
        Action("run_quick", "r", "r", "Quick", "run it with fewer members or epochs", footer=True),
        Action("cancel", "c", "c", "Cancel", "end the run; run again, it goes on where it was", footer=True),
        Action("move(1)", "down,j", "j", "Down", "the next experiment (or a line of the result)"),
        Action("move(-1)", "up,k", "k", "Up", "the experiment before (or a line back)"),
        Action("move(-1000)", "home,g", "home", "First", "the first experiment (or line)"),
        Action("move(1000)", "end,G,shift+g", "end", "Last", "the last experiment (or line)"),
        Action("page(1)", "right,l", "→", "Page", "the next page: claims, tables, figures", footer=True),
        Action("page(-1)", "left,h", "←", "Page before", "the page before"),
        Action("kind", "v", "v", "View", "change between claims, tables and figures", footer=True),
        Action("scroll(1)", "pagedown,J,shift+down", "pgdn", "Scroll", "the claims or the table downwards"),
        Action("scroll(-1)", "pageup,K,shift+up", "pgup", "Scroll back", "the claims or the table upwards"),
        Action("columns(1)", "greater_than_sign", ">", "Columns", "more columns of a table to the right"),
        Action("columns(-1)", "less_than_sign", "<", "Columns back", "and back to the left"),
        Action("curve(1)", "full_stop", ".", "Curve", "one curve of a figure alone, then the next"),
        Action("curve(-1)", "comma", ",", "Curve before", "the curve before"),
        Action("run_rest", "a", "a", "All quick", "run all that have no result, quick, one after the other"),
        Action("cancel_all", "C,shift+c", "C", "Cancel all", "end the run and forget those that wait"),
    ),
)  # fmt: skip
