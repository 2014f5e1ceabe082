"""Two networks learn one function, side by side, as a clip: with the frequencies of x among their inputs, and without.

Run: python examples/clip.py [FILE.svg, .gif, .png, .mp4 or .cast]
"""

import sys
import tempfile
from pathlib import Path

from nnexpr.runs.recorder import Recorder
from nnexpr.runs.recording import Recording
from nnexpr.runs.scene import scene_of
from nnexpr.specification import FitSpecification
from nnexpr.training.fit import session_of
from nnexpr_tui.exports import export_to
from nnexpr_tui.exports.counts import counts_of


def recorded(**options: object) -> Recording:
    """Train a network and keep its way there."""
    session = session_of(FitSpecification.make(target="fourier", width=(32,), epochs=1000, **options))
    recorder = Recorder(session, scene_of(session))
    session.start()
    while recorder.advance(0.25):
        pass
    recorder.record()
    return recorder.recording()


path = Path(sys.argv[1] if len(sys.argv) > 1 else tempfile.gettempdir() + "/nnexpr-clip.svg")
recordings = [recorded(encoding_bands=bands) for bands in (0, 3)]
export_to(path).write(recordings, path, asked={"frames": 60, "seconds": 8})
for recording in recordings:
    counts = counts_of(recording, -1)
    pieces = f"{counts.count} linear regions" if counts else "no linear regions, for its inputs are sines"
    print(f"loss {recording.snapshots[-1].loss:.3g} in the end, {pieces}")
print(f"{path}: {path.stat().st_size / 1000:.0f} kB")
