"""What recordings are written to with the explorer's charts: the clips, a recording as a moving picture.

The table then has all that there is. What is behind the declarations:

========= ==========================================================================================
clip      which snapshots its frames show, and for how long; what may be asked of it
counts    the exact counts of a snapshot
thinning  few points of a curve, from which all others are hardly away
marks     what a picture is made of, in pixels; ``axes`` places values
layout    margins and words that all pictures have; ``losses`` is their lowest panel
picture   a clip as marks: those that stand still, and those of each frame; ``plane`` with maps, of two inputs
svg       the marks as an animated SVG, by CSS key frames
paint     the marks as images, by Pillow; ``animation`` makes GIF and APNG of them, ``movie`` MP4 by ffmpeg
happened  the frames in which something is first seen to have happened
screen    a frame as the explorer's charts; ``ansi`` is what a terminal is sent of them, ``cast`` the asciicast
writers   each of these as a file
========= ==========================================================================================
"""

from nnexpr.exports import EXPORTS, Export, declare, export_to

__all__ = ["EXPORTS", "export_to"]

CLIP = "nnexpr_tui.exports.clip:ClipSpecification"
WRITERS = "nnexpr_tui.exports.writers"

declare(Export(
    name=".cast", words="a terminal recording for asciinema's players, drawn with the explorer's charts",
    writer=f"{WRITERS}:write_cast", asks=CLIP, several=True,
))  # fmt: skip
declare(Export(
    name=".svg", words="a moving picture for a README or a page, light and dark",
    writer=f"{WRITERS}:write_svg", asks=CLIP, several=True,
))  # fmt: skip
declare(Export(
    name=".gif", words="a moving picture that every program shows",
    writer=f"{WRITERS}:write_gif", asks=CLIP, several=True, modules=("PIL", "matplotlib"),
))  # fmt: skip
declare(Export(
    name=".png", words="a moving picture (APNG), a still one of its beginning where programs know no better",
    writer=f"{WRITERS}:write_apng", asks=CLIP, several=True, modules=("PIL", "matplotlib"),
))  # fmt: skip
declare(Export(
    name=".apng", words="the same under its own ending",
    writer=f"{WRITERS}:write_apng", asks=CLIP, several=True, modules=("PIL", "matplotlib"),
))  # fmt: skip
declare(Export(
    name=".mp4", words="a film, where ffmpeg is found",
    writer=f"{WRITERS}:write_mp4", asks=CLIP, several=True, modules=("PIL", "matplotlib"),
    refusal="nnexpr_tui.exports.movie:refusal",
))  # fmt: skip
