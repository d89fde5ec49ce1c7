"""One door per engine, behind one interface: `connect(spec)` gives a model, `model.ask(request)` an answer."""

from hone.domain.conversation import Message
from hone.models.base import Call, Chunk, Completion, Model, Request, TokenLogprob, Usage
from hone.models.scripted import ScriptedModel
from hone.models.spec import connect

__all__ = [
    "Call",
    "Chunk",
    "Completion",
    "Message",
    "Model",
    "Request",
    "ScriptedModel",
    "TokenLogprob",
    "Usage",
    "connect",
]
