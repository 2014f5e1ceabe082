"""A chart in a real pseudo-terminal: what is painted in parts is, on the screen, the whole chart."""

from __future__ import annotations

import os
import select
import struct
import subprocess
import sys
import time

import pytest

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")

WIDTH, HEIGHT, FRAMES = 70, 20, 12
PROGRAM = f"""
import sys
import numpy as np
from textual.app import App
from nnexpr_tui.charts.raster import rasterise
from nnexpr_tui.charts.series import Axis, ChartData, Series
from nnexpr_tui.charts.widget import Chart

x = np.linspace(0, 1, 80)

class ChartApp(App):
    CSS = "Chart {{ border: round $primary; }}"
    drawn = 0

    def compose(self):
        yield Chart()

    def on_mount(self):
        self.set_interval(0.04, self.draw)

    def draw(self):
        chart = self.query_one(Chart)
        self.drawn += 1
        if self.drawn <= {FRAMES}:
            y = np.where(x < 0.1 * self.drawn, np.sin(9 * x), 0.2 * x)
            self.data = ChartData((Series(x, y, "fit"),), Axis(limits=(0, 1)), Axis(limits=(-2, 2)))
            chart.update_chart(self.data)
        elif self.drawn == {FRAMES} + 5:
            rows = rasterise(self.data, chart.frame)
            with open(sys.argv[1], "w", encoding="utf-8") as file:
                file.write("\\n".join("".join(text for text, _ in row) for row in rows) + "\\nend")
        elif self.drawn == 5000:
            self.exit()

ChartApp().run()
"""


def test_the_screen_shows_the_last_chart(tmp_path):
    import fcntl
    import pty
    import termios

    import pyte

    report = tmp_path / "rows"
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", HEIGHT, WIDTH, 0, 0))
    # A size in the environment would go before that of the terminal.
    inherited = {name: text for name, text in os.environ.items() if name not in ("COLUMNS", "LINES")}
    environment = {**inherited, "TERM": "xterm-256color", "COLORTERM": "truecolor"}
    command = [sys.executable, "-c", PROGRAM, str(report)]
    screen = pyte.Screen(WIDTH, HEIGHT)
    stream = pyte.ByteStream(screen)
    shown, expected = [""], ["not yet"]
    with subprocess.Popen(command, stdin=slave, stdout=slave, stderr=slave, env=environment) as process:
        os.close(slave)
        deadline = time.monotonic() + 200
        while shown != expected and time.monotonic() < deadline and process.poll() is None:
            if select.select([master], [], [], 0.3)[0]:
                stream.feed(os.read(master, 65_536))
            shown = [line[1:-1] for line in screen.display[1:-1]]
            if report.exists() and report.read_text(encoding="utf-8").endswith("end"):
                expected = report.read_text(encoding="utf-8").split("\n")[:-1]
        process.kill()
    os.close(master)
    assert shown == expected
