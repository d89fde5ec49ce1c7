"""Finds criteria that people and judges will read in different ways: vague, overlapping, two in one, too long."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations

from hone.domain.rubric import MAX_CRITERIA, MIN_CRITERIA, Criterion, Rubric
from hone.rubrics.wording import likeness

VAGUE = frozenset(
    """adequate appropriate bad effective engaging excellent good great helpful high-quality ideal interesting nice
    optimal poor proper properly quality reasonable relevant suitable sufficient useful well""".split()
)
"""Words that praise without saying what would be seen."""

_WORDS, _OVERLAP = 45, 0.6
_SECOND_VERB = re.compile(
    r",?\s(?:and|as well as|but also)\s(?:(?:it|they|the (?:reply|plan|answer|text))\s)?"
    r"(?:also\s)?(?P<verb>(?:is|are|has|have|does|gives?|uses?|explains?|names?|says?|shows?|states?|avoids?|ends?|begins?"
    r"|includes?|offers?|provides?|tells?|asks?|keeps?|makes?|encourages?|adapts?|covers?)\b)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class LintFinding:
    """One thing to look at."""

    rule: str
    """``vague``, ``overlap``, ``two-in-one``, ``long``, ``sentences``, ``anchors`` or ``count``."""
    criterion: str
    message: str


def lint(rubric: Rubric) -> list[LintFinding]:
    """What to look at before the rubric is finalised; empty where there is nothing."""
    return [
        *_count(rubric),
        *(finding for criterion in rubric.criteria for finding in _one(criterion)),
        *_pairs(rubric),
    ]


def _count(rubric: Rubric) -> Iterator[LintFinding]:
    count = len(rubric.criteria)
    if not MIN_CRITERIA <= count <= MAX_CRITERIA:
        yield LintFinding("count", "", f"{count} criteria; a finalised rubric has {MIN_CRITERIA} to {MAX_CRITERIA}")


def _one(criterion: Criterion) -> Iterator[LintFinding]:
    words = re.findall(r"[\w-]+", criterion.sentence.lower())
    praising = re.findall(r"[\w-]+", criterion.sentence.lower().replace("as well as", ""))
    if vague := [word for word in dict.fromkeys(praising) if word in VAGUE]:
        yield LintFinding(
            "vague", criterion.name, f"{', '.join(vague)}: say what a reader would see in a reply that meets it"
        )
    if match := _SECOND_VERB.search(criterion.sentence):
        yield LintFinding(
            "two-in-one", criterion.name, f"“{match[0].strip(' ,')} …” asks for a second thing; make it two criteria"
        )
    if len(words) > _WORDS:
        yield LintFinding("long", criterion.name, f"{len(words)} words; people remember about {_WORDS}")
    if len(re.findall(r"[.!?…](?:\s|$)", criterion.sentence)) > 1:
        yield LintFinding("sentences", criterion.name, "more than one sentence; keep the one that decides the score")
    texts = [anchor.text.lower() for anchor in criterion.anchors]
    if len(set(texts)) < len(texts):
        yield LintFinding("anchors", criterion.name, "two levels have the same anchor, so nobody can tell them apart")


def _pairs(rubric: Rubric) -> Iterator[LintFinding]:
    for left, right in combinations(rubric.criteria, 2):
        if likeness(left, right) >= _OVERLAP:
            yield LintFinding(
                "overlap", left.name, f"says nearly the same as {right.name!r}; merge them, or part them clearly"
            )
