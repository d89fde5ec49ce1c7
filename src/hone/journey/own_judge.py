"""A judge of one's own: from people's ratings and the votes of the present judge, measured before it is used."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Any

import numpy as np
from pydantic import Field

from hone.domain.base import digest
from hone.domain.rubric import Rubric
from hone.domain.task import Brief
from hone.errors import ProjectError
from hone.files import make_folder
from hone.journey.column_options import ColumnOptions
from hone.journey.embedding import embed_replies
from hone.journey.options import AskingOptions, OptionForm
from hone.journey.rated_texts import as_rated_reply, stored_texts, texts_in
from hone.journey.stored import Ratings, ratings_source
from hone.journey.votes import VotesToAsk, ask_votes, with_votes
from hone.journey.watching import SILENT, Watch
from hone.judging.saved_judge import (
    SIGNALS,
    EmbeddingPart,
    FittedCriterion,
    KnownReply,
    PromptedPart,
    SavedJudge,
    Signal,
    text_digest,
    write_judge,
)
from hone.judging.signals import ReplyText
from hone.measuring import Collected, Reading, read_with_judged
from hone.measuring.own_certificate import certified_own, write_own_certificate
from hone.measuring.own_judge import OwnJudge, OwnJudgeRule, own_judges
from hone.models.spec import settings_of
from hone.project import Project
from hone.project.folder import WorkingFolder
from hone.project.naming import named_rubric, rubric_anywhere
from hone.spelling import option
from hone.stats import BootstrapOptions, Level
from hone.tables import open_table
from hone.tables.shape import FileColumns
from hone.weights.content import OWN_JUDGE, content


class JudgeTuneOptions(ColumnOptions, AskingOptions):
    """What may be set for `judge tune`."""

    verb = "judge tune"
    file: Annotated[Path | None, OptionForm(positional=True, metavar="[RATINGS]")] = None
    judged: tuple[Path, ...] = ()
    """The rated replies' texts, or what `hone label` wrote: votes and texts; again for each other wording or run."""
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
    judge: tuple[str, ...] = ()
    """A model that is asked for votes on the rated replies; again for more.  [default: the votes in --judged]"""
    wording: tuple[str, ...] = ()
    """How it is asked: score, levels, strict, or a file of a score prompt; again for more.  [default: score]"""
    embed: str | None = None
    """A model on this machine (smollm2, gguf:FILE, hf:FOLDER) whose embeddings of the rated replies are read."""
    curve: int = Field(default=5, ge=0, le=100)
    """How often replies are drawn for each point of the learning curve; 0: no curve."""
    signals: tuple[Signal, ...] = ()
    """What may be read of a reply; again for more.  [default: all]"""
    into: Path | None = None
    """The folder of the judge, where it is accepted: then name it as own:FOLDER."""


