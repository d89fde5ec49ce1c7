"""From a conversation to token ids, with a mark on each token that the model is to learn.

Each stretch between two replies is tokenised as it is when the model is asked: the prompt by itself, up to where the
reply begins. So training and generation see the same tokens. A reply ends in one end token, which is learnt.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Self, cast

from hone.domain.conversation import Message
from hone.errors import TuneError, UnavailableError
from hone.weights.chat_text import chat_text
from hone.weights.tokenizer import end_tokens

_THOUGHT, _CLOSED = "<think>", "</think>"
"""How chat templates of models that think open a thought, and how such models close it."""

Turn = dict[str, str]
"""`role` and `content`, as chat templates take them; a `weight` of 0 makes an assistant's turn context."""


@dataclass(frozen=True, slots=True)
class Encoded:
    """One example as tokens."""

    ids: tuple[int, ...]
    learnt: tuple[bool, ...]
    """Whether each token counts in the loss."""

    def __len__(self) -> int:
        return len(self.ids)


@dataclass(slots=True)
class Tokens:
    """A data set as tokens, and what was left out."""

    examples: list[Encoded] = field(default_factory=list)
    left_out: Counter[str] = field(default_factory=Counter)
    """Reasons and how often each."""

    @property
    def total(self) -> int:
        """Tokens in all."""
        return sum(map(len, self.examples))

    @property
    def learnt(self) -> int:
        """Tokens that count in the loss."""
        return sum(sum(example.learnt) for example in self.examples)


def encode_all(tokenizer: Any, conversations: Iterable[Sequence[Turn]], *, longest: int) -> Tokens:
    """Every conversation as tokens.

    Args:
        tokenizer: The model's, with a chat template.
        conversations: Turns, the last of them the assistant's.
        longest: Tokens; a longer example is left out and counted, never cut.

    Raises:
        TuneError: The tokenizer has no chat template, or its template ends no reply.
    """
    check_chat_template(tokenizer)
    found = Tokens()
    control = _Control.of(tokenizer)
    for turns in conversations:
        made = encode(tokenizer, turns, control)
        if isinstance(made, str):
            found.left_out[made] += 1
            continue
        for example in made:
            if len(example) > longest:
                found.left_out[f"longer than {longest:,} tokens"] += 1
            else:
                found.examples.append(example)
    return found


def check_chat_template(tokenizer: Any) -> None:
    """Make sure that there is a chat template.

    Raises:
        TuneError: There is none.
    """
    if not getattr(tokenizer, "chat_template", None):
        raise TuneError(
            "the tokenizer has no chat template, so it is not known how to talk to this model; use an "
            "instruction-tuned model (names often end in -Instruct), or put a chat_template.jinja into its folder"
        )


@dataclass(frozen=True, slots=True)
class _Control:
    """The tokens that steer a model, found once for many conversations."""

    ends: Mapping[int, str]
    """Each token that ends a reply, and how it is written."""
    marks: tuple[str, ...]
    """How all of them are written, the others too."""

    @classmethod
    def of(cls, tokenizer: Any) -> Self:
        """Those of a tokenizer."""
        ends = end_tokens(tokenizer)
        names = tokenizer.convert_ids_to_tokens([*ends, *tokenizer.all_special_ids])
        return cls(dict(zip(ends, names, strict=False)), tuple(dict.fromkeys(names)))


