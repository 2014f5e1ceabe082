"""Questions ready to run: what to train or to open, at which pace, and one sentence on what to look for.

One table: the command line (``--preset NAME``, ``--list-presets``), the palette, the tour (``Q``), README and the tests
are made of it. To add one is to add an entry. Importing this costs neither NumPy nor torch.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from nnexpr.declarations import Declared
from nnexpr.specification import FitSpecification, InputError

__all__ = ["PRESETS", "Preset"]


@dataclass(frozen=True)
class Preset:
    """A question, and where its answer is seen."""

    name: str
    question: str
    look_for: str
    view: str = "Explore"  # the name of the view that it opens
    fit: Mapping[str, Any] = field(default_factory=dict)  # options of a fit, which then begins
    begin: Mapping[str, Any] = field(default_factory=dict)  # what the view begins with, in its own words
    look: Mapping[str, Any] = field(default_factory=dict)  # how the fit is looked at
    pace: int | None = None  # epochs a second; None: as fast as it goes
    batch: str = ""  # the command that answers without the explorer, where that is not fit

    def specification(self, **given: Any) -> FitSpecification:
        """The fit, with the ``given`` options in place of its own; InputError where it trains nothing."""
        if not self.fit:
            raise InputError(
                "preset", self.name, f"it trains nothing; in batch it is nnexpr-tui {self.batch}"
            )
        return FitSpecification.make(**{**self.fit, **given})


PRESETS: Declared[Preset] = Declared("a preset")

_HU = {"target": "fourier", "terms": 10, "points": 500, "epochs": 1000, "lr": 1e-3}

for _preset in (
    Preset(
        "low-first", "Which frequencies does a network learn first?",
        "Below, the error in each mode over the epochs: the bright line of mode 1 fades first, then 3, 5 and 7, "
        "although all four are equally large in the target.",
        fit={
            "target": "expr:sin(2*pi*x) + sin(6*pi*x) + sin(10*pi*x) + sin(14*pi*x)", "domain": (0.0, 1.0),
            "points": 512, "depth": 4, "width": 64, "activation": "relu", "lr": 1e-3, "epochs": 3000,
        },
        look={"modes": "member", "log_epochs": True}, pace=100,
    ),
    Preset(
        "folding", "How do k layers of two units make 2^k linear regions?",
        "Each fold doubles the regions and adds two units; the shallow fit below needs a knot for every bend, which n "
        "gives it.",
        view="Folds", begin={"folds": 6, "knots": 16}, batch="compose --depth 6 --knots 16",
    ),
    Preset(
        "low-pass", "Why does a shallow ReLU network lose fine waves?",
        "The Gram eigenvalues fall like k^-4, so single precision keeps a sixth of 200 modes and the slow wave only; p "
        "gives double precision, + and - move the cut-off, and with b hats lose nothing, although they span the same "
        "functions.",
        view="Spectrum",
        begin={
            "target": "expr:cos(6*pi*x) + cos(60*pi*x)", "domain": (-1.0, 1.0), "basis": "relu", "knots": 200,
            "samples": 1000, "solver": "gram", "dtype": "float32",
        },
        batch="lstsq --target 'expr:cos(6*pi*x) + cos(60*pi*x)' --domain -1 1 --basis relu --knots 200 "
        "--samples 1000 --solver gram --dtype float32",
    ),
    Preset(
        "lottery", "Is there a small part of a network that trains as well alone?",
        "One tenth of the weights, put back to where they began, against tenths drawn at random: the claims say by how "
        "much the ticket wins, and the figures on which members.",
        view="Experiments", begin={"experiment": "lottery", "quick": True}, batch="reproduce lottery --quick",
    ),
    Preset(
        "encoding", "What does it change to give a network sines of x in place of x?",
        "The same network of 16 units a layer: A sees sines and cosines of x and is on the target within some hundred "
        "epochs, B sees x and learns little but mean and tilt in a thousand; space plays both on one clock.",
        view="Replay", fit={**_HU, "depth": 3, "width": 16, "encoding_bands": 6},
        begin={"beside": ({"encoding_bands": 0},)}, look={"log_epochs": True},
    ),
    Preset(
        "width-depth", "With as many parameters, is it better to be wide or deep?",
        "A is eight layers of 8 (457 parameters) and ends at about half the loss of B, two of 176 (529); C is 2 x 16, "
        "which by N d^2 counts as equal to A and has 49.",
        view="Replay",
        fit={"target": "fourier", "terms": 5, "points": 500, "epochs": 5000, "lr": 3e-3, "depth": 8, "width": 8},
        begin={"beside": ({"depth": 2, "width": 176}, {"depth": 2, "width": 16})}, look={"log_epochs": True},
    ),
    Preset(
        "sparse-data", "What do networks do between ten points that they have learned?",
        "Below, the error over x and the epochs: A begins as a sum of waves that is already convex and first moves "
        "along that manifold; B begins at random, bends where the points let it and stays some ten times further away.",
        view="Replay",
        fit={
            "network": "compositional", "target": "cube", "points": 10, "epochs": 2000, "depth": 5, "stages": (1, 3),
            "dtype": "float64",
        },
        begin={"beside": ({"network": "mlp", "depth": 6, "width": 4},)}, look={"log_epochs": True, "fronts": "map"},
    ),
    Preset(
        "collapse", "What becomes of networks that are deep and narrow?",
        "All thirty end as one flat line at the target's mean: two ReLU a layer die on the way, Counts says that the "
        "network is collapsed, and no epoch brings it back; - makes it shallower.",
        fit={**_HU, "depth": 64, "width": 2, "members": 30},
        pace=100,
    ),
    Preset(
        "hu-report", "How does a network go from a flat line to a wave?",
        "By epoch 20 the line is at the target's mean; for some 400 epochs it stays within a tenth of a straight line, "
        "whatever hills the target has, and only then it bends.",
        fit={**_HU, "depth": 3, "width": 16},
        look={"log_epochs": True}, pace=100,
    ),
    Preset(
        "hu-code", "Does it go the same way with the ELUs of the report's own code?",
        "It does, and slower: mean and tilt are there by epoch 100, at epoch 500 it is still a straight line to a "
        "hundredth, and a thousand epochs end before it is a wave.",
        fit={**_HU, "depth": 4, "width": 16, "activation": "elu"},
        look={"log_epochs": True}, pace=100,
    ),
):  # fmt: skip
    PRESETS.declare(_preset)
