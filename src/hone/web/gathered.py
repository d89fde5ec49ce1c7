"""What people and judges said of the replies that are rated: out of the store, and out of the latest labels."""

from __future__ import annotations

from hone.domain.base import digest
from hone.domain.evidence import Judgement
from hone.domain.rubric import Rubric
from hone.domain.task import Reply
from hone.feedback.exchange.stored import Stored, stored_ratings
from hone.feedback.store.store import Store
from hone.judging.dataset import Columns, survey
from hone.project import Project, Run
from hone.tables import open_table


def gather(project: Project, store: Store, rubric: Rubric) -> Stored:
    """Current ratings in long form, with the judge's scores of the same replies beside them."""
    items = {row.subject: row.item for row in store.ratings(rubric)}
    judged = [
        one.model_copy(update={"item": items[subject]})
        for subject, one in _labels(project, rubric).items()
        if subject in items
    ]
    return stored_ratings(store, rubric, judged)


def _labels(project: Project, rubric: Rubric) -> dict[str, Judgement]:
    """The judge's judgements by subject, where the latest labels are of the latest replies, by this rubric.

    A judgement names its item only; of which reply to it, the digest of what was labelled says.
    """
    labels, replies = project.latest_run("label"), project.latest_run("reply")
    if labels is None or replies is None or labels.config.get("rubric") != rubric.model_dump(mode="json"):
        return {}
    if labels.config.get("data") != _data_digest(replies):
        return {}
    subjects = {one.item: digest([one.item, one.prompt, one.text]) for one in replies.read(Reply)}
    return {subjects[one.item]: one for one in labels.read(Judgement) if one.item in subjects}


def _data_digest(run: Run) -> str:
    table = open_table(run.results)
    return survey(table, Columns.of(table)).digest
