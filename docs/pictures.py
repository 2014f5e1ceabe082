"""Every picture of the explorer in README and the guide, made by the explorer itself: keys pressed, words waited for.

    python docs/pictures.py [NAME...]      writes docs/images/NAME.svg, all of them unless named

Runs and what is seen last are kept in a folder of its own, so the store and the settings of whoever runs it stay out.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import subprocess
import sys
import tempfile
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nnexpr_tui.presets import Preset

IMAGES = Path(__file__).resolve().parent / "images"
DATA = Path(__file__).resolve().parents[1] / "examples" / "data"
PATIENCE = 300.0  # seconds in which nothing is painted: it only ends what hangs, on however slow a machine
SETTLES = 1.0  # seconds without another frame, after which a screen is taken to be done

SUNSPOTS = {
    "target": f"csv:{DATA / 'sunspots.csv'}", "depth": 5, "width": 64, "init": "kaiming", "lr": 0.002,
    "schedule": "cosine", "epochs": 60_000,
}  # fmt: skip


WAVE = ("--target", "expr:sin(8*pi*x)*exp(-x)", "--width", "32", "--epochs", "1500")
RUNS = (  # name, tags, options of fit
    ("plain", "", WAVE),
    ("shallow", "", (*WAVE, "--network", "shallow", "--knots", "64")),
    ("wide", "paper", (*WAVE, "--width", "128")),
    ("deep", "paper good", (*WAVE, "--depth", "6")),
    ("smooth", "", (*WAVE, "--activation", "tanh")),
    ("sines", "paper", (*WAVE, "--activation", "sine")),
    ("encoded", "paper good", (*WAVE, "--encoding-bands", "3")),
    ("channels", "", (*WAVE, "--network", "mmnn", "--rank", "8")),
    ("too fast", "", (*WAVE, "--optimizer", "sgd", "--lr", "1e6")),
    ("thirty", "good", (*WAVE, "--members", "30")),
    ("sunspots", "", ("--target", SUNSPOTS["target"], "--width", "64", "--epochs", "2000")),
    ("folds", "", ("--network", "compositional", "--target", "triangle", "--depth", "4", "--epochs", "300")),
)  # fmt: skip


@dataclass(frozen=True)
class Picture:
    """What the explorer is begun with, and pairs of keys and what is seen (an expression) once they are done.

    ``runs``: what is trained and kept before.
    """

    name: str
    steps: tuple[tuple[str, str], ...]
    runs: tuple[tuple[str, str, tuple[str, ...]], ...] = ()
    fit: Mapping[str, Any] = field(default_factory=dict)
    preset: str = ""
    network: tuple[str, ...] = ()  # of a classifier of digits: --plane or --between, and the digits
    size: tuple[int, int] = (120, 40)


PICTURES = (
    Picture("explorer", (("", "finished"),), fit=SUNSPOTS),
    Picture("low-first", (("", "finished"),), preset="low-first"),
    Picture("folding", (("", r"\b64\b"),), preset="folding"),
    Picture("replay", (("", r"1,000.*1,000"),), preset="encoding"),
    Picture("network", (("", r"counted.*Residual"),), network=("plane", "3", "5", "8")),
    Picture("segment", (("", r"counted.*Residual"),), network=("between", "3", "5")),
    Picture("runs", (("7", "Runs: 12"), ("j j j j j space j j j space", "2 runs compared")), runs=RUNS),
)


async def take(picture: Picture) -> None:
    """Run the explorer as far as the picture asks, and write what it shows."""
    from nnexpr.runs.store import store
    from nnexpr.specification import FitSpecification
    from nnexpr_tui.app import Explorer
    from nnexpr_tui.presets import PRESETS
    from nnexpr_tui.settings import Settings
    from nnexpr_tui.textual_private import on_display

    for name, tags, options in picture.runs:
        _keep(name, tags, options)
    painted: deque[tuple[float, str]] = deque(maxlen=1)

    display = Explorer._display
    Explorer._display = on_display(Explorer, lambda _, text: painted.append((monotonic(), text)))
    preset = PRESETS[picture.preset] if picture.preset else None
    specification = FitSpecification.make(**picture.fit) if picture.fit else None
    if preset is not None and preset.fit:
        specification = preset.specification()
    opening = _opened(*picture.network) if picture.network else None
    app = Explorer(
        specification, start=bool(picture.fit), fresh=True, preset=preset, opening=opening, store=store(),
        settings=Settings(theme="textual-dark", markers="braille"),
    )  # fmt: skip

    async def until(words: str) -> None:
        began = monotonic()
        while not (
            painted
            and re.search(words, painted[-1][1], re.DOTALL)
            and "loading torch" not in painted[-1][1]
            and monotonic() - painted[-1][0] > SETTLES
        ):
            at, text = painted[-1] if painted else (began, "")
            if monotonic() - max(at, began) > PATIENCE:
                raise SystemExit(f"{picture.name}: {words!r} was never seen:\n{text}")
            await asyncio.sleep(0.05)

    async with app.run_test(size=picture.size) as pilot:
        for keys, words in picture.steps:
            if keys:
                await pilot.press(*keys.split())
            await until(words)
        svg = app.export_screenshot(title="nnexpr")
    Explorer._display = display
    path = IMAGES / f"{picture.name}.svg"
    path.write_text(_without_network(svg), encoding="utf-8")
    print(f"{path}: {path.stat().st_size / 1000:.0f} kB")


def _opened(place: str, *digits: str) -> Preset:
    """A classifier of digits, trained as ``examples/digits.py`` does, on the segment or the plane of some of them."""
    import numpy as np
    import torch

    from nnexpr.regions.slices import Slice
    from nnexpr_tui.presets import Preset

    sys.path.insert(0, str(DATA.parent))
    import digits as example

    images, labels = example.digits()
    torch.manual_seed(0)
    hidden = [part for _ in range(2) for part in (torch.nn.Linear(32, 32), torch.nn.ReLU())]
    module = torch.nn.Sequential(torch.nn.Linear(64, 32), torch.nn.ReLU(), *hidden, torch.nn.Linear(32, 10))
    example.train(module, images[:1500], labels[:1500], 20, lambda *_: None)
    torch.save(module.state_dict(), "digits.pt")
    for digit in digits:
        np.save(f"{digit}.npy", images[(labels == int(digit)).nonzero()[0, 0]].reshape(8, 8).numpy())
    points = tuple(f"{digit}.npy" for digit in digits)
    where = Slice(between=points) if place == "between" else Slice(points=points)  # type: ignore[arg-type]
    return Preset("file", "", "", view="Network", begin={"file": "digits.pt", "place": where})


def _keep(name: str, tags: str, options: tuple[str, ...]) -> None:
    """Train a fit, and keep it under this name."""
    from nnexpr.runs.store import store

    fit = [sys.executable, "-m", "nnexpr_tui", "fit", *options, "--json"]
    done = subprocess.run(fit, capture_output=True, check=False)  # noqa: S603 - a diverged one ends with 1
    run = json.loads(done.stdout)["run"]
    store().rename(run, name)
    store().tag(run, *tags.split())


def _without_network(svg: str) -> str:
    """The picture without the addresses of fonts: whoever looks at it asks nobody for anything."""
    svg = re.sub(r",\s*url\(\"https?://[^)]*\) format\(\"[^\"]*\"\)", "", svg)
    svg = re.sub(r"\n\s*<!--.*?-->", "", svg)
    return re.sub(r"[ \t]+\n", "\n", svg)


def main(names: list[str]) -> None:
    """Make the pictures of these names."""
    unknown = set(names) - {picture.name for picture in PICTURES}
    if unknown:
        raise SystemExit(f"no such picture: {', '.join(sorted(unknown))}")
    with tempfile.TemporaryDirectory() as folder:
        homes = ("HOME", "XDG_STATE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "NNEXPR_STORE")
        os.chdir(folder)
        os.environ |= dict.fromkeys(homes, folder) | {"TEXTUAL_COLOR_SYSTEM": "truecolor"}
        for picture in PICTURES:
            if picture.name in (names or [picture.name]):
                asyncio.run(take(picture))


if __name__ == "__main__":
    main(sys.argv[1:])
