"""The concept page "Neural Network Expressivity": what it says of depth, width and capacity, measured.

    triangle_waves  C1-C3    region_bounds  C4    random_regions  C5     equal_parameters  C6
    capacity        C7       forward_cost   C8    barron_rate     C9     parity_circuits   C10
    tensor_ranks    C11      lottery        C12   universality    C13    trajectories      C14

Where the page prints its formulas as pictures, the published theorem is taken; the modules of ``nnexpr.theory`` name
theirs.
"""

from __future__ import annotations

from nnexpr.experiments.registry import Experiment, deferred

__all__ = ["EXPERIMENTS"]

SOURCE = "Neural Network Expressivity (concept page)"


def _experiment(name: str, part: str, title: str, question: str) -> Experiment:
    return Experiment(
        name.replace("_", "-"),
        "concepts",
        f"{SOURCE}, {part}",
        title,
        question,
        deferred(f"{__name__}.{name}:run"),
    )


EXPERIMENTS: tuple[Experiment, ...] = (
    _experiment(
        "triangle_waves",
        "Telgarsky triangle composition; examples 1 and 2",
        "Triangle waves: folding against buying pieces",
        "How many linear pieces do k folds make, does sampling count them, how wide is a shallow network of as many?",
    ),
    _experiment(
        "region_bounds",
        "lower and upper bounds on linear regions",
        "Bounds on linear regions beside what networks have",
        "Do the bounds bracket networks that are constructed, random and trained?",
    ),
    _experiment(
        "random_regions",
        "common mistakes: region counts",
        "Linear regions of random networks on the whole line",
        "Do random networks have about one region more than units, whatever their depth, also after training?",
    ),
    _experiment(
        "equal_parameters",
        "common mistakes: parameter count and expressivity",
        "Equal parameters, different functions",
        "Do shapes with exactly equal parameter counts differ in linear regions and losses?",
    ),
    _experiment(
        "capacity",
        "capacity against parameters",
        "VC dimension: bounds and an exact case",
        "How do the known bounds on the VC dimension grow with parameters and depth?",
    ),
    _experiment(
        "forward_cost",
        "parameter count; forward pass cost",
        "Parameters and time of a forward pass",
        "Do the formulas agree with the tensors, and with a clock?",
    ),
    _experiment(
        "barron_rate",
        "Barron approximation rate",
        "Barron's rate: error against units, whatever the dimension",
        "Does the squared error of m units, chosen greedily, fall at least like 1/m and stay below (2rC)²/m?",
    ),
    _experiment(
        "parity_circuits",
        "depth hierarchy of threshold circuits",
        "Parity: small deep, large shallow",
        "How many gates does parity take at depth 2, with thresholds, and in a tree?",
    ),
    _experiment(
        "tensor_ranks",
        "hierarchical rank growth",
        "Hierarchical tensors against sums of rank-one terms",
        "How does the matricisation rank of random hierarchical tensors grow with their depth?",
    ),
    _experiment(
        "lottery",
        "lottery ticket hypothesis",
        "Lottery tickets: pruned networks from their first weights",
        "Does a sparse subnetwork match the dense network from its first weights, and not from weights drawn anew?",
    ),
    _experiment(
        "universality",
        "universal approximation",
        "Best error against units, shallow and deep",
        "Does the error fall to any accuracy with units, and where do deep networks need far fewer?",
    ),
    _experiment(
        "trajectories",
        "powerful compounding effects of depth",
        "The length of a circle's image, layer by layer",
        "Does a curve grow exponentially with depth in random networks, and does it with He's initialisation?",
    ),
)
