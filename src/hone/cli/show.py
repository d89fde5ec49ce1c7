"""`hone show`: one call of a run, whole."""

from __future__ import annotations

from pathlib import Path

import click
from rich.rule import Rule
from rich.text import Text

from hone.cli.options import json_option, project_option, verb_options
from hone.cli.screen import out, print_json
from hone.journey.showing import ShownCall, ShowOptions, asked_items, shown_calls, shown_run
from hone.report.terminal import clean


@click.command("show")
@verb_options(ShowOptions)
@project_option
@json_option
def show_command(options: ShowOptions, folder: Path, as_json: bool) -> None:
    """Show every call that RUN made about ITEM: the prompt as it was sent, the answer, tokens, time and tries.

    RUN is a folder under runs/, a part of its name, or a verb, such as label, for its latest run. Without ITEM, the
    items that it asked about.
    """
    run = shown_run(folder, options.run)
    if options.item is None:
        items = asked_items(run)
        if as_json:
            print_json({"run": run.folder.name, "items": items})
            return
        out().print(Text(f"{run.folder.name} asked about {len(items):,} items: hone show {options.run} ITEM"))
        for item in items[:50]:
            out().print(Text(clean(item)))
        return
    calls = shown_calls(run, options.item)
    if as_json:
        print_json({"run": run.folder.name, "calls": [call.as_dict() for call in calls]})
        return
    for call in calls:
        _show(call)


def _show(call: ShownCall) -> None:
    console, asked, answer = out(), call.asked, call.answer
    title = " · ".join(
        part for part in (asked.item, asked.step, f"vote {asked.sample}" if asked.sample else "") if part
    )
    console.print(Rule(Text(clean(title)), align="left"))
    console.print(Text(f"asked of {clean(asked.model)}", style="dim"))
    for message in asked.messages:
        console.print(Text(f"\n[{message.role}]", style="bold"))
        console.print(Text(clean(message.content)))
    console.print(Text("\n[answer]", style="bold"))
    if answer is None:
        console.print(Text("The answer is in no journal any more."))
        return
    console.print(Text(clean(answer.text)))
    took = "" if answer.seconds is None else f", {answer.seconds:.1f} s"
    tries = f", {answer.tries} tries" if answer.tries > 1 else ""
    cut = ", cut at its length limit" if answer.cut else ""
    tokens = f"{answer.usage.prompt:,} + {answer.usage.completion:,} tokens"
    console.print(Text(f"\n{tokens}{took}{tries}{cut}; {call.at}", style="dim"))
