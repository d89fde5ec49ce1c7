"""The texts of rated replies: in a table, or in a project's store."""

from __future__ import annotations

from collections.abc import Sequence

from hone.domain.rubric import Rubric
from hone.domain.task import NO_REQUEST, Reply
from hone.errors import ProjectError
from hone.journey.stored import project_store
from hone.judging.dataset import Columns, entries
from hone.judging.signals import ReplyText, request_of_reply
from hone.project import Project
from hone.tables import Table


def as_rated_reply(item: str, text: ReplyText) -> Reply:
    """A rated reply as it is judged."""
    prompt = text.request or NO_REQUEST
    return Reply(item=item, prompt=prompt, text=text.reply, model="", reference=text.reference or None)


def texts_in(table: Table, items: Sequence[str]) -> dict[str, ReplyText]:
    """The texts of the rated replies that a table holds, by item; none where it has no column of replies."""
    try:
        columns = Columns.of(table, placed={"system"})  # in ratings, what wrote the reply
    except ProjectError:
        return {}
    wanted = set(items)
    replies = (entry.reply for entry in entries(table, columns))
    return {
        reply.item: ReplyText(request_of_reply(reply), reply.text, reply.reference or "")
        for reply in replies
        if reply is not None and reply.item in wanted
    }


def stored_texts(project: Project, rubric: Rubric) -> dict[str, ReplyText]:
    """The texts of the replies that the project's people rated, by item."""
    with project_store(project, readonly=True) as store:
        rated = {row.item: row.subject for row in store.ratings(rubric)}
        known = {item: store.subject(subject) for item, subject in rated.items()}
    references = {item.id: item.reference or "" for item in project.items}
    return {
        item: ReplyText(one.prompt, one.reply, references.get(item, ""))
        for item, one in known.items()
        if one is not None and one.reply
    }
