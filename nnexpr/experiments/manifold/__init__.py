"""The paper "A trainable manifold for accurate approximation with ReLU networks", whole.

tables        M2-M5, M14   Tables 1 and 2, beside the printed numbers and the spline floor
construction  M1, M7-M9, M12  what is exact about compositional networks
starts        M6, M11      dead units, collapse and bends of random starts
bends         M10          bends by layer, before and after training
sparse        M13          ten training points
draws                      how the least of 30 depends on which 30 were drawn
steps         M3           which step of Adam explains the printed tables
beyond                     second-order last stages, deeper networks, amplitudes, against the floor
figures                    Figures 1 to 6 as data
"""

from __future__ import annotations

from nnexpr.experiments.registry import Experiment, deferred

__all__ = ["EXPERIMENTS"]

PAPER = "A trainable manifold for accurate approximation with ReLU networks"


def _experiment(name: str, part: str, title: str, question: str) -> Experiment:
    return Experiment(
        f"manifold-{name}",
        "manifold",
        f"{PAPER}, {part}",
        title,
        question,
        deferred(f"{__name__}.{name}:run"),
    )


EXPERIMENTS: tuple[Experiment, ...] = (
    _experiment(
        "tables", "tables 1 and 2", "Tables 1 and 2: 960 networks beside the printed numbers",
        "How near do the stages come to each curve, how near did the authors, and how near could anyone?",
    ),
    _experiment(
        "construction", "sections 3 and A", "Compositional networks in exact arithmetic",
        "Do the paper's theorems hold to the last digit?",
    ),
    _experiment(
        "starts", "sections 4.2 and 4.4", "Dead units, collapse and bends of random starts",
        "How many networks are born or trained dead, and how many bends do the others make?",
    ),
    _experiment(
        "bends", "section 4.3 and figure 5", "Bends by layer over training",
        "To which layer does the structure survive, with the manifold and without?",
    ),
    _experiment(
        "sparse", "later version (arXiv 2311.18022)", "Ten training points",
        "Does the manifold still win where data are sparse?",
    ),
    _experiment(
        "draws", "tables 1 and 2", "The least of 30 networks, over draws of 30",
        "How much of the printed minima is the luck of the draw?",
    ),
    _experiment(
        "steps",
        "tables 1 and 2",
        "Adam's step, which is not printed",
        "Which step explains the printed tables best?",
    ),
    _experiment(
        "beyond", "beyond the paper", "Other last stages, deeper networks, other amplitudes",
        "What is left to gain between the paper's networks and the spline floor?",
    ),
    _experiment(
        "figures", "figures 1 to 6", "Figures 1 to 6 as data",
        "What do the layers of a compositional and of a default network look like?",
    ),
)  # fmt: skip
