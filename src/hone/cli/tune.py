"""`hone tune`: a model that learns from examples, checked before, during and after."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import click

from hone.cli.options import fresh_option, json_option, verb_options
from hone.cli.screen import note, out, print_json
from hone.cli.tune_data import data
from hone.domain.base import Frozen
from hone.examples.choosing import Keep
from hone.journey.next import bench_against, command_of, export_base
from hone.journey.tuning import TuneOptions, TuningRequest, run_tune, seconds_of
from hone.project.files import read_yaml
from hone.report.tuning import choice_table, event_lines, result_table, tuning_did_not_pay
from hone.training.settings import TuneSettings


class TuneFile(Frozen):
    """What a config file of `hone tune` may hold; a flag stands above it."""

    base: str | None = None
    """`smollm2`, `hf:OWNER/NAME`, `hf:FOLDER` or `gguf:FILE`; by default what the machine holds."""
    data: str | None = None
    """`sums`, `gsm8k`, a file, a folder, or a data set of the hub."""
    backend: str = "auto"
    keep: tuple[str, ...] = ()
    """Rules over the labels of `hone label`: `Be Detailed >= 1`."""
    best: str | None = None
    """Of the rows of one item, only the one with the highest label in this column; `mean`: of all labels."""
    limit: int | None = None
    budget: str | None = None
    """The time in which prompt, data and learning rate are chosen, such as `12m`."""
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
@verb_options(TuneOptions)
@fresh_option
@json_option
def run(options: TuneOptions, as_json: bool) -> None:
    """Tune a model on DATA: sums, gsm8k, a file, a folder, or a data set of the hub.

    Inside a project the run goes to the project's runs, elsewhere to runs/ in the working folder.
    """
    request = _request(options)
    done = run_tune(request, tell=lambda event: _show(event, as_json=as_json), note=note)
    if as_json:
        print_json({"run": done.run.folder.name, "columns": done.columns, **done.result})
        return
    if request.check:
        note("the checks passed; nothing was trained")
        return
    out().print(choice_table(done.result) if "arms" in done.result else result_table(done.result))
    for path in done.pictures:
        note(f"picture: {path}")
    note(done.line)
    if words := tuning_did_not_pay(done.result):
        note(words)
        note(f"Next: {command_of(export_base(done.base_spec, done.result['prompt']))}")
        return
    note(f"Next: {command_of(bench_against(done.base_spec, done.spec, done.bench, done.judge))}")


def _show(event: Mapping[str, Any], *, as_json: bool) -> None:
    for line in event_lines(event):
        if not as_json or event["event"] in {"note", "check"}:
            note(line)


def _request(options: TuneOptions) -> TuningRequest:
    config = read_yaml(options.config, TuneFile) if options.config else TuneFile()
    changes = {name: value for name in options.of_training() if (value := getattr(options, name)) is not None}
    for text in options.set:
        key, sign, value = text.partition("=")
        if not sign or key not in TuneSettings.model_fields:
            known = ", ".join(TuneSettings.model_fields)
            raise click.BadParameter(f"{text!r}: write KEY=VALUE; the keys are {known}", param_hint="--set")
        changes[key] = _value(value)
    source = options.data or config.data
    if source is None:
        raise click.UsageError("name the data: sums, gsm8k, a file, a folder or a data set of the hub")
    budget = config.budget if options.budget is None else options.budget
    return TuningRequest(
        source=source,
        base=options.base or config.base,
        backend=options.backend or config.backend,
        settings=_settings_of(config.training, changes),
        keep=tuple(Keep.parse(text) for text in options.keep or config.keep),
        best=options.best or config.best,
        limit=options.limit or config.limit,
        test=options.test or config.test,
        runs=options.runs,
        fresh=options.fresh,
        check=options.check,
        budget=None if budget is None else seconds_of(budget),
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
