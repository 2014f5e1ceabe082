"""Animated SVGs, read as any XML: what they show in each moment, and that it is what was recorded."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from clip_recordings import EVIL, trained, with_fits
from numpy.typing import NDArray

from nnexpr.runs.recording import Recording
from nnexpr_tui.exports import EXPORTS
from nnexpr_tui.exports.clip import ClipSpecification, make_clip

SVG = "{http://www.w3.org/2000/svg}"
Floats = NDArray[np.float64]


def written(recordings: list[Recording], path: Path, **asked: Any) -> ET.Element:
    EXPORTS[".svg"].write(recordings, path, asked=asked)
    return ET.fromstring(path.read_text(encoding="utf-8"))  # noqa: S314 - written here


def frames_of(root: ET.Element) -> list[ET.Element]:
    return [group for group in root.iter(f"{SVG}g") if group.get("class", "").split()[:1] == ["f"]]


def points(line: str) -> Floats:
    """The corners of a path of one absolute move and relative lines."""
    numbers = [float(each) for each in re.findall(r"-?\d+", line)]
    assert re.fullmatch(r"M-?\d+[ -]\d+l[\d -]+", line)
    return np.cumsum(np.array(numbers).reshape(-1, 2), axis=0)


def scale(root: ET.Element, anchor: str, place: str) -> Callable[[Floats], Floats]:
    """From places to values, as the numbers at an axis say: those of the first panel."""
    texts = [text for text in root.findall(f"{SVG}text") if text.get("text-anchor") == anchor]
    told = [(float(text.get(place, "")), text.text or "") for text in texts]
    numbers = [(at, float(text)) for at, text in told if re.fullmatch(r"-?[\d.]+(e-?\d+)?", text)]
    if anchor == "end":  # numbers stand a little below their line
        numbers = [(at - 40, value) for at, value in numbers]
    first = numbers[
        : next((i for i in range(1, len(numbers)) if numbers[i][1] < numbers[i - 1][1]), len(numbers))
    ]
    slope, offset = np.polyfit([at for at, _ in first], [value for _, value in first], 1)
    return lambda at: slope * at + offset


def test_the_path_of_each_frame_is_the_stored_fit(tmp_path: Path) -> None:
    recording = with_fits(trained(), lambda x, k: np.sin((3 + k) * x) * np.exp(-x) + 0.1 * k)
    root = written([recording], tmp_path / "a.svg")
    to_x, to_y = scale(root, "middle", "x"), scale(root, "end", "y")
    pixel = abs(to_y(np.array(10.0)) - to_y(np.array(0.0)))
    clip = make_clip([recording], ClipSpecification())
    frames = frames_of(root)
    assert len(frames) == len(clip)
    for frame, group in enumerate(frames):
        [path] = [path for path in group.iter(f"{SVG}path") if (path.get("d") or "").count("l")]
        x, y = points(path.get("d") or "").T
        stored = clip.snapshot(frame, 0)
        drawn = np.interp(recording.scene.x, to_x(x), to_y(y))
        assert np.abs(drawn - stored.prediction).max() < 0.5 * pixel
        assert abs(to_y(y).max() - stored.prediction.max()) < 0.1 * pixel
        assert abs(to_y(y).min() - stored.prediction.min()) < 0.1 * pixel
        told = [text.text for text in group.iter(f"{SVG}text")]
        assert told == [f"epoch {stored.epoch} · MSE {stored.loss:.3g}"]


def test_bends_stand_where_the_network_bends(tmp_path: Path) -> None:
    recording = trained(width=(4,), depth=2, snapshots=4)
    root = written([recording], tmp_path / "a.svg")
    to_x = scale(root, "middle", "x")
    for index, group in enumerate(frames_of(root)):
        network = recording.network_at(index)
        assert network is not None
        weight, bias = network.weight(0)[0, :, 0].numpy(), network.bias(0)[0].numpy()
        kinks = sorted(kink for kink in (-bias / weight).tolist() if 0 < kink < 1)
        drawn = [path.get("d") or "" for path in group.iter(f"{SVG}path") if path.get("class") == "bends"]
        places = [float(x) for line in drawn for x in re.findall(r"M(\d+)", line)]
        assert to_x(np.array(places)) == pytest.approx(kinks, abs=1e-3)


def visible(root: ET.Element, moment: float) -> list[int]:
    """Which frames a browser shows at this millisecond, from the style sheet alone."""
    style = root.findtext(f"{SVG}style") or ""
    rule = r"@keyframes (\w)\{0%\{visibility:visible\}([\d.]+)%,to\{visibility:hidden\}\}"
    shares = {name: float(share) for name, share in re.findall(rule, style)}
    found = re.search(r"animation:f ([\d.]+)s step-end infinite", style)
    assert found
    duration = 1000 * float(found[1])
    shown = []
    for number, group in enumerate(frames_of(root)):
        delay = re.fullmatch(r"animation-delay:(-[\d.]+)s", group.get("style", "animation-delay:-0s"))
        assert delay
        share = shares["l" if "l" in group.get("class", "").split() else "f"]
        if 100 * ((moment - 1000 * float(delay[1])) % duration) / duration < share:
            shown.append(number)
    return shown


@pytest.mark.parametrize("frames", [2, 5, 12])
def test_one_frame_is_seen_at_a_time_in_their_order_and_the_last_is_held(tmp_path: Path, frames: int) -> None:
    root = written([trained()], tmp_path / "a.svg", frames=frames, seconds=3.0)
    clip = make_clip([trained()], ClipSpecification(frames=frames, seconds=3.0))
    ends = (*clip.times[1:], clip.duration)
    for frame, (begin, end) in enumerate(zip(clip.times, ends, strict=True)):
        for moment in (begin + 3, (begin + end) / 2, end - 3, begin + 3 + clip.duration):
            assert visible(root, moment) == [frame]


def test_it_stands_at_the_last_frame_where_nothing_moves(tmp_path: Path) -> None:
    root = written([trained()], tmp_path / "a.svg")
    still, _, moving = (root.findtext(f"{SVG}style") or "").partition(
        "@media(prefers-reduced-motion:no-preference)"
    )
    assert "animation:" not in still
    assert "animation:" in moving
    assert ".f{visibility:hidden}.l{visibility:visible}" in still
    last = [group for group in frames_of(root) if "l" in group.get("class", "").split()]
    assert last == frames_of(root)[-1:]


def test_it_fetches_nothing_and_names_from_outside_are_text(tmp_path: Path) -> None:
    recording = trained()
    named = replace(recording, scene=replace(recording.scene, name=EVIL, input_name=EVIL))
    root = written([named, trained(seed=5)], tmp_path / "a.svg")
    text = (tmp_path / "a.svg").read_text(encoding="utf-8")
    assert text.count("http") == 1  # the name of the language
    assert not re.search(r"url\(|@import|href|[\x00-\x08\x0b-\x1f\u202e]", text)
    assert {element.tag.removeprefix(SVG) for element in root.iter()} == {
        "svg", "title", "desc", "style", "path", "text", "g",
    }  # fmt: skip
    assert any("<script>" in (element.text or "") for element in root.iter(f"{SVG}text"))
    assert root.get("role") == "img"
    title, described = root.findtext(f"{SVG}title") or "", root.findtext(f"{SVG}desc") or ""
    assert "<script>" in title
    assert "seed 5" in title
    assert "mean squared error" in described
    assert (root.get("aria-labelledby") or "").split() == [
        element.get("id") for tag in ("title", "desc") for element in root.findall(f"{SVG}{tag}")
    ]


def test_values_beyond_numbers_are_left_out(tmp_path: Path) -> None:
    def broken(x: Floats, k: int) -> Floats:
        return np.where(x < 0.3, np.nan, np.where(x > 0.8, np.inf, 1e30 * (k - 4) * x))

    root = written([with_fits(trained(), broken)], tmp_path / "a.svg")
    width, height = (float(each) for each in (root.get("viewBox") or "").split()[2:])
    for path in root.iter(f"{SVG}path"):
        for line in re.findall(r"M[^M]+", path.get("d") or ""):
            if "l" in line:
                x, y = points(line).T
                assert (np.minimum(x, y) >= 0).all()
                assert ((x <= width) & (y <= height)).all()


def test_sixty_frames_of_a_restless_curve_are_small(tmp_path: Path) -> None:
    draw = np.random.default_rng(0)
    waves = draw.normal(size=(60, 20))

    def restless(x: Floats, k: int) -> Floats:
        return np.sin(2 * np.pi * np.outer(x, np.arange(1, 21))) @ waves[k]

    written([with_fits(trained(snapshots=60, every=1), restless)], tmp_path / "a.svg")
    assert (tmp_path / "a.svg").stat().st_size < 200_000
