"""Clips on targets of two inputs: the pixels of a map, read back, are the values of the stored network."""

from __future__ import annotations

import re
from base64 import b64decode
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from clip_recordings import trained
from numpy.typing import NDArray
from PIL import Image

from nnexpr.runs.recording import Recording
from nnexpr.specification import InputError
from nnexpr_tui.charts import palettes
from nnexpr_tui.exports import EXPORTS

SVG = "{http://www.w3.org/2000/svg}"


def written(recording: Recording, path: Path, **asked: Any) -> ET.Element:
    EXPORTS[".svg"].write([recording], path, asked=asked)
    return ET.fromstring(path.read_text(encoding="utf-8"))  # noqa: S314 - written here


def maps(element: ET.Element) -> list[NDArray[np.int32]]:
    """The pixels of each image, bottom row first."""
    found = []
    for image in element.findall(f"{SVG}image"):
        kind, _, data = (image.get("href") or "").partition(",")
        assert kind == "data:image/png;base64"
        with Image.open(BytesIO(b64decode(data))) as read:
            channels = np.asarray(read.convert("RGB")).astype(np.int32)
        found.append((channels[::-1] @ [0x10000, 0x100, 1]).astype(np.int32))
    return found


def values(
    colors: NDArray[np.int32], table: NDArray[np.int32], limits: tuple[float, float]
) -> NDArray[np.float64]:
    """What the colours stand for: the middle of their level."""
    places = {color: index for index, color in enumerate(table.tolist())}
    levels = np.vectorize(places.__getitem__)(colors)
    return limits[0] + (levels + 0.5) / len(table) * (limits[1] - limits[0])


def test_every_pixel_of_every_frame_is_the_stored_networks(tmp_path: Path) -> None:
    recording = trained(target="star2d", width=(8,), snapshots=5, every=20)
    root = written(recording, tmp_path / "a.svg")
    told = [text.text or "" for text in root.findall(f"{SVG}text") if text.get("font-size") == "100"]
    numbers = [float(each.replace("−", "-")) for each in told if re.fullmatch(r"[−-]?[\d.]+(e-\d+)?", each)]
    (most, least), (largest, smallest) = numbers[:2], numbers[2:4]
    assert smallest == -largest
    sequential, diverging = palettes.sequential(dark=True), palettes.diverging(dark=False)
    target = values(maps(root)[0], sequential, (least, most))
    frames = [group for group in root.iter(f"{SVG}g") if group.get("class", "").startswith("f")]
    assert len(frames) == 5
    assert recording.network.domain is not None
    sides = [np.linspace(*each, len(target)) for each in recording.network.domain]
    level, step = (most - least) / 33, 2 * largest / 33
    for index, group in enumerate(frames):
        fit, error = maps(group)
        network = recording.network_at(index)
        assert network is not None
        for row, column in ((0, 0), (0, 47), (47, 0), (47, 47), (13, 30), (24, 24)):
            exact = float(network(np.array([[sides[0][column], sides[1][row]]]))[0, 0, 0])
            shown = values(fit, sequential, (least, most))[row, column]
            assert abs(np.clip(exact, least, most) - shown) <= 0.51 * level
            off = values(error, diverging, (smallest, largest))[row, column]
            assert abs(off - (exact - target[row, column])) <= 0.51 * (level + step)


@pytest.mark.parametrize("ending", [".gif", ".png", ".mp4", ".cast"])
def test_every_format_holds_it(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"a{ending}"
    EXPORTS[ending].write([trained(target="star2d", width=(8,), snapshots=5, every=20)], path)
    assert path.stat().st_size > 1000


def test_without_weights_the_line_through_the_middle_is_shown(tmp_path: Path) -> None:
    recording = trained(target="star2d", width=(8,), snapshots=5, every=20)
    left_out = tuple(replace(each, parameters=each.parameters[:0]) for each in recording.snapshots)
    root = written(replace(recording, snapshots=left_out), tmp_path / "a.svg")
    assert not list(root.iter(f"{SVG}image"))
    assert len([path for path in root.iter(f"{SVG}path") if path.get("class") == "curve0"]) >= 5


def test_a_target_that_is_not_what_was_recorded_is_left_out(tmp_path: Path) -> None:
    recording = trained(target="star2d", width=(8,), snapshots=5, every=20)
    other = replace(recording, scene=replace(recording.scene, truth=recording.scene.truth + 1))
    root = written(other, tmp_path / "a.svg")
    assert maps(root) == []
    assert all(
        len(maps(group)) == 1 for group in root.iter(f"{SVG}g") if group.get("class", "").startswith("f")
    )


def test_it_has_a_clip_of_its_own(tmp_path: Path) -> None:
    plane = trained(target="star2d", width=(8,), snapshots=5, every=20)
    for recordings in ([plane, plane], [trained(), plane]):
        with pytest.raises(InputError, match="a target of two inputs has a clip of its own"):
            EXPORTS[".svg"].write(recordings, tmp_path / "a.svg")
