"""The talk's own sizes of Z22 to Z26, on one graphics processor: waves, the star, and oscillations with 30 members.

    python benchmarks/talk_sizes.py --seconds 390 --out FOLDER

Three trainings share the card at any time, each in a thread on a stream of its own: their products are too small to
fill it alone. What has been found is on disk at once (``*-parts.json``, ``*.finding.jsonl``, ``status.json``), so that
neither the time limit nor a kill loses more than what was trained since the last epoch that is looked at; the same
command keeps what is there and trains the rest. At the end all is printed: errors by epoch, verdicts, and how far each
training came.

``--quick`` and ``--device cpu`` try the script itself.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import threading
from collections.abc import Callable
from contextlib import nullcontext, suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from time import monotonic

import numpy as np
import torch

from nnexpr.atomic import write_atomically
from nnexpr.experiments.attempt import Attempt, Cancelled, Parts
from nnexpr.experiments.data import Claim
from nnexpr.experiments.discovery import find
from nnexpr.experiments.findings import Finding
from nnexpr.experiments.numerics import waves
from nnexpr.experiments.numerics.planar import Case, Moment, moments
from nnexpr.experiments.runner import perform
from nnexpr.plain import plain
from nnexpr.training.devices import describe_device, resolve_device

SAVED_EVERY = 2.0  # seconds between two writings of how far all are


@dataclass
class Run:
    """What the command line asks for, and what is known so far."""

    folder: Path
    device: str
    quick: bool
    deadline: float
    notes: dict[str, str] = field(default_factory=dict)
    found: dict[str, list[Moment]] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)

    def tell(self, name: str, share: float, note: str) -> None:
        """The progress of a training; ends it once the time is over."""
        if note:
            self.notes[name] = f"{note} ({share:.0%})"
        if monotonic() > self.deadline:
            raise Cancelled

    def wave(self, name: str, case: Case) -> None:
        """One of the waves; each look at it is kept in a file of its own."""
        parts = Parts.read(self.folder / f"{name.replace('=', '-').replace(' ', '-')}-parts.json")
        attempt = Attempt(self.quick, 0, partial(self.tell, name), parts, not self.quick, self.device)
        try:
            moments(attempt, name, case)
        finally:
            kept = [value for key, value in parts.values.items() if key.startswith(f"{name}, epoch")]
            self.found[name] = [Moment(**each) for each in kept]

    def experiment(self, name: str) -> None:
        """A whole experiment."""
        [experiment] = find(name)
        size = {"quick": self.quick, "large": not self.quick}
        told = perform(experiment, self.folder, **size, device=self.device, progress=partial(self.tell, name))
        self.findings.append(told)

    def judged_waves(self) -> list[Claim]:
        """The claims on those waves whose training came to its end."""
        cases = waves.QUICK if self.quick else waves.LARGE
        attempt = Attempt(self.quick, large=not self.quick)
        whole = [name for name, case in cases.items() if len(self.found.get(name, ())) == len(case.epochs)]
        return [waves.falling(name, cases[name], self.found[name], attempt) for name in whole]

    def save(self) -> None:
        """How far all are."""
        state = {
            "notes": self.notes,
            "waves": {
                name: [{"epoch": each.epoch, "losses": each.losses, "between": each.between, "seconds": each.seconds}
                       for each in found] for name, found in self.found.items()
            },
            "claims": self.judged_waves(),
            "findings": {
                each.id: {"seconds": each.seconds, "tables": each.result.tables, "claims": each.result.claims}
                for each in self.findings
            },
        }  # fmt: skip
        with suppress(OSError):
            write_atomically(self.folder / "status.json", json.dumps(plain(state)) + "\n")


def lane(run: Run, steps: list[Callable[[], None]], first: str) -> None:
    """Some trainings after one another, on a stream of their own."""
    on_card = run.device.startswith("cuda")
    with torch.cuda.stream(torch.cuda.Stream(run.device)) if on_card else nullcontext():  # type: ignore[no-untyped-call]
        for step in steps:
            try:
                step()
            except Cancelled:
                return
            except Exception as error:  # the other trainings go on
                run.notes[f"{first}: error"] = f"{type(error).__name__}: {error}"


def report(run: Run) -> None:
    """All that was found, for people."""
    for name, found in run.found.items():
        for each in found:
            print(
                f"{name} epoch {each.epoch}: MSE {np.median(each.losses):.3e} at the samples, "
                f"{np.median(each.between):.3e} between them, {each.seconds:.0f} s"
            )
    for claim in run.judged_waves():
        print(f"{claim.id}: {claim.verdict}; {claim.statement}: {claim.measured}")
    for finding in run.findings:
        print(f"{finding.id}: {finding.seconds:.0f} s")
        for table in finding.result.tables:
            print(
                "\n".join(
                    [
                        "  " + " | ".join(table.columns),
                        *("  " + " | ".join(map(str, row)) for row in table.rows),
                    ]
                )
            )
        for claim in finding.result.claims:
            print(f"  {claim.id}: {claim.verdict}; {claim.measured} (expected {claim.expected})")
    for name, note in run.notes.items():
        print(f"{name}: last {note}")


def main() -> None:
    """Run all within the time."""
    began = monotonic()
    given = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    given.add_argument("--seconds", type=float, default=390.0, help="after which all trainings end (390)")
    given.add_argument("--out", type=Path, default=Path(os.environ.get("OUT", "talk-sizes")), help="a folder")
    given.add_argument("--device", default="cuda")
    given.add_argument("--quick", action="store_true")
    asked = given.parse_args()
    asked.out.mkdir(parents=True, exist_ok=True)
    device = resolve_device(asked.device)
    run = Run(asked.out, str(device), asked.quick, began + asked.seconds)
    signal.signal(signal.SIGTERM, lambda *_: setattr(run, "deadline", 0.0))
    print(f"{describe_device(device)}, torch {torch.__version__}, {asked.seconds:.0f} s", flush=True)
    cases = waves.QUICK if asked.quick else waves.LARGE
    alone = {name: partial(run.wave, name, case) for name, case in cases.items()}
    last = [partial(run.experiment, "star"), partial(run.experiment, "oscillations")]
    lanes = {"s=1": [alone.pop("s=1"), *last], **{name: [step] for name, step in alone.items()}}
    threads = [
        threading.Thread(target=lane, args=(run, steps, name), daemon=True) for name, steps in lanes.items()
    ]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        for thread in threads:
            thread.join(SAVED_EVERY / len(threads))
        run.save()
    report(run)
    run.save()
    print(f"{monotonic() - began:.0f} s in all", flush=True)


if __name__ == "__main__":
    main()
