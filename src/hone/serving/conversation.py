"""A conversation with a model: its history, what it is told, scores, and another model's reply to the same.

It knows no terminal: pieces of text go out as they come, untrusted as they are.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field

from hone.domain.evidence import Judgement
from hone.domain.settings import Sampling
from hone.domain.task import Reply
from hone.errors import ContextError, HoneError, ProjectError
from hone.jobs import Caller, wait
from hone.judging import Judge
from hone.models import Message, Model, Request
from hone.models.thinking import answer_of
from hone.spelling import option

SAMPLING = Sampling(max_tokens=512)
"""The likeliest tokens, as a benchmark has them."""


@dataclass
class Conversation:
    """One conversation.

    Args:
        model: Who replies.
        told: The system messages with and without the rubric; empty ones leave it to the model's own template.
        judge: Who scores, if anybody.
        sampling: How the model is sampled.
    """

    model: Model
    told: tuple[str, str] = ("", "")
    judge: Judge | None = None
    sampling: Sampling = SAMPLING
    rubric: bool = True
    """Whether the rubric is in what the model is told."""
    turns: list[Message] = field(default_factory=list)
    """What was said, without the system message."""
    ending: str = ""
    """What is to be known of how the last reply ended, the other model's included; empty where it came to its end."""
    _cut: bool = False

    @property
    def system(self) -> str:
        """What the model is told before the first turn; empty where that is left to its template."""
        return self.told[0 if self.rubric else 1]

    def messages(self, turns: Sequence[Message] | None = None) -> tuple[Message, ...]:
        """What is sent: the system message, where there is one, and the turns."""
        head = (Message("system", self.system),) if self.system else ()
        return (*head, *(self.turns if turns is None else turns))

    async def say(self, text: str) -> AsyncIterator[str]:
        """Ask something; gives the reply piece by piece. Turns count once there is some of a reply.

        Raises:
            ContextError: The conversation does not fit any more; the question is not in the history.
            ModelError: The model did not answer, or broke off; what came stays in the history.
        """
        turns = [*self.turns, Message("user", text)]
        pieces: list[str] = []
        self._cut = False
        try:
            async for piece in self._reply(self.model, turns):
                pieces.append(piece)
                yield piece
            self._cut = bool(self.ending)
        except ContextError as error:
            raise ContextError(
                f"the conversation does not fit into the model's context any more ({_short(error)}); "
                f"start again with /clear, or start with a larger {option('context')}"
            ) from error
        finally:
            # Also where the person, or the engine, ended it in the middle.
            if pieces:
                self.turns = [*turns, Message("assistant", answer_of("".join(pieces)))]

    def ask(self, text: str) -> str:
        """Ask something, and wait for the whole reply; `say` gives it piece by piece.

        Raises:
            ContextError: The conversation does not fit any more.
            ModelError: The model did not answer.
        """

        async def whole() -> str:
            return "".join([piece async for piece in self.say(text)])

        return wait(whole())

    async def other(self, model: Model) -> AsyncIterator[str]:
        """Another model's reply to the last question; the history stays as it is.

        Raises:
            ProjectError: Nothing was asked yet.
            ModelError: The model did not answer.
        """
        if len(self.turns) < 2:
            raise ProjectError("there is no reply to compare yet; ask something first")
        async for piece in self._reply(model, self.turns[:-1]):
            yield piece

    async def _reply(self, model: Model, turns: Sequence[Message]) -> AsyncIterator[str]:
        """A reply piece by piece; how it ended is told in `ending`."""
        self.ending, pieces, finish = "", [], ""
        async with model:
            async for piece in model.stream(Request(self.messages(turns), self.sampling)):
                finish = piece.finish or finish
                pieces.append(piece.text)
                if piece.text:
                    yield piece.text
        thinking = not answer_of("".join(pieces)).strip()
        if finish == "length":
            still = "while it was still reasoning, " if thinking and "".join(pieces).strip() else ""
            self.ending = f"cut {still}at its length limit of {self.sampling.max_tokens} tokens"
        elif thinking:
            self.ending = "the model ended without an answer"

    async def score(self) -> Judgement:
        """The judge's scores of the last reply.

        Raises:
            ProjectError: There is no reply, or no judge.
            UnavailableError: The judge cannot answer at all.
        """
        if self.judge is None:
            raise ProjectError(
                f"there is no rubric to score by; start in a project, or name one with {option('rubric')}"
            )
        if len(self.turns) < 2:
            raise ProjectError("there is no reply to score yet; ask something first")
        question, reply = self.turns[-2:]
        return await score(
            self.judge,
            Reply(item="chat", prompt=question.content, text=reply.content, model=self.model.spec, cut=self._cut),
        )

    def clear(self) -> None:
        """Begin anew."""
        self.turns = []


async def score(judge: Judge, reply: Reply) -> Judgement:
    """One reply scored, with the judge's models opened for it.

    Raises:
        UnavailableError: The judge cannot answer at all.
    """
    async with opened_models(judge.asked_models):
        return await judge.score(reply, Caller())


@asynccontextmanager
async def opened_models(models: Iterable[Model]) -> AsyncIterator[None]:
    """Models with their connections open."""
    async with AsyncExitStack() as stack:
        for model in models:
            await stack.enter_async_context(model)
        yield


def _short(error: HoneError) -> str:
    return str(error).partition(";")[0][-160:]
