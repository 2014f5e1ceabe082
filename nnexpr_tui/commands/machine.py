"""What this machine and this terminal are: versions, processor, devices, memory, terminal, paths; and what would help.

Everything is found, nothing is changed; what cannot be found is left out.
"""

from __future__ import annotations

import locale
import os
import platform
import re
import shutil
import sys
from collections.abc import Mapping
from contextlib import suppress
from importlib import metadata
from pathlib import Path
from typing import Any

from nnexpr_tui.commands.terminal_probe import TerminalAnswers, probe_terminal

__all__ = ["TEST_CARD", "advice", "machine", "paths", "terminal", "versions"]

_PACKAGES = ("nnexpr-tui", "torch", "numpy", "scipy", "textual", "rich", "click", "plotext", "safetensors")

# One row of signs for each marker set of the charts; every sign takes one column.
TEST_CARD = {
    "braille": "⠁⠃⠇⡇⣇⣧⣷⣿⡿⠿⠛⠉⣀⣤⣶⣿",
    "block": "▁▂▃▄▅▆▇█▖▗▘▝▀▄▌▐",
    "ascii": ".,:;-=+*#%@ox/~^",
}

SMALL, USUAL = (60, 20), (80, 24)  # columns and lines: the least that is usable, and what every screen fits
SLOW_TRIP = 0.1  # seconds; beyond it a key press is felt to lag
_SYNCHRONISED_TMUX = (3, 7)


def versions() -> dict[str, str]:
    """The version of Python, of the project and of what it stands on."""
    found = {"python": platform.python_version(), **dict.fromkeys(_PACKAGES, "not installed")}
    for package in _PACKAGES:
        with suppress(metadata.PackageNotFoundError):
            found[package] = metadata.version(package)
    return found


def machine() -> dict[str, Any]:
    """The processor, its cores, those this process may use, the memory in bytes, and what torch can compute on."""
    import psutil
    import torch

    from nnexpr.training.devices import describe_device, resolve_device

    memory = psutil.virtual_memory()
    cuda = range(torch.cuda.device_count() if torch.cuda.is_available() else 0)
    return {
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        "processor": _processor_name(),
        "cores": psutil.cpu_count(logical=False),
        "logical_cores": psutil.cpu_count(),
        "usable_cores": len(os.sched_getaffinity(0))
        if hasattr(os, "sched_getaffinity")
        else psutil.cpu_count(),
        "memory_total": memory.total,
        "memory_available": memory.available,
        "devices": [
            "cpu",
            *(describe_device(torch.device("cuda", index)) for index in cuda),
            *["mps"] * torch.backends.mps.is_available(),
        ],
        "cuda": [_graphics_processor(f"cuda:{index}") for index in cuda],
        "auto": str(resolve_device("auto")),
        "threads": torch.get_num_threads(),
        "vector_instructions": torch.backends.cpu.get_cpu_capability(),
    }


def _graphics_processor(device: str) -> dict[str, Any]:
    """What a CUDA device is, and why it cannot compute, empty where it can."""
    import torch

    from nnexpr.training.devices import trouble

    known = torch.cuda.get_device_properties(device)
    capability = f"{known.major}.{known.minor}"
    return {
        "device": device,
        "name": known.name,
        "capability": capability,
        "memory": known.total_memory,
        "trouble": trouble(device),
    }


