"""The explorer measured from outside, at the other end of a pseudo-terminal: one file a topic, for ``terminal.py``.

The terminal is the one of the tests.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "tests" / "terminal"))
