"""``regions --between`` and ``--plane``: any network, or several, on a segment or a plane among its inputs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from nnexpr.specification import InputError
from nnexpr_tui.commands.output import number, print_drawn, print_json, print_text
from nnexpr_tui.commands.regions_report import CHECK, COUNTS, PLANE, cells, counts, finish, table
from nnexpr_tui.commands.slices import uncounted
from nnexpr_tui.doubts import doubts

if TYPE_CHECKING:
    from nnexpr.regions.path import PathDecisions
    from nnexpr.regions.plane import PlaneRegions
    from nnexpr.regions.slices import Slice
    from nnexpr.runs.reading import AnyNetwork
    from nnexpr.scale import Scale
    from nnexpr_tui.charts.heat import Picture
    from nnexpr_tui.charts.maps import Ground
    from nnexpr_tui.commands.regions_report import Columns, Member

__all__ = ["Opened", "between", "on_plane"]

_MOST_POSITIONS = 20
_PICTURE = 64, 30  # columns and rows, in which a square is about square

_FILE: Columns = {"file": lambda told: told["file"]}
_EPOCH: Columns = {"epoch": lambda told: number(told["epoch"])}
_DECISIONS: Columns = {
    "member": COUNTS["member"],
    "decision regions": lambda told: number(told["decision_regions"]),
    "linear regions": lambda told: number(told["linear_regions"]),
    "classes": lambda told: ", ".join(map(str, told["classes"][:8])) + ", ..." * (len(told["classes"]) > 8),
}
_ON_PATH: Columns = {name: CHECK[name] for name in ("certified", "residual", "ties")}


class Opened(NamedTuple):
    """A file with its network and the members of it that are looked at; of a recording's moment the epoch."""

    file: str
    saved: AnyNetwork
    members: list[int]
    epoch: int | None = None

    @property
    def named(self) -> Member:
        """What is told of it beside its numbers."""
        return {"file": self.file} | ({} if self.epoch is None else {"epoch": self.epoch})


# On the segment


def between(opened: Sequence[Opened], place: Slice, of: str, as_json: bool) -> list[Member]:
    """Count on the segment and tell. Raises InputError."""
    told = [each.named | member for each in opened for member in _named(each, _between, place, of)]
    if as_json:
        print_json(
            {"schema": 1, "between": place.between, "of": of, "members": told, "assumed": _assumed(opened)}
        )
        return told
    first, second = place.between or ("", "")
    title = f"{_what(of)} between {first} and {second}"
    columns = {**_DECISIONS, **_ON_PATH} if "decision_regions" in told[0] else {**COUNTS, **CHECK}
    _show(title, columns, told, opened)
    if len(told) == 1:
        print_text(_listed("changes" if of == "argmax" else "bends", told[0]["positions"].tolist()))
        if "zeros" in told[0]:
            print_text(_listed("zeros", told[0]["zeros"].tolist()))
    return told


def _listed(what: str, places: list[float]) -> str:
    shown = ", ".join(number(each, 6) for each in places[:_MOST_POSITIONS])
    rest = f" and {len(places) - _MOST_POSITIONS:,} more (all with --json)" * (len(places) > _MOST_POSITIONS)
    return f"{what}, as fractions of the way: {shown or 'none'}{rest}"


def _between(opened: Opened, place: Slice, of: str) -> list[Member]:
    from nnexpr.regions.asked import ARGMAX, is_margin
    from nnexpr.regions.path import path_decisions, path_regions

    saved, members = opened.saved, opened.members
    network, ends, up = saved.network.select(members), place.ends(saved.input_scales), saved.value_scale
    if of == ARGMAX:
        return [_decided(*each, up) for each in zip(members, path_decisions(network, ends), strict=True)]
    return [
        counts(member, along)
        | {"positions": along.positions, "check": vars(along.check.rescaled(up))}
        | ({"zeros": along.zeros / along.length} if is_margin(of) else {})
        for member, along in zip(members, path_regions(network, ends, of=of), strict=True)
    ]


def _decided(member: int, along: PathDecisions, up: Scale) -> Member:
    """Bends and positions are where the largest output changes."""
    return {
        "member": member,
        "linear_regions": along.linear_regions,
        "decision_regions": along.count,
        "bends": along.bends,
        "activation_regions": along.activation_regions,
        "classes": along.classes.tolist(),
        "positions": along.positions,
        "certified": along.check.certified,
        "doubts": doubts(along.check),
        "check": vars(along.check.rescaled(up)),
    }


