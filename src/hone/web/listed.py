"""The replies that are up for rating, and what people said of each: narrowed by who, by criterion, by how many."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from fastapi import Request

from hone.domain.rubric import Rubric
from hone.people.store import RatingRow, Subject
from hone.web.filters import ListFilter, by_state, by_value
from hone.web.site import Site

STATES = ("none", "few", "rated")
"""How a reply can stand: nobody rated it, fewer people than are wanted, somebody did."""


@dataclass(frozen=True, slots=True)
class ListedReply:
    """One reply, and the scores that people gave it under the rubric as it stands."""

    subject: Subject
    said: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """By person, by criterion: the label of the level."""


@dataclass(frozen=True, slots=True)
class ListedReplies:
    """A narrowed list."""

    replies: Sequence[ListedReply]
    there: int
    """How many there are in all."""
    filters: Sequence[ListFilter]


def listed_replies(site: Site, request: Request) -> ListedReplies:
    """The replies that fit the filters in an address, by item.

    A person and a criterion narrow what counts as said of a reply; how it stands is then judged by that alone. So a
    person with "nobody yet" finds the replies that this person has not rated. Somebody has rated a reply once every
    criterion has a score, or the one that was chosen.
    """
    rubric = site.rubric
    subjects = site.store.up_for_rating()
    rows = [row for row in site.store.ratings(rubric) if row.kind == "human"] if rubric.criteria else []
    person = by_value(request, "person", sorted({row.rater for row in rows}))
    criterion = by_value(request, "criterion", rubric.names)
    # Of one person there are no fewer than are wanted: they rated it or not.
    states = ("none", "rated") if person.chosen else STATES
    state = by_state(request, site.texts(request), "rated", states, n=site.per_item)
    said = _said(rows, rubric, person.chosen, criterion.chosen)
    whole = 1 if criterion.chosen else len(rubric.criteria)
    replies = [ListedReply(subject, said.get(subject.id, {})) for subject in subjects]
    fitting = [one for one in replies if _stands(one, whole, state.chosen, site.per_item)]
    return ListedReplies(fitting, len(subjects), (person, criterion, state))


def _said(
    rows: Sequence[RatingRow], rubric: Rubric, person: str, criterion: str
) -> Mapping[str, Mapping[str, Mapping[str, str]]]:
    said: dict[str, dict[str, dict[str, str]]] = {}
    for row in rows:
        if person in ("", row.rater) and criterion in ("", row.criterion):
            levels = said.setdefault(row.subject, {}).setdefault(row.rater, {})
            levels[row.criterion] = rubric.scale.level(row.score).label
    return said


def _stands(one: ListedReply, whole: int, state: str, wanted: int) -> bool:
    raters = sum(len(levels) == whole for levels in one.said.values())
    return {"": True, "none": raters == 0, "few": raters < wanted, "rated": raters > 0}[state]