def _processor_name() -> str:
    try:
        named = re.search(r"^model name\s*:\s*(.+)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    except OSError:
        named = None
    return named[1] if named else platform.processor() or platform.machine()


def terminal(environment: Mapping[str, str]) -> dict[str, Any]:
    """The terminal: its size, colours, encoding, what lies between, and what it answered itself."""
    answers = probe_terminal([sign for signs in TEST_CARD.values() for sign in (signs[0], signs[-1])])
    columns, lines = shutil.get_terminal_size()
    return {
        "stdin": sys.stdin.isatty(),
        "stdout": sys.stdout.isatty(),
        "stderr": sys.stderr.isatty(),
        "columns": columns,
        "lines": lines,
        "term": environment.get("TERM", ""),
        "program": environment.get("TERM_PROGRAM", ""),
        "program_version": environment.get("TERM_PROGRAM_VERSION", ""),
        "colours": colours(environment),
        "encoding": sys.stdout.encoding,
        "locale": next(
            (environment[name] for name in ("LC_ALL", "LC_CTYPE", "LANG") if environment.get(name)), ""
        ),
        "preferred_encoding": locale.getpreferredencoding(False),
        "tmux": "TMUX" in environment,
        "ssh": any(name in environment for name in ("SSH_CONNECTION", "SSH_TTY")),
        **_answered(answers),
    }


def _answered(answers: TerminalAnswers | None) -> dict[str, Any]:
    if answers is None:
        return dict.fromkeys(("round_trip", "one_column", "synchronised_output", "answers_as"))
    pairs = zip(answers.widths[::2], answers.widths[1::2], strict=True)
    return {
        "round_trip": answers.round_trip,
        "one_column": {name: pair == (1, 1) for name, pair in zip(TEST_CARD, pairs, strict=True)},
        "synchronised_output": answers.synchronised_output,
        "answers_as": answers.name,
    }


def colours(environment: Mapping[str, str]) -> str:
    """``none``, ``16``, ``256`` or ``16 million``, as the environment states them."""
    term = environment.get("TERM", "")
    if environment.get("NO_COLOR") or term in ("", "dumb", "unknown"):
        return "none"
    if environment.get("COLORTERM", "").lower() in ("truecolor", "24bit") or term.endswith("-direct"):
        return "16 million"
    return "256" if "256color" in term or "kitty" in term else "16"


def advice(found: Mapping[str, Any]) -> list[str]:
    """What would make the explorer better in the terminal that was ``found``, a sentence each."""
    size, words = (found["columns"], found["lines"]), []
    if not found["stdout"]:
        words.append("stdout is not a terminal: the explorer needs one, the subcommands do not.")
    elif size[0] < SMALL[0] or size[1] < SMALL[1]:
        words.append(f"{size[0]}x{size[1]} is too small for the explorer; it needs {SMALL[0]}x{SMALL[1]}.")
    elif size[0] < USUAL[0] or size[1] < USUAL[1]:
        words.append(f"{size[0]}x{size[1]} is small; every pane fits from {USUAL[0]}x{USUAL[1]}.")
    if "utf" not in str(found["encoding"]).lower():
        words.append(
            f"The encoding is {found['encoding']}: choose the ascii markers (key m), or a UTF-8 locale."
        )
    words += [
        f"The {name} markers do not take one column each here: choose another set (key m)."
        for name, fits in (found["one_column"] or {}).items()
        if not fits
    ]
    if found["colours"] in ("none", "16"):
        words.append(f"Colours: {found['colours']}; lines are told apart by their dashes and labels.")
    if found["ssh"]:
        words.append("Over SSH, ssh -C compresses what the screen sends.")
    if (found["round_trip"] or 0.0) > SLOW_TRIP:
        trip = 1000 * found["round_trip"]
        words.append(
            f"The terminal answers after {trip:.0f} ms: keys will be felt to lag, whatever the explorer does."
        )
    if found["tmux"] and _release(found["program_version"]) < _SYNCHRONISED_TMUX:
        words.append(
            "tmux 3.7 and later shows frames whole (synchronised output); an older one may tear them."
        )
    elif found["synchronised_output"] is False and not found["tmux"]:
        words.append("This terminal does not show frames whole (synchronised output); they may tear.")
    return words


def _release(version: str) -> tuple[int, ...]:
    """``"3.6a"`` as (3, 6); what is not a release is the newest."""
    numbers = re.match(r"(\d+)\.(\d+)", version)
    return (int(numbers[1]), int(numbers[2])) if numbers else _SYNCHRONISED_TMUX


def paths() -> dict[str, str]:
    """Where runs, settings, what the explorer showed last and the log are kept."""
    from nnexpr.runs.store import store
    from nnexpr_tui.last_seen import last_seen_file
    from nnexpr_tui.settings import configuration_file
    from nnexpr_tui.terminal import log_file

    return {
        "runs": str(store().folder),
        "settings": str(configuration_file()),
        "last seen": str(last_seen_file()),
        "log": str(log_file()),
    }
