"""Which rated replies a rater may look at again: those on which the judge differs, and none that is not rated yet."""

from __future__ import annotations

from hone.domain.evidence import Judgement
from hone.domain.rubric import Rubric
from hone.measuring.join import judgements_by, judges_of_runs
from hone.people.store import Answer
from hone.people.store.second_looks import JudgeSaid
from hone.web.site import Site


def to_look_at(site: Site, rater: str, rubric: Rubric) -> list[tuple[Answer, dict[str, JudgeSaid]]]:
    """Replies that a rater is done with, each with what the judge said on the criteria where it differs.

    There are none while anything is left to rate.
    Those that the rater has said something of are left out, one criterion after another.

    Args:
        site: Whose replies; it says whether there are second looks at all.
        rater: The rater's id.
        rubric: What was rated by.
    """
    if not site.second_look or not rubric.criteria:
        return []
    if site.store.progress(rubric, rater, per_item=site.per_item).left:
        return []  # what a judge said of one reply would stay in mind with the next
    judged = _judged(site, rubric)
    answered = {(one.subject, one.criterion) for one in site.store.second_looks(rubric, rater) if one.answer}
    found = []
    for answer in site.store.mine(rater, rubric):
        judgement = judged.get(answer.subject.id)
        if answer.state != "done" or judgement is None:
            continue
        said = {
            score.criterion: JudgeSaid(score.judge or judgement.judge, score.value, score.reason)
            for score in judgement.scores
            if score.criterion in answer.scores
            and rubric.scorer(score.criterion, "") == ""
            and (answer.subject.id, score.criterion) not in answered
            and rubric.scale.nearest(score.value) != answer.scores[score.criterion]
        }
        if said:
            found.append((answer, said))
    return found


def _judged(site: Site, rubric: Rubric) -> dict[str, Judgement]:
    """What the latest judge said of rated replies, by the reply's id."""
    judge = next(iter(judges_of_runs(site.project, rubric)), None)
    if judge is None:
        return {}
    subjects = {row.item: row.subject for row in site.store.ratings(rubric)}
    found = judgements_by(site.project, site.store, rubric, judge)
    return {subjects[item]: judgement for item, judgement in found.items() if item in subjects}
