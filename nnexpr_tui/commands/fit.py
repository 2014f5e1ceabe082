"""``fit``: trains an ensemble on a target, keeps the run, and tells what came of it."""

from __future__ import annotations

from contextlib import nullcontext, suppress
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any

import click

from nnexpr.kinds import NETWORKS
from nnexpr.runs.keeper import Keeper
from nnexpr.specification import OPTIONS, FitSpecification, InputError
from nnexpr_tui.commands.group import FailedRunError
from nnexpr_tui.commands.interrupts import Pending, signals, waiting
from nnexpr_tui.commands.options import (
    SectionedCommand,
    fit_options,
    given,
    json_option,
    keeping_options,
    output_option,
)
from nnexpr_tui.commands.output import Progress, count, figure, number, print_json, print_table, say
from nnexpr_tui.commands.preset import list_presets as print_presets
from nnexpr_tui.commands.preset import preset_options
from nnexpr_tui.commands.saving import checked, require_spelled, saved
from nnexpr_tui.commands.taken_up import taken_up
from nnexpr_tui.presets import Preset
from nnexpr_tui.threads import use_threads

if TYPE_CHECKING:
    from nnexpr.runs.recorder import Recorder
    from nnexpr.runs.run import Run
    from nnexpr.runs.store import Store
    from nnexpr.training.session import Session

__all__ = ["carried_out", "fit"]

_EXAMPLES = {
    "--target csv:data.csv:day:level --width 32 --epochs 5000": "two columns of a file, by their names",
    "--target 'expr:sin(8*pi*x)*exp(-x)' --members 30 --json": "thirty networks on a formula, for a script",
    "--target chirp --epochs 1000000 --run deep": "begun, or gone on with where it was cut short: for queues",
    "--target cube --network compositional --stages 1,3": "on the manifold of peaks and scales first, then all weights",
}
_TURN = 0.25  # seconds between two looks at the clock, the progress bar and the signals


@click.command(cls=SectionedCommand, examples=_EXAMPLES, failed="it failed, or every member diverged")
@fit_options()
@json_option
@output_option(
    "--tangent", is_flag=True, help="tell the tangent kernel of the best member, at the start and at the end"
)
@output_option(
    "--save",
    metavar="PATH",
    help="write the trained members to PATH, a .safetensors file, or the best of them as .onnx",
)
@keeping_options()
@output_option(
    "--run", "name", metavar="NAME", help="name the run; where one of this name was begun, go on with it"
)
@output_option("--no-record", is_flag=True, help="keep the run without snapshots of the way there")
@output_option("--list-targets", is_flag=True, help="list the named targets and leave")
@preset_options()
@click.pass_context
def fit(
    ctx: click.Context,
    /,
    as_json: bool,
    tangent: bool,
    save: str | None,
    store: Store,
    no_store: bool,
    name: str | None,
    no_record: bool,
    checkpoint_every: float | None,
    list_targets: bool,
    preset: Preset | None,
    list_presets: bool,
    **_: Any,
) -> int:
    """Train an ensemble on a target.

    Losses are mean squared errors over the training points, in the target's own units.

    What --save writes as .safetensors holds all members, and is read by regions, plot and open; .onnx, which other
    programs read, holds the member of the least loss, from and to the numbers that the network itself sees.
    """
    if list_targets:
        _list_targets(as_json)
        return 0
    if list_presets:
        print_presets(as_json=as_json)
        return 0
    make = FitSpecification.make if preset is None else preset.specification
    specification = make(**given(ctx))
    _say_what_is_idle(specification, given(ctx))
    place = None if save is None else checked(save)
    if not no_store:
        store.require_writable()
    elif name is not None:
        raise InputError("--run", name, "a run of a name is kept; leave out --no-store")
    every = 2.0 if checkpoint_every is None else checkpoint_every
    keeper = None if no_store else Keeper(store, every, None if name is None else _claimed(store, name))
    how = {"as_json": as_json, "tangent": tangent}
    with keeper.held() if keeper else nullcontext():
        begun = store.find(keeper.run) if keeper and keeper.run else None
        if begun is not None:
            if keeper and keeper.problem:
                say(keeper.problem)
            session, recorder = _gone_on(begun, specification, str(name))
            is_over = session.state != "running"
            return carried_out(session, recorder, keeper, **how, place=place, at_its_end=is_over)
        session, recorder = _begun(specification, modes=as_json, recorded=not (no_store or no_record))
        if place is not None:
            require_spelled(place, session.network)
        return carried_out(session, recorder, keeper, **how, place=place)


def _claimed(store: Store, name: str) -> str:
    """The id of the run of that name, which is there or to be."""
    from nnexpr.runs.claiming import claimed

    try:
        return claimed(store, name)
    except InputError as error:
        raise InputError("--run", name, error.allowed) from None


def _gone_on(kept: Run, asked: FitSpecification, name: str) -> tuple[Session, Recorder | None]:
    """The run of that name where it was kept last, if it is of the fit that is asked for; InputError if it is not."""
    from nnexpr.runs.claiming import differences

    other = differences(asked, FitSpecification.from_config(kept.head().config))
    if other:
        another = "give another name, or delete it"
        raise InputError(
            "--run", name, f"run {kept.id} of this name is of another fit: {', '.join(other)}; {another}"
        )
    session, recorder = taken_up(kept)
    if session.state in ("finished", "failed"):
        say(f"Run {kept.id} of this name is at its end.")
    else:
        say(f"Run {kept.id} of this name goes on from epoch {session.epoch:,}.")
        session.start()
    return session, recorder


