"""The paper "A trainable manifold for accurate approximation with ReLU networks", whole."""

from __future__ import annotations

from nnexpr.experiments.discovery import Source

__all__ = ["EXPERIMENTS"]

SOURCE = Source(
    __name__, "A trainable manifold for accurate approximation with ReLU networks", prefix="manifold-"
)

EXPERIMENTS = (
    SOURCE.experiment(
        "tables", "tables 1 and 2", "Tables 1 and 2: 960 networks beside the printed numbers",
        "How near do the stages come to each curve, how near did the authors, and how near could anyone?",
        full="30 networks of 8 rows on 4 curves, 512 points, 1000 epochs a stage",
        quick="6 networks, 300 epochs a stage",
    ),
    SOURCE.experiment(
        "construction", "sections 3 and A", "Compositional networks in exact arithmetic",
        "Do the paper's theorems hold to the last digit?",
        full="200 networks a depth, to depth 20",
        quick="20 networks a depth, to depth 12",
    ),
    SOURCE.experiment(
        "starts", "sections 4.2 and 4.4", "Dead units, collapse and bends of random starts",
        "How many networks are born or trained dead, and how many bends do the others make?",
        full="10,000 networks of 6 kinds; as many of 2 kinds trained for 1000 epochs",
        quick="1000 networks; 60 trained for 300 epochs",
    ),
    SOURCE.experiment(
        "bends", "section 4.3 and figure 5", "Bends by layer over training",
        "To which layer does the structure survive, with the manifold and without?",
        full="30 networks of 7 and 8 hidden layers on 4 curves, 1000 epochs a stage",
        quick="6 networks, 300 epochs a stage",
    ),
    SOURCE.experiment(
        "sparse", "later version (arXiv 2311.18022)", "Ten training points",
        "Does the manifold still win where data are sparse?",
        full="30 networks of 5 rows on 4 curves, 10 points, 1000 epochs a stage",
        quick="6 networks, 300 epochs a stage",
    ),
    SOURCE.experiment(
        "draws", "tables 1 and 2", "The least of 30 networks, over draws of 30",
        "How much of the printed minima is the luck of the draw?",
        full="10 draws of 30 networks of 3 rows on 4 curves, 1000 epochs a stage",
        quick="2 draws of 6 networks, 300 epochs a stage",
    ),
    SOURCE.experiment(
        "steps",
        "tables 1 and 2",
        "Adam's step, which is not printed",
        "Which step explains the printed tables best?",
        full="6 choices of steps, 30 networks of 5 rows on 4 curves, 1000 epochs a stage",
        quick="2 choices, 6 networks, 300 epochs a stage",
    ),
    SOURCE.experiment(
        "beyond", "beyond the paper", "Other last stages, deeper networks, other amplitudes",
        "What is left to gain between the paper's networks and the spline floor?",
        full="30 networks of 7 rows by 3 optimisers on 4 curves; 5 to 12 hidden layers",
        quick="6 networks, a tenth of the iterations; 5 to 7 hidden layers",
    ),
    SOURCE.experiment(
        "figures", "figures 1 to 6", "Figures 1 to 6 as data",
        "What do the layers of a compositional and of a default network look like?",
        full="the best of 6 networks, 1000 epochs a stage",
        quick="300 epochs a stage",
    ),
)  # fmt: skip
