"""`hone tune data`: examples to train on, as a file; with `--self`, in the model's own words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from hone.cli.options import json_option
from hone.cli.screen import note, print_json
from hone.errors import TuneError
from hone.models.weights import library, weights
from hone.problems import prompting
from hone.project.files import write_lines
from hone.tuning.choice import choose_base, machine
from hone.tuning.examples import Example, ExampleRow, read_examples, shuffled_answers


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
    examples = read_examples(source, prompting(), limit=options["limit"])
    told: dict[str, Any] = {"examples": len(examples)}
    if options["gold"]:
        write(options["gold"], examples)
    if options["shuffle"]:
        examples = shuffled_answers(examples, options["seed"])
    if options["own"]:
        examples, told = _own(examples, options)
    write(file, examples)
    told["written"] = len(examples)
    if as_json:
        print_json(told)
        return
    for name, value in told.items():
        note(f"{name}: {value:,}")
    note(f"written: {file}")
    note(f"Next: hone tune {file}")


def _own(examples: Sequence[Example], options: dict[str, Any]) -> tuple[list[Example], dict[str, Any]]:
    from hone.models.local import load, load_tokenizer  # noqa: PLC0415 - only where a model is asked
    from hone.tuning.own import Drawing, own_examples  # noqa: PLC0415 - the same

    if any(one.answer is None for one in examples):
        raise TuneError("--self needs questions with known answers: columns question and answer, sums or gsm8k")
    base, why = choose_base(options["base"], "lora", machine())
    note(f"base: {base} ({why})")
    torch, folder = library("torch"), weights(base)
    model = load(folder, None, torch.device("cuda" if torch.cuda.is_available() else "cpu"))
    drawing = Drawing(options["samples"], options["temperature"], options["max_tokens"], seed=options["seed"])
    made, shares = own_examples(model, load_tokenizer(folder), examples, drawing, tell=note)
    if not made:
        raise TuneError("the base gave no right reply to any question; train on the gold replies instead")
    return made, asdict(shares)


def write(file: Path, examples: Sequence[Example]) -> None:
    """Write examples as JSON Lines: `messages`, the group, and the question and answer they can be checked by.

    Raises:
        TuneError: The file's name does not end in .jsonl.
    """
    if file.suffix.lower() not in {".jsonl", ".ndjson"}:
        raise TuneError(f"{file}: conversations are written as JSON Lines; name a file that ends in .jsonl")
    write_lines(file, map(ExampleRow.of, examples))