@dataclass(frozen=True, slots=True)
class OwnJudgeResult:
    """What came of the ratings, by criterion."""

    criteria: Mapping[str, OwnJudge]
    collected: Collected
    """The ratings as arrays, with the votes, and what was left out."""
    margin: float
    taken: tuple[str, ...] = ()
    """Which judgements of a project were taken, and where the texts are from."""
    texts: Mapping[str, ReplyText] = field(default_factory=dict)
    """The texts of the rated replies, by item."""
    parts: tuple[PromptedPart, ...] = ()
    """Who was asked for votes."""
    embedding: EmbeddingPart | None = None
    """Which model read the replies."""

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
    ratings: Ratings,
    *,
    judged: Sequence[Path | str] = (),
    rubric: Rubric | str | None = None,
    level: Level | None = None,
    columns: FileColumns | None = None,
    rater_column: Sequence[str] = (),
    rule: OwnJudgeRule | None = None,
    asked: VotesToAsk | None = None,
) -> OwnJudgeResult:
    """Learn to score as people do, from their ratings, and say whether the judge that comes of it may be used.

    Votes that are there, or are asked for, and the form of the texts are combined by a regularised regression; no
    model is trained. It is measured by nested cross-validation on replies, groups, questions and writers that
    it has not seen, beside what takes no judgement.

    Args:
        ratings: People's ratings in any form that `agree` reads, or a project, whose store is read.
        judged: What `label` wrote, a file a wording or run: the votes of the present judge and the texts; or the
            texts alone, where the ratings do not hold them. Files in the form of ratings may hold the votes of
            several.
        rubric: The rubric that the scores are on; in a project also a version's name. There, by default, the latest.
        level: What scores mean; from the rubric's scale, else guessed, by default.
        columns: What the columns of the files are, where their headings do not say it.
        rater_column: The columns of the file that are raters; by their headings by default.
        rule: The margin, how many folds, and how intervals are made.
        asked: Who is asked for votes on the rated replies, where those in files then do not count, and which model
            on this machine reads them. Only a judge whose votes
            were asked for, or that needs none, can be kept: `write_own_judge`.

    Raises:
        ProjectError: There is nothing to read, or no file holds the replies' texts.
        FileFormatError: A row does not read; the message names its line.
    """
    rule = rule or OwnJudgeRule()
    paths = [Path(path) for path in judged]
    told: list[str] = []
    texts: dict[str, ReplyText] = {}
    source, found, _ = ratings_source(ratings, rubric, tell=told.append)
    if isinstance(ratings, Project) and found is not None:
        texts = stored_texts(ratings, found)
    reading = Reading(level, found, raters=tuple(rater_column), columns=columns or FileColumns())
    collected = read_with_judged(source, reading, paths)
    for place in [*paths, source]:
        texts = texts_in(open_table(place) if isinstance(place, Path) else place, collected.items) | texts
    if not texts:
        remedy = (
            f"name what `hone label` wrote with {option('judged')}, or a file with the columns id, prompt and reply"
        )
        raise ProjectError(f"no file has the texts of the rated replies; {remedy}")
    lacking = sum(item not in texts for item in collected.items)
    told += [f"{lacking:,} rated replies without their texts are left out"] if lacking else []
    told += _weights_told(collected)
    parts: tuple[PromptedPart, ...] = ()
    if asked is not None and asked.judges:
        if found is None:
            raise ProjectError(f"votes are asked for by a rubric; name it with {option('rubric')}")
        parts = asked.parts(found)
        votes = ask_votes(asked, parts, found, [as_rated_reply(item, one) for item, one in texts.items()])
        collected = with_votes(collected, votes, parts)
    read = None
    if asked is not None and asked.embed:
        read = embed_replies(asked, asked.embed, [as_rated_reply(item, one) for item, one in texts.items()])
    criteria = own_judges(collected, texts, rule, read.vectors if read else None)
    part = read.part if read else None
    return OwnJudgeResult(criteria, collected, rule.margin, tuple(told), texts, parts, part)


def run_judge_tune(folder: Path, options: JudgeTuneOptions, watch: Watch = SILENT) -> OwnJudgeResult:
    """Do what the options say: ask for votes, fit, measure, and keep the judge where it is accepted.

    Args:
        folder: A project, or where runs go and relative names of models start.
        options: All that was set.
        watch: Told how far it is, and where the judge was kept.

    Raises:
        ProjectError: Something is missing; see `tune_judge` and `write_own_judge`.
    """
    if options.into:
        check_into(options.into)
    project = None if options.file else Project.find(folder)
    rubric = named_rubric(options.rubric, project) if project else rubric_anywhere(options.rubric)
    if options.into and rubric is None:
        raise ProjectError(f"a judge is kept with the rubric that it scores by; name it with {option('rubric')}")
    asked = None
    if options.wording and not options.judge:
        raise ProjectError(f"a wording is for a judge that is asked; name one with {option('judge')}")
    if options.judge or options.embed:
        place = Project.around(folder) or WorkingFolder(folder)
        judges = tuple(settings_of(spec) for spec in options.judge)
        embed = settings_of(options.embed) if options.embed else None
        asked = VotesToAsk(place, judges, options.wording or ("score",), options.fresh, watch, embed)
    sampled = BootstrapOptions(options.resamples, options.seed, options.confidence)
    found = tune_judge(
        project or options.file or folder,
        judged=options.judged,
        rubric=rubric,
        level=options.level,
        columns=options.columns(),
        rater_column=options.rater_column,
        rule=OwnJudgeRule(options.margin, options.folds, sampled, options.signals or SIGNALS, options.curve),
        asked=asked,
    )
    if options.into and rubric and found.accepted:
        write_own_judge(found, options.into, rubric, asked=asked, confidence=options.confidence)
        watch.tell(f"kept: {options.into}; name it as own:{options.into} wherever a judge is named")
    return found


