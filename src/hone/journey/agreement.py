"""Agreement and estimates in one call, from a file or from what a project's own people said."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from hone.domain.rubric import Rubric
from hone.journey.column_options import ColumnOptions
from hone.journey.options import OptionForm
from hone.journey.stored import Ratings, ratings_source
from hone.measuring import (
    Collected,
    Estimates,
    JudgeComparison,
    PairAccuracies,
    Reading,
    Sources,
    compare_judges,
    estimate_gap,
    is_labelled,
    joint_counts,
    pair_accuracies,
    read_judged,
    read_ratings,
    with_judged,
)
from hone.measuring import corrected_means as _estimate
from hone.measuring.drift import Drift, EarlierJudges, drifts, is_long, with_earlier
from hone.measuring.further import FurtherOfCriterion, further_figures
from hone.project import Project, Run
from hone.report.agreement_page import AgreementView, agreement_page, pictures
from hone.report.drawing import save_picture
from hone.report.page import write_page
from hone.stats import Agreement, BootstrapOptions, Level, VerdictRule
from hone.stats import agreement_figures as _agree
from hone.tables import Table, open_table
from hone.tables.shape import FileColumns


class AgreeOptions(ColumnOptions):
    """What may be set for `agree`."""

    verb = "agree"
    file: Annotated[Path | None, OptionForm(positional=True)] = None
    look: bool = False
    """Say which columns are what, what is missing and what comes next; compute nothing."""
    level: Level | Literal["ratio"] | None = None
    """Labels, an order, or distances; ratio where 0 is none.  [default: the rubric's scale, else guessed and said]"""
    rubric: str | None = None
    """The rubric that the scores are on: a file, a library name, v1, v2, … or working."""
    judged: tuple[Path, ...] = ()
    """What `hone label` wrote: a judge beside the people of FILE; again for more."""
    compare: Annotated[tuple[str, str] | None, OptionForm(metavar="JUDGE_A JUDGE_B")] = None
    """Two judges on the same items, Holm over criteria."""
    against: Path | None = None
    """Ratings, or a labelled set, of the same judge earlier: what changed, and is it nearer to people?"""
    pairs: bool = False
    """The scores of FILE are verdicts on pairs (A or 1, B or 2, tie or 0); without FILE, those in the store."""
    unusable_wrong: bool = False
    """Verdicts on pairs that cannot be used count as wrong.  [default: they are left out]"""
    margin: float = Field(default=0.1, gt=0, le=1)
    """How far below a person still counts as being as good."""
    certify: Annotated[Path | None, OptionForm(path="file")] = None
    """Write a signed certificate of each judge; those in PROJECT/certificates are looked for by `hone label`."""
    html: Annotated[Path | None, OptionForm(path="file")] = None
    """Write one self-contained page."""
    figures: Annotated[Path | None, OptionForm(path="folder")] = None
    """Write the pictures, SVG and PNG."""
    confidence: float = Field(default=0.95, ge=0.5, le=0.999)
    """How often an interval is to hold the truth."""
    resamples: int = Field(default=10_000, ge=100, le=1_000_000)
    seed: int = Field(default=0, ge=0)


class EstimateOptions(ColumnOptions):
    """What may be set for `estimate`."""

    verb = "estimate"
    file: Annotated[Path | None, OptionForm(positional=True)] = None
    judged: Path | None = None
    """What `hone label` wrote, or long-form scores of the judge.  [default: the judge's rows in FILE]"""
    judge: str | None = None
    """Whose scores, where there are several judges."""
    against: Path | None = None
    """Ratings of a second model: the difference is estimated."""
    against_judged: Path | None = None
    """The second model's labelled set."""
    level: Literal["ordinal", "interval"] | None = None
    """What scores mean.  [default: guessed]"""
    rubric: str | None = None
    """The rubric that the scores are on: a file, a library name, v1, v2, … or working."""
    confidence: float = Field(default=0.95, ge=0.5, le=0.999)
    """How often an interval is to hold the truth."""


@dataclass(frozen=True, slots=True)
class AgreementResult:
    """How well people agree, and judges with them."""

    name: str
    """Where the ratings come from."""
    agreement: Agreement
    """Every figure, by criterion, with its interval; the verdict on each judge."""
    collected: Collected
    """The ratings as arrays, and what was left out."""
    comparison: JudgeComparison | None = None
    """Two judges on the same items, where that was asked for."""
    pairs: PairAccuracies | None = None
    """How often judges of pairs are right, where the ratings are verdicts on pairs."""
    further: Mapping[str, FurtherOfCriterion] = field(default_factory=dict)
    """By criterion, errors, who is strict, detection, calibration, and correlations by system."""
    drift: tuple[Drift, ...] = ()
    """Every judge beside itself earlier, where an earlier file was named."""
    confidence: float = 0.95
    """Of the intervals."""
    taken: tuple[str, ...] = ()
    """Which judgements of a project were taken."""
    run: Run | None = None
    """The labelling that they are of."""

    @property
    def notes(self) -> list[str]:
        """What a reader of the figures should know."""
        return [*self.taken, *self.collected.notes(), *self.collected.weighting()]

    @property
    def view(self) -> AgreementView:
        """What the page and the pictures show."""
        ratings = self.collected.ratings
        joints = {
            criterion: {
                judge: joint
                for judge in ratings.judge_names
                if (joint := joint_counts(ratings, criterion, judge)) is not None
            }
            for criterion in ratings.criteria
        }
        return AgreementView(
            self.name,
            self.agreement,
            self.collected.labels,
            self.notes,
            joints,
            self.comparison,
            self.pairs,
            self.further,
        )

    def page(self, file: Path | str) -> None:
        """Write one page that stands alone, with pictures and tables.

        Raises:
            MissingExtraError: matplotlib is not installed.
            ProjectError: The file cannot be written.
        """
        write_page(Path(file), agreement_page(self.view))

    def pictures(self, folder: Path | str) -> list[Path]:
        """Write the pictures, each as SVG and PNG.

        Raises:
            MissingExtraError: matplotlib is not installed.
            ProjectError: The folder cannot be written.
        """
        return [path for picture in pictures(self.view) for path in save_picture(picture, Path(folder))]


def agree(  # noqa: PLR0913 - one keyword a choice, as the command has them
    ratings: Ratings,
    *,
    rubric: Rubric | str | None = None,
    level: Level | Literal["ratio"] | None = None,
    compare: tuple[str, str] | None = None,
    pairs: bool = False,
    unusable_wrong: bool = False,
    margin: float = 0.1,
    rater_column: Sequence[str] = (),
    judged: Sequence[Path | str] = (),
    columns: FileColumns | None = None,
    against: Path | str | None = None,
    options: BootstrapOptions | None = None,
) -> AgreementResult:
    """How well people agree, and is a judge as good as a person?

    Args:
        ratings: A CSV, XLSX, JSONL or Parquet file in long form (`item, criterion, rater, score[, kind][, group]`,
            or verdicts on pairs) or with one column a rater, or a project.
        rubric: The rubric that the scores are on; in a project also a version's name. There, by default, the latest.
        level: `nominal`, `ordinal`, `interval` or `ratio` (as interval, beside alpha with ratio distances); from the
            rubric's scale, else guessed and noted, by default.
        compare: Two judges to compare on the same items.
        pairs: Of a project, the verdicts on pairs; of a file with one column a rater, that its scores are such.
        unusable_wrong: Count verdicts on pairs that cannot be used as wrong; by default they are left out.
        margin: How far below a person still counts as being as good.
        rater_column: The columns of the file that are raters; by their headings by default.
        judged: What `label` wrote, a file a judge, or a file in any form that ratings have: the scores of the rated
            items, matched by id.
        columns: What the columns of the files are, where their headings do not say it.
        against: Ratings, or what `label` wrote, of a judge, model or rubric version earlier, on the same items.
        options: Resamples, seed and confidence.

    Raises:
        ProjectError: There is nothing to read.
        FileFormatError: A row does not read; the message names its line.
        StatsError: A setting makes no figure.
    """
    told: list[str] = []
    options = options or BootstrapOptions()
    source, found, run = ratings_source(ratings, rubric, pairs=pairs, tell=told.append)
    of_file = pairs and not isinstance(ratings, Project)
    of_ratio = level == "ratio"
    measured: Level | None = "interval" if level == "ratio" else level
    reading = Reading(measured, None if pairs else found, raters=tuple(rater_column), pairs=of_file)
    reading = replace(reading, columns=columns or FileColumns())
    apart = [path for path in map(Path, judged) if not is_labelled(path, reading.columns)]
    before = None if against is None else Path(against)
    long = [EarlierJudges(open_table(before))] if before and is_long(before) else []
    collected = read_ratings(source, reading, judged=[*apart, *long])
    if before and not long:
        collected = with_earlier(collected, before, reading)
    for path in (path for path in map(Path, judged) if path not in apart):
        collected = with_judged(collected, read_judged(path, collected.ratings.criteria, None, reading), path)
    compared = compare_judges(collected.ratings, *compare, options) if compare else None
    agreement = _agree(collected.ratings, options, VerdictRule(margin=margin))
    drift = tuple(drifts(collected, before, options)) if before else ()
    right = pair_accuracies(collected, unusable_wrong=unusable_wrong, confidence=options.confidence)
    further = {} if right else further_figures(collected, agreement, options, ratio=of_ratio)
    return AgreementResult(
        _name(source), agreement, collected, compared, right, further, drift, options.confidence, tuple(told), run
    )


def estimate(  # noqa: PLR0913 - one keyword a choice, as the command has them
    ratings: Ratings,
    *,
    judged: Path | str | None = None,
    judge: str | None = None,
    against: Sources | None = None,
    rubric: Rubric | str | None = None,
    level: Level | None = None,
    rater_column: Sequence[str] = (),
    columns: FileColumns | None = None,
    confidence: float = 0.95,
) -> Estimates:
    """The mean score over everything that a judge labelled, corrected with the items that people rated.

    Args:
        ratings: People's ratings: a long-form file, or a project.
        judged: What `label` wrote, or long-form scores of the judge; the judge's rows in `ratings` by default.
        judge: Whose scores, where there are several judges.
        against: What is known of a second model: the difference is estimated.
        rubric: The rubric that the scores are on.
        level: `ordinal` or `interval`; guessed by default.
        rater_column: The columns of `ratings` that are raters; by their headings by default.
        columns: What else is known of its columns.
        confidence: Of the intervals.

    Raises:
        ProjectError: There is nothing to read.
        StatsError: Too few items were rated for a correction.
    """
    told: list[str] = []
    source, found, _ = ratings_source(ratings, rubric, unrated=judged is None, tell=told.append)
    reading = Reading(level, found, raters=tuple(rater_column), columns=columns or FileColumns())
    first = Sources(source, None if judged is None else Path(judged), judge)
    if against is None:
        made = _estimate(first, reading, confidence)
    else:
        made = estimate_gap(first, against, reading, confidence)
    return replace(made, notes=(*told, *made.notes))


def _name(source: Path | Table) -> str:
    return source.name if isinstance(source, Path) else source.path.name
