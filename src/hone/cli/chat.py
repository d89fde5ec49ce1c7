"""`hone chat`: a conversation with a model in the terminal."""

from __future__ import annotations

import asyncio
import contextlib
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import click

from hone.cli.options import project_option, verb_options
from hone.cli.screen import SCREEN, note, out
from hone.errors import HoneError, ProjectError
from hone.journey.talking import ChatOptions, ConversationSetup, behind, opened
from hone.models import Model
from hone.models.spec import settings_of
from hone.report.terminal import clean, judgement_table, short
from hone.serving.conversation import SAMPLING, Conversation

_HELP = """\
/score            the judge's scores of the last reply
/rubric on|off    with the rubric in what the model is told, or without
/compare base     the base model's reply to the same question (--base names it)
/history          what was said
/clear            start again
/quit             or Ctrl-D; Ctrl-C ends a reply"""


@click.command("chat")
@verb_options(ChatOptions)
@project_option
def chat_command(options: ChatOptions, folder: Path) -> None:
    """Talk to MODEL; by default the project's writer, or smollm2.

    In a project the model is told the task and the rubric; elsewhere, what is built into its file. /help lists what
    else there is.
    """
    found = behind(folder, options.rubric, options.judge)
    model = options.model or (found.project.settings.models.writer.model if found.project else "smollm2")
    sampling = SAMPLING.model_copy(update={"max_tokens": options.max_tokens, "temperature": options.temperature})
    with ExitStack() as stack:
        settings = settings_of(model, context=options.context, concurrency=1)
        who = stack.enter_context(opened(settings, None if options.model else found.project, SCREEN))
        talk = Conversation(who, told=found.told, sampling=sampling)
        other = options.base or (model.rpartition("+")[0] if "+" in model else "smollm2")
        _Chat(talk, found, other, stack).run()


@dataclass
class _Chat:
    """The loop: a line in, a reply out."""

    talk: Conversation
    behind: ConversationSetup
    base: str
    stack: ExitStack
    _other: Model | None = None

    def run(self) -> None:
        note(f"{self.talk.model.spec}: write, or /help; /quit ends")
        if self.talk.system:
            note(f"told: {short(self.talk.system)}")
        while (line := _read()) is not None:
            text = line.strip()
            if text in {"/quit", "/exit"}:
                return
            if not text:
                continue
            try:
                self._take(text)
            except HoneError as error:
                note(str(error))
            except KeyboardInterrupt:
                note("\n(stopped)")

    def _take(self, text: str) -> None:
        if not text.startswith("/"):
            self._show(self.talk.say(text))
            return
        command, _, rest = text.partition(" ")
        known: dict[str, Callable[[str], None]] = {
            "/score": self._score,
            "/rubric": self._rubric,
            "/compare": self._compare,
            "/history": self._history,
            "/clear": self._clear,
            "/help": lambda _: note(_HELP),
        }
        if command not in known:
            raise ProjectError(f"there is no {clean(command)}; /help lists what there is")
        known[command](rest.strip())

    def _score(self, _: str) -> None:
        rubric = self.behind.rubric
        if self.talk.judge is None and rubric is not None:
            if self.behind.judge.model == self.talk.model.spec:
                judge = self.talk.model
            else:
                judge = self.stack.enter_context(opened(self.behind.judge, self.behind.project, SCREEN))
            self.talk.judge = self.behind.judge_of(judge)
        judgement = asyncio.run(self.talk.score())
        if rubric is not None:
            out().print(judgement_table([judgement], rubric))
        for score in judgement.scores:
            note(f"{score.criterion}: {score.value:g}, because: {short(score.reason)}")

    def _rubric(self, choice: str) -> None:
        if choice not in {"on", "off"}:
            raise ProjectError("write /rubric on or /rubric off")
        if self.behind.project is None or self.behind.rubric is None:
            raise ProjectError("there is no project with a rubric here; start in one, or with --project")
        self.talk.rubric = choice == "on"
        note(f"the rubric is {'in' if self.talk.rubric else 'not in'} what the model is told from now on")

    def _compare(self, choice: str) -> None:
        if choice != "base":
            raise ProjectError("write /compare base; --base names who that is")
        if self._other is None:
            self._other = self.stack.enter_context(opened(settings_of(self.base, concurrency=1), watch=SCREEN))
        note(f"{self.base}:")
        self._show(self.talk.other(self._other))

    def _show(self, pieces: AsyncIterator[str]) -> None:
        show_reply(pieces)
        if self.talk.ending:
            more = "; --max-tokens gives it more room" if self.talk.ending.startswith("cut") else ""
            note(f"({self.talk.ending}{more})")

    def _history(self, _: str) -> None:
        for turn in self.talk.turns:
            out().print(f"{turn.role}: {clean(turn.content)}", markup=False)

    def _clear(self, _: str) -> None:
        self.talk.clear()
        note("forgotten")


def _read() -> str | None:
    """The next line, or none at the end."""
    if sys.stdin.isatty():
        with contextlib.suppress(ImportError):
            import readline  # noqa: F401, PLC0415 - editing and earlier lines
    try:
        return input("> " if sys.stdin.isatty() else "")
    except (EOFError, KeyboardInterrupt):
        note("")
        return None


def show_reply(pieces: AsyncIterator[str]) -> None:
    """A reply as it is written, without anything that a terminal would act on."""

    async def show() -> None:
        async for piece in pieces:
            click.echo(clean(piece), nl=False)

    try:
        asyncio.run(show())
    finally:
        click.echo()
