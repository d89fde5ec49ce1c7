"""The one join of people's ratings with a judge's judgements: by the reply that both are about.

A rating in the store is of a reply, which is named by the digest of its item, request and text; so is a judgement.
Ratings that came from a file without texts name an item alone, and are joined by it, which is then said.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from hone.domain.evidence import Judgement
from hone.domain.rubric import Rubric
from hone.domain.rule import RULES
from hone.domain.task import Reply
from hone.judging.dataset import Columns, survey
from hone.measuring.judged import rules_told
from hone.people.exchange.stored import Stored, stored_ratings
from hone.people.store.store import Store
from hone.people.store.values import RatingRow
from hone.project import Project, Run
from hone.project.runs import every_run, finished_runs
from hone.spelling import option
from hone.tables import open_table
from hone.text import are_whole_floats, whole_identifier


@dataclass(frozen=True, slots=True)
class Joined:
    """Ratings in long form, with the judge's scores beside them."""

    table: Stored
    notes: tuple[str, ...] = ()
    """Where the judgements come from, and what was left out."""
    run: Run | None = None
    """The run of `hone label` whose judgements stand in the table."""


@dataclass(frozen=True, slots=True)
class _Judged:
    """The judgements of one run, and which of the rated replies they are about."""

    run: Run
    matched: Mapping[str, Judgement]
    other: Sequence[Judgement]
    by_item: bool
    fitted: str = ""
    """That some were left out because the judge was fitted to what people said of these replies."""


def join(project: Project, store: Store, rubric: Rubric, *, unrated: bool = False) -> Joined:
    """Current ratings in long form, with the judgements of the same replies beside them.

    The judgements are those of the latest `hone label` under this rubric that scored a rated reply, so that labelling
    other rows, or under another rubric, does not hide them.

    Args:
        project: Whose judgements.
        store: Whose ratings.
        rubric: Which ratings are current; judgements under another rubric are left out.
        unrated: Also judgements of replies that nobody rated.
    """
    rated = store.ratings(rubric)
    found: _Judged | None = None
    passed: list[str] = []
    for run in finished_runs(project.runs_folder, "label"):
        judged, fitted = _not_fitted_to(run)
        if unfit := _unfit(run, judged, fitted, rubric):
            passed.append(unfit)
            continue
        this = _Judged(run, *_matched(judged, _replies(project, run, judged), rated, store.textless()), fitted)
        found = found if found and not this.matched else this
        if this.matched or not rated:
            break
        passed.append(f"none of the replies that {run.folder.name} judged was rated by people")
    if found is None:
        again = f"; label again, or name that rubric with {option('rubric')}"
        return Joined(stored_ratings(store, rubric), (passed[0] + again,) if passed else ())
    notes = [f"judgements: {found.run.folder.name}"]
    notes += [found.fitted] if found.fitted else []
    if found.by_item:
        notes[0] += ", matched by item where ratings came without the replies' texts"
    if found.matched:
        notes += passed[:1]
    elif rated:
        notes.append(f"{passed[0]}: label the replies that they rated (hone label), or have these rated (hone rate)")
    if found.matched and (left := len({row.subject for row in rated} - found.matched.keys())):
        notes.append(f"{left:,} rated replies are not among those that were judged")
    if found.matched:
        judge = next(iter(found.matched.values())).judge
        notes += rules_told([name for name in rubric.names if rubric.scorer(name, "") == RULES], judge)
    table = stored_ratings(store, rubric, [*found.matched.values(), *(found.other if unrated else ())])
    return Joined(table, tuple(notes), found.run)


