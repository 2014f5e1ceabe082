"""An SQLite index over the files of a store, for lists and questions: only this package knows SQL.

The files are the truth, and the index can be thrown away: whoever asks it first brings it up to date, by the size and
time of every file, so it also notices files that were copied there, changed or deleted behind its back. Whoever trains
writes files only. So no error of the index ever reaches a fit, and a list of runs is right without an index too: what
cannot be looked up is read from the files.
"""

from __future__ import annotations

from nnexpr.runs.index.database import IndexProblem
from nnexpr.runs.index.index import LONGEST, MOST_ROWS, Index, Rebuilt
from nnexpr.runs.index.question import Answer
from nnexpr.runs.index.schema import DESCRIBED

__all__ = ["DESCRIBED", "LONGEST", "MOST_ROWS", "Answer", "Index", "IndexProblem", "Rebuilt"]
