"""Manifold: compositional networks moved along their manifold and trained."""

from nnexpr_tui.actions import TRAINING, WAVES, Action, ViewEntry, some

VIEW = ViewEntry(
    home="nnexpr_tui.manifold.view:ManifoldView",
    key="3",
    screen="Compose",
    purpose="train a manifold",
    title="Manifold",
    label="the network that sums such waves: move and train it",
    actions=(
        *some(TRAINING, "start_or_pause"),
        Action("next_stage", "n", "n", "Next stage", "end this stage: peaks, scales, all weights", footer=True),
        Action("handle(1)", "up,k", "↑", "Move", "the layer's peak by 0.01, or its scale by 2 %", footer=True),
        Action("handle(-1)", "down,j", "↓", "Move back", "the peak or scale back, as far"),
        Action("handle(5)", "pageup,K,shift+up", "pgup", "Move far", "the peak by 0.05, or the scale by 10 %"),
        Action("handle(-5)", "pagedown,J,shift+down", "pgdn", "Far back", "the peak or scale far back"),
        Action("layer(1)", "right,l", "→", "Layer", "open the next layer", footer=True),
        Action("layer(-1)", "left,h", "←", "Layer before", "open the layer before"),
        Action("choose", "p", "p", "Peak/scale", "what ↑ and ↓ move: the peak or the scale", footer=True),
        Action("lower", "o", "o", "Look", "below: layer, slopes, gaps or loss", footer=True),
        Action("target(1)", "t", "t", "Target", "the next target", footer=True),
        Action("target(-1)", "T,shift+t", "T", "Target before", "the target before"),
        Action("undo", "u", "u", "Undo", "back to what was there before it was moved", footer=True),
        Action("restart", "r", "r", "Restart", "the first network again, at epoch 0", footer=True),
        Action("share", "s", "s", "1000 epochs", "1000 epochs at full speed, then stand still", footer=True),
        Action("deepen(1)", "plus,equals_sign", "+", "Deeper", "one layer more", footer=True),
        Action("deepen(-1)", "minus,underscore", "-", "Shallower", "one layer less"),
        Action("free", "f", "f", "Free scales", "free scales, or Theorem 3.4's again", footer=True),
        Action("waves", "a", "a", "Add/subtract", "waves added to the line, or subtracted"),
        Action("halves", "d", "d", "Halves", "all peaks back to 1/2"),
        Action("reseed", "R,shift+r", "R", "Random peaks", "peaks drawn with the next seed"),
        *some(TRAINING, "rate"),
        *WAVES,
    ),
)  # fmt: skip
