"""Runs that are asked for by a name: whoever asks, and however often, the same name is the same run.

So a command that is queued again as it stood goes on with what it had begun. The name is written down before the run
is: a process that is killed in between leaves a name, and the next one that asks for it begins the run.
"""

from __future__ import annotations

from typing import Any

from nnexpr.runs.folder import LABELS, is_id, labels_file
from nnexpr.runs.holding import locked
from nnexpr.runs.labels import Labels, labels_of, require_name, write_labels
from nnexpr.runs.store import Store
from nnexpr.specification import OPTIONS, FitSpecification, InputError, Option

__all__ = ["claimed", "differences"]

LOCK, PATIENCE = ".names.lock", 10.0  # seconds for another process to have claimed its name


def claimed(store: Store, name: str) -> str:
    """The id of the run of this name: one that is there, or that is to be begun.

    Raises InputError for what cannot be a name, and OSError where the store cannot be written.
    """
    name = require_name(name)
    if not name:
        raise InputError("run", name, "it is the name of a run, new or there already")
    store.make_folder()
    with locked(store.folder / LOCK, PATIENCE):
        for path in sorted(store.folder.glob(f"*{LABELS}"), reverse=True):
            run = path.name.removesuffix(LABELS)
            if is_id(run) and labels_of(path).name == name:
                return run
        run = store.fresh_id()
        write_labels(labels_file(store.place(run)), Labels(name=name))
    return run


def differences(asked: FitSpecification, kept: FitSpecification) -> list[str]:
    """In words, what is asked for otherwise than in a run that was kept: "--depth is 4 here and 3 there".

    What was asked for is as it was given. What a fit settles itself, a device, threads, points and domain, is no
    difference where it is left open. Raises InputError for a target that cannot be.
    """
    from nnexpr.targets import build_target

    target = build_target(asked)
    settled: dict[str, Any] = {"points": target.points}
    open_ones = {
        "device": asked.device == "auto",
        "threads": asked.threads is None,
        "domain": asked.domain is None,
    }
    settled |= {name: getattr(kept, name) for name, is_open in open_ones.items() if is_open}
    if asked.device == "cuda":
        settled["device"] = "cuda:0"
    asked = asked.replace(**settled)
    return [
        f"{option.flag} is {_shown(option, asked)} here and {_shown(option, kept)} there"
        for name, option in OPTIONS.items()
        if getattr(asked, name) != getattr(kept, name)
    ]


def _shown(option: Option, specification: FitSpecification) -> str:
    value = getattr(specification, option.name)
    return "not given" if value is None else option.format(value)
