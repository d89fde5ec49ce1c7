"""From a conversation to token ids, with a mark on each token that the model is to learn.

Each stretch between two replies is tokenised as it is when the model is asked: the prompt by itself, up to where the
reply begins. So training and generation see the same tokens. A reply ends in one end token, which is learnt.
"""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from hone.domain.conversation import Message
from hone.errors import TuneError, UnavailableError
from hone.weights.chat_text import chat_text
from hone.weights.tokenizer import end_tokens

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
    for turns in conversations:
        example = encode(tokenizer, turns)
        if isinstance(example, str):
            found.left_out[example] += 1
        elif len(example) > longest:
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


def encode(tokenizer: Any, turns: Sequence[Turn]) -> Encoded | str:
    """One conversation as tokens, or why it cannot be learnt."""
    ids: list[int] = []
    learnt: list[bool] = []
    done = ""
    for place, turn in enumerate(turns):
        if turn["role"] != "assistant":
            continue
        before = _render(tokenizer, turns[:place], prompt=True)
        after = _render(tokenizer, turns[: place + 1], prompt=False)
        if not before.startswith(done) or not after.startswith(before):
            return "its chat template rewrites earlier turns"
        asked = _ids(tokenizer, before[len(done) :])
        reply = _ids(tokenizer, after[len(before) :])
        end = _end(tokenizer, reply)
        if end is None:
            return "its text holds control tokens of the chat template"
        ids += asked + reply[: end + 1]
        learnt += [False] * len(asked) + [turn.get("weight") != "0"] * (end + 1)
        done = before + tokenizer.decode(reply[: end + 1], clean_up_tokenization_spaces=False)
        if not after.startswith(done):
            done = after  # what follows the end token is then not seen; nothing is learnt from it either way
    if not any(learnt):
        return "it has no reply"
    return Encoded(tuple(ids), tuple(learnt))


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


def _end(tokenizer: Any, reply: Sequence[int]) -> int | None:
    """Where the reply's one end token stands; none where a control token stands before it."""
    ends = end_tokens(tokenizer)
    special = set(tokenizer.all_special_ids) | set(tokenizer.get_added_vocab().values())
    places = [place for place, token in enumerate(reply) if token in special]
    with contextlib.suppress(IndexError):
        if reply[places[0]] in ends and not [place for place in places[1:] if reply[place] in ends]:
            return places[0]
    return None
