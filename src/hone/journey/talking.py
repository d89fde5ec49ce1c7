"""A conversation with a model and an endpoint over it: which task, rubric and judge stand behind them."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from pydantic import Field

from hone.domain.rubric import Rubric
from hone.domain.settings import ModelSettings, Sampling
from hone.errors import ProjectError, SpecError
from hone.jobs import Setup
from hone.journey.certifying import certified_judge
from hone.journey.options import OptionForm, VerbOptions
from hone.journey.own_judge_in_use import agree_to_hosts, own_judge_words
from hone.journey.watching import SILENT, Watch
from hone.judging import Judge
from hone.judging.decider import DECIDING, Decider
from hone.judging.of_project import judge_of
from hone.judging.opening import connect_judge
from hone.models import Model
from hone.models.embedded import EmbeddedModel
from hone.models.spec import own_folder, settings_of
from hone.project import Project
from hone.project.naming import named_rubric, rubric_anywhere
from hone.prompts import load_prompts
from hone.rubrics.replies import system_text
from hone.serving.conversation import SAMPLING, Conversation
from hone.serving.server import Serving, check_host, check_port, listen
from hone.spelling import option


class ChatOptions(VerbOptions):
    """What may be set for `chat`."""

    verb = "chat"
    model: Annotated[str | None, OptionForm(positional=True, metavar="MODEL")] = None
    base: str | None = None
    """Who replies to /compare base.  [default: the model without its adapter, else smollm2]"""
    rubric: str | None = None
    """v1, v2, …, working, a file or a library name.  [default: the latest version]"""
    judge: str | None = None
    """Who scores.  [default: the judge in hone.yaml, else smollm2]"""
    context: int = Field(default=4096, ge=256)
    """Tokens of the conversation."""
    max_tokens: int = Field(default=SAMPLING.max_tokens, ge=1)
    temperature: float = Field(default=0.0, ge=0, le=2)


@dataclass(frozen=True, slots=True)
class ConversationSetup:
    """What stands behind a conversation.

    Args:
        project: The project, if there is one.
        rubric: The rubric, if there is one with criteria.
        judge: Who scores.
    """

    project: Project | None
    rubric: Rubric | None
    judge: ModelSettings

    @property
    def told(self) -> tuple[str, str]:
        """The system messages with and without the rubric; empty outside a project."""
        if self.project is None:
            return "", ""
        task, prompts = self.project.settings.task, self.project.prompts
        return system_text(task, self.rubric, prompts), system_text(task, None, prompts)

    def judge_of(self, model: Model) -> Judge | None:
        """The judge over a model that is open already; none where there is no rubric."""
        if self.rubric is None:
            return None
        return judge_of(self.project, (model,), self.judge, self.rubric)

    def decider_of(self, model: Model, *, closed: bool = False) -> Decider:
        """Who answers the questions of other tools with a model that is open already.

        Args:
            model: The judge's model, or the one that is served.
            closed: Whether only the rubric's own questions are answered; a judge of one's own answers no others.
        """
        closed = closed or own_folder(self.judge) is not None
        prompts = self.project.prompts if self.project else load_prompts()
        setup = Setup(prompts, self.judge.sampling(DECIDING))
        samples = self.project.settings.judging.samples if self.project else 1
        return Decider((model,), setup, self.judge_of(model), samples, closed)


def behind(folder: Path, name: str | None, judge: str | None) -> ConversationSetup:
    """The project that a folder lies in, and the rubric and judge that options name; outside one, those alone.

    Raises:
        ProjectError: There is no such rubric.
    """
    try:
        project = Project.find(folder)
    except ProjectError:
        return ConversationSetup(None, rubric_anywhere(name), settings_of(judge or "smollm2"))
    rubric = named_rubric(name, project)
    settings = settings_of(judge) if judge else project.settings.models.judge
    return ConversationSetup(project, rubric if rubric.criteria else None, settings)


@contextmanager
def opened(settings: ModelSettings, project: Project | None = None, watch: Watch = SILENT) -> Iterator[Model]:
    """A model, fetched first where it is one of the hub, and closed at the end.

    Args:
        settings: Which.
        project: What names it, if anything does; its user must have agreed to the host.
        watch: Told how far a fetch is.

    Raises:
        TrustError: The project names a host that the user has not agreed to.
        ModelError: It cannot be opened.
    """
    folder = project.folder if project else None
    if project is not None:
        project.check_models(settings.model)
    if own_folder(settings) is None:
        watch.fetch(settings.model)
    else:
        agree_to_hosts(settings, folder)
        watch.tell(own_judge_words(settings, folder))
    with connect_judge(settings, folder) as model:
        yield model


@contextmanager
def chat(
    model: str | None = None,
    *,
    project: Path | str = ".",
    rubric: str | None = None,
    context: int = 4096,
    sampling: Sampling = SAMPLING,
    watch: Watch = SILENT,
) -> Iterator[Conversation]:
    """A conversation, open within the block: `reply = conversation.ask("…")`; `say` gives it piece by piece.

    Args:
        model: Who replies; the project's writer, or `smollm2`, by default.
        project: In a project the model is told the task and the rubric; elsewhere, what is built into its file.
        rubric: Which rubric; the latest version by default.
        context: Tokens of the conversation.
        sampling: How the model is sampled.
        watch: Told how far a model's file is fetched.

    Raises:
        ModelError: The model cannot be used.
    """
    found = behind(Path(project), rubric, None)
    spec = model or (found.project.settings.models.writer.model if found.project else "smollm2")
    named = None if model else found.project
    with opened(settings_of(spec, context=context, concurrency=1), named, watch) as who:
        yield Conversation(who, told=found.told, sampling=sampling)


class Endpoint(VerbOptions):
    """Where and how an endpoint is served."""

    verb = "serve"
    host: str = "127.0.0.1"
    """Where to listen; others can reach 0.0.0.0."""
    port: int = Field(default=8080, ge=0, le=65535)
    """0 takes a free one."""
    key: Annotated[str | None, OptionForm(envvar="HONE_SERVE_KEY")] = None
    """What clients must send; better set in HONE_SERVE_KEY."""
    name: str | None = None
    """The model's name in answers.  [default: the file's]"""
    slots: int = Field(default=4, ge=1, le=64)
    """Requests written side by side."""
    context: int = Field(default=4096, ge=256)
    """Tokens of each request."""
    rubric: str | None = None
    """For /v1/score, /v1/systemone: v1, v2, …, working, a file or a library name.  [default: the latest version]"""
    judge: str | None = None
    """Who scores, and answers questions.  [default: the judge in hone.yaml, else the served model]"""
    require_certificate: bool = False
    """Refuse a judge without a certificate that fits (`hone agree --certify`), and questions beyond its rubric."""


class ServeOptions(Endpoint):
    """What may be set for `serve`: an endpoint, and what is served."""

    model: Annotated[str, OptionForm(positional=True, metavar="MODEL")]


def serve(model: str, endpoint: Endpoint | None = None, *, project: Path | str = ".", watch: Watch = SILENT) -> None:
    """Serve a GGUF model as an OpenAI-compatible endpoint until Ctrl-C or SIGTERM.

    Args:
        model: `smollm2`, `gguf:FILE`, `gguf:BASE+ADAPTER` or `gguf:hf://…`.
        endpoint: Where and how.
        project: Whose rubric and judge score at `/v1/score` and answer at `/v1/systemone`.
        watch: Told the address.

    Raises:
        UnavailableError: The port is in use, or others could reach it without a key.
        SpecError: The model is not embedded.
    """
    at = endpoint or Endpoint()
    check_host(at.host, at.key)
    check_port(at.host, at.port)
    found = behind(Path(project), at.rubric, at.judge)
    if at.require_certificate and (found.project is None or found.rubric is None):
        raise ProjectError(
            "there is no certificate to look for: certificates lie in a project, and speak of its rubric; serve in "
            f"one, or go on without {option('require_certificate')}"
        )
    if found.project is not None and found.rubric is not None:
        words = certified_judge(found.project, found.rubric, found.judge, required=at.require_certificate)
        if words:
            watch.tell(words)
    with ExitStack() as stack:
        settings = settings_of(model, context=at.context, concurrency=at.slots)
        served = stack.enter_context(opened(settings, watch=watch))
        if not isinstance(served, EmbeddedModel):
            raise SpecError(f"{model!r} is not embedded; write smollm2, gguf:FILE or gguf:hf://OWNER/REPO/FILE")
        own = at.judge is None and (found.project is None or found.judge.model == model)
        who: Model = served
        if not own and (found.rubric is not None or at.judge is not None):
            who = stack.enter_context(opened(found.judge, found.project, watch))
        serving = Serving(
            served,
            at.name or Path(model.partition("+")[0]).stem,
            at.key,
            found.judge_of(who),
            adapter="+" in model,
            decider=found.decider_of(who, closed=at.require_certificate),
        )
        asyncio.run(_until_stopped(serving, at, watch))


async def _until_stopped(serving: Serving, at: Endpoint, watch: Watch) -> None:
    stack, address = await listen(serving.app(), at.host, at.port)
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        with contextlib.suppress(NotImplementedError):  # Windows' loops: there Ctrl-C ends the process as anywhere
            loop.add_signal_handler(number, stopped.set)
    async with stack:
        key = "" if serving.key else "; anybody on this machine may ask"
        watch.tell(f"{serving.name} at {address}{key}. Ctrl-C ends it.")
        await stopped.wait()
    watch.tell("stopped")
