"""How commands end: the one table of exit codes, which docs/errors.md shows to people who write scripts."""

from __future__ import annotations

DONE = 0
PROBLEM = 1
USAGE = 2
GATE = 3
INCOMPLETE = 4
STOPPED = 130

MEANINGS = {
    DONE: "done",
    PROBLEM: "a stated problem: the last line says what, where, and what to do",
    USAGE: "wrong usage: an unknown option, or a value that is none",
    GATE: "`hone bench --gate`: the last model is not shown to be as good as the first; `hone judge tune`: refused; "
    "`hone judge calibrate`: no map helps; "
    "`hone rubric test`: a golden reply did not get its levels; `hone rubric refine`: nothing is shown to be better",
    INCOMPLETE: "calls failed, or answers could not be read: what was answered is kept, and something has no result",
    STOPPED: "stopped with Ctrl-C; the same command goes on",
}
"""Every exit code of every command, and what it means."""
