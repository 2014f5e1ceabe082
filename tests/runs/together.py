"""So many processes at once on an empty store, each of which keeps a run, notes something of it and lists all.

    python together.py FOLDER PROCESSES

They are forked from one that has loaded all, so that they are light, and begin when all are there. Leaves with how many
failed.
"""

from __future__ import annotations

import os
import sys
import traceback
from pathlib import Path

import torch

from nnexpr.runs.keeper import Keeper
from nnexpr.runs.store import Store
from nnexpr.specification import FitSpecification
from nnexpr.training.fit import session_of


def work(store: Store, begin: int) -> None:
    """What each does, once the pipe is closed."""
    os.read(begin, 1)
    session = session_of(FitSpecification.make(width=(4,), points=16, epochs=3, seed=os.getpid()))
    keeper = Keeper(store, 0.0)
    for _ in range(2):
        session.step(1)
        keeper.keep(session)
        assert keeper.problem == "", keeper.problem
    run = str(keeper.run)
    store.tag(run, f"of-{os.getpid()}")
    listed = {entry.id: entry for entry in store.entries()}
    answer = store.index().query(f"SELECT tag FROM tags WHERE run = '{run}'")  # noqa: S608 - our own id
    assert (listed[run].state, answer.rows) == ("running", ((f"of-{os.getpid()}",),)), (listed[run], answer)


def main() -> int:
    """Fork, begin, wait."""
    torch.set_num_threads(1)
    session_of(FitSpecification.make(width=(4,), points=16, epochs=3)).step(1)  # loops are loaded once
    store, (begin, end) = Store(Path(sys.argv[1])), os.pipe()
    children = []
    for _ in range(int(sys.argv[2])):
        child = os.fork()
        if child == 0:
            os.close(end)
            try:
                work(store, begin)
            except BaseException:
                traceback.print_exc()
                sys.stderr.flush()
                os._exit(1)
            os._exit(0)
        children.append(child)
    os.close(end)
    return sum(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) != 0 for child in children)


if __name__ == "__main__":
    sys.exit(main())
