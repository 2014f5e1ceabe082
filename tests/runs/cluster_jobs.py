"""Carried out on workers in place of a training, to do what a training cannot be relied on to do: hang, die, differ.

A job's result is then its own JSON. ``folder`` is where a test and its workers leave files for each other.
"""

from __future__ import annotations

import json
import os
import signal
import time
from pathlib import Path


def number_of(message: str) -> int:
    return json.loads(json.loads(message)["job"])["number"]


def result_of(message: str) -> bytes:
    return json.loads(message)["job"].encode()


def is_first(folder: str, mark: str) -> bool:
    """Whether nobody was here before; only one caller is told so."""
    try:
        (Path(folder) / mark).touch(exist_ok=False)
    except FileExistsError:
        return False
    return True


def echo(message: str) -> bytes:
    return result_of(message)


def waits_for(folder: str, message: str) -> bytes:
    """Says who has the job, and waits for the file ``go``."""
    (Path(folder) / f"{number_of(message)}.{os.getpid()}").touch()
    while not (Path(folder) / "go").exists():
        time.sleep(0.01)
    return result_of(message)


def takes_a_while(message: str) -> bytes:
    """Long enough for a look between any two."""
    time.sleep(0.5)
    return result_of(message)


def dies_of(number: int, message: str) -> bytes:
    """The process is killed whenever it has this job."""
    if number_of(message) == number:
        os.kill(os.getpid(), signal.SIGKILL)
    return result_of(message)


def hangs_once(folder: str, number: int, message: str) -> bytes:
    """Whoever has this job first keeps it until the file ``go`` is there, and then has another result."""
    if number_of(message) == number and is_first(folder, "hung"):
        while not (Path(folder) / "go").exists():
            time.sleep(0.01)
        (Path(folder) / "gone").touch()
        return b"another result"
    if (
        number_of(message) != number
    ):  # the next one is under way while it is late, and the last when it comes back
        mark = "late" if number_of(message) == number + 1 else "gone"
        while not (Path(folder) / mark).exists():
            time.sleep(0.01)
    return result_of(message)


def fails(number: int, message: str) -> bytes:
    if number_of(message) == number:
        raise RuntimeError("this is no job")
    return result_of(message)
