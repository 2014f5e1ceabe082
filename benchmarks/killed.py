"""Fits that are killed at random moments, each taken up again, to the weights of one that was not.

    python benchmarks/killed.py [TIMES] [SEED]

First one fit to its end. Then the same so many times (10): as a process of its own that is given SIGKILL at a moment
drawn evenly from its first checkpoint on, up to half of the time which the whole one took; taken up by ``runs resume``
it may be killed once more, and then comes to its end. Each line: at which epochs its last checkpoints were when it was
killed, and whether all weights are the same to the last bit. Leaves 1 where one is not.
"""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from nnexpr.runs.run import Run
from nnexpr.runs.store import Store

FIT = [
    *("fit", "--width", "16", "--members", "4", "--epochs", "30000", "--batch-size", "100", "--json"),
    *("--schedule", "cosine", "--threads", "1", "--checkpoint-every", "0.01"),
]  # fmt: skip


def started(store: Path, *words: str) -> subprocess.Popen[bytes]:
    """The program on this store, as a process."""
    command = [sys.executable, "-m", "nnexpr_tui", *words, "--store", str(store)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=dict(os.environ))


def first_checkpoint(store: Store, process: subprocess.Popen[bytes], after: int = 0) -> Run | None:
    """The run, once it has come further than so many epochs; None where the process ended before."""
    while process.poll() is None:
        found = [run for run in store.runs() if run.head().epoch > after]
        if found:
            return found[0]
        time.sleep(0.001)
    return None


def weights(run: Run) -> bytes:
    """All of them."""
    return run.read().network.parameters.numpy().tobytes()


def killed(store: Store, draw: random.Random, seconds: float) -> list[int]:
    """Begin the fit and go on with it, each time until it is killed; at which epochs it stood when it was."""
    epochs: list[int] = []
    process = started(store.folder, *FIT)
    for _ in range(draw.randint(1, 2)):
        run = first_checkpoint(store, process, epochs[-1] if epochs else 0)
        if run is None:
            break
        time.sleep(draw.uniform(0.0, seconds / 2))
        process.send_signal(signal.SIGKILL)
        process.communicate()
        epochs.append(run.head().epoch)
        process = started(store.folder, "runs", "resume", run.id, "--checkpoint-every", "0.01")
    process.communicate()
    return epochs


def main() -> int:
    """Everything, one after another."""
    times = int(sys.argv[1]) if len(sys.argv) > 1 else 10
    draw = random.Random(int(sys.argv[2]) if len(sys.argv) > 2 else 0)  # noqa: S311 - no secret
    with tempfile.TemporaryDirectory() as folder:
        whole = Store(Path(folder) / "whole")
        told = json.loads(started(whole.folder, *FIT).communicate()[0])
        expected, seconds = weights(whole.named(told["run"])), told["seconds"]
        print(f"{told['epochs']:,} epochs in {seconds:.1f} s, never killed")
        differ = 0
        for number in range(times):
            store = Store(Path(folder) / str(number))
            epochs = killed(store, draw, seconds)
            [run] = store.runs()
            same = weights(run) == expected and run.head().epoch == told["epochs"]
            differ += not same
            at = ", ".join(f"{epoch:,}" for epoch in epochs)
            print(
                f"{number + 1:>3}. killed at epoch {at or 'none'}: {'the same bits' if same else 'OTHER BITS'}",
                flush=True,
            )
    print(f"{times - differ} of {times} ended with the same weights")
    return int(differ > 0)


if __name__ == "__main__":
    sys.exit(main())
