"""Scores what a rule asks for: no model, the scale's highest level where every check holds, else its lowest.

It refuses to guess: a regular expression that does not end in its time gives no score, with the reason.
"""

from __future__ import annotations

import atexit
import json
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

from hone.children import tied
from hone.domain.evidence import Score
from hone.domain.rubric import Rubric
from hone.domain.rule import Rule
from hone.errors import VerdictError
from hone.text import visible, whole_text

SECONDS = 1.0
"""What a regular expression has for one reply."""
STRIKES = 3
"""Replies on which it may fail to end; then it is not tried on others."""
_STARTING = 30.0
_CHILD = Path(__file__).with_name("regex_child.py")
_SENTENCE_END = re.compile(r"[.!?…]+(?=\s|$)|\n\s*\n")
_VOWELS = re.compile(r"[aeiouy]+")


def rule_scores(text: str, rubric: Rubric) -> tuple[Score, ...]:
    """The scores of the criteria that are rules, in the rubric's order.

    Args:
        text: The reply.
        rubric: Its criteria and its scale.

    Raises:
        VerdictError: A regular expression did not end in its time.
    """
    lowest, highest = rubric.scale.values[0], rubric.scale.values[-1]
    scores = []
    for criterion in rubric.criteria:
        if criterion.rule is not None:
            broken = list(_broken(criterion.rule, visible(text)))
            reason = " ".join(broken) if broken else f"The rule holds: {'; '.join(criterion.rule.words)}."
            value = lowest if broken else highest
            scores.append(Score(criterion=criterion.name, value=value, reason=reason))
    return tuple(scores)


def _broken(rule: Rule, text: str) -> Iterator[str]:
    """What does not hold, one sentence each."""
    words = count_words(text)
    if rule.max_words is not None and words > rule.max_words:
        yield f"It has {words} words, at most {rule.max_words} are asked for."
    if rule.min_words is not None and words < rule.min_words:
        yield f"It has {words} words, at least {rule.min_words} are asked for."
    folded = text.casefold()
    yield from (f"“{one}” is missing." for one in rule.contains if visible(one).casefold() not in folded)
    yield from (f"“{one}” stands in it." for one in rule.not_contains if visible(one).casefold() in folded)
    if rule.is_json and not _is_json(text):
        yield "It is not JSON."
    if rule.reading_age is not None:
        age = reading_age(text)
        if age is None:
            yield "It has no words whose reading age could be told."
        elif age > rule.reading_age:
            yield f"Its reading age is {age:.1f}, at most {rule.reading_age:g} is asked for."
    if rule.regex is not None and not _SEARCHER.search(rule.regex, text):
        yield f"Nothing in it matches {rule.regex}."


def count_words(text: str) -> int:
    """Words: what stands between spaces and holds a letter or a digit."""
    return sum(any(character.isalnum() for character in part) for part in text.split())


def reading_age(text: str) -> float | None:
    """The age at which an English text can be read: the Flesch-Kincaid grade plus 5, and 5 at least.

    Grade = 0.39 words/sentences + 11.8 syllables/words - 15.59 (Kincaid, Fishburne, Rogers and Chissom 1975).
    Syllables are estimated: groups of vowels in each word, without a silent e at its end, and one at least.

    Returns:
        The age in years; none where the text has no words.
    """
    words = [part for part in re.findall(r"[^\W\d_]+(?:['’][^\W\d_]+)*", text.lower()) if part]
    if not words:
        return None
    sentences = max(1, sum(bool(part.strip()) for part in _SENTENCE_END.split(text)))
    syllables = sum(_syllables(word) for word in words)
    grade = 0.39 * len(words) / sentences + 11.8 * syllables / len(words) - 15.59
    return max(5.0, grade + 5)


def _syllables(word: str) -> int:
    groups = len(_VOWELS.findall(word))
    silent = word.endswith("e") and not word.endswith(("le", "ee")) and groups > 1
    return max(1, groups - silent)


def _is_json(text: str) -> bool:
    try:
        json.loads(text, parse_constant=_refuse)
    except (ValueError, RecursionError):
        return False
    return True


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is no JSON")


class PatternSearcher:
    """Looks for patterns in a child process, which is killed where it does not answer in time.

    Python's own engine may run for years on a short text, and cannot be stopped within a process.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process: subprocess.Popen[str] | None = None
        self._strikes: dict[str, int] = {}

    def search(self, pattern: str, text: str) -> bool:
        """Whether a pattern matches somewhere in a text.

        Raises:
            VerdictError: It did not end within a second, here or on several texts before.
        """
        with self._lock:
            if self._strikes.get(pattern, 0) >= STRIKES:
                raise VerdictError(f"the regex of a rule did not end on {STRIKES} replies; write it simpler")
            line = json.dumps([pattern, whole_text(text)]) + "\n"
            for _ in range(2):  # a child may have ended with the thread that started it
                answer = self._asked(line)
                if answer:
                    return answer == "1\n"
                if answer is None:
                    break
            self._strikes[pattern] = self._strikes.get(pattern, 0) + 1
        raise VerdictError(f"the regex of a rule did not end within {SECONDS:g} s")

    def close(self) -> None:
        """End the child; may be called twice."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.communicate()

    def _asked(self, line: str) -> str | None:
        """What the child answers: empty where it had ended before it was asked, none where it had to be killed."""
        process = self._process or self._started()
        late = threading.Event()

        def end() -> None:
            late.set()
            process.kill()

        timer = threading.Timer(SECONDS, end)
        assert process.stdin is not None  # noqa: S101 - both are pipes
        assert process.stdout is not None  # noqa: S101
        timer.start()
        try:
            process.stdin.write(line)
            process.stdin.flush()
            answer = process.stdout.readline()
        except OSError:
            answer = ""
        finally:
            timer.cancel()
        if not answer:
            self.close()
        return None if late.is_set() and not answer else answer

    def _started(self) -> subprocess.Popen[str]:
        command = tied([sys.executable, "-I", "-S", str(_CHILD)])
        process = subprocess.Popen(  # noqa: S603 - our own file
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8"
        )
        timer = threading.Timer(_STARTING, process.kill)
        timer.start()
        assert process.stdout is not None  # noqa: S101 - it is a pipe
        process.stdout.readline()
        timer.cancel()
        self._process = process
        return process


_SEARCHER = PatternSearcher()
atexit.register(_SEARCHER.close)
