"""What a model on this machine makes of the rated replies, for a judge of one's own: read once, and kept in a run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from hone.domain.base import Frozen, digest
from hone.domain.settings import ModelSettings
from hone.domain.task import Reply
from hone.jobs import Journal
from hone.journey.step import open_step, run_step, step_config
from hone.journey.votes import VotesToAsk
from hone.judging.embeddings import embeddings_of
from hone.judging.saved_judge import EmbeddingPart
from hone.models.embedding import text_of, vector_of
from hone.models.spec import connect_embedder, see_embedder
from hone.weights.content import content

VERB = "judge tune embeddings"


@dataclass(frozen=True)
class ReadReplies:
    """What came of it."""

    part: EmbeddingPart
    """Which model read them, as a judge's folder names it."""
    vectors: dict[str, npt.NDArray[np.float64]]
    """By item, each of shape (size,)."""


class ReplyVector(Frozen):
    """What a model makes of one reply, as a run's results hold it."""

    item: str
    vector: str
    """See `text_of`."""


def embed_replies(asked: VotesToAsk, model: ModelSettings, replies: Sequence[Reply]) -> ReadReplies:
    """What a model makes of each reply: out of a finished run, or read; nothing in a journal is read twice.

    Args:
        asked: Whose runs, and whether to read everything again.
        model: Its spec, and the precision of its weights.
        replies: What is read.

    Raises:
        SpecError: The spec names no model on this machine.
        UnavailableError: The model cannot be opened.
        CallError: A reply cannot be read.
    """
    project, watch = asked.project, asked.watch
    see_embedder(model, project.folder)
    config = step_config(project, embedding=model, data=digest([reply.model_dump() for reply in replies]))
    step = open_step(project.runs_folder, VERB, config, fresh=asked.fresh, tell=watch.tell)

    def work(journal: Journal) -> list[ReplyVector]:
        watch.fetch(model.model)
        with connect_embedder(model, folder=project.folder) as opened, watch.progress(model.model) as progress:
            made = embeddings_of(opened, replies, journal, progress)
        return [ReplyVector(item=item, vector=text_of(one.astype(np.float32))) for item, one in made.items()]

    found = {one.item: vector_of(one.vector) for one in run_step(step, ReplyVector, work)}
    watch.tell(step.line)
    size = len(next(iter(found.values())))
    files = content(model.model, project.folder)
    return ReadReplies(EmbeddingPart(model=model, files=files, size=size), found)
