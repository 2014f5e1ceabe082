"""Animated SVGs in Chromium, without a network: what is seen when, and on which ground."""

from __future__ import annotations

from pathlib import Path

from browsing import Opener
from clip_recordings import trained

from nnexpr_tui.exports import EXPORTS
from nnexpr_tui.exports.clip import ClipSpecification, make_clip

SEEN = """moment => {
    for (const each of document.getAnimations()) { each.pause(); each.currentTime = moment; }
    const frames = [...document.querySelectorAll(".f")];
    return frames.flatMap((each, k) => getComputedStyle(each).visibility === "visible" ? [k] : []);
}"""
GROUND = "() => getComputedStyle(document.querySelector('.ground')).fill"
ASKED = {"frames": 5, "seconds": 2.0}


def test_each_frame_is_seen_in_its_time_and_the_last_where_nothing_shall_move(
    opened: Opener, tmp_path: Path
) -> None:
    path = tmp_path / "a.svg"
    EXPORTS[".svg"].write([trained()], path, asked=ASKED)
    clip = make_clip([trained()], ClipSpecification(**ASKED))
    page = opened(path)
    ends = (*clip.times[1:], clip.duration)
    for frame, (begin, end) in enumerate(zip(clip.times, ends, strict=True)):
        for moment in (begin + 5, (begin + end) / 2, end - 5, begin + 5 + clip.duration):
            assert page.evaluate(SEEN, moment) == [frame]
    still = opened(path, reduced_motion="reduce")
    assert still.evaluate("() => document.getAnimations().length") == 0
    assert still.evaluate(SEEN, 0) == [len(clip) - 1]


def test_its_ground_is_that_of_the_reader(opened: Opener, tmp_path: Path) -> None:
    path = tmp_path / "a.svg"
    EXPORTS[".svg"].write([trained()], path, asked=ASKED)
    grounds = [opened(path, color_scheme=scheme).evaluate(GROUND) for scheme in ("light", "dark")]
    assert grounds == ["rgb(255, 255, 255)", "rgb(13, 17, 23)"]
