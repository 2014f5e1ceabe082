"""Of what the Network view counts: all outputs together, one, its margin, or which is the largest; as ``--of`` has it.

Spelled as in ``nnexpr.regions.asked``, which is not imported here: the screen is there before the engine.
"""

from __future__ import annotations

__all__ = [
    "ARGMAX",
    "KINDS",
    "MARGIN",
    "OUTPUT",
    "REGIONS",
    "is_of_one",
    "is_spelled",
    "parted",
    "spelled",
    "words",
]

REGIONS, OUTPUT, MARGIN, ARGMAX = KINDS = ("regions", "output", "margin", "argmax")
WORDS = {REGIONS: "all outputs", OUTPUT: "output {}", MARGIN: "margin of {}", ARGMAX: "the largest"}


def parted(of: str) -> tuple[str, int]:
    """One of ``KINDS``, and the output that is meant, 0 where none is."""
    kind, _, number = of.partition(":")
    return kind, int(number or 0)


def is_of_one(of: str) -> bool:
    """Whether a single number is counted in the place of all outputs: one of them, or a margin."""
    return ":" in of


def is_spelled(of: str) -> bool:
    """Whether it says something of some network."""
    kind, colon, number = of.partition(":")
    return kind in (KINDS[1:3] if colon else KINDS[::3]) and (number.isdecimal() or not colon)


def spelled(kind: str, output: int) -> str:
    """As ``--of`` has it."""
    return f"{kind}:{output}" if kind in (OUTPUT, MARGIN) else kind


def words(of: str) -> str:
    """What a person reads."""
    kind, output = parted(of)
    return WORDS[kind].format(output)
