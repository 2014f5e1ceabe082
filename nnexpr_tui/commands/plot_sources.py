"""What ``plot`` is asked to draw, by its name: a file, a run, an experiment or a group of them; and its figures."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypedDict, TypeVar

from nnexpr import plot
from nnexpr.experiments.discovery import Experiment, find
from nnexpr.experiments.findings import Finding, kept_finding
from nnexpr.networks.tensor_file import opened
from nnexpr.plot.ways import WAYS, Drawable, drawn_as
from nnexpr.runs.file import SavedNetwork
from nnexpr.runs.reading import of_one_output, read_network
from nnexpr.runs.restored import recording_of, result_of
from nnexpr.runs.run import Run
from nnexpr.runs.store import Store
from nnexpr.runs.sweep_journal import SweepEntry
from nnexpr.specification import InputError
from nnexpr.targets import target
from nnexpr_tui.commands.interrupts import Interrupted, signals
from nnexpr_tui.commands.output import say
from nnexpr_tui.commands.reproduce import How, performed

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from nnexpr.plot.style import Size

__all__ = ["Asked", "Labelled", "drawn"]

Labelled = list[tuple[str, "Figure"]]
Thing = TypeVar("Thing")

EVERY = "all"
OF_NETWORKS = ("fit", "cells", "patterns")
SPELLED = ("csv:", "expr:")
_BEGINNING = re.compile(r"[0-9]{4,8}(-|$)")  # of a run's id, which no experiment has
HEAD = 16  # bytes that tell weights from data


class Asked(TypedDict):
    """What was asked for beside the name; None where it was not."""

    what: str | None
    epoch: int | None
    member: int | None
    domain: tuple[float, float] | None
    quick: bool


def drawn(name: str, store: Store, asked: Asked, *, size: Size | None, title: bool) -> Labelled:
    """The figures of what the name stands for, each with a label. Raises InputError."""
    look: dict[str, Any] = {"title": title} | ({} if size is None else {"size": size})
    if asked["what"] not in (None, EVERY, *WAYS):
        raise InputError("what", asked["what"], "it must be one of " + ", ".join((*WAYS, EVERY)))
    if name.startswith(SPELLED):
        return _of_target(name, asked, look)
    if os.path.exists(name):
        return _of_file(name, store, asked, look)
    if (found := _sweep_named(name, store)) is not None:
        return _of_sweep(found, store, asked, look)
    run = store.named(name) if _BEGINNING.match(name) else None
    if run is not None:
        return _of_fit(run, asked, look, lambda: _of_network(run.read(), name, asked, look))
    try:
        experiments = find(name)
    except InputError:
        allowed = (
            "there is no such file, no run of that id in the store, and no experiment or group of that name"
        )
        raise InputError("file", name, allowed) from None
    return _of_experiments(experiments, store, asked, look)


# --- of a fit


def _of_fit(run: Run, asked: Asked, look: dict[str, Any], network_only: Callable[[], Labelled]) -> Labelled:
    return _of_drawable(
        Drawable(run.id, _or_none(run.load), _or_none(run.recording)), asked, look, network_only
    )


def _of_drawable(
    of: Drawable, asked: Asked, look: dict[str, Any], network_only: Callable[[], Labelled]
) -> Labelled:
    if of.result is None and of.recording is None:
        return network_only()
    _refuse(asked, f"{of.name} is a fit", "domain", "quick")
    way = asked["what"] or ("fit" if of.inputs == 1 else "maps")
    options = {
        "epoch": asked["epoch"],
        "member": asked["member"],
        "size": look.get("size"),
        "title": look["title"],
    }
    if way != EVERY:
        return [(way, drawn_as(WAYS[way], of, **options))]
    figures = []
    for each in WAYS.values():
        suits = of.inputs in each.inputs
        own = options | {} if each.at_epochs else options | {"epoch": None}
        own = own if each.of_members else own | {"member": None}
        if suits and (figure := _or_none(lambda each=each, own=own: drawn_as(each, of, **own))) is not None:  # type: ignore[misc]
            figures.append((each.name, figure))
    return figures


def _or_none(get: Callable[[], Thing]) -> Thing | None:
    """What is not there, or cannot be counted or drawn, is left out."""
    try:
        return get()
    except ValueError:
        return None


# --- of files


def _of_file(name: str, store: Store, asked: Asked, look: dict[str, Any]) -> Labelled:
    if not _holds_weights(name):
        return _of_target(f"csv:{name}", asked, look)
    saved = of_one_output(name, read_network(name, store), None)
    for sentence in saved.assumed:
        say(sentence)
    fit = Drawable(Path(name).name, None, None)
    if saved.metadata.get("extra"):
        fit = Drawable(
            fit.name, _or_none(lambda: result_of(saved)), _or_none(lambda: recording_of(saved, None))
        )
    return _of_drawable(fit, asked, look, lambda: _of_network(saved, name, asked, look))


def _holds_weights(name: str) -> bool:
    """By its first bytes: safetensors, and what torch.save wrote; all else is data."""
    with opened(name) as (file, _):
        head = file.read(HEAD)
    return head[8:9] == b"{" or head.startswith((b"PK\x03\x04", b"\x80"))


def _of_network(saved: SavedNetwork, name: str, asked: Asked, look: dict[str, Any]) -> Labelled:
    """Of weights alone: the function with its bends, or its cells."""
    network, way = saved.network, asked["what"]
    _refuse(asked, "a network by itself", "epoch", "quick")
    default = "fit" if network.inputs == 1 else "cells"
    ways = [default] if way is None else [default, "patterns"][: network.inputs] if way == EVERY else [way]
    if not set(ways) <= set(OF_NETWORKS) or (ways[0] == "fit") != (network.inputs == 1):
        able = "fit" if network.inputs == 1 else "cells or patterns"
        raise InputError(
            "what", way or default, f"{name} holds a network by itself, which is drawn as {able}"
        )
    if network.inputs == 1:
        return [("fit", plot.network(saved, domain=asked["domain"], member=asked["member"] or 0, **look))]
    return [(each, _cells(saved, asked, patterned=each == "patterns", look=look)) for each in ways]


def _cells(saved: SavedNetwork, asked: Asked, *, patterned: bool, look: dict[str, Any]) -> Figure:
    from nnexpr.regions.plane import plane_regions

    domain, member = asked["domain"], asked["member"] or 0
    if member >= saved.network.members:
        raise InputError("member", member, f"it must be from 0 to {saved.network.members - 1}")
    own = saved.network.member(member)
    regions = plane_regions(own, None if domain is None else (domain, domain))
    return plot.cells(regions, color="pattern" if patterned else "slope", network=own, **look)


def _of_target(spelling: str, asked: Asked, look: dict[str, Any]) -> Labelled:
    _refuse(asked, "a target", "what", "epoch", "member", "quick")
    made = target(spelling, domain=asked["domain"])
    for note in made.notes:
        say(note)
    return [("target", plot.target(made, **look))]


# --- of sweeps


def _sweep_named(name: str, store: Store) -> SweepEntry | None:
    """The sweep of that whole id, or the newest of that name."""
    called = (each for each in reversed(store.sweeps.all()) if name in (each.id, each.name))
    return next(called, None)


def _of_sweep(entry: SweepEntry, store: Store, asked: Asked, look: dict[str, Any]) -> Labelled:
    from nnexpr.runs.sweeps.sweep import Sweep
    from nnexpr.runs.sweeps.table import table_of

    _refuse(asked, "a sweep", "epoch", "member", "domain", "quick", "what")
    return list(plot.sweep(table_of(Sweep(store, entry)), **look).items())


# --- of experiments


def _of_experiments(
    experiments: tuple[Experiment, ...], store: Store, asked: Asked, look: dict[str, Any]
) -> Labelled:
    _refuse(asked, "an experiment", "what", "epoch", "member", "domain")
    figures: Labelled = []
    for place, experiment in enumerate(experiments, 1):
        finding = _finding(experiment, f"{place}/{len(experiments)}", store, quick=asked["quick"])
        before = f"{experiment.id}-" * (len(experiments) > 1)
        made = plot.experiment(finding, **look)
        figures += [(f"{before}{number:0{len(str(len(made)))}}", each) for number, each in enumerate(made, 1)]
    return figures


def _finding(experiment: Experiment, place: str, store: Store, *, quick: bool) -> Finding:
    """What was kept, else what is found now."""
    kept = kept_finding(store.findings, experiment.id, quick=quick)
    if kept is not None:
        return kept
    kind, needs = ("quick", experiment.quick) if quick else ("full", experiment.full)
    say(f"{experiment.id} has no {kind} finding of this version: it is run now ({needs}).")
    with signals(deferred=True) as pending:
        finding = performed(experiment, place, How(quick), store, pending)
    if finding is None:
        say("Interrupted; the same command goes on from here.")
        raise Interrupted(pending.code or 130)
    return finding


def _refuse(asked: Asked, of: str, *options: str) -> None:
    """What has no meaning is refused."""
    for option in options:
        value = asked[option]  # type: ignore[literal-required]
        if value is not None and value is not False:  # 0 is given
            raise InputError(
                option, "given" if value is True else value, f"leave it out; it has no meaning for {of}"
            )
