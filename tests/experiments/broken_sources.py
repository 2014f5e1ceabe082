"""What is broken on purpose for the claims of the concept page and of the manifold paper; see ``broken.py``."""

from __future__ import annotations

import math
from types import SimpleNamespace
from typing import Any

from broken import Broken, Claims, given, never_learns, whole
from scipy.stats import mannwhitneyu
from wrong import errors, printed_cells, pruned

from nnexpr.experiments.concepts import lottery, universality
from nnexpr.experiments.manifold import bends, setup, tables
from nnexpr.experiments.manifold.near_print import near_print, ratios_to_print
from nnexpr.experiments.manifold.printed import PRINTED
from nnexpr.experiments.manifold.setup import CURVES, Setting, start, train
from nnexpr.experiments.measures import loglog_slopes
from nnexpr.networks.builders import mlp
from nnexpr.networks.knots import uniform_knots
from nnexpr.regions.bounds import hyperplanes, serra_bound
from nnexpr.theory.barron import barron_bound
from nnexpr.theory.trajectories import random_network
from nnexpr.training.fit import session
from nnexpr.training.many import fit_many

__all__ = ["CONCEPTS", "MANIFOLD"]

C, M = "nnexpr.experiments.concepts", "nnexpr.experiments.manifold"


def always(depth: int, width: Any) -> Any:
    """One shape, whatever is asked for."""
    return lambda *asked, **more: mlp(depth, width, **{**more, "depth": depth, "width": width})


def other_variance(width: int, layers: int, activation: str, variance: float, **more: Any) -> Any:
    return random_network(width, layers, activation, {8.0: 1.0, 2.0: 4.0}[variance], **more)


def tickets() -> Claims:
    """C12: of tickets that match, of two widths."""
    found = [pruned(32, 1.1, 1.8), pruned(64, 1.0, 2.0)]
    return [*lottery.at_the_end(found, quick=False), lottery.somewhere(found, quick=False)]


def of_units() -> Claims:
    """C13: of errors that fall like the fourth power of the units, and of deep networks that halve them."""
    found = errors(-4.0, 0.5)
    return [universality.accurate(found), universality.fewer(found)]


none_deep = property(lambda each: dict.fromkeys(universality.UNITS, math.inf))

CONCEPTS = (
    Broken(
        "knots a little off",
        given("nnexpr.theory.triangle_wave.uniform_knots", lambda n: uniform_knots(n) ** 1.01),
        whole("triangle-waves"), ("C3",), {f"{C}.triangle_waves.DEEPEST_QUICK": 4},
    ),
    Broken(
        "Serra's bound one too low",
        given(f"{C}.region_bounds.serra_bound", lambda widths, inputs: serra_bound(widths, inputs) - 1),
        whole("region-bounds"), ("C4",), {f"{C}.region_bounds.QUICK_EPOCHS": 1},
    ),
    Broken(
        "one hyperplane not counted",
        given(f"{C}.region_bounds.hyperplanes", lambda n, inputs: hyperplanes(n - 1, inputs)),
        whole("region-bounds"), ("C4 hyperplanes",), {f"{C}.region_bounds.QUICK_EPOCHS": 1},
    ),
    Broken(
        "half of the line",
        given(f"{C}.random_regions.WHOLE_LINE", ((0.0, 1.0), (1.0, 0.0))),
        whole("random-regions"), ("C5",),
        {f"{C}.random_regions.SHAPES": ((64,), (32, 32)), f"{C}.random_regions.QUICK_MEMBERS": 400,
         f"{C}.random_regions.QUICK_EPOCHS": 1},
    ),
    Broken(
        "steps a thousand times as long",
        given(f"{C}.random_regions.fit_many",
              lambda *what, lr, **more: fit_many(*what, lr=1000 * lr, **more)),
        whole("random-regions"), ("C5 training",),
        {f"{C}.random_regions.SHAPES": ((64,),), f"{C}.random_regions.QUICK_MEMBERS": 4},
    ),
    Broken(
        "one shape, whatever is asked for",
        given(f"{C}.equal_parameters.mlp", lambda depth, widths, **more: mlp(2, 32, **more)),
        whole("equal-parameters"), ("C6",),
        {f"{C}.equal_parameters.TARGETS": ("fourier",), f"{C}.equal_parameters.QUICK_MEMBERS": 40,
         f"{C}.equal_parameters.QUICK_EPOCHS": 300},
    ),
    Broken(
        "a thousandth of Barron's bound",
        given(f"{C}.barron_rate.barron_bound", lambda norm, units: barron_bound(norm, units) / 1000),
        whole("barron-rate"), ("C9",), {f"{C}.barron_rate.QUICK_UNITS": 16, f"{C}.barron_rate.QUICK_DIMENSIONS": (2,)},
    ),
    Broken(
        "units that are not fitted",
        given("nnexpr.theory.barron._Projection.add", lambda fit, function: None),
        whole("barron-rate"), ("C9 rate",),
        {f"{C}.barron_rate.QUICK_UNITS": 16, f"{C}.barron_rate.QUICK_DIMENSIONS": (2,)},
    ),
    Broken(
        "ranks compared the wrong way round",
        given(f"{C}.lottery.mannwhitneyu", lambda one, other, **how: mannwhitneyu(other, one, **how)),
        tickets, ("C12", "C12 small", "C12 exists"),
    ),
    Broken(
        "halved slopes", given(f"{C}.universality.loglog_slopes", lambda x, y: loglog_slopes(x, y) / 2), of_units,
        ("C13",),
    ),
    Broken("deep networks left out", given(f"{C}.universality.Errors.best_deep", none_deep), of_units, ("C13 depth",)),
    Broken(
        "weights of another variance",
        given(f"{C}.trajectories.random_network", other_variance),
        whole("trajectories"), ("C14", "C14 He"),
        {f"{C}.trajectories.CASES": (("hardtanh", 8.0, 8), ("hardtanh", 8.0, 64), ("relu", 2.0, 64))},
    ),
)  # fmt: skip


