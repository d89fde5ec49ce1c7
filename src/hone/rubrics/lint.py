"""Finds criteria that people and judges will read in different ways: vague, overlapping, two in one, too long.

It knows words, not meanings: what it finds is to be looked at by a person, and what it does not find may still be
there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise

from hone.domain.evidence import Advice
from hone.domain.rubric import MAX_CRITERIA, MIN_CRITERIA, Anchor, Criterion, Rubric
from hone.rubrics.wording import likeness, negated, reworded

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
_RANGE = re.compile(r"(?<![\d.])(\d{1,4})\s?(?:to|-|–)\s?(\d{1,4})(?![\d.])")
_AMOUNTS = {
    word: rank
    for rank, words in enumerate(
        (
            "no none nothing never",
            "few some partly sometimes",
            "most mostly half",
            "all every each always whole",
        )
    )
    for word in words.split()
}


@dataclass(frozen=True, slots=True)
class LintFinding:
    """One thing to look at."""

    rule: str
    """``vague``, ``overlap``, ``same``, ``negated``, ``two-in-one``, ``long``, ``sentences``, ``anchors``,
    ``examples`` or ``count``."""
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
    yield from (LintFinding("anchors", criterion.name, message) for message in anchor_problems(criterion.anchors))


def anchor_problems(anchors: Sequence[Anchor]) -> Iterator[str]:
    """What to look at in a criterion's own level anchors: observable, disjoint, ordered, as far as words tell.

    Args:
        anchors: One a level, in any order.
    """
    levels = sorted(anchors, key=lambda anchor: anchor.value)
    texts = [anchor.text.lower() for anchor in levels]
    if len(set(texts)) < len(texts):
        yield "two levels have the same anchor, so nobody can tell them apart"
    for anchor in levels:
        if vague := [word for word in dict.fromkeys(re.findall(r"[\w-]+", anchor.text.lower())) if word in VAGUE]:
            yield f"level {anchor.value:g}: {', '.join(vague)}: say what a reader would see"
    for low, high in pairwise(levels):
        shared = [
            max(one[0], other[0])
            for one in _ranges(low.text)
            for other in _ranges(high.text)
            if max(one[0], other[0]) <= min(one[1], other[1])
        ]
        if shared:
            yield f"levels {low.value:g} and {high.value:g} both hold {shared[0]}; part the numbers"
    amounts = [_amount(anchor.text) for anchor in levels]
    known = [amount for amount in amounts if amount is not None]
    if len(known) > 2 and known not in (sorted(known), sorted(known, reverse=True)):
        yield "the amounts in the levels (none, some, most, all) do not rise or fall from level to level"


def stale_examples(rubric: Rubric, before: Rubric) -> list[LintFinding]:
    """Scored examples that still have the score which was given while a criterion had other words.

    Args:
        rubric: The rubric as it stands.
        before: The one that the scores may come from, such as the latest version.
    """
    old = {criterion.name: criterion for criterion in before.criteria}
    changed = {one.name for one in rubric.criteria if one.name in old and one != old[one.name]}
    then = {(example.prompt, example.reply): example.scores for example in before.examples}
    findings = []
    for number, example in enumerate(rubric.examples, 1):
        scores = then.get((example.prompt, example.reply), {})
        same = [name for name, value in example.scores.items() if name in changed and scores.get(name) == value]
        findings += [
            LintFinding(
                "examples",
                name,
                f"its words have changed, and example {number} has the score from before; score it anew",
            )
            for name in same
        ]
    return findings


def _ranges(text: str) -> list[tuple[int, int]]:
    """Ranges of whole numbers in a text, such as "2 to 4"."""
    return [(int(low), int(high)) for low, high in _RANGE.findall(text)]


def _amount(text: str) -> int | None:
    """How much the first word of amount in a text says, from 0 (none) to 3 (all); None where there is none."""
    words = re.findall(r"[\w']+", text.lower())
    return next((_AMOUNTS[word] for word in words if word in _AMOUNTS), None)


def _pairs(rubric: Rubric) -> Iterator[LintFinding]:
    for left, right in combinations(rubric.criteria, 2):
        if finding := pair_finding(left, right):
            yield finding


def pair_finding(left: Criterion, right: Criterion) -> LintFinding | None:
    """What to look at in two criteria beside each other; none where they ask for different things."""
    if negated(left.sentence, right.sentence):
        return LintFinding(
            "negated", left.name, f"says the opposite of {right.name!r}, by its words; keep one of them"
        )
    if likeness(left, right) >= _OVERLAP:
        return LintFinding(
            "overlap", left.name, f"says nearly the same as {right.name!r}; merge them, or part them clearly"
        )
    if reworded(left.sentence, right.sentence):
        return LintFinding(
            "same", left.name, f"says what {right.name!r} says in nearly the same words; keep one of them"
        )
    return None


def advice_findings(advice: Sequence[Advice], rubric: Rubric) -> list[LintFinding]:
    """What to look at in the wordings that advice proposes, alone and beside the criteria that would stay."""
    proposals = [piece.proposal for piece in advice if piece.proposal]
    gone = {piece.criterion for piece in advice if piece.action in {"modify", "remove"}}
    stay = [criterion for criterion in rubric.criteria if criterion.name not in gone]
    pairs = [*combinations(proposals, 2), *((new, old) for new in proposals for old in stay)]
    return [
        *(finding for criterion in proposals for finding in _one(criterion)),
        *(finding for left, right in pairs if (finding := pair_finding(left, right))),
    ]
