"""What is put before a model that is to read a reply, and what it made of many."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from hone.domain.conversation import Message
from hone.domain.task import NO_REQUEST, Reply
from hone.errors import CallError
from hone.jobs import Journal
from hone.jobs.calls import Progress, ask_all
from hone.models import Call, Model, Request
from hone.models.embedding import vector_of

Floats = npt.NDArray[np.float64]
STEP = "embedding"
"""Names these calls in journals."""


def embedding_request(reply: Reply) -> Request:
    """A reply behind its request and, where there is one, its reference. What is the same for many stands first."""
    parts = [] if reply.prompt == NO_REQUEST else [f"A request:\n\n{reply.prompt.strip()}"]
    parts += [f"A good answer to compare with:\n\n{reply.reference.strip()}"] if reply.reference else []
    before = "\n\n".join([*parts, "The reply:\n\n"])
    messages = (Message("user", before), Message("assistant", reply.text.strip()))
    return Request(messages, call=Call(reply.item, STEP))


def embeddings_of(
    model: Model, replies: Sequence[Reply], journal: Journal | None = None, progress: Progress | None = None
) -> Mapping[str, Floats]:
    """What a model makes of replies, by item; nothing that a journal holds is read again.

    Args:
        model: See `connect_embedder`.
        replies: What is read.
        journal: Where vectors are kept.
        progress: Told after every reply.

    Raises:
        CallError: A reply cannot be read.
        UnavailableError: The model cannot be used at all.
    """
    # Replies to one request come together, so that what stands before them is read once.
    ordered = sorted(replies, key=lambda reply: (reply.prompt, reply.reference or ""))
    found = {}
    outcomes = ask_all(model, map(embedding_request, ordered), journal=journal, progress=progress)
    for reply, outcome in zip(ordered, outcomes, strict=True):
        if outcome.completion is None:
            raise outcome.error or CallError(f"{model.spec} gave no vector of {reply.item}")
        found[reply.item] = vector_of(outcome.completion.text)
    return found
