"""How a message names an option or a command: as it is typed in a terminal, or as it is written in Python.

The rooms below the command line do not know who reads what they say. They name an option by `option`, and the face
that shows the message has said before how options are spelt there.
"""

from __future__ import annotations

import os

_VARIABLE = "HONE_OPTIONS"
"""Tells a process that Hone starts, such as the one that trains, who will read what it says."""


def spell_as_flags() -> None:
    """Name options as flags from now on, here and in the processes that are started from here."""
    os.environ[_VARIABLE] = "flags"


def spell_as_arguments() -> None:
    """Name options as arguments of Python's functions from now on, which is the default."""
    os.environ.pop(_VARIABLE, None)


def option(name: str, value: object = None, *, argument: str = "") -> str:
    """An option, with its value where there is one: ``--gpus 2``, or ``gpus=2``.

    Args:
        name: As Python spells it: ``adapter_only``.
        value: What it is set to; true for a switch, none where the reader chooses. A value in capitals is for the
            reader to fill in.
        argument: What stands in Python in its place, where that is not ``name=value``.
    """
    if os.environ.get(_VARIABLE) == "flags":
        flag = "--" + name.replace("_", "-")
        return flag if value is None or value is True else f"{flag} {value}"
    if argument:
        return f"`{argument}`"
    return f"`{name}`" if value is None else f"`{name}={value!r}`"
