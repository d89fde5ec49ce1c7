"""Looks for regular expressions in texts, in a process of its own that its parent may kill; run by path, no Hone.

Each line of standard input is a JSON array, pattern and text; each line of standard output is 1 or 0.
"""

from __future__ import annotations

import json
import re
import sys
import warnings

BYTES = 2**30


def answer_all() -> None:
    """Answer until the input ends."""
    try:
        import resource  # noqa: PLC0415 - there is none on Windows

        resource.setrlimit(resource.RLIMIT_AS, (BYTES, BYTES))
    except ImportError:  # pragma: no cover - the parent's limit of time still holds there
        pass
    warnings.simplefilter("ignore")
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    for line in sys.stdin:
        pattern, text = json.loads(line)
        sys.stdout.write("1\n" if re.search(pattern, text) else "0\n")
        sys.stdout.flush()


if __name__ == "__main__":
    answer_all()
