"""Slices: the network of any file on a plane through its inputs, with every cell."""

from nnexpr_tui.actions import Action, ViewEntry

VIEW = ViewEntry(
    home="nnexpr_tui.slices.view:SliceView",
    key="4",
    screen="Plane",
    purpose="any network on a plane through its inputs",
    title="Network",
    label="the network of a file, on a plane through its inputs",
    actions=(
        Action("ask_file", "f", "f", "File", "open a network: .onnx, .pt, .safetensors, or a run's id", footer=True),
        Action("colors", "b", "b", "Colours", "cells by slope, by pattern of units, or borders by layer", footer=True),
        Action("zoom_window(1)", "i", "i", "In", "twice as near, around the crosshair", footer=True),
        Action("zoom_window(-1)", "o", "o", "Out", "twice as far", footer=True),
        Action("turn(1)", "right_square_bracket", "]", "Turn", "the plane in itself, about the crosshair", footer=True),
        Action("turn(-1)", "left_square_bracket", "[", "Turn back", "the other way round"),
        Action("tilt(1)", "greater_than_sign", ">", "Tilt", "the plane out of itself, to a direction", footer=True),
        Action("tilt(-1)", "less_than_sign", "<", "Tilt back", "the other way"),
        Action("shift(1)", "plus,equals_sign", "+", "Shift", "the plane aside, in that direction", footer=True),
        Action("shift(-1)", "minus,underscore", "-", "Shift back", "the other way"),
        Action("aside", "d", "d", "Direction", "the next direction to tilt and shift to", footer=True),
        Action("output(1)", "full_stop", ".", "Output", "the next output in the map of values", footer=True),
        Action("output(-1)", "comma", ",", "Output before", "the output before"),
        Action("arrange", "c", "c", "Maps", "all maps, cells and decisions, or cells and values", footer=True),
        Action("point", "g", "g", "Point", "the crosshair to the next of the points given", footer=True),
        Action("whole", "home,w", "w", "Whole", "the window as it was opened"),
        Action("restart", "r", "r", "Back", "the plane and the window as they were opened", footer=True),
        Action("move(-1,0)", "left,h", "←", "Left", "the crosshair one pixel to the left"),
        Action("move(1,0)", "right,l", "→", "Right", "one pixel to the right"),
        Action("move(0,-1)", "up,k", "↑", "Up", "one pixel up"),
        Action("move(0,1)", "down,j", "↓", "Down", "one pixel down"),
        Action("move(-8,0)", "shift+left,H,shift+h", "H", "Far left", "the crosshair eight pixels to the left"),
        Action("move(8,0)", "shift+right,L,shift+l", "L", "Far right", "eight pixels to the right"),
        Action("move(0,-8)", "shift+up,K,shift+k", "K", "Far up", "eight pixels up"),
        Action("move(0,8)", "shift+down,J,shift+j", "J", "Far down", "eight pixels down"),
    ),
)  # fmt: skip