def carried_out(
    session: Session,
    recorder: Recorder | None,
    keeper: Keeper | None,
    *,
    as_json: bool,
    tangent: bool = False,
    place: Path | None = None,
    at_its_end: bool = False,
) -> int:
    """Train a session that has begun to its end, keep it and tell what came of it; the exit code.

    One that is ``at_its_end``, as it was kept, is only told of.
    """
    from nnexpr.training.fit import result_of
    from nnexpr_tui.commands.fit_report import document, show

    with signals(deferred=True) as pending:  # from now on something would be lost
        if not at_its_end:
            try:
                _train(session, recorder, keeper, pending)
            except Exception:
                _keep_what_was_done(session, recorder, keeper)
                raise
            if keeper:
                keeper.keep(session, recorder)
        unsaved = place and saved(place, session)
        report = document(result_of(session), keeper, bounds=as_json, tangent=tangent)
        if as_json:
            print_json(report)
        else:
            show(session, report)
    if pending.code is not None:
        say(f"Interrupted at epoch {session.epoch:,} of {session.specification.epochs:,}.")
        if keeper and keeper.kept and session.state == "stopped":
            say(f"nnexpr-tui runs resume {keeper.run} goes on.")
        return pending.code
    problem = _all_diverged(session) or unsaved or (keeper and keeper.problem)
    if problem:
        raise FailedRunError(problem)
    return 0


def _keep_what_was_done(session: Session, recorder: Recorder | None, keeper: Keeper | None) -> None:
    """Of a training that failed, where that is still possible; its last checkpoint stands anyway."""
    if keeper is None:
        return
    with suppress(Exception):
        session.take_back()
        keeper.keep(session, recorder)
    if keeper.kept is not None:
        say(
            f"It failed after epoch {keeper.epoch or 0:,}; nnexpr-tui runs resume {keeper.run} goes on from there."
        )


def _begun(
    specification: FitSpecification, *, modes: bool, recorded: bool
) -> tuple[Session, Recorder | None]:
    """A session that has taken its first step, and what records it if it is.

    All is loaded and compiled, which may take a while where it is not.
    """
    use_threads(specification.threads)
    with waiting("Loading torch and the compiled loops ..."):
        from nnexpr.runs.recorder import Recorder
        from nnexpr.runs.scene import scene_of
        from nnexpr.training.devices import passed_over
        from nnexpr.training.fit import session_of

        session = session_of(specification, modes=modes)
        recorder = Recorder(session, scene_of(session)) if recorded else None
    encoding = session.network.encoding
    notes = (passed_over(specification.device), encoding.note if encoding else "", *session.target.notes)
    for note in filter(None, notes):
        say(note)
    session.start()
    with waiting("Compiling the training loops, or taking a long first epoch ..."):
        (recorder or session).advance(0.0)
    return session, recorder


def _train(session: Session, recorder: Recorder | None, keeper: Keeper | None, pending: Pending) -> None:
    """Train to the end, or until a signal."""
    import numpy as np

    told, trained = 0.0, recorder or session
    network, target, epochs = session.network, session.target, session.specification.epochs
    say(
        f"Training {count(network.members, 'network')} of {count(network.parameter_count, 'parameter')} on "
        f"{target.name}: {count(target.points, 'point')}, {count(epochs, 'epoch')}, on {session.device_name}."
    )
    with Progress("training", epochs) as bar:
        while pending.code is None and trained.advance(_TURN):
            if bar.visible and monotonic() >= told + _TURN:
                losses = session.losses()
                least = np.nanmin(losses) if np.isfinite(losses).any() else np.nan
                bar.show(session.epoch, f"loss {figure(float(least))}")
                told = monotonic()
            if keeper and keeper.is_due:
                keeper.keep(session, recorder)
    if session.state == "running":
        session.stop()
    say(f"{count(session.epoch, 'epoch')} in {session.seconds:.2f} s.")


def _say_what_is_idle(specification: FitSpecification, options: dict[str, Any]) -> None:
    """Say which of the given options have no meaning for the network, the optimiser or the target."""
    from nnexpr.targets.build import idle_options
    from nnexpr.targets.wording import printable

    target = printable(specification.target, 40)
    for name in sorted(idle_options(specification).intersection(options)):
        say(f"{OPTIONS[name].flag} has no meaning for --target {target}; it changes nothing.")
    for name in options:
        if not specification.relevant(name):
            other = not NETWORKS[specification.network].takes(name)
            what = f"--network {specification.network}" if other else f"--optimizer {specification.optimizer}"
            say(f"{OPTIONS[name].flag} has no meaning for {what}; it changes nothing.")


def _all_diverged(session: Session) -> str:
    """What to say if every member diverged."""
    if session.state != "failed":
        return ""
    first, last = min(session.diverged.values()), max(session.diverged.values())
    when = f"at epoch {first:,}" if first == last else f"between epochs {first:,} and {last:,}"
    who = "the member" if session.network.members == 1 else f"all {session.network.members:,} members"
    rate = f"a smaller --lr than {session.specification.lr:g} may help"
    if last == 0:  # before any step
        precise = session.specification.dtype == "float64"
        rate = "its first values are too large" if precise else "squares beyond 3.4e38 need --dtype float64"
    return f"{who} diverged {when}: the loss is not finite; {rate}"


def _list_targets(as_json: bool) -> None:
    from nnexpr.targets import CATALOGUE

    if as_json:
        keys = ("name", "formula", "domain", "dimension", "source")
        print_json([{key: getattr(entry, key) for key in keys} for entry in CATALOGUE.values()])
        return
    rows = [
        (entry.name, entry.formula, f"[{number(entry.domain[0])}, {number(entry.domain[1])}]", entry.source)
        for entry in CATALOGUE.values()
    ]
    print_table("Targets", ("name", "formula", "domain", "source"), rows, words=True)
