"""Conversations as a tokenizer writes them: the text and the tokens that a model is given, or learns from.

The text of a chat template holds every special token that the model wants, so nothing is added to it: a second start
or end token is the commonest mistake of hand-made prompts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from hone.domain.conversation import Message, without_system
from hone.errors import UnavailableError

_PARTS: dict[str, bool] = {}
_SYSTEM: dict[str, bool] = {}
"""What was found out of each template: a run asks for the same thousands of times."""


def chat_text(tokenizer: Any, messages: Sequence[Message], *, reply: bool = True) -> str:
    """A conversation in the words of the tokenizer's chat template.

    Args:
        tokenizer: From transformers.
        messages: The turns. A system turn that the template does not take opens the first turn of the user.
        reply: End where the model's reply begins; without it, end behind the last turn.

    Raises:
        UnavailableError: The tokenizer has no chat template, or its template refuses these turns.
    """
    if not getattr(tokenizer, "chat_template", None):
        raise UnavailableError(
            f"the tokenizer of {tokenizer.name_or_path} has no chat template; use an instruct or chat model, "
            "or put a chat_template.jinja beside it"
        )
    if any(message.role == "system" for message in messages) and not takes_system(tokenizer):
        messages = without_system(messages)
    return _templated(tokenizer, messages, reply=reply)


def takes_system(tokenizer: Any) -> bool:
    """Whether the chat template writes system turns: some refuse them, and some leave them out without a word."""
    system = [Message("system", "Be kind."), Message("user", "-")]
    template = str(tokenizer.chat_template)
    if template not in _SYSTEM:
        try:
            _SYSTEM[template] = system[0].content in _templated(tokenizer, system, reply=True)
        except UnavailableError:
            _SYSTEM[template] = False
    return _SYSTEM[template]


def _templated(tokenizer: Any, messages: Sequence[Message], *, reply: bool) -> str:
    turns = [{"role": message.role, "content": message.content} for message in messages]
    return templated(tokenizer, turns, reply=reply)


def templated(tokenizer: Any, turns: Sequence[Mapping[str, str]], *, reply: bool = True) -> str:
    """What the chat template makes of turns as they are: a system turn goes to it whether it takes one or not.

    Raises:
        UnavailableError: The template refuses them.
    """
    shown: list[Any] = list(turns)
    if _wants_parts(tokenizer):
        shown = [dict(turn) | {"content": [{"type": "text", "text": turn["content"]}]} for turn in turns]
    try:
        return str(tokenizer.apply_chat_template(shown, tokenize=False, add_generation_prompt=reply))
    except Exception as error:  # a template is a program of the model's makers and raises what it likes
        reason = " ".join(str(error).split())[:200]
        raise UnavailableError(
            f"the chat template of {tokenizer.name_or_path} refuses this conversation ({reason})"
        ) from error


def _wants_parts(tokenizer: Any) -> bool:
    """Whether the chat template takes a turn as a list of parts, as those of models that see pictures do.

    Text alone would be refused by it, or left out without a word.
    """
    template = str(tokenizer.chat_template)
    if template not in _PARTS:
        text = "Hello there"
        _PARTS[template] = text not in _tried(tokenizer, text) and text in _tried(
            tokenizer, [{"type": "text", "text": text}]
        )
    return _PARTS[template]


def _tried(tokenizer: Any, content: Any) -> str:
    """What the template makes of a question; nothing where it refuses it."""
    try:
        turns = [{"role": "user", "content": content}]
        return str(tokenizer.apply_chat_template(turns, tokenize=False, add_generation_prompt=True))
    except Exception:
        return ""


def chat_tokens(tokenizer: Any, messages: Sequence[Message], *, reply: bool = True) -> list[int]:
    """The tokens of `chat_text`, with nothing added."""
    tokens = tokenizer(chat_text(tokenizer, messages, reply=reply), add_special_tokens=False)["input_ids"]
    return [int(token) for token in tokens]
