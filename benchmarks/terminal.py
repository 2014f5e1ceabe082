"""The explorer in a real terminal, measured against its budgets.

    python benchmarks/terminal.py [--quick] [--only NAME] [--long]

Every figure is taken from outside, at the other end of a pseudo-terminal: bytes and the times they came. What the
bytes put on the screen is worked out afterwards, so that looking costs the explorer nothing. Speeds are ratios of two
programs measured in turn. The exit code is 1 if a budget is missed. Nothing else should run on the machine meanwhile.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Iterator

from explorer import endings, keys, screens, sent, speed, starts
from explorer.figures import FULL, QUICK, Effort, Figure
from explorer.trained import CORES, THREADS
from pty_app import WIDE

MEASUREMENTS: dict[str, Callable[[Effort], Iterator[Figure]]] = {
    "first-paint": starts.first_paint,
    "help": starts.help_page,
    "training": speed.training_speed,
    "tangent": speed.tangent_speed,
    "keys": keys.keys,
    "wire": sent.wire,
    "slow-link": keys.slow_link,
    "every-key": keys.every_key,
    "whole-screen": sent.whole_screen,
    "quit": endings.leaving,
    "plane": screens.plane,
    "network": screens.network,
    "manifold": screens.manifold,
    "experiments": screens.experiments,
    "memory": speed.memory,
}


def measured(name: str, effort: Effort) -> Iterator[Figure]:
    """The figures of one measurement; one more, of its failure, where the explorer did not do as it should."""
    try:
        yield from MEASUREMENTS[name](effort)
    except AssertionError as failure:
        print(failure, file=sys.stderr)
        yield Figure(name, "", "could not be measured", ok=False)


def main() -> int:
    """Measure, print the table as it grows, and say whether all budgets were kept."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="fewer and shorter measurements")
    parser.add_argument("--only", action="append", choices=MEASUREMENTS, metavar="NAME",
                        help="one measurement, may be repeated: " + ", ".join(MEASUREMENTS))  # fmt: skip
    parser.add_argument("--long", action="store_true", help="also how memory grows in a minute")
    given = parser.parse_args()
    chosen = given.only or [name for name in MEASUREMENTS if name != "memory" or given.long]
    load = os.getloadavg()[0]
    print(f"{WIDE.columns}×{WIDE.rows}, {CORES} cores, torch on {THREADS}; load before {load:.1f}\n")
    print(f"{'what':<50} {'budget':<17} {'ok':<4} reached")
    kept = True
    for name in chosen:
        for figure in measured(name, QUICK if given.quick else FULL):
            ok = {True: "yes", False: "NO", None: ""}[figure.ok]
            print(f"{figure.what:<50} {figure.budget:<17} {ok:<4} {figure.reached}", flush=True)
            kept = kept and figure.ok is not False
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main())
