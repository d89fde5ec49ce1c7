"""One list of settings a verb: what a command takes and the command line in a report come from one class."""

from __future__ import annotations

import shlex
from copy import copy
from pathlib import Path

import click
import pytest

from hone.cli.agree import agree_command
from hone.cli.audit import audit_command
from hone.cli.bench import bench_command
from hone.cli.chat import chat_command
from hone.cli.estimate import estimate_command
from hone.cli.export import export_command
from hone.cli.feedback import export_feedback_command
from hone.cli.feedback import import_ as import_command
from hone.cli.feedback import status as status_command
from hone.cli.golden import golden_command
from hone.cli.label import label_command
from hone.cli.rate import invite as invite_command
from hone.cli.rate import rate_command
from hone.cli.reply import reply_command
from hone.cli.report import report_command
from hone.cli.rubric import advise_command, compare_command, finalise_command, merge_command
from hone.cli.serve import serve_command
from hone.cli.show import show_command
from hone.cli.start import init_command
from hone.cli.tune import run as tune_run
from hone.cli.tune_data import data as tune_data
from hone.journey.agreement import AgreeOptions, EstimateOptions
from hone.journey.auditing import AuditOptions
from hone.journey.examples import ExamplesOptions
from hone.journey.exporting import ExportOptions
from hone.journey.golden import RubricTestOptions
from hone.journey.labelling import LabelOptions
from hone.journey.loop import AdviseOptions, CompareOptions, FinaliseOptions, MergeOptions, ReplyOptions
from hone.journey.options import VerbOptions
from hone.journey.people import ExportFeedbackOptions, ImportOptions, InviteOptions, RateOptions, StatusOptions
from hone.journey.reporting import ReportOptions
from hone.journey.showing import ShowOptions
from hone.journey.starting import InitOptions
from hone.journey.talking import ChatOptions, ServeOptions
from hone.journey.testing import BenchOptions
from hone.journey.tuning import TuneOptions

COMMANDS: list[tuple[click.Command, VerbOptions]] = [
    (init_command, InitOptions(folder=Path("my plans"), template="blank", item=("a b", "c"), source=Path("i.csv"))),
    (agree_command, AgreeOptions(file=Path("my ratings.csv"), compare=("a", "b c"), pairs=True, margin=0.05, seed=3)),
    (audit_command, AuditOptions(judge="gguf:a b.gguf", items=12, fresh=True)),
    (bench_command, BenchOptions(task="sums", model=("a", "b"), shots=3, reading="strict", gate=True, margin=0.02)),
    (chat_command, ChatOptions(model="smollm2", temperature=0.7, max_tokens=9)),
    (estimate_command, EstimateOptions(judged=Path("all.jsonl"), level="interval", confidence=0.9)),
    (export_command, ExportOptions(model="m+a", out=Path("m.gguf"), quant=("f16", "q8_0"), scale=0.5, prompts=4)),
    (label_command, LabelOptions(judge=("a", "b"), per_criterion=True, samples=3, budget="2000 calls", share=0.125)),
    (golden_command, RubricTestOptions(judge=("a", "b c"), golden=Path("my tests.yaml"), samples=3, below=0.7)),
    (reply_command, ReplyOptions(items=2, no_rubric=True)),
    (compare_command, CompareOptions(items=5, fresh=True)),
    (advise_command, AdviseOptions()),
    (serve_command, ServeOptions(model="gguf:a b.gguf", port=0, key="s3cret word", slots=2)),
    (report_command, ReportOptions(out=Path("page.html"), open=True)),
    (show_command, ShowOptions(run="label", item="row 2")),
    (rate_command, RateOptions(run=("one", "two"), model=("smollm2",), no_open=True, stop_after=2.5)),
    (invite_command, InviteOptions(name="Ann Lee", role="owner", days=0.5)),
    (import_command, ImportOptions(file=Path("r.csv"), form="pairs")),
    (export_feedback_command, ExportFeedbackOptions(file=Path("r.csv"), stale=True, database="sqlite:///a.db")),
    (status_command, StatusOptions(per_item=3, half_width=0.1)),
    (merge_command, MergeOptions(accept="all")),
    (finalise_command, FinaliseOptions(note="the first round")),
    (tune_data, ExamplesOptions(data="sums", out=Path("own.jsonl"), own=True, temperature=0.9, shuffle=True)),
    (tune_run, TuneOptions(data="my sums.jsonl", keep=("Be Detailed >= 1",), learning_rate=1e-05, epochs=0.3,
                           sharding=True, gpus=2, set=("scales=[0.0,1.0]",), check=True)),
]  # fmt: skip


@pytest.mark.parametrize(("command", "options"), COMMANDS, ids=lambda one: getattr(one, "verb", ""))
def test_the_command_line_of_options_sets_the_same_options(command: click.Command, options: VerbOptions) -> None:
    typed = shlex.split(options.command_line())
    assert typed[: 1 + len(options.verb.split())] == ["hone", *options.verb.split()]
    # click keeps what it made on the command itself
    context = copy(command).make_context("run", typed[1 + len(options.verb.split()) :])
    known = {name: context.params[name] for name in type(options).model_fields if name in context.params}
    assert type(options)(**known) == options


def test_what_is_as_usual_is_not_typed() -> None:
    assert AuditOptions().command_line() == "hone audit"
    assert BenchOptions(task="sums", model=("a",)).command_line() == "hone bench sums --model a"
    assert TuneOptions.flag("sharding") == "--shard"
    assert LabelOptions.flag("prompt_column") == "--prompt-column"


def test_a_number_is_typed_as_short_as_it_stays_the_same() -> None:
    assert AgreeOptions(margin=0.1234567890123).command_line() == "hone agree --margin 0.1234567890123"
    assert AgreeOptions(margin=1.0).command_line() == "hone agree --margin 1"
