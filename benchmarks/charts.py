"""What a chart costs: time to build, processor time and bytes a frame, beside the plain way to do it.

The plain way is that of the usual plotext widget: plotext draws everything, its string of escapes is parsed into text,
and the whole widget is painted again. The chart is a target and a fit of 200 points that approaches it.

    python benchmarks/charts.py [--width 118] [--height 38]

Building is timed in this process (median of 200). Processor time and bytes are those of a Textual application in a
pseudo-terminal: the difference between a run of 60 frames and one of 10, over 50.
"""

from __future__ import annotations

import argparse
import fcntl
import math
import os
import pty
import statistics
import struct
import subprocess
import sys
import tempfile
import termios
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from nnexpr_tui.charts.limits import LimitKeeper
from nnexpr_tui.charts.raster import rasterise
from nnexpr_tui.charts.series import Axis, ChartData, Frame, Series
from nnexpr_tui.charts.widget import Chart

X = np.linspace(0, 1, 200)
TARGET = np.sin(9 * X) + 0.3 * np.sin(31 * X)
FRAMES = (10, 60)


def chart(frame: int) -> ChartData:
    """The fit after ``frame`` frames: the target's slower part at once, the faster part little by little."""
    fit = np.sin(9 * X) + (1 - math.exp(-frame / 40)) * 0.3 * np.sin(31 * X) + 0.02 * math.sin(frame) * X
    return ChartData(
        (Series(X, TARGET, "target"), Series(X, fit, "fit", "accent")), Axis(label="x"), Axis(label="f(x)")
    )


def plain(data: ChartData, width: int, height: int) -> str:
    """The same chart by plotext alone."""
    from plotext._figure import _figure_class

    figure: Any = _figure_class()
    figure._set_size(width, height)
    figure.theme("clear")
    for series, color in zip(data.series, (12, 208), strict=True):
        figure.plot(
            np.asarray(series.x).tolist(), np.asarray(series.y).tolist(), marker="braille", color=color
        )
    built: str = figure.build()
    return built


def milliseconds(build: Callable[[int], object], repeats: int = 200) -> float:
    times = []
    for frame in range(repeats):
        start = time.perf_counter()
        build(frame)
        times.append(time.perf_counter() - start)
    return 1e3 * statistics.median(times)


def application(kind: str, frames: int, report: Path) -> None:
    """Draw so many frames in the terminal this runs in, 20 a second, then write the processor time used."""
    from rich.text import Text
    from textual.app import App
    from textual.widgets import Static

    class ChartApp(App[None]):
        drawn = 0

        def compose(self) -> Any:
            yield Chart() if kind == "ours" else Static()

        def on_mount(self) -> None:
            self.set_interval(0.05, self.draw)

        def draw(self) -> None:
            if self.drawn == frames:
                self.exit()
                return
            self.drawn += 1
            if kind == "ours":
                self.query_one(Chart).update_chart(chart(self.drawn))
            else:
                widget = self.query_one(Static)
                widget.update(Text.from_ansi(plain(chart(self.drawn), *widget.size)))

    ChartApp().run()
    report.write_text(str(time.process_time()))


def run(kind: str, frames: int, width: int, height: int) -> tuple[int, float]:
    """Bytes written and processor seconds of a run in a pseudo-terminal."""
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", height, width, 0, 0))
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "seconds"
        command = [sys.executable, __file__, "--application", kind, str(frames), str(report)]
        environment = {**os.environ, "TERM": "xterm-256color", "COLORTERM": "truecolor"}
        environment.pop("NO_COLOR", None)
        process = subprocess.Popen(command, stdin=slave, stdout=slave, stderr=slave, env=environment)
        os.close(slave)
        received = 0
        while True:
            try:
                data = os.read(master, 65_536)
            except OSError:  # Linux: the other end is closed
                break
            if not data:
                break
            received += len(data)
        process.wait()
        os.close(master)
        return received, float(report.read_text())


def main() -> None:
    from rich.text import Text

    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--width", type=int, default=78)
    parser.add_argument("--height", type=int, default=24)
    parser.add_argument(
        "--application", nargs=3, metavar=("KIND", "FRAMES", "REPORT"), help=argparse.SUPPRESS
    )
    arguments = parser.parse_args()
    if arguments.application:
        kind, frames, report = arguments.application
        application(kind, int(frames), Path(report))
        return
    width, height = arguments.width, arguments.height
    keeper, frame = LimitKeeper(), Frame(width, height)
    ours = milliseconds(lambda i: rasterise(chart(i), frame, keeper))
    theirs = milliseconds(lambda i: plain(chart(i), width, height))
    parsed = milliseconds(lambda i: Text.from_ansi(plain(chart(i), width, height)))
    print(f"{width}x{height}: two series of 200 points")
    print(
        f"  build            {ours:6.2f} ms; plotext {theirs:.2f} ms, and parsed {parsed:.2f} ms: x{parsed / ours:.1f}"
    )
    results = {}
    for kind in ("ours", "plain"):
        (bytes_few, cpu_few), (bytes_many, cpu_many) = (run(kind, count, width, height) for count in FRAMES)
        count = FRAMES[1] - FRAMES[0]
        results[kind] = (bytes_many - bytes_few) / count, 1e3 * (cpu_many - cpu_few) / count
    for name, unit, index in (("sent", "bytes a frame", 0), ("processor", "ms a frame", 1)):
        a, b = results["ours"][index], results["plain"][index]
        print(f"  {name:16} {a:6.1f} {unit}; the plain way {b:.1f}: x{b / a:.1f}")


if __name__ == "__main__":
    main()
