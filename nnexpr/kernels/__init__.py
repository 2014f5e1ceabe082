"""What compiled functions of training and of counting are both made of.

Two of Numba's settings in the environment would keep them from running, and are set aside here, before anything else
imports it: no threads of its own, of which none are used, and no compilation, without which there is nothing to run.
A third is made: where colorama is installed, colours in Numba's errors would put streams of colorama's in the place of
``sys.stdout`` and write to the terminal when the process ends, which waits for ever where nobody reads.
"""

import os
from contextlib import suppress

with suppress(ValueError):
    if int(os.environ.get("NUMBA_NUM_THREADS", "1")) < 1:
        del os.environ["NUMBA_NUM_THREADS"]

os.environ.setdefault("NUMBA_DISABLE_ERROR_MESSAGE_HIGHLIGHTING", "1")

from numba import config

config.DISABLE_JIT = 0
