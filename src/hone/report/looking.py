"""A look at a file of ratings, for the terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from hone.measuring.looking import RatingsLook
from hone.report.terminal import clean


def look_report(look: RatingsLook, steps: Sequence[str]) -> RenderableType:
    """Columns, people, judges, what is missing, and the next command."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 2, 0, 0))
    for name in ("column", "read as", "holds"):
        table.add_column(name, overflow="fold")
    for one in look.columns:
        table.add_row(Text(clean(one.name)), Text(one.use or "–"), Text(clean(one.holds)))
    lines: list[Text] = []
    if look.fault:
        lines.append(Text(clean(look.fault), style="yellow"))
    else:
        groups = "" if look.groups is None else f", {look.groups:,} groups"
        lines.append(Text(f"{look.items:,} items{groups}"))
        lines += [
            _counted("people", look.people),
            _counted("judges", look.judges),
            _counted("criteria", look.criteria),
        ]
        lines += [Text(clean(note), style="dim") for note in look.notes]
        lines += [Text(f"! {clean(line)}", style="yellow") for line in look.lacking]
    return Group(table, *lines, Text(""), *(Text.assemble(("next: ", "bold"), clean(step)) for step in steps))


def _counted(what: str, counts: Mapping[str, int]) -> Text:
    shown = ", ".join(f"{clean(name)} ({count:,})" for name, count in list(counts.items())[:12])
    more = f", and {len(counts) - 12} more" if len(counts) > 12 else ""
    return Text(f"{what}: {shown or 'none'}{more}")