# --- the manifold paper


def stage_one() -> Claims:
    """M2: the least error of the differentiable manifold, as in the tables."""
    setting = Setting()
    cells: dict[str, Any] = {"stage 1": {}}
    for curve in CURVES:
        begun = start("theorem", curve.sign, setting)
        losses = train(begun, setting.target(curve), (1,), setting).loss
        cells["stage 1"][curve.name] = {"min": float(losses.min())}
    return tables._stage_one(cells, quick=False)


def short(epochs: int) -> dict[str, Any]:
    """Every stage of so few epochs, six members."""

    def of(attempt: Any, **changed: Any) -> Setting:
        return Setting(**{"members": 6, "epochs": epochs, **changed})

    return {f"{M}.setup.Setting.of": of}


def as_printed() -> Claims:
    """What networks with the printed errors show, and ten times that for random starts; gaps least with stage 1."""
    cells = printed_cells()
    for row, curves in cells.items():
        for cell in curves.values():
            cell["min"] *= 10.0 if row in ("default", "raai") else 1.0
            cell["mean"] = cell["min"] * {"all stages": 2.0, "stages 1, 3": 3.0}.get(row, 10.0)
    yield from tables.claims(cells, quick=False)
    ratios = ratios_to_print(lambda row, curve: cells[row][curve.name]["min"])
    for name in ("M3 own step", "M3 draws"):
        yield near_print(name, "", ratios, quick=False)


def a_digit_lost() -> Any:
    return {
        row: {curve: (least / 10, mean) for curve, (least, mean) in cells.items()}
        for row, cells in PRINTED.items()
    }


def one_rate(stage: int, rate: float) -> Any:
    return lambda patch: patch.setitem(setup.RATES, stage, rate)


def of_bends() -> Claims:
    """M10: of four networks, one curve, and a third of the epochs; by short steps all layers can be kept."""
    setting = Setting(members=4, epochs=300, depth=bends.DEPTHS[0])
    reached = {
        way: [bends._follow(bends.WAYS[way], CURVES[0], setting)["reach"]]
        for way in (bends.ALONE, bends.FIRST)
    }
    return bends.claims(reached | {bends.LATER: reached[bends.FIRST]}, quick=False)


def one_region(*of: Any, **more: Any) -> Any:
    return [SimpleNamespace(count=1)]


def of_theorem(depth: int, width: int, *, init: str, members: int, seed: int) -> Any:
    return start("theorem", -1, Setting(members=members, depth=depth - 1, seed=seed))


def all_raai(depth: int, width: int, *, init: str, members: int, seed: int) -> Any:
    return mlp(depth, width, init="raai", members=members, seed=seed)


def longer_steps(*what: Any, lr: float, **more: Any) -> Any:
    return session(*what, lr=1e6 * lr, **more)


SHORTER_STEPS = {f"{M}.bends.RATES": {3: 1e-10}}
FEW_STARTS = {f"{M}.starts.QUICK_MANY": 200, f"{M}.starts.QUICK_TRAINED": 60, **short(5)}

MANIFOLD = (
    Broken("steps of stage 1 too short", one_rate(1, 1e-6), stage_one, tuple(f"M2 {curve.label}" for curve in CURVES)),
    Broken("no learning", never_learns, whole("manifold-tables"), ("M4 order",), short(5)),
    Broken(
        "a digit lost in print", lambda patch: patch.setattr(f"{M}.near_print.PRINTED", a_digit_lost()), as_printed,
        ("M3", "M3 own step", "M3 draws"),
    ),
    Broken(
        "the least of all rows for that of random starts",
        given(f"{M}.tables._random", lambda least: min(least.values())), as_printed, ("M4 factor", "M4 as worded"),
    ),
    Broken(
        "another row for those with stage 1", given(f"{M}.tables.WITH_STAGE_1", ("stage 3",)), as_printed,
        ("M4 every curve", "M5"),
    ),
    Broken(
        "one region, whatever the network", given(f"{M}.rows.linear_regions", one_region),
        whole("manifold-tables"), ("M14",), short(100),
    ),
    Broken(
        "RAAI for every start", given(f"{M}.starts.mlp", all_raai), whole("manifold-starts"),
        ("M6 default", "M6 RAAI"), {**FEW_STARTS, **short(400)},
    ),
    Broken(
        "default networks for compositional ones",
        given(f"{M}.starts.start", lambda kind, sign, setting: start("default", sign, setting)),
        whole("manifold-starts"), ("M6 compositional",), FEW_STARTS,
    ),
    Broken("steps of stage 1 too short", one_rate(1, 1e-12), of_bends, ("M10",)),
    Broken("no learning", never_learns, of_bends, ("M10 alone",)),
    Broken("steps a million times as long", given(f"{M}.bends.session", longer_steps), of_bends, ("M10 manifold",),
           SHORTER_STEPS),
    Broken(
        "compositional networks for default ones", given(f"{M}.starts.mlp", of_theorem), whole("manifold-starts"),
        ("M11 bends", "M11 layers"), {**FEW_STARTS, **short(0)},
    ),
)  # fmt: skip
