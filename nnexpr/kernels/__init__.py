"""What compiled functions of training and of counting are both made of.

Two of Numba's settings in the environment would keep them from running, and are set aside here, before anything else
imports it: no threads of its own, of which none are used, and no compilation, without which there is nothing to run.
"""

import os
from contextlib import suppress

with suppress(ValueError):
    if int(os.environ.get("NUMBA_NUM_THREADS", "1")) < 1:
        del os.environ["NUMBA_NUM_THREADS"]

from numba import config

config.DISABLE_JIT = 0
