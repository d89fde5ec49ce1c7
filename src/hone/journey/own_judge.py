"""A judge of one's own: from people's ratings and the votes of the present judge, measured before it is used."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field

from hone.domain.rubric import Rubric
from hone.errors import ProjectError
from hone.journey.column_options import ColumnOptions
from hone.journey.options import OptionForm
from hone.journey.stored import project_ratings, project_store
from hone.judging.dataset import Columns, entries
from hone.judging.signals import ReplyText
from hone.measuring import Collected, Reading, is_labelled, read_judged, read_ratings, with_judged
from hone.measuring.own_judge import OwnJudge, OwnJudgeRule, own_judges
from hone.project import Project
from hone.project.naming import named_rubric
from hone.spelling import option
from hone.stats import Level
from hone.tables import Table, open_table
from hone.tables.shape import FileColumns


class JudgeTuneOptions(ColumnOptions):
    """What may be set for `judge tune`."""

    verb = "judge tune"
    file: Annotated[Path | None, OptionForm(positional=True, metavar="[RATINGS]")] = None
    judged: tuple[Path, ...] = ()
    """What `hone label` wrote: votes and texts of the rated replies; again for each other wording or run."""
    level: Level | None = None
    """Labels, an order, or distances.  [default: the rubric's scale, else guessed and said]"""
    rubric: str | None = None
    """The rubric that the scores are on: a file, a library name, v1, v2, … or working."""
    margin: float = Field(default=0.1, gt=0, le=1)
    """How far below the present judge still counts as being as good."""
    folds: int = Field(default=5, ge=2, le=20)
    """In how many parts the replies (groups, questions) are held out; each of up to 20 writers is one."""
    confidence: float = Field(default=0.95, ge=0.5, le=0.999)
    """How often an interval is to hold the truth."""
    resamples: int = Field(default=2_000, ge=100, le=1_000_000)
    seed: int = Field(default=0, ge=0)


@dataclass(frozen=True, slots=True)
class OwnJudgeResult:
    """What came of the ratings, by criterion."""

    criteria: Mapping[str, OwnJudge]
    collected: Collected
    """The ratings as arrays, with the votes, and what was left out."""
    margin: float
    taken: tuple[str, ...] = ()
    """Which judgements of a project were taken, and where the texts are from."""

    @property
    def accepted(self) -> bool:
        """Whether the judge of every criterion may be used."""
        return bool(self.criteria) and all(one.accepted for one in self.criteria.values())

    @property
    def notes(self) -> list[str]:
        """What a reader of the figures should know."""
        return [*self.taken, *self.collected.notes()]

    def as_dict(self) -> dict[str, Any]:
        """As `hone judge tune --json` prints it."""
        criteria = {name: one.as_dict() for name, one in self.criteria.items()}
        return {"accepted": self.accepted, "margin": self.margin, "criteria": criteria}


def tune_judge(
    ratings: Path | str | Project | Table,
    *,
    judged: Sequence[Path | str] = (),
    rubric: Rubric | str | None = None,
    level: Level | None = None,
    columns: FileColumns | None = None,
    rater_column: Sequence[str] = (),
    rule: OwnJudgeRule | None = None,
) -> OwnJudgeResult:
    """Learn to score as people do, from their ratings, and say whether the judge that comes of it may be used.

    No model is asked and none is trained: votes that are there, and the form of the texts, are combined by a
    regularised regression. It is measured by nested cross-validation on replies, groups, questions and writers that
    it has not seen, beside what takes no judgement.

    Args:
        ratings: People's ratings in any form that `agree` reads, or a project, whose store is read.
        judged: What `label` wrote, a file a wording or run: the votes of the present judge and the texts. Files in
            the form of ratings may hold the votes of several.
        rubric: The rubric that the scores are on; in a project also a version's name. There, by default, the latest.
        level: What scores mean; from the rubric's scale, else guessed, by default.
        columns: What the columns of the files are, where their headings do not say it.
        rater_column: The columns of the file that are raters; by their headings by default.
        rule: The margin, how many folds, and how intervals are made.

    Raises:
        ProjectError: There is nothing to read, or no file holds the replies' texts.
        FileFormatError: A row does not read; the message names its line.
    """
    rule = rule or OwnJudgeRule()
    paths = [Path(path) for path in judged]
    told: list[str] = []
    texts: dict[str, ReplyText] = {}
    found: Rubric | None
    if isinstance(ratings, Project):
        current = rubric if isinstance(rubric, Rubric) else named_rubric(rubric, ratings)
        source: Path | Table = project_ratings(ratings, current, tell=told.append).table
        texts, found = _stored_texts(ratings, current), current
    else:
        if isinstance(rubric, str):
            raise ProjectError(
                f"a file knows no version {rubric!r}; give the rubric itself, or a project for the file"
            )
        source, found = Path(ratings) if isinstance(ratings, str) else ratings, rubric
    reading = Reading(level, found, raters=tuple(rater_column), columns=columns or FileColumns())
    collected = _with_votes(source, reading, paths)
    for place in [*paths, source]:
        texts = _texts(open_table(place) if isinstance(place, Path) else place, collected.items) | texts
    if not texts:
        remedy = f"name what `hone label` wrote with {option('judged')}: it holds columns such as prompt and reply"
        raise ProjectError(f"no file has the texts of the rated replies; {remedy}")
    lacking = sum(item not in texts for item in collected.items)
    told += [f"{lacking:,} rated replies without their texts are left out"] if lacking else []
    return OwnJudgeResult(own_judges(collected, texts, rule), collected, rule.margin, tuple(told))


def _with_votes(source: Path | Table, reading: Reading, judged: Sequence[Path]) -> Collected:
    """Ratings with the votes of each file beside them, a column a file and judge."""
    apart = [path for path in judged if not is_labelled(path, reading.columns)]
    collected = read_ratings(source, reading, judged=apart)
    for path in (path for path in judged if path not in apart):
        collected = with_judged(collected, read_judged(path, collected.ratings.criteria, None, reading), path)
    return collected


def _texts(table: Table, items: Sequence[str]) -> dict[str, ReplyText]:
    """The texts of the rated replies that a table holds, by item; none where it has no column of replies."""
    try:
        columns = Columns.of(table)
    except ProjectError:
        return {}
    wanted = set(items)
    replies = (entry.reply for entry in entries(table, columns))
    return {
        reply.item: ReplyText(reply.prompt if columns.prompt else "", reply.text, reply.reference or "")
        for reply in replies
        if reply is not None and reply.item in wanted
    }


def _stored_texts(project: Project, rubric: Rubric) -> dict[str, ReplyText]:
    """The texts of the replies that the project's people rated, by item."""
    with project_store(project, readonly=True) as store:
        rated = {row.item: row.subject for row in store.ratings(rubric)}
        known = {item: store.subject(subject) for item, subject in rated.items()}
    return {item: ReplyText(one.prompt, one.reply) for item, one in known.items() if one is not None and one.reply}