# In the plane


def on_plane(opened: Sequence[Opened], place: Slice, of: str, as_json: bool) -> list[Member]:
    """Count in the plane and tell, with a picture of a single network. Raises InputError."""
    found = [
        (each, member, regions) for each in opened for member, regions in _named(each, _cells, place, of)
    ]
    told = [each.named | _told(member, regions, each.saved) for each, member, regions in found]
    if as_json:
        plane = place.plane(opened[0].saved.input_scales)
        head = {"schema": 1, "plane": plane._asdict(), "domain": place.rectangle, "of": of}
        print_json({**head, "members": told, "assumed": _assumed(opened)})
        return told
    sides = " x ".join(f"[{number(low, 6)}, {number(high, 6)}]" for low, high in place.rectangle)
    title = f"{_what(of)} on s, t in {sides} of {' '.join(place.words)}"
    columns = {**_DECISIONS, "cells": lambda told: number(told["cells"])} if of == "argmax" else COUNTS
    _show(title, columns, told, opened)
    table("Certificates: vertices - edges + cells is 1, areas sum to the domain's", {**PLANE, **CHECK}, told)
    if len(told) == 1:
        [(_, _, regions)] = found
        print_drawn(lambda ground: _picture(regions, opened[0].saved.network.outputs, ground), *_PICTURE)
    return told


def _cells(opened: Opened, place: Slice, of: str) -> list[tuple[int, PlaneRegions]]:
    from nnexpr.regions.plane import plane_regions

    saved, members = opened.saved, opened.members
    plane = place.plane(saved.input_scales)
    return [
        (
            member,
            plane_regions(saved.network, place.rectangle, member, plane=plane, of=of),
        )
        for member in members
    ]


def _told(member: int, regions: PlaneRegions, saved: AnyNetwork) -> Member:
    from nnexpr.regions.asked import is_margin

    told = cells(member, regions, saved.value_scale)
    if is_margin(regions.of):
        return told | {"zeros": [line.tolist() for line in regions.zeros]}
    if regions.classes is None:
        return told
    classes = sorted(set(regions.classes.tolist()))
    return told | {"linear_regions": None, "decision_regions": regions.count, "classes": classes}


def _picture(regions: PlaneRegions, outputs: int, ground: Ground) -> Picture:
    """Decision regions by their class; else cells, by slope where there is one output and by pattern where several."""
    from nnexpr_tui.charts.classes import class_map, pattern_map
    from nnexpr_tui.charts.maps import cell_map, held_limit, image_size, picture_points

    columns, rows = image_size(ground)
    faces = regions.locate(picture_points(regions.domain, (columns, rows)).reshape(-1, 2)).reshape(
        rows, columns
    )
    if regions.classes is not None:
        return class_map(regions.classes[faces], outputs, ground)
    if regions.slopes.ndim > 2:
        return pattern_map(faces, regions.patterns, ground)
    return cell_map(faces, regions.slopes, held_limit(regions.steepness[faces], None), ground)


# Both


def _what(of: str) -> str:
    return {"regions": "Linear regions", "argmax": "Decision regions"}.get(of, f"Linear regions of {of}")


def _show(title: str, columns: Columns, told: list[Member], opened: Sequence[Opened]) -> None:
    """One table, with files and epochs where there are several and the members where another than the first is told."""
    shown = dict(columns)
    if not any(member["member"] for member in told):
        del shown["member"]
    several, named = len({each.file for each in opened}) > 1, _EPOCH if opened[0].epoch is not None else {}
    if several:  # the names of files take the place of what is seldom looked at
        named = {**_FILE, **named}
        shown = {name: cell for name, cell in shown.items() if name not in ("ties", "merged")}
    table(title if several else f"{title}, {opened[0].file}", {**named, **shown}, told, narrow=True)
    if "dead_units" in told[0]:
        finish(told)


def _named(opened: Opened, count: Callable[[Opened, Slice, str], list], place: Slice, of: str) -> list:  # type: ignore[type-arg]
    """What counting raises, as of this file."""
    try:
        return count(opened, place, of)
    except InputError:
        raise
    except ValueError as error:
        raise uncounted(opened.file, error) from None


def _assumed(opened: Sequence[Opened]) -> list[str]:
    return [sentence for each in opened for sentence in each.saved.assumed]
