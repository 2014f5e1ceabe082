"""The concept page "Neural Network Expressivity": what it says of depth, width and capacity, measured.

Where the page prints its formulas as pictures, the published theorem is taken; the modules of ``nnexpr.theory`` name
theirs.
"""

from __future__ import annotations

from nnexpr.experiments.discovery import Source

__all__ = ["EXPERIMENTS"]

SOURCE = Source(__name__, "Neural Network Expressivity (concept page)")

EXPERIMENTS = (
    SOURCE.experiment(
        "triangle_waves",
        "Telgarsky triangle composition; examples 1 and 2",
        "Triangle waves: folding against buying pieces",
        "How many linear pieces do k folds make, does sampling count them, how wide is a shallow network of as many?",
        full="k to 40; shallow fits at k = 6 on 4096 samples",
        quick="k to 12",
    ),
    SOURCE.experiment(
        "region_bounds",
        "lower and upper bounds on linear regions",
        "Bounds on linear regions beside what networks have",
        "Do the bounds bracket networks that are constructed, random and trained?",
        full="30 networks of each of 11 shapes, 600 epochs",
        quick="6 networks of 4 shapes, 50 epochs",
    ),
    SOURCE.experiment(
        "random_regions",
        "common mistakes: region counts",
        "Linear regions of random networks on the whole line",
        "Do random networks have about one region more than units, whatever their depth, also after training?",
        full="5000 networks of each of 10 shapes; 30 of 3 shapes trained for 1000 epochs",
        quick="40 networks; 8 trained for 50 epochs",
    ),
    SOURCE.experiment(
        "equal_parameters",
        "common mistakes: parameter count and expressivity",
        "Equal parameters, different functions",
        "Do shapes with exactly equal parameter counts differ in linear regions and losses?",
        full="100 networks of each of 5 shapes on 3 targets, 2000 epochs",
        quick="10 networks, 100 epochs",
    ),
    SOURCE.experiment(
        "capacity",
        "capacity against parameters",
        "VC dimension: bounds and an exact case",
        "How do the known bounds on the VC dimension grow with parameters and depth?",
        full="15 shapes; labellings of up to 10 points",
        quick="labellings of up to 8 points",
    ),
    SOURCE.experiment(
        "forward_cost",
        "parameter count; forward pass cost",
        "Parameters and time of a forward pass",
        "Do the formulas agree with the tensors, and with a clock?",
        full="10 shapes, the least of 15 passes",
        quick="the least of 5 passes",
    ),
    SOURCE.experiment(
        "barron_rate",
        "Barron approximation rate",
        "Barron's rate: error against units, whatever the dimension",
        "Does the squared error of m units, chosen greedily, fall at least like 1/m and stay below (2rC)²/m?",
        full="2 functions in 2, 5 and 10 dimensions, 128 units, 30 draws of 1024 points",
        quick="2 and 5 dimensions, 48 units, 6 draws",
    ),
    SOURCE.experiment(
        "parity_circuits",
        "depth hierarchy of threshold circuits",
        "Parity: small deep, large shallow",
        "How many gates does parity take at depth 2, with thresholds, and in a tree?",
        full="2 to 16 inputs",
        quick="2 to 10 inputs",
    ),
    SOURCE.experiment(
        "tensor_ranks",
        "hierarchical rank growth",
        "Hierarchical tensors against sums of rank-one terms",
        "How does the matricisation rank of random hierarchical tensors grow with their depth?",
        full="14 cases, 5 draws each",
        quick="9 cases, 2 draws each",
    ),
    SOURCE.experiment(
        "lottery",
        "lottery ticket hypothesis",
        "Lottery tickets: pruned networks from their first weights",
        "Does a sparse subnetwork match the dense network from its first weights, and not from weights drawn anew?",
        full="60 networks of 2 widths at 2 learning rates, 10 rounds of 1000 epochs",
        quick="6 networks, 3 rounds of 100 epochs",
    ),
    SOURCE.experiment(
        "universality",
        "universal approximation",
        "Best error against units, shallow and deep",
        "Does the error fall to any accuracy with units, and where do deep networks need far fewer?",
        full="20 networks of each shape on 4 targets, 1000 epochs",
        quick="4 networks, 60 epochs",
    ),
    SOURCE.experiment(
        "trajectories",
        "powerful compounding effects of depth",
        "The length of a circle's image, layer by layer",
        "Does a curve grow exponentially with depth in random networks, and does it with He's initialisation?",
        full="30 networks of each of 6 kinds, 6 hidden layers",
        quick="6 networks, 4 hidden layers",
    ),
)
