"""The report "An Exploration of Neural Network Expressivity and Approximation Dynamics" (Hu 2023).

Networks learn random Fourier series; everything is measured over many of both, by the report's settings and by those of
its public code (:mod:`.settings`).
"""

from __future__ import annotations

from nnexpr.experiments.discovery import Source

__all__ = ["EXPERIMENTS"]

SOURCE = Source(__name__, "Expressivity and approximation dynamics (Hu)", "dynamics-")

EXPERIMENTS = (
    SOURCE.experiment(
        "over_time",
        "3.1 time dynamics",
        "What is learned when: height, tilt, bends, and frequencies",
        "Is the fit a straight line until it has height and tilt, when is that, and do low frequencies come first?",
        full="60 targets, each with its start; 1000 epochs",
        quick="4 targets; 60 epochs",
    ),
    SOURCE.experiment(
        "width",
        "3.2.1 width",
        "Width: tighter fits, and a shorter early stage",
        "At depth N = 2, do wider networks fit tighter, and do they leave the early stage sooner?",
        full="60 targets; widths 32, 64 and 128; 1000 epochs",
        quick="4 targets; 60 epochs",
    ),
    SOURCE.experiment(
        "depth",
        "3.2.2 depth",
        "Depth at width 2: from lines to constants",
        "What do networks of depth 4, 16 and 64 and width 2 make of a target, and how many collapse?",
        full="60 targets; depths 4, 16 and 64; 1000 epochs",
        quick="4 targets; 60 epochs",
    ),
    SOURCE.experiment(
        "equiparameter",
        "3.2.3 equiparameter",
        "Equal parameters: as printed, and as counted",
        "Does 8 × 8 beat 2 × 16, have they as many parameters, and does it beat two layers that have?",
        full="60 targets; 3 shapes; 1000 epochs",
        quick="4 targets; 60 epochs",
    ),
    SOURCE.experiment(
        "encoding",
        "3.3 positional encoding",
        "Positional encoding: waves from the start",
        "What does a sine-cosine encoding of 6 bands change at the start, on the way and in the end?",
        full="60 targets, with and without; 1000 epochs",
        quick="4 targets; 60 epochs",
    ),
    SOURCE.experiment(
        "grid",
        "4 discussion",
        "Sizes, activations, encodings: what captures high frequencies",
        "Does any size or activation capture high frequencies without an encoding, and what does it with one?",
        full="12 sizes, 3 activations, with and without encoding; 30 targets; 1000 epochs",
        quick="4 sizes; 3 targets; 20 epochs",
    ),
    SOURCE.experiment(
        "fronts",
        "with the talk's local adaptation",
        "Learning fronts: where in x a network learns first",
        "Are slow parts of a target learned before fast ones, and a sine of one frequency from its ends?",
        full="30 networks on each of 2 targets by 2 activations, 2000 and 300 epochs; 30 random series",
        quick="3 networks, 20 epochs",
    ),
)