def encode(tokenizer: Any, turns: Sequence[Turn], control: _Control | None = None) -> list[Encoded] | str:
    """One conversation as tokens, or why it cannot be learnt.

    Mostly one example with all replies. Where a turn that is past stands there differently from what was learnt, as
    with models that think or another vocabulary than the template's, the next reply is an example of its own, with
    the conversation before it as the model is shown it when it is asked.
    """
    known = control or _Control.of(tokenizer)
    if any(mark in turn["content"] for turn in turns for mark in known.marks):
        return "its text holds control tokens of the chat template"
    found: list[Encoded] = []
    ids: list[int] = []
    learnt: list[bool] = []
    done = ""
    for place, turn in enumerate(turns):
        if turn["role"] != "assistant":
            continue
        before = _render(tokenizer, turns[:place], prompt=True)
        after = _render(tokenizer, turns[: place + 1], prompt=False)
        reply = _reply(before, after, turn["content"])
        if reply is None:
            return "its chat template opens a reply in another way than it writes it"
        if not done or not before.startswith(done):
            found += _finished(ids, learnt)
            ids, learnt, done = [], [], ""
        asked, said = _ids(tokenizer, before[len(done) :]), _ended(tokenizer, known, *reply)
        ids += asked + said
        learnt += [False] * len(asked) + [turn.get("weight") != "0"] * len(said)
        done = before + tokenizer.decode(said, clean_up_tokenization_spaces=False)
        if not after.startswith(done):
            done = ""  # this is not what stands there once the turn is past, so the next reply begins anew
    found += _finished(ids, learnt)
    return found or "it has no reply"


def _finished(ids: Sequence[int], learnt: Sequence[bool]) -> list[Encoded]:
    return [Encoded(tuple(ids), tuple(learnt))] if any(learnt) else []


def _reply(before: str, after: str, content: str) -> tuple[str, str] | None:
    """What the model is to write from where it is asked, to the end of the reply, and what the template puts behind.

    None where the template opens a reply with more than a thought, and does not write that before what was said.
    """
    written = content if content in after else content.strip()
    start = after.rfind(written) if written else -1
    pairs = enumerate(zip(before, after, strict=False))
    shared = next((place for place, (one, other) in pairs if one != other), min(len(before), len(after)))
    opened = before[shared:]
    if start < shared:
        # What was said is not found as it was given: all behind the prompt is the reply, where it begins with it.
        return None if opened else (after[shared:], "")
    body, behind = after[shared : start + len(written)], after[start + len(written) :]
    if not opened.strip():
        return (body if not opened else body.removeprefix(opened)), behind
    if not opened.strip().endswith(_THOUGHT):
        return None
    # The thought that the template opens when it asks is closed at once: nothing was thought in what was said.
    gap = opened[len(opened.rstrip()) :] or "\n"
    return f"{gap}{_CLOSED}{gap * 2}{body.lstrip()}", behind


def _ended(tokenizer: Any, control: _Control, text: str, behind: str) -> list[int]:
    """The tokens of a reply and of the one end token that the template writes behind it, else the tokenizer's own."""
    said = _ids(tokenizer, text + behind)
    before = sum(text.count(mark) for mark in set(control.ends.values()))  # of a thought that the template writes
    end = next(islice((place for place, token in enumerate(said) if token in control.ends), before, None), None)
    if end is not None and behind.lstrip().startswith(control.ends[said[end]]):
        return said[: end + 1]
    return [*_ids(tokenizer, text), tokenizer.eos_token_id]


def leading_starts(tokenizer: Any, ids: Sequence[int]) -> int:
    """How many start tokens stand at the beginning: more than one is the mistake of adding it to a template's own."""
    start = tokenizer.bos_token_id
    count = 0
    while count < len(ids) and ids[count] == start:
        count += 1
    return count


def wants_start(tokenizer: Any) -> bool:
    """Whether the tokenizer itself begins each text with a start token."""
    ids = tokenizer("a")["input_ids"]
    return bool(ids) and tokenizer.bos_token_id is not None and ids[0] == tokenizer.bos_token_id


def _ids(tokenizer: Any, text: str) -> list[int]:
    return list(tokenizer(text, add_special_tokens=False)["input_ids"])


def _render(tokenizer: Any, turns: Sequence[Turn], *, prompt: bool) -> str:
    messages = [Message(cast("Any", turn["role"]), turn["content"]) for turn in turns]
    try:
        return chat_text(tokenizer, messages, reply=prompt)
    except UnavailableError as error:
        raise TuneError(f"an example cannot be written for this model: {error}") from error
