"""Has the expert word one criterion anew, from rated replies on which judge and people differ.

The expert sees cases of the replies that may be looked at, and no others. What it answers is a model's text: it is
brought into form, or dropped. Whether it is any better is for `gated` to say.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from hone.domain.rubric import MAX_CRITERIA, Anchor, Criterion, Rubric, ScoredExample, plain_number
from hone.domain.settings import Sampling
from hone.domain.task import Reply, Task
from hone.errors import VerdictError
from hone.jobs import Setup
from hone.judging import read_object
from hone.judging.form import brief_fields
from hone.judging.verdict import closed_object
from hone.models import Call, Model, Request
from hone.prompts import fence
from hone.rubrics.lint import anchor_problems
from hone.rubrics.wording import worded
from hone.stats.arrays import Floats, Integers
from hone.text import visible

SAMPLING = Sampling(max_tokens=700, break_loops=True)
_MOST_DIFFERENT, _MOST_ALIKE = 8, 4
"""Cases that are shown: where the judge and people differ, and where they do not."""
_LONGEST = 1_500
"""Characters of a request or a reply that the expert sees."""
_SENTENCE, _LEVEL = 400, 240
EXAMPLES = 3
"""Scored examples that are tried at once."""


@dataclass(frozen=True)
class RatedCase:
    """One rated reply as the expert sees it."""

    reply: Reply
    people: tuple[float, ...]
    """Their scores; nobody is named."""
    usual: float
    """What they come to."""
    judge: float
    reason: str
    notes: tuple[str, ...] = ()

    @property
    def apart(self) -> float:
        """How far judge and people differ."""
        return abs(self.judge - self.usual)


@dataclass(frozen=True)
class WordsWanted:
    """How many wordings are asked for, and of which kind."""

    count: int = 2
    split: bool = False
    """Ask also for two criteria in place of one, where the rubric has room."""
    begin: int = 0
    """The number of the first asking; all but number 0 are sampled."""


@dataclass(frozen=True)
class Reworded:
    """What the expert makes of one criterion: one in its place, or two."""

    why: str
    criteria: tuple[Criterion, ...]


def shown_cases(cases: Sequence[RatedCase]) -> list[RatedCase]:
    """The cases that tell most: those furthest apart first, then some on which all is well, each level in turn."""
    different = sorted((one for one in cases if one.apart > 0), key=lambda one: -one.apart)[:_MOST_DIFFERENT]
    alike: list[RatedCase] = []
    by_level: dict[float, list[RatedCase]] = {}
    for one in cases:
        if one.apart == 0:
            by_level.setdefault(one.usual, []).append(one)
    while len(alike) < _MOST_ALIKE and any(by_level.values()):
        alike += [of.pop(0) for of in by_level.values() if of]
    return [*different, *alike[:_MOST_ALIKE]]


def reword(
    task: Task,
    rubric: Rubric,
    name: str,
    cases: Sequence[RatedCase],
    expert: Model,
    setup: Setup | None = None,
    *,
    wanted: WordsWanted | None = None,
) -> list[Reworded]:
    """Other words for one criterion.

    Args:
        task: What the replies' writer was told.
        rubric: The rubric in use.
        name: Which criterion.
        cases: Rated replies that may be looked at.
        expert: Who words it.
        setup: Prompts, sampling, journal and progress.
        wanted: How many wordings, and of which kind.

    Returns:
        The wordings that read, each once; there may be none. The criterion keeps its name, so that what people said
        of it stays about it; where it is split the two have names of their own.

    Raises:
        CallError: A call failed.
        UnavailableError: The expert cannot answer at all.
    """
    used, asked = setup or Setup(), wanted or WordsWanted()
    criterion = next(one for one in rubric.criteria if one.name == name)
    shown = shown_cases(cases)
    numbers = list(range(asked.begin, asked.begin + asked.count))
    kinds = [False] * asked.count
    if asked.split and len(rubric.criteria) < MAX_CRITERIA:
        numbers, kinds = [*numbers, 0], [*kinds, True]
    requests = [
        _request(task, rubric, criterion, shown, used, two=two, number=number)
        for number, two in zip(numbers, kinds, strict=True)
    ]
    found: dict[tuple[Criterion, ...], Reworded] = {}
    for outcome, two in zip(used.ask(expert, requests), kinds, strict=True):
        if outcome.error:
            raise outcome.error
        made = _read(outcome.completion.text if outcome.completion else "", rubric, criterion, two=two)
        if made is not None:
            found.setdefault(made.criteria, made)
    return list(found.values())


def examples_from(
    rubric: Rubric, cases: Mapping[str, Sequence[RatedCase]], *, most: int = EXAMPLES
) -> tuple[ScoredExample, ...]:
    """Rated replies as scored examples: those that the judge got wrong and all people scored alike.

    Args:
        rubric: Whose scale and criteria.
        cases: By criterion, the rated replies that may be looked at, in the same order.
        most: How many at most.
    """
    wrong: dict[int, float] = {}
    for of in cases.values():
        for place, one in enumerate(of):
            if one.apart > 0 and len(set(one.people)) == 1:
                wrong[place] = wrong.get(place, 0) + one.apart
    chosen: list[int] = []
    levels: set[tuple[str, float]] = set()
    order = sorted(wrong, key=lambda place: -wrong[place])
    for fresh in (True, False):  # first those that show a level which none shows yet
        for place in order:
            shows = {(name, of[place].usual) for name, of in cases.items()}
            if len(chosen) < most and place not in chosen and (not fresh or shows - levels):
                chosen.append(place)
                levels |= shows
    return tuple(example for place in chosen if (example := _example(rubric, cases, place)) is not None)


def _example(rubric: Rubric, cases: Mapping[str, Sequence[RatedCase]], place: int) -> ScoredExample | None:
    agreed = {
        name: of[place].usual
        for name, of in cases.items()
        if len(set(of[place].people)) == 1 and of[place].usual in rubric.scale.values
    }
    reply = next(iter(cases.values()))[place].reply
    if not agreed or not reply.text.strip():
        return None
    return ScoredExample(prompt=reply.prompt, reply=reply.text, scores=agreed)


def rated_cases(
    replies: Sequence[Reply],
    people: Floats,
    usual: Floats,
    judge: Floats,
    reasons: Sequence[str],
    notes: Sequence[tuple[str, ...]],
    rows: Integers,
) -> list[RatedCase]:
    """The cases of some rows that people rated and the judge scored.

    Args:
        replies: All of them.
        people: Shape (replies, raters), NaN where missing.
        usual: What people's ratings come to, shape (replies,).
        judge: The judge's scores, NaN where unscored, shape (replies,).
        reasons: Of the judge.
        notes: What people wrote beside each.
        rows: Which of them.
    """
    return [
        RatedCase(
            replies[at],
            tuple(people[at][~np.isnan(people[at])].tolist()),
            float(usual[at]),
            float(judge[at]),
            reasons[at],
            notes[at],
        )
        for at in rows.tolist()
        if not (np.isnan(usual[at]) or np.isnan(judge[at]))
    ]


def _request(
    task: Task,
    rubric: Rubric,
    criterion: Criterion,
    cases: Sequence[RatedCase],
    setup: Setup,
    *,
    two: bool,
    number: int,
) -> Request:
    text = setup.prompts["refine"].render(
        subject=task.subject,
        **brief_fields(task.brief),
        criterion=f"{criterion.name}: {criterion.sentence}",
        levels=_levels(rubric, criterion),
        cases="\n\n".join(_case(one, place) for place, one in enumerate(cases, 1)) or "- none",
        wanted=_WANTED_TWO if two else _WANTED,
        form=_form(rubric, two=two),
    )
    sampling = setup.sampling or SAMPLING
    if number:
        sampling = sampling.model_copy(update={"temperature": max(sampling.temperature, 0.9)})
    step = "split" if two else "reword"
    return Request(
        setup.messages(text), sampling, schema=_schema(rubric, two=two), call=Call(criterion.name, step, number)
    )


_WANTED = (
    "Then write the criterion's sentence anew: one sentence that says what a reader would see in a reply that meets "
    "it; and for each level what earns it, in words about this criterion alone. No two levels may fit the same reply."
)
_WANTED_TWO = (
    "The criterion may ask for two things at once. Then write two criteria in its place, each with a name (“Be” and "
    "an adjective) and one sentence about one of the two things; a reply meets the old one where it meets both."
)


def _levels(rubric: Rubric, criterion: Criterion) -> str:
    return "\n".join(
        f"- {plain_number(level.value)} ({level.label}): {criterion.anchor(level)}" for level in rubric.scale.levels
    )


def _case(case: RatedCase, place: int) -> str:
    lines = [
        f"people scored: {', '.join(str(plain_number(value)) for value in case.people)}",
        *(f"a person wrote: {_cut(note)}" for note in case.notes[:3]),
        f"the judge scored: {plain_number(case.judge)}",
        *([f"the judge's reason: {_cut(case.reason)}"] if case.reason else []),
        f"request: {_cut(case.reply.prompt)}",
        f"reply: {_cut(case.reply.text)}",
    ]
    same = "the same" if case.apart == 0 else "different"
    return f"Case {place}, {same}:\n{fence('case', chr(10).join(lines))}"


def _cut(text: str) -> str:
    text = text.strip()
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]} … (cut)"


def _form(rubric: Rubric, *, two: bool) -> str:
    if two:
        return json.dumps({"why": "…", "criteria": [{"name": "Be …", "sentence": "…"}] * 2}, ensure_ascii=False)
    levels = {str(plain_number(level.value)): "…" for level in rubric.scale.levels}
    return json.dumps({"why": "…", "sentence": "…", "levels": levels}, ensure_ascii=False)


def _schema(rubric: Rubric, *, two: bool) -> dict[str, Any]:
    def text(most: int, least: int = 8) -> dict[str, Any]:
        return {"type": "string", "minLength": least, "maxLength": most}

    if two:
        one = closed_object({"name": text(60, 4), "sentence": text(_SENTENCE)})
        both = {"type": "array", "minItems": 2, "maxItems": 2, "items": one}
        return closed_object({"why": text(300), "criteria": both})
    levels = {str(plain_number(level.value)): text(_LEVEL, 4) for level in rubric.scale.levels}
    return closed_object({"why": text(300), "sentence": text(_SENTENCE), "levels": closed_object(levels)})


def _read(text: str, rubric: Rubric, criterion: Criterion, *, two: bool) -> Reworded | None:
    """What an answer holds; none where it does not read, or changes nothing."""
    try:
        said = read_object(text)
    except VerdictError:
        return None
    why = _line(said.get("why"), 300) or "no reason given"
    if two:
        entries = said.get("criteria")
        made = [
            worded(one.get("name"), _line(one.get("sentence"), _SENTENCE))
            for one in (entries if isinstance(entries, list) else [])
            if isinstance(one, dict)
        ]
        parts = [one for one in made if one is not None]
        others = {one.name.lower() for one in rubric.criteria if one != criterion}
        names = {one.name.lower() for one in parts}
        if len(parts) != 2 or len(names) < 2 or names & others:
            return None
        return Reworded(why, tuple(parts))
    new = worded(criterion.name, _line(said.get("sentence"), _SENTENCE))
    if new is None:
        return None
    anchors = _anchors(said.get("levels"), rubric) or criterion.anchors
    changed = criterion.model_copy(update={"sentence": new.sentence, "anchors": anchors})
    return None if changed == criterion else Reworded(why, (changed,))


def _anchors(levels: object, rubric: Rubric) -> tuple[Anchor, ...]:
    """Anchors of a model's words; none where one is missing or lint has something against them."""
    if not isinstance(levels, dict):
        return ()
    texts = {level.value: _line(levels.get(str(plain_number(level.value))), _LEVEL) for level in rubric.scale.levels}
    if not all(texts.values()):
        return ()
    anchors = tuple(Anchor(value=value, text=text) for value, text in texts.items())
    return () if any(anchor_problems(anchors)) else anchors


def _line(text: object, most: int) -> str:
    """A model's words on one line, without characters that do not show or that a terminal would act on."""
    if not isinstance(text, str):
        return ""
    shown = "".join(one for one in visible(" ".join(text.split())) if unicodedata.category(one) != "Cc")
    return shown[:most].strip()
