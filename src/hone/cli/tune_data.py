"""`hone tune data`: examples to train on, as a file; with `--self`, in the model's own words."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from hone.cli.options import json_option
from hone.cli.screen import note, print_json
from hone.journey.examples import OwnReplies, write_examples
from hone.journey.next import command_of
from hone.journey.tuning import TuneOptions


@click.command()
@click.argument("source", metavar="DATA")
@click.option("--out", "file", type=click.Path(path_type=Path), required=True, help="A .jsonl file.")
@click.option("--self", "own", is_flag=True, help="Replies that the base writes, right ones alone.")
@click.option("--base", help="smollm2, hf:OWNER/NAME or hf:FOLDER.  [default: what this machine holds]")
@click.option(
    "--samples", type=click.IntRange(1, 256), default=4, show_default=True, help="Replies to each question."
)
@click.option("--temperature", type=click.FloatRange(0, 2), default=0.7, show_default=True)
@click.option("--max-tokens", type=click.IntRange(1), default=256, show_default=True, help="The longest reply.")
@click.option("--gold", type=click.Path(path_type=Path), help="Write the same questions with their gold replies too.")
@click.option("--shuffle", is_flag=True, help="Each question with another's reply: data that harms, to try the gate.")
@click.option("--limit", type=click.IntRange(1), help="Only the first N questions.")
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True)
@json_option
def data(source: str, file: Path, as_json: bool, **options: Any) -> None:
    """Write the examples of DATA to a file that `hone tune` reads."""
    drawn = None
    if options["own"]:
        drawn = OwnReplies(
            options["base"], options["samples"], options["temperature"], options["max_tokens"], options["seed"]
        )
    shuffle = options["seed"] if options["shuffle"] else None
    told = write_examples(
        source, file, limit=options["limit"], gold=options["gold"], shuffle=shuffle, own=drawn, tell=note
    )
    if as_json:
        print_json(told)
        return
    told.pop("columns")  # said already
    for name, value in told.items():
        note(f"{name}: {value:,}")
    note(f"written: {file}")
    note(f"Next: {command_of(TuneOptions(data=str(file)))}")
