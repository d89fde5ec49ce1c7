"""What every step that asks a model works with, beside the model and its own material."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from hone.domain.language import ENGLISH, Language
from hone.domain.settings import Sampling
from hone.jobs.calls import Outcome, Progress, ask_all
from hone.jobs.journal import Journal
from hone.models import Message, Model, Request
from hone.prompts import Prompts, load_prompts


@dataclass(frozen=True, slots=True)
class Setup:
    """Prompts, sampling, journal and progress of one step."""

    prompts: Prompts = field(default_factory=load_prompts)
    """The built-in prompts by default."""
    sampling: Sampling | None = None
    """Each step has a default of its own."""
    journal: Journal | None = None
    """Answers that are in it are not asked for again; without one, nothing is written."""
    progress: Progress | None = None
    """Told after every answer."""
    retry: bool = False
    """Ask once more where an answer of the journal could not be read."""
    language: Language = ENGLISH
    """What names of criteria are asked for in; that models write in it, the system prompt says."""

    def messages(self, text: str) -> tuple[Message, ...]:
        """The fixed system block, then the text."""
        return Message("system", self.prompts["system"].render()), Message("user", text)

    def ask(self, model: Model, requests: Iterable[Request]) -> list[Outcome]:
        """One outcome a request, in order; see `ask_all`."""
        return ask_all(model, requests, journal=self.journal, progress=self.progress)
