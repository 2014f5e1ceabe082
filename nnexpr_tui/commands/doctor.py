"""``doctor``: what was found on this machine, and what would make it better. Works without a terminal."""

from __future__ import annotations

import os
from typing import Any

import click

from nnexpr_tui.commands.options import SectionedCommand, json_option
from nnexpr_tui.commands.output import Progress, number, print_json, print_table, print_text

__all__ = ["doctor"]

_GIB = 2**30

_EXAMPLES = {
    "": "what is found, and what would be better",
    "--compile": "after an installation, so that the first fit waits for nothing",
    "--json": "to put into a report of a fault",
}


@click.command(cls=SectionedCommand, examples=_EXAMPLES)
@click.option(
    "--compile",
    "compile_first",
    is_flag=True,
    help="compile the engine's loops first, so that nothing waits later",
)
@json_option
def doctor(compile_first: bool, as_json: bool) -> None:
    """Say what was found: versions, devices, memory, terminal size, colours, glyph widths, link speed, paths."""
    if compile_first:
        _compile()
    from nnexpr_tui.commands import machine

    terminal = machine.terminal(os.environ)
    found = {
        "schema": 1,
        "versions": machine.versions(),
        "machine": machine.machine(),
        "terminal": terminal,
        "paths": machine.paths(),
        "advice": machine.advice(terminal),
    }
    if as_json:
        print_json(found)
    else:
        _show(found, machine.TEST_CARD)


def _compile() -> None:
    from nnexpr_tui.worker.warming import KINDS, compile_loops

    with Progress("compiling", len(KINDS)) as bar:
        for done, kind in enumerate(KINDS):
            bar.show(done, kind)
            compile_loops(kind)
        bar.show(len(KINDS), "")


def _show(found: dict[str, Any], card: dict[str, str]) -> None:
    print_table("Versions", ("", "version"), found["versions"].items(), words=True)
    print_table("Machine", ("", "found"), _machine_rows(found["machine"]), words=True)
    print_table("Terminal", ("", "found"), _terminal_rows(found["terminal"]), words=True)
    print_table("Paths", ("", "path"), found["paths"].items(), words=True)
    print_text("Test card: the bars at the ends of the rows must stand below one another.", style="bold")
    for name, signs in card.items():
        print_text(f"  {name:<8} {signs}|")
    print_text()
    for sentence in found["advice"] or ["Nothing to advise."]:
        print_text(f"* {sentence}")


def _machine_rows(machine: dict[str, Any]) -> list[tuple[str, str]]:
    total, available = machine["memory_total"] / _GIB, machine["memory_available"] / _GIB
    return [
        ("system", machine["system"]),
        ("processor", machine["processor"]),
        ("cores", f"{number(machine['cores'])} ({machine['usable_cores']} usable threads)"),
        ("vector instructions", machine["vector_instructions"]),
        ("memory", f"{available:.1f} of {total:.1f} GiB free"),
        ("devices", ", ".join(machine["devices"])),
        *((each["device"], _graphics(each)) for each in machine["cuda"]),
        ("--device auto", machine["auto"]),
        ("torch's threads", str(machine["threads"])),
    ]


def _graphics(each: dict[str, Any]) -> str:
    cannot = f"; it cannot compute: {each['trouble']}" if each["trouble"] else ""
    return f"capability {each['capability']}, {each['memory'] / _GIB:.1f} GiB{cannot}"


def _terminal_rows(terminal: dict[str, Any]) -> list[tuple[str, str]]:
    trip = terminal["round_trip"]
    program = f"{terminal['program']} {terminal['program_version']}".strip()
    whole = {None: "not known", True: "yes", False: "no"}[terminal["synchronised_output"]]
    streams = [name for name in ("stdin", "stdout", "stderr") if terminal[name]]
    return [
        ("is a terminal", ", ".join(streams) or "none of stdin, stdout, stderr"),
        ("size", f"{terminal['columns']}x{terminal['lines']}"),
        ("TERM", terminal["term"] or "not set"),
        ("program", program or terminal["answers_as"] or "not told"),
        ("colours", terminal["colours"]),
        ("encoding", f"{terminal['encoding']} (locale {terminal['locale'] or 'not set'})"),
        ("between", ", ".join(name for name in ("tmux", "ssh") if terminal[name]) or "neither tmux nor SSH"),
        ("answers after", "not asked, or no answer" if trip is None else f"{1000 * trip:.1f} ms"),
        ("frames shown whole", whole),
    ]