def check_into(folder: Path) -> None:
    """Refuse a folder for a judge that holds something else.

    Raises:
        ProjectError: It does, or it is a file.
    """
    there = folder.exists()
    if there and (not folder.is_dir() or (any(folder.iterdir()) and not (folder / OWN_JUDGE).exists())):
        raise ProjectError(f"{folder} already exists and is no judge of one's own; name another folder")


def write_own_judge(
    found: OwnJudgeResult, folder: Path, rubric: Rubric, *, asked: VotesToAsk | None = None, confidence: float = 0.95
) -> None:
    """Write a judge that was accepted into a folder, with its certificate; ``own:FOLDER`` then names it.

    Where similar replies are among its signals, the folder holds the texts of the rated replies.

    Args:
        found: What `tune_judge` found.
        folder: Where to; a judge that is there already is replaced.
        rubric: What it scores by.
        asked: Who was asked for votes.
        confidence: Of the intervals.

    Raises:
        ProjectError: It was refused, lacks a criterion, needs votes of a file, or cannot be written.
    """
    check_into(folder)
    saved = _saved(found, rubric, asked)
    make_folder(folder)
    write_judge(folder, saved)
    certificate = certified_own(
        {name: found.criteria[name] for name in rubric.judged.names},
        judge=content(f"own:{folder.resolve()}"),
        rubric=saved.rubric,
        people=len(found.collected.ratings.raters),
        confidence=confidence,
        margin=found.margin,
        version=version("hone-llm"),
    )
    write_own_certificate(folder, certificate)


def _saved(found: OwnJudgeResult, rubric: Rubric, asked: VotesToAsk | None) -> SavedJudge:
    names = rubric.judged.names
    if lacking := [name for name in names if name not in found.criteria]:
        raise ProjectError(f"nobody rated {', '.join(lacking)}, so no judge of the whole rubric can be kept")
    fitted = [found.criteria[name].fitted for name in names]
    whole = [one for one in fitted if one is not None]
    if len(whole) < len(fitted):
        raise ProjectError("the judge was refused, so it is not kept")
    needs_votes = any("votes" in one.signals for one in whole)
    if needs_votes and not found.parts:
        raise ProjectError(
            f"it needs votes that were read from a file, which nobody can ask for again; name who gave them with "
            f"{option('judge')}: what a journal of this project holds is not asked again"
        )
    for one in whole:
        size = found.embedding.size if found.embedding else 0
        if "votes" in one.signals and one.size(len(found.parts), size) != len(one.centres):
            raise ProjectError(f"a judge gave no vote on {one.criterion} that could be read; leave that judge out")
    compared = any(one.rated for one in whole)
    items = [item for item in found.collected.items if item in found.texts]
    place = {item: at for at, item in enumerate(items)}
    replies = [as_rated_reply(item, found.texts[item]) for item in items]
    kept = [
        KnownReply(digest=one.digest, request=digest(found.texts[one.item].request.strip()), text=one.text)
        for one in replies
    ]
    return SavedJudge(
        format=1,
        rubric=rubric.judged.digest,
        subject=asked.subject if asked else "reply",
        brief=asked.brief if asked else Brief(),
        parts=found.parts if needs_votes else (),
        embedding=found.embedding if any("embeddings" in one.signals for one in whole) else None,
        criteria=tuple(_placed(one, found.criteria[one.criterion].items, place) for one in whole),
        replies=tuple(kept) if compared else (),
        fitted_to=tuple(dict.fromkeys(map(text_digest, replies))),
    )


def _placed(fitted: FittedCriterion, items: Sequence[str], place: Mapping[str, int]) -> FittedCriterion:
    """The same with the rated replies counted as the folder counts them."""
    rated = tuple(one.model_copy(update={"reply": place[items[one.reply]]}) for one in fitted.rated)
    return fitted.model_copy(update={"rated": rated})


def _weights_told(collected: Collected) -> list[str]:
    """What is made of weights, where the ratings have some."""
    if collected.weights is None:
        return []
    lacking = int(np.isnan(collected.weights).sum())
    learnt = "weights count in what is learnt; in what is measured each reply counts once"
    if not np.nan_to_num(collected.weights).any():
        learnt = "every weight is 0 or missing, so that all replies count the same"
    return [
        learnt,
        *([f"{lacking:,} rated replies have no weight and are taken to stand for one"] if lacking else []),
    ]
