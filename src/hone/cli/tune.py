"""`hone tune`: a model that learns from examples, checked before, during and after."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from hone.cli.options import fresh_option, json_option
from hone.cli.screen import note, out, print_json
from hone.cli.tune_data import data
from hone.domain.base import Frozen
from hone.examples.choosing import Keep
from hone.journey.tuning import TuningRequest, run_tune
from hone.project.files import read_yaml
from hone.report.tuning import event_lines, result_table
from hone.training.settings import TuneSettings


class TuneFile(Frozen):
    """What a config file of `hone tune` may hold; a flag stands above it."""

    base: str | None = None
    """`smollm2`, `hf:OWNER/NAME` or `hf:FOLDER`; by default what the machine holds."""
    data: str | None = None
    """`sums`, `gsm8k`, a file, a folder, or a data set of the hub."""
    backend: str = "auto"
    keep: tuple[str, ...] = ()
    """Rules over the labels of `hone label`: `Be Detailed >= 1`."""
    best: str | None = None
    """Of the rows of one item, only the one with the highest label in this column; `mean`: of all labels."""
    limit: int | None = None
    test: str | None = None
    """The benchmark whose test problems must not be in the data; by default that of the data itself."""
    training: TuneSettings = TuneSettings()


class _Tune(click.Group):
    """`hone tune DATA` says `hone tune run DATA`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        first = args[0] if args else ""
        return super().parse_args(
            ctx, args if first in {*self.commands, "-h", "--help"} or not args else ["run", *args]
        )


@click.group("tune", cls=_Tune)
def tune_command() -> None:
    """Tune a small model on examples: `hone tune DATA`, where DATA is sums, gsm8k, a file, a folder or on the hub."""


@tune_command.command(name="run")
@click.argument("source", metavar="DATA", required=False)
@click.option("--config", "file", type=click.Path(path_type=Path, dir_okay=False), help="A YAML file with settings.")
@click.option("--base", help="smollm2, hf:OWNER/NAME or hf:FOLDER.  [default: what this machine holds]")
@click.option("--method", type=click.Choice(["lora", "qlora", "full"]), help="What is trained.  [default: lora]")
@click.option("--backend", type=click.Choice(["auto", "unsloth", "trl"]), help="What trains.  [default: auto]")
@click.option("--keep", multiple=True, help="Keep rows by a label: 'Be Detailed >= 1'.")
@click.option("--best", help="Keep the best row of each item, by this label or by the 'mean' of all.")
@click.option("--limit", type=click.IntRange(2), help="Only the first N rows.")
@click.option("--test", help="Problems that must not be in the data: sums, gsm8k or a file.")
@click.option("--epochs", type=click.FloatRange(0, min_open=True))
@click.option("--max-steps", type=click.IntRange(1))
@click.option("--learning-rate", type=click.FloatRange(0, 1, min_open=True))
@click.option("--rank", type=click.IntRange(1))
@click.option("--max-length", type=click.IntRange(16), help="Tokens of an example; longer ones are left out.")
@click.option("--seed", type=click.IntRange(0))
@click.option("--gpus", type=click.IntRange(1), help="Processes, one a device.")
@click.option(
    "--shard",
    "sharding",
    is_flag=True,
    default=None,
    help="With --gpus: split weights, gradients and optimiser over the devices (FSDP).",
)
@click.option("--set", "more", multiple=True, metavar="KEY=VALUE", help="Any other setting of training.")
@click.option("--check", is_flag=True, help="Only the checks; nothing is trained.")
@click.option("--runs", type=click.Path(path_type=Path, file_okay=False), help="Where the run's folder goes.")
@fresh_option
@json_option
def run(**options: Any) -> None:
    """Tune a model on DATA: sums, gsm8k, a file, a folder, or a data set of the hub.

    Inside a project the run goes to the project's runs, elsewhere to runs/ in the working folder.
    """
    as_json = options.pop("as_json")
    request = _request(options)
    done = run_tune(request, tell=lambda event: _show(event, as_json=as_json), note=note)
    if as_json:
        print_json({"run": done.run.folder.name, "columns": done.columns, **done.result})
        return
    if request.check:
        note("the checks passed; nothing was trained")
        return
    out().print(result_table(done.result))
    for path in done.pictures:
        note(f"picture: {path}")
    note(done.line)
    note(f"Next: hone bench {done.bench} --model {done.base_spec} --model {done.spec} --gate")


def _show(event: Mapping[str, Any], *, as_json: bool) -> None:
    for line in event_lines(event):
        if not as_json or event["event"] in {"note", "check"}:
            note(line)


def _request(options: Mapping[str, Any]) -> TuningRequest:
    file = options["file"]
    config = read_yaml(file, TuneFile) if file else TuneFile()
    names = ("method", "epochs", "max_steps", "learning_rate", "rank", "max_length", "seed", "gpus", "sharding")
    changes = {name: options[name] for name in names if options[name] is not None}
    for text in options["more"]:
        key, sign, value = text.partition("=")
        if not sign or key not in TuneSettings.model_fields:
            known = ", ".join(TuneSettings.model_fields)
            raise click.BadParameter(f"{text!r}: write KEY=VALUE; the keys are {known}", param_hint="--set")
        changes[key] = _value(value)
    source = options["source"] or config.data
    if source is None:
        raise click.UsageError("name the data: sums, gsm8k, a file, a folder or a data set of the hub")
    return TuningRequest(
        source=source,
        base=options["base"] or config.base,
        backend=options["backend"] or config.backend,
        settings=_settings_of(config.training, changes),
        keep=tuple(Keep.parse(text) for text in options["keep"] or config.keep),
        best=options["best"] or config.best,
        limit=options["limit"] or config.limit,
        test=options["test"] or config.test,
        runs=options["runs"],
        fresh=options["fresh"],
        check=options["check"],
    )


tune_command.add_command(data)


def _value(text: str) -> Any:
    """A value as YAML would read it: a number, a list, `none`, or text."""
    try:
        return None if text == "none" else json.loads(text)
    except ValueError:
        return text


def _settings_of(settings: TuneSettings, changes: Mapping[str, Any]) -> TuneSettings:
    """The settings with changes from the command line.

    Raises:
        click.BadParameter: A value does not fit its key.
    """
    from pydantic import ValidationError  # noqa: PLC0415 - only for this message

    try:
        return TuneSettings.model_validate({**settings.model_dump(), **changes})
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(map(str, first["loc"]))
        raise click.BadParameter(f"{key}: {first['msg']}", param_hint="--set") from error
