"""The concept page "Neural Network Expressivity": what it says of depth, width and capacity, measured.

    triangle_waves  C1-C3    region_bounds  C4    random_regions  C5     equal_parameters  C6
    capacity        C7       forward_cost   C8    barron_rate     C9     parity_circuits   C10
    tensor_ranks    C11      lottery        C12   universality    C13    trajectories      C14

Where the page prints its formulas as pictures, the published theorem is taken; the modules of ``nnexpr.theory`` name
theirs.
"""

from __future__ import annotations

from nnexpr.experiments.registry import Experiment, Settings, deferred

__all__ = ["EXPERIMENTS"]

SOURCE = "Neural Network Expressivity (concept page)"


def _experiment(name: str, part: str, title: str, question: str, full: str, quick: str) -> Experiment:
    return Experiment(
        name.replace("_", "-"),
        "concepts",
        f"{SOURCE}, {part}",
        title,
        question,
        deferred(f"{__name__}.{name}:run"),
        Settings(full, quick),
    )


EXPERIMENTS: tuple[Experiment, ...] = (
    _experiment(
        "triangle_waves",
        "Telgarsky triangle composition; examples 1 and 2",
        "Triangle waves: folding against buying pieces",
        "How many linear pieces do k folds make, does sampling count them, how wide is a shallow network of as many?",
        "k to 40; shallow fits at k = 6 on 4096 samples",
        "k to 12",
    ),
    _experiment(
        "region_bounds",
        "lower and upper bounds on linear regions",
        "Bounds on linear regions beside what networks have",
        "Do the bounds bracket networks that are constructed, random and trained?",
        "30 networks of each of 11 shapes, 600 epochs",
        "6 networks of 4 shapes, 50 epochs",
    ),
    _experiment(
        "random_regions",
        "common mistakes: region counts",
        "Linear regions of random networks on the whole line",
        "Do random networks have about one region more than units, whatever their depth, also after training?",
        "5000 networks of each of 10 shapes; 30 of 3 shapes trained for 1000 epochs",
        "40 networks; 8 trained for 50 epochs",
    ),
    _experiment(
        "equal_parameters",
        "common mistakes: parameter count and expressivity",
        "Equal parameters, different functions",
        "Do shapes with exactly equal parameter counts differ in linear regions and losses?",
        "100 networks of each of 5 shapes on 3 targets, 2000 epochs",
        "10 networks, 100 epochs",
    ),
    _experiment(
        "capacity",
        "capacity against parameters",
        "VC dimension: bounds and an exact case",
        "How do the known bounds on the VC dimension grow with parameters and depth?",
        "15 shapes; labellings of up to 10 points",
        "labellings of up to 8 points",
    ),
    _experiment(
        "forward_cost",
        "parameter count; forward pass cost",
        "Parameters and time of a forward pass",
        "Do the formulas agree with the tensors, and with a clock?",
        "10 shapes, the least of 15 passes",
        "the least of 5 passes",
    ),
    _experiment(
        "barron_rate",
        "Barron approximation rate",
        "Barron's rate: error against units, whatever the dimension",
        "Does the squared error of m units, chosen greedily, fall at least like 1/m and stay below (2rC)²/m?",
        "2 functions in 2, 5 and 10 dimensions, 128 units, 30 draws of 1024 points",
        "2 and 5 dimensions, 48 units, 6 draws",
    ),
    _experiment(
        "parity_circuits",
        "depth hierarchy of threshold circuits",
        "Parity: small deep, large shallow",
        "How many gates does parity take at depth 2, with thresholds, and in a tree?",
        "2 to 16 inputs",
        "2 to 10 inputs",
    ),
    _experiment(
        "tensor_ranks",
        "hierarchical rank growth",
        "Hierarchical tensors against sums of rank-one terms",
        "How does the matricisation rank of random hierarchical tensors grow with their depth?",
        "14 cases, 5 draws each",
        "9 cases, 2 draws each",
    ),
    _experiment(
        "lottery",
        "lottery ticket hypothesis",
        "Lottery tickets: pruned networks from their first weights",
        "Does a sparse subnetwork match the dense network from its first weights, and not from weights drawn anew?",
        "60 networks of 2 widths at 2 learning rates, 10 rounds of 1000 epochs",
        "6 networks, 3 rounds of 100 epochs",
    ),
    _experiment(
        "universality",
        "universal approximation",
        "Best error against units, shallow and deep",
        "Does the error fall to any accuracy with units, and where do deep networks need far fewer?",
        "20 networks of each shape on 4 targets, 1000 epochs",
        "4 networks, 60 epochs",
    ),
    _experiment(
        "trajectories",
        "powerful compounding effects of depth",
        "The length of a circle's image, layer by layer",
        "Does a curve grow exponentially with depth in random networks, and does it with He's initialisation?",
        "30 networks of each of 6 kinds, 6 hidden layers",
        "6 networks, 4 hidden layers",
    ),
)
