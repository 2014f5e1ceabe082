"""Plane: a fit of two inputs as maps, with every cell of its network."""

from nnexpr_tui.actions import TRAINING, Action, ViewEntry, some

VIEW = ViewEntry(
    home="nnexpr_tui.plane.view:PlaneView",
    key="4",
    screen="Plane",
    purpose="two inputs: maps, and every cell",
    label="the fit that is trained, where it has two inputs",
    actions=(
        *some(TRAINING, "start_or_pause"),
        Action("arrange", "c", "c", "Maps", "all maps, fit and cells, or target and fit", footer=True),
        Action("residual", "e", "e", "Error", "the error in the place of the fit", footer=True),
        Action("colors", "b", "b", "Colours", "cells by slope, by pattern of units, or borders by layer", footer=True),
        Action("zoom_window(1)", "i", "i", "In", "twice as near, around the crosshair", footer=True),
        Action("zoom_window(-1)", "o", "o", "Out", "twice as far", footer=True),
        Action("whole", "home,w", "w", "Whole", "the whole domain"),
        Action("move(-1,0)", "left,h", "←", "Left", "the crosshair one pixel to the left"),
        Action("move(1,0)", "right,l", "→", "Right", "one pixel to the right"),
        Action("move(0,-1)", "up,k", "↑", "Up", "one pixel up"),
        Action("move(0,1)", "down,j", "↓", "Down", "one pixel down"),
        Action("move(-8,0)", "shift+left,H,shift+h", "H", "Far left", "the crosshair eight pixels to the left"),
        Action("move(8,0)", "shift+right,L,shift+l", "L", "Far right", "eight pixels to the right"),
        Action("move(0,-8)", "shift+up,K,shift+k", "K", "Far up", "eight pixels up"),
        Action("move(0,8)", "shift+down,J,shift+j", "J", "Far down", "eight pixels down"),
        Action("target", "t", "t", "Target", "the next target of two inputs", footer=True),
        Action("open", "enter", "enter", "Open", "where the present target has one input: one of two"),
        *TRAINING[1:3],
        *some(TRAINING[3:], footer=False),
    ),
)  # fmt: skip
