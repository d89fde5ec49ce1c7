"""What a request to `hone serve` may say: an allow-list with ranges, and limits on the depth and size of a schema.

The engine trusts what it is given: one number can make it take all memory, and one deep schema can stop it for all.
Fields that other servers know and this one does not need are left out; fields that are out of range are refused.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

_NUMBERS: Mapping[str, tuple[float, float]] = {
    "temperature": (0, 5),
    "top_p": (0, 1),
    "min_p": (0, 1),
    "typical_p": (0, 1),
    "presence_penalty": (-2, 2),
    "frequency_penalty": (-2, 2),
    "repeat_penalty": (0, 5),
    "dry_multiplier": (0, 10),
    "dry_base": (0, 10),
    "adapter_scale": (0, 2),
}
_COUNTS: Mapping[str, tuple[int, int]] = {
    "max_tokens": (-1, 2**20),
    "max_completion_tokens": (-1, 2**20),
    "n_predict": (-1, 2**20),
    "top_k": (0, 10_000),
    "top_logprobs": (0, 20),
    "n_probs": (0, 20),
    "n": (1, 8),
    "seed": (-1, 2**32 - 1),
    "repeat_last_n": (-1, 8192),
    "dry_allowed_length": (0, 1024),
    "dry_penalty_last_n": (-1, 8192),
    "n_keep": (-1, 2**20),
}
_FLAGS = frozenset({"stream", "logprobs", "cache_prompt", "ignore_eos", "echo", "parallel_tool_calls"})
_OTHERS = frozenset(
    {
        "messages",
        "prompt",
        "suffix",
        "reasoning_format",
        "stop",
        "response_format",
        "json_schema",
        "tools",
        "tool_choice",
        "stream_options",
        "logit_bias",
        "chat_template_kwargs",
    }
)
_DEEPEST = 32
"""Levels of a schema, of tools or of messages: grammars are made by recursion."""
_LARGEST = 200_000
"""Characters of a schema or of all tools."""
_SIZED = frozenset({"response_format", "json_schema", "tools", "tool_choice", "logit_bias", "chat_template_kwargs"})
_MOST_STOPS = 16


def allowed(body: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a request that the engine is given.

    Args:
        body: The JSON object of the request.

    Raises:
        ValueError: A field is out of range, too deep or too large; the message names it.
    """
    for name, value in body.items():
        if value is None:
            continue
        if name in _NUMBERS or name in _COUNTS:
            _check_number(name, value)
        elif name in _FLAGS and not isinstance(value, bool | int):
            raise ValueError(f"{name} is true or false")
        elif name == "stop":
            _check_stop(value)
        elif name in _OTHERS:
            _check_depth(name, value)
    known = _NUMBERS.keys() | _COUNTS.keys() | _FLAGS | _OTHERS
    return {name: value for name, value in body.items() if name in known and value is not None}


def _check_number(name: str, value: Any) -> None:
    low, high = _NUMBERS.get(name) or _COUNTS[name]
    whole = name in _COUNTS
    right = isinstance(value, int | float) and not isinstance(value, bool)
    if not right or not low <= value <= high or (whole and value % 1):
        raise ValueError(f"{name} is a {'whole ' if whole else ''}number from {low} to {high}")


def _check_stop(value: Any) -> None:
    texts = [value] if isinstance(value, str) else value
    if not isinstance(texts, list) or len(texts) > _MOST_STOPS or not all(isinstance(one, str) for one in texts):
        raise ValueError(f"stop is a text, or a list of at most {_MOST_STOPS} texts")


def _check_depth(name: str, value: Any) -> None:
    level, depth = [value], 0
    while level:
        depth += 1
        if depth > _DEEPEST:
            raise ValueError(f"{name} is nested more than {_DEEPEST} levels deep")
        inner: list[Any] = []
        for one in level:
            if isinstance(one, dict):
                inner += one.values()
            elif isinstance(one, list):
                inner += one
        level = inner
    if name in _SIZED and len(json.dumps(value)) > _LARGEST:
        raise ValueError(f"{name} is longer than {_LARGEST:,} characters")
