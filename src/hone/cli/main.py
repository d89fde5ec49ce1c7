"""The command `hone`: finds a command's module only when it is called, so that `--help` is quick."""

from __future__ import annotations

import difflib
import os
import sys
from collections.abc import Sequence

import click

from hone.cli.codes import DONE, INCOMPLETE, PROBLEM, STOPPED
from hone.cli.later import LaterCommands
from hone.errors import HoneError, IncompleteError
from hone.spelling import spell_as_arguments, spell_as_flags
from hone.trust import consent

COMMANDS = {
    "init": ("hone.cli.start", "A new project from a template."),
    "templates": ("hone.cli.start", "The library of ready tasks and rubrics."),
    "doctor": ("hone.cli.doctor", "What this machine can do, and how to fix what is missing."),
    "demo": ("hone.cli.demo", "The whole journey on the embedded model, offline."),
    "rubric": (
        "hone.cli.rubric",
        "The rubric's life: draft, compare, advise, merge, finalise, show, diff, lint; test, refine, weights.",
    ),
    "reply": ("hone.cli.reply", "Replies to the items under the rubric."),
    "rate": ("hone.cli.rate", "Pages for people: rate, compare, decide on the rubric, look at the results."),
    "audit": ("hone.cli.audit", "What moves the judge besides the criteria."),
    "label": ("hone.cli.label", "Score replies, criterion by criterion."),
    "feedback": ("hone.cli.feedback", "What people said: import, export, status, backup, restore, forget."),
    "agree": ("hone.cli.agree", "How well people agree, and is a judge as good as a person?"),
    "judge": (
        "hone.cli.judge",
        "A judge of your own, two in a row, or calibrated: measured by ratings before it is used.",
    ),
    "tune": ("hone.cli.tune", "Tune a small model on examples, checked before, during and after."),
    "bench": ("hone.cli.bench", "Test models on the same problems, and compare them pair by pair."),
    "estimate": ("hone.cli.estimate", "Mean scores of a large labelled set, corrected with what people rated."),
    "export": ("hone.cli.export", "A tuned model as GGUF files, compared with their source."),
    "report": ("hone.cli.report", "One page that shows a whole project, and what to do next."),
    "show": ("hone.cli.show", "One call of a run, whole: the prompt as it was sent, the answer, what it took."),
    "chat": ("hone.cli.chat", "Talk to a model in the terminal."),
    "serve": ("hone.cli.serve", "A GGUF model as an OpenAI-compatible endpoint."),
}
"""Every command, the module that holds it, and its short help."""


class _Commands(LaterCommands):
    """All commands; one that is not there is answered with the one that was probably meant."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args[0] not in COMMANDS and not args[0].startswith("-"):
            meant = _meant(args[0])
            raise click.UsageError(f"No such command {args[0]!r}.{f' Did you mean {meant!r}?' if meant else ''}", ctx)
        return super().resolve_command(ctx, args)


def _meant(name: str) -> str:
    """The command that somebody who typed this probably meant; empty where nothing tells."""
    close = difflib.get_close_matches(name.lower(), COMMANDS, n=1)
    if close:
        return close[0]
    for group in ("rubric", "feedback"):
        found = cli.get_command(click.Context(cli), group)
        if isinstance(found, click.Group) and name in found.list_commands(click.Context(found)):
            return f"{group} {name}"
    return ""


@click.group(
    cls=_Commands,
    homes={name: (module, f"{name}_command", text) for name, (module, text) in COMMANDS.items()},
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.version_option(package_name="hone-llm", prog_name="hone")
def cli() -> None:
    """Customise a metric and a small language model for your own task."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and exit with one of the codes of `hone.cli.codes`."""
    given = sys.argv[1:] if arguments is None else list(arguments)
    consent.typed, consent.everything, consent.ask = "\n".join(given), False, _ask if sys.stdin.isatty() else None
    consent.tell = _tell
    spell_as_flags()
    try:
        code = cli.main(args=given, standalone_mode=False)
    except click.exceptions.Abort:
        code = _stopped()
    except KeyboardInterrupt:
        code = _stopped()
    except click.ClickException as error:
        error.show()
        code = error.exit_code
    except HoneError as error:
        from hone.report.terminal import clean  # noqa: PLC0415 - loads rich, which --help does without

        click.echo(f"hone: {clean(str(error))}", err=True)
        code = INCOMPLETE if isinstance(error, IncompleteError) else PROBLEM
    except BrokenPipeError:
        # The reader went away (`hone … | head`); there is nobody left to tell.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = PROBLEM
    finally:
        spell_as_arguments()
    sys.exit(code if isinstance(code, int) else DONE)


def _tell(line: str) -> None:
    from hone.report.terminal import clean  # noqa: PLC0415 - loads rich, which --help does without

    click.echo(f"note: {clean(line)}", err=True)


def _ask(question: str) -> bool:
    from hone.report.terminal import clean  # noqa: PLC0415 - loads rich, which --help does without

    return click.confirm(clean(question), err=True)


def _stopped() -> int:
    click.echo("\nhone: stopped; the same command goes on where it was", err=True)
    return STOPPED


if __name__ == "__main__":
    main()
