"""All that the page of a project shows, as values; who gathers them reads the project's folder.

A part that is not there is none. Every text in here may come from a model, a person or a file.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from hone.bench import BenchReport, JudgedReport
from hone.domain.evidence import Advice, Comparison, Decision, Judgement, RubricVersion
from hone.domain.rubric import Rubric
from hone.domain.settings import Settings
from hone.export.results import ExportRow
from hone.judging.audit import AuditFinding
from hone.stats import Agreement, Figure

MOST_ROWS = 40
"""Rows of a table of single replies; the run folder has them all."""


@dataclass(frozen=True)
class FigureSource:
    """Where figures come from."""

    run: str
    """The run folder's name, or what was read in its place."""
    command: str
    """What makes it, as a person types it in the project's folder."""


@dataclass(frozen=True)
class Suggestion:
    """One thing to do next; who decides on it is `journey/next`."""

    why: str
    command: str


@dataclass(frozen=True)
class ComparingPart:
    """Replies with and without the rubric, compared by the expert."""

    source: FigureSource
    comparisons: Sequence[Comparison]
    current: bool
    """Whether it was the working rubric that was compared."""


@dataclass(frozen=True)
class Advised:
    """What the expert advised last, where nobody has decided on it yet."""

    source: FigureSource
    advice: Sequence[Advice]


@dataclass(frozen=True)
class ScoresPart:
    """The judge's scores of the latest replies."""

    source: FigureSource
    rubric: Rubric
    judgements: Sequence[Judgement]
    means: Mapping[str, Figure]
    """By criterion, over the replies that were scored."""
    incomplete: str | None = None
    certificate: str = ""
    """Whether the judge has a certificate that still fits, in words."""
    first_call: Sequence[tuple[str, str]] = ()
    """The first call about the first reply, whole: who speaks, and the words."""


@dataclass(frozen=True)
class AgreementPart:
    """How well people agree, and the judge with them."""

    source: FigureSource
    agreement: Agreement
    notes: Sequence[str]


@dataclass(frozen=True)
class AuditPart:
    """What moves the judge besides the criteria."""

    source: FigureSource
    findings: Sequence[AuditFinding]
    judge: str
    rubric: Rubric
    """What the judge was audited with."""


@dataclass(frozen=True)
class TuningPart:
    """A model that learnt from examples."""

    source: FigureSource
    spec: str
    """As `hone bench` and `hone chat` take it."""
    base: str
    examples: str
    """Where they come from, in words."""
    history: Sequence[Mapping[str, Any]]
    result: Mapping[str, Any]
    """Of the training: steps, tokens, seconds, and every scale that was tried."""
    test: str = "sums"
    """The benchmark that fits what was learnt: `sums`, or `rubric` for the project's own task."""


@dataclass(frozen=True)
class Wrong:
    """A problem that only one of the two models gets right, with what both wrote."""

    item: str
    gold: str
    base: str
    model: str


@dataclass(frozen=True)
class BenchPart:
    """Models on the same problems."""

    source: FigureSource
    about: str
    report: BenchReport
    margin: float
    names: Mapping[str, str]
    """A short name by model spec."""
    gained: Sequence[Wrong] = ()
    """The first problems that only the last model gets right."""
    lost: Sequence[Wrong] = ()


@dataclass(frozen=True)
class JudgedPart:
    """Models whose replies a rubric's judge scored."""

    source: FigureSource
    about: str
    report: JudgedReport
    margin: float
    names: Mapping[str, str]
    """A short name by model spec."""


@dataclass(frozen=True)
class ExportPart:
    """Files beside their source."""

    source: FigureSource
    model: str
    files: Sequence[ExportRow]


@dataclass(frozen=True)
class ProjectView:
    """A whole project."""

    name: str
    made: datetime
    settings: Settings
    items: int
    rubric: Rubric
    """The working rubric."""
    versions: Sequence[RubricVersion] = ()
    decisions: Sequence[Decision] = ()
    """Those that no version carries yet."""
    replies: int = 0
    compared: ComparingPart | None = None
    advised: Advised | None = None
    scored: ScoresPart | None = None
    agreed: AgreementPart | None = None
    audited: AuditPart | None = None
    tuned: TuningPart | None = None
    benched: BenchPart | None = None
    matched: JudgedPart | None = None
    exported: ExportPart | None = None
    invited: int | None = None
    """How many people may come in beside the owner; none where nobody looked."""
    wanted: int | None = None
    """How many ratings of a reply are still wanted; none where nobody looked."""
    todo: Sequence[Suggestion] = ()
    """What to do next, in the order of the journey."""
    makes: Mapping[str, str] = field(default_factory=dict)
    """The command that makes each part that is not there yet, by its name."""
    unrated: str = ""
    """Why there is no agreement."""
    runs: Sequence[tuple[str, str, str]] = ()
    """Every run: its folder's name, what it did, and its state."""
    broken: Sequence[tuple[str, str]] = ()
    """Folders and files that could not be read, and why."""

    @property
    def shown(self) -> Rubric:
        """The rubric that the page is about: the latest finalised version, else the working one."""
        final = self.finalised
        return final.rubric if final else self.rubric

    @property
    def finalised(self) -> RubricVersion | None:
        """The latest version that was finalised; version 0 is only where it began."""
        return self.versions[-1] if self.versions and self.versions[-1].version > 0 else None
