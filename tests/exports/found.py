"""What experiments found, made up for the tests of reports."""

from __future__ import annotations

import math
from dataclasses import replace

from recordings import HOSTILE

from nnexpr.experiments.data import Claim, Curve, Figure, Map, Result, Table
from nnexpr.experiments.discovery import Experiment
from nnexpr.experiments.findings import Finding
from nnexpr.exports.report import Report

CLAIMS = (
    Claim("T1", "one is one", 1.0, 1.0, None, "holds", "one is another"),
    Claim("T2", "one is two", 2.0, 1.0, 0.25, "fails", "one is one", "It is not."),
    Claim("T3", "misprinted", "2", 1, "", "holds as corrected", "1 is 0"),
    Claim("T4", "nobody knows", None, None, None, "not measured", "somebody does"),
)
TABLE = Table(
    "A table",
    ("name", "value", "said"),
    [["one", 1.5, "a"], ["none", None, "b"], ["lost", math.nan, "c"], ["", 3, ""]],
)
FIGURE = Figure(
    "Lines",
    "x",
    "y",
    [Curve("up", [0.0, 1.0, 2.0, 3.0], [1.0, 2.0, math.nan, 4.0]), Curve("one", [2.0], [3.0])],
)
LOGS = Figure("Logs", "n", "error", [Curve("", [1.0, 10.0, 100.0], [1e-2, 0.0, 1e-6])], True, True)
MAP = Map(
    "A map",
    "across",
    "up",
    [0.0, 1.0, 4.0],
    [1.0, 10.0],
    [[0.0, 1.0, math.nan], [3.0, -4.0, 5.0]],
    "height",
    log_y=True,
)
AROUND = replace(MAP, title="Around zero", diverging=True)


def experiment(name: str, group: str) -> Experiment:
    return Experiment(
        name,
        group,
        f"Source of {group}",
        f"Title of {name}",
        "Does it work?",
        lambda _: Result(),
        "all of it",
        "a bit",
        "more",
    )


def finding(name: str, result: Result, *, quick: bool = False, large: bool = False) -> Finding:
    return Finding(name, quick, 12.34, 1_700_000_000.0, result, large)


def report(*, quick: bool = False, large: bool = False, seed: int = 0) -> Report:
    whole = Result([TABLE], [FIGURE, LOGS, MAP, AROUND], CLAIMS)
    few = Result([], [], CLAIMS[:1])
    done = [
        (experiment("works", "first"), finding("works", whole, quick=quick, large=large)),
        (experiment("holds", "second"), finding("holds", few, quick=quick, large=large)),
        (experiment("bare", "second"), finding("bare", Result([TABLE]), quick=quick, large=large)),
    ]
    return Report("all", done, (), seed, "nnexpr-tui reproduce all --report a.html")


def hostile_report() -> Report:
    claim = Claim(HOSTILE, HOSTILE, HOSTILE, HOSTILE, HOSTILE, "fails", HOSTILE, HOSTILE)
    table = Table(HOSTILE, (HOSTILE, HOSTILE), [[HOSTILE, HOSTILE]])
    figure = Figure(HOSTILE, HOSTILE, HOSTILE, [Curve(HOSTILE, [0.0, 1.0], [0.0, 1.0])])
    plane = Map(HOSTILE, HOSTILE, HOSTILE, [0.0, 1.0], [0.0, 1.0], [[0.0, 1.0], [2.0, 3.0]], HOSTILE)
    made = Experiment(HOSTILE, HOSTILE, HOSTILE, HOSTILE, HOSTILE, lambda _: Result(), HOSTILE, HOSTILE)
    done = [(made, finding(HOSTILE, Result([table], [figure, plane], [claim])))]
    return Report(HOSTILE, done, [made], 0, HOSTILE)
