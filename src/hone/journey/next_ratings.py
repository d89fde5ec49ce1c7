"""Draws the replies that people rate next: half evenly, half where the latest judge was unsure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from hone.domain.evidence import Judgement
from hone.domain.rubric import Rubric
from hone.judging.uncertainty import uncertainty
from hone.people.store.store import Store
from hone.project import Project
from hone.project.runs import finished_runs
from hone.stats.item_draw import draw_chances, draw_items


def draw_next(project: Project, store: Store, rubric: Rubric, count: int) -> Iterator[str]:
    """Draw replies until so many wait for their first rating, with the chance of each kept in the store.

    Args:
        project: Whose labellings say how unsure a judge is.
        store: Whose replies.
        rubric: What people rate by; what was judged under another says nothing.
        count: How many drawn replies are to wait.

    Yields:
        What was drawn, in words.
    """
    unsure, source = unsure_replies(project, rubric)
    known = 0

    def choose(replies: Sequence[str], wanted: int, place: int) -> Mapping[str, float]:
        nonlocal known
        known = sum(reply in unsure for reply in replies)
        chances = draw_chances([unsure.get(reply, np.nan) for reply in replies], wanted)
        places = draw_items(chances, np.random.default_rng([store.seed, place]))
        return {replies[at]: float(chances[at]) for at in places.tolist()}

    drawn = store.draw_replies(rubric, count, choose, source=source)
    if not drawn.new:
        why = "all replies are drawn or rated" if not drawn.left else "none more was drawn"
        yield f"{drawn.waiting:,} drawn replies wait for their first rating; {why}"
        return
    yield (
        f"{drawn.new:,} replies were drawn, so that {drawn.waiting:,} wait for their first rating; only drawn "
        f"replies are handed out, and {drawn.left:,} others are left"
    )
    total = drawn.new + drawn.left
    if not known:
        yield "no judgement under this rubric says how sure it is, so that each reply had the same chance"
    else:
        rest = f"; the other {total - known:,} count as unsure as these on average" if known < total else ""
        yield f"half of each chance is even, half follows how unsure {source} is of {known:,} replies{rest}"


def unsure_replies(project: Project, rubric: Rubric) -> tuple[dict[str, float], str]:
    """How unsure the judge of the latest labelling under a rubric was, by reply; and that labelling's name."""
    for run in finished_runs(project.runs_folder, "label"):
        said = [one for one in run.read(Judgement) if one.rubric == rubric.digest and one.reply is not None]
        found = {one.reply: value for one in said if (value := uncertainty(one, rubric)) is not None}
        if found:
            return {str(reply): value for reply, value in found.items()}, run.folder.name
    return {}, ""
