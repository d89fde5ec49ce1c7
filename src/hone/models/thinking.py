"""Tells a reasoning model's answer from the thoughts that it writes before it.

An endpoint or an engine that does not take the thoughts out hands them over inside the text: ``<think>`` of DeepSeek
and Qwen, ``[THINK]`` of Mistral, ``◁think▷`` of Kimi, the channels of gpt-oss. A draft in them is not the answer, and
where the model was cut before the thoughts ended there is no answer.
"""

from __future__ import annotations

import json
import re

_NAMES = "think|thinking|thought|thoughts|reasoning|scratchpad|seed:think|seed:cot_budget_reflect"
_MARK = re.compile(
    rf"(?P<open><(?:{_NAMES})(?:\s[^<>]{{0,80}})?>|\[THINK\]|◁think▷|<\|begin_of_thought\|>|<unused94>"
    r"|<\|START_THINKING\|>)"
    rf"|(?P<close></(?:{_NAMES})\s*>|\[/THINK\]|◁/think▷|<\|end_of_thought\|>|<unused95>|<\|END_THINKING\|>)",
    re.IGNORECASE,
)
_CHANNEL = re.compile(r"<\|channel\|>\s*(?P<name>\w+)[^<]{0,40}<\|message\|>")
"""gpt-oss's form: each message stands in a channel, and the answer in the one called final."""
_CHANNEL_END = re.compile(r"<\|(?:end|return|start|call)\|>")
_BARE_CHANNELS = re.compile(r"\A\s*analysis.*?assistantfinal", re.DOTALL)
"""The same where the engine took the marks out and left the words."""
_QUOTES = frozenset("`'\"“”‘’«»")


def answer_of(text: str) -> str:
    """The text without the thoughts before it; the very same text where there are none.

    A mark in quotes, or within a text that is one JSON object as a whole, is a word about the mark. Whatever stands
    before a closing mark that was never opened is thought as well: some templates open the thought in the prompt.

    Args:
        text: What a model wrote.

    Returns:
        The answer; empty where the thoughts do not end.
    """
    if "<|channel|>" in text:
        return _final_channel(text)
    if bare := _BARE_CHANNELS.match(text):
        return text[bare.end() :].strip()
    if _MARK.search(text) is None or _is_one_object(text):
        return text
    parts: list[str] = []
    place, thinking, found = 0, False, False
    for mark in _MARK.finditer(text):
        if _quoted(mark, text) and not thinking:
            continue
        found = True
        if mark["open"]:
            if not thinking:
                parts.append(text[place : mark.start()])
            thinking = True
        else:
            if not thinking:
                parts.clear()
            thinking, place = False, mark.end()
    if not found:
        return text
    return "".join(parts if thinking else [*parts, text[place:]]).strip()


def _quoted(mark: re.Match[str], text: str) -> bool:
    return text[mark.start() - 1 : mark.start()] in _QUOTES and text[mark.end() : mark.end() + 1] in _QUOTES


def _final_channel(text: str) -> str:
    last = None
    for match in _CHANNEL.finditer(text):
        last = match if match["name"].lower() == "final" else last
    if last is None:
        return ""
    end = _CHANNEL_END.search(text, last.end())
    return text[last.end() : end.start() if end else None].strip()


def _is_one_object(text: str) -> bool:
    if not text.lstrip().startswith("{"):
        return False
    try:
        json.loads(text, strict=False)
    except (ValueError, RecursionError):
        return False
    return True
