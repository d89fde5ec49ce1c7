"""Tells a reasoning model's answer from the thoughts that it writes before it.

An endpoint or an engine that does not take the thoughts out hands them over inside the text: ``<think>`` of DeepSeek
and Qwen, ``[THINK]`` of Mistral, ``◁think▷`` of Kimi, the channels of gpt-oss and Gemma. A draft in them
is not the answer, and where the model was cut before the thoughts ended there is no answer.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator

_NAMES = r"(?:[A-Za-z]{1,20}[:_])?think|thinking|thought|thoughts|reasoning|scratchpad|seed:cot_budget_reflect"
_MARK = re.compile(
    rf"(?P<open><(?:{_NAMES})(?:\s[^<>]{{0,80}})?>|\[THINK\]|◁think▷|<\|begin_of_thought\|>|<unused94>"
    r"|<\|START_THINKING\|>|<\|channel>\s*thought\b)"
    rf"|(?P<close></(?:{_NAMES})\s*>|\[/THINK\]|◁/think▷|<\|end_of_thought\|>|<unused95>|<\|END_THINKING\|>"
    r"|<channel\|>)",
    re.IGNORECASE,
)
_CHANNEL = re.compile(
    r"<\|channel\|>\s*(?P<name>\w{1,40}+)[^<]{0,40}(?:<\|constrain\|>[^<]{0,40})?(?P<begins><\|message\|>)?"
)
"""gpt-oss's form: each message stands in a channel, and the answer in the one called final."""
_CHANNEL_END = re.compile(r"<\|(?:end|return|start|call)\|>")
_BARE_CHANNELS = re.compile(
    r"\A\s*(?:analysis.*?assistantfinal|Here(?: is|'s) my thought process:.*?Here(?: is|'s) my response:)", re.DOTALL
)
"""The same where the engine took the marks out and left the words; and Granite's form, which is words only."""
_BARE_START = re.compile(r"\A\s*analysis(?=[A-Z][a-z']*\s)")
_OBJECT = re.compile(r'\{\s*+(?="(?:[^"\\]|\\.)*+"\s*+:)', re.DOTALL)
_TOKEN = re.compile(
    r'\s*+(?:(?P<text>"(?:[^"\\]|\\.)*+")|(?P<open>[{\[])|(?P<close>[}\]])|[,:]|true|false|null|[-+\d.eE]++)',
    re.DOTALL,
)
"""What a JSON object is made of, formulas with single backslashes included."""
_QUOTES = frozenset("`'\"“”‘’«»")


def answer_of(text: str) -> str:
    """The text without the thoughts before it; the very same text where there are none.

    A mark in quotes, or within a text of a JSON object, is a word about the mark. Whatever stands before
    a closing mark that was never opened is thought as well: some templates open the thought in the prompt.

    Args:
        text: What a model wrote.

    Returns:
        The answer; empty where the thoughts do not end.
    """
    if bare := _BARE_CHANNELS.match(text):
        return text[bare.end() :].strip()
    if _BARE_START.match(text):
        return ""
    if "<|channel|>" not in text and _MARK.search(text) is None:
        return text
    words = list(_texts_of_objects(text))
    channels = [match for match in _CHANNEL.finditer(text) if not _within(match, words)]
    if channels:
        return _final_channel(text, channels)
    return _behind_marks(text, words)


def _behind_marks(text: str, words: list[tuple[int, int]]) -> str:
    parts: list[str] = []
    place, thinking, found = 0, False, False
    for mark in _MARK.finditer(text):
        if not thinking and (_quoted(mark, text) or _within(mark, words)):
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


def _final_channel(text: str, channels: list[re.Match[str]]) -> str:
    last = None
    for match in channels:
        last = match if match["begins"] and match["name"].lower() == "final" else last
    if last is None:
        return ""
    end = _CHANNEL_END.search(text, last.end())
    return text[last.end() : end.start() if end else None].strip()


def _within(mark: re.Match[str], spans: list[tuple[int, int]]) -> bool:
    """Whether a mark begins within one of the spans, which are in order."""
    place = bisect_right(spans, (mark.start(), 0)) - 1
    return place >= 0 and mark.start() < spans[place][1]


def _texts_of_objects(text: str) -> Iterator[tuple[int, int]]:
    """Where the texts of whole JSON objects begin and end."""
    place = 0
    while start := _OBJECT.search(text, place):
        place, depth, texts = start.end(), 1, list[tuple[int, int]]()
        while depth and (token := _TOKEN.match(text, place)):
            depth += bool(token["open"]) - bool(token["close"])
            if token["text"]:
                texts.append(token.span("text"))
            place = token.end()
        if not depth:
            yield from texts