def judgements_by(project: Project, store: Store, rubric: Rubric, judge: str) -> dict[str, Judgement]:
    """What one judge said of the rated replies, by item; of several runs of `hone label`, the latest that said it.

    Args:
        project: Whose runs.
        store: Whose ratings.
        rubric: Judgements under another are left out.
        judge: The judge as it stands in judgements: its spec, of a panel all with " + " between.
    """
    rated, found = store.ratings(rubric), dict[str, Judgement]()
    for run in finished_runs(project.runs_folder, "label"):
        judged = [
            one
            for one in run.read(Judgement)
            if one.rubric == rubric.digest and one.judge == judge and not one.fitted
        ]
        if judged:
            matched, _, _ = _matched(judged, _replies(project, run, judged), rated, store.textless())
            found = {one.item: one for one in matched.values() if one.unscored is None} | found
    return found


def judges_of_runs(project: Project, rubric: Rubric) -> list[str]:
    """The judges whose judgements under a rubric are kept, latest first."""
    runs = finished_runs(project.runs_folder, "label")
    judges = [one.judge for run in runs for one in run.read(Judgement) if one.rubric == rubric.digest]
    return list(dict.fromkeys(judges))


def _not_fitted_to(run: Run) -> tuple[list[Judgement], str]:
    """The judgements of a run that can show how good the judge is, and that others are left out."""
    every = run.read(Judgement)
    judged = [one for one in every if not one.fitted]
    left = len(every) - len(judged)
    why = "the judge was fitted to people's ratings of these replies"
    return judged, f"{left:,} judgements of {run.folder.name} are left out: {why}" if left else ""


def _unfit(run: Run, judged: Sequence[Judgement], fitted: str, rubric: Rubric) -> str:
    """Why a run's judgements cannot stand beside ratings under a rubric; empty where they can."""
    if any(one.rubric != rubric.digest for one in judged):
        return f"the judgements of {run.folder.name} are of another rubric and left out"
    return "" if judged else fitted


def _matched(
    judged: Sequence[Judgement], replies: Mapping[int, str], rated: Sequence[RatingRow], textless: frozenset[str]
) -> tuple[dict[str, Judgement], list[Judgement], bool]:
    """Judgements by the rated reply that they are about, the others, and whether some were matched by item alone.

    Args:
        judged: The judgements.
        replies: By a judgement's place, the digest of its reply, where it is known.
        rated: The ratings.
        textless: Replies in the store whose texts are not known.
    """
    names = {row.subject: row.item for row in rated}
    alone = {row.item: row.subject for row in rated if row.subject in textless}
    known = {one.item for one in judged}
    taken = set(names.values())
    matched: dict[str, Judgement] = {}
    other: list[Judgement] = []
    by_item = False
    for place, judgement in enumerate(judged):
        subject = replies.get(place, "")
        item = _as_stored(judgement.item, alone, known)
        if subject in names:
            matched[subject] = judgement.model_copy(update={"item": names[subject]})
        elif item in alone:
            by_item = True
            matched[alone[item]] = judgement.model_copy(update={"item": names[alone[item]]})
        else:
            # A reply that nobody rated must not pass for the rated one to the same item.
            apart = f"{judgement.item}/{subject or place}" if judgement.item in taken else judgement.item
            other.append(judgement.model_copy(update={"item": apart}))
    return matched, other, by_item


def _as_stored(name: str, alone: Mapping[str, str], known: set[str]) -> str:
    """An item as ratings have it: what came as 7.0 was labelled ``7.0`` by version 0.1."""
    whole = whole_identifier(name)
    return whole if are_whole_floats([name]) and name not in alone and whole in alone and whole not in known else name


def _replies(project: Project, run: Run, judged: Sequence[Judgement]) -> dict[int, str]:
    """The digest of the reply that each judgement is about; of those of version 0.1 out of the replies themselves."""
    if all(one.reply for one in judged):
        return {place: one.reply or "" for place, one in enumerate(judged)}
    found: dict[str, str] = {}
    for other in every_run(project.runs_folder)[0]:
        if other.verb == "reply" and other.finished:
            table = open_table(other.results)
            if survey(table, Columns.of(table)).digest == run.config.get("data"):
                found = {one.item: one.digest for one in other.read(Reply)}
                break
    return {place: digest for place, one in enumerate(judged) if (digest := one.reply or found.get(one.item, ""))}
