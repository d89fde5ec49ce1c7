"""`hone tune data`: examples to train on, as a file; with `--self`, in the model's own words."""

from __future__ import annotations

import click

from hone.cli.options import json_option, verb_options
from hone.cli.screen import note, print_json
from hone.journey.examples import ExamplesOptions, OwnReplies, write_examples
from hone.journey.next import command_of
from hone.journey.tuning import TuneOptions


@click.command()
@verb_options(ExamplesOptions)
@json_option
def data(options: ExamplesOptions, as_json: bool) -> None:
    """Write the examples of DATA to a file that `hone tune` reads."""
    drawn = OwnReplies(
        options.base, options.samples, options.temperature, options.max_tokens, options.seed, options.prompt
    )
    told = write_examples(
        options.data,
        options.out,
        limit=options.limit,
        gold=options.gold,
        shuffle=options.seed if options.shuffle else None,
        own=drawn if options.own else None,
        tell=note,
    )
    if as_json:
        print_json(told)
        return
    told.pop("columns")  # said already
    for name, value in told.items():
        note(f"{name}: {value:,}")
    note(f"written: {options.out}")
    note(f"Next: {command_of(TuneOptions(data=str(options.out)))}")
