"""The votes of prompted judges for a judge of one's own: asked under several wordings, and kept in a journal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from hone.domain.base import Frozen, digest
from hone.domain.evidence import Judgement
from hone.domain.rubric import Rubric
from hone.domain.settings import Judging, ModelSettings
from hone.domain.task import Brief, Reply
from hone.errors import ProjectError
from hone.files import reason
from hone.jobs import Journal, Setup
from hone.journey.loop import Models, models
from hone.journey.step import open_step, run_step, step_config
from hone.journey.watching import SILENT, Watch
from hone.judging.form import Wording, rubric_sampling
from hone.judging.opening import judge_over
from hone.judging.saved_judge import PromptedPart, prompts_asked
from hone.measuring import Collected
from hone.project import Project
from hone.weights.content import content

VERB = "judge tune"
WORDINGS: tuple[Wording, ...] = ("score", "levels", "strict")


@dataclass(frozen=True)
class VotesToAsk:
    """Who is asked for votes, under which wordings, and which model reads the replies.

    Args:
        project: Whose prompts, task and runs; a folder alone does.
        judges: The models that vote; none asks for no votes.
        wordings: `score` (with reasons), `levels`, `strict`, or a file with a score prompt, which is asked without
            reasons.
        fresh: Ask everything again.
        watch: Told how far it is.
        embed: The model on this machine whose embeddings of the replies are read; none reads none.
    """

    project: Project
    judges: tuple[ModelSettings, ...]
    wordings: tuple[str, ...] = ("score",)
    fresh: bool = False
    watch: Watch = SILENT
    embed: ModelSettings | None = None

    @property
    def subject(self) -> str:
        """What the replies are."""
        return self.project.settings.task.subject if self.project.with_task else "reply"

    @property
    def brief(self) -> Brief:
        """What their writers were told, where it is known."""
        return self.project.settings.task.brief if self.project.with_task else Brief()

    def parts(self, rubric: Rubric) -> tuple[PromptedPart, ...]:
        """One prompted part a model and wording.

        Raises:
            ProjectError: A wording is no file, two parts are the same, or a model judges nothing by itself.
        """
        found = [self._part(judge, wording, rubric) for judge in self.judges for wording in self.wordings]
        if len({part.name for part in found}) < len(found):
            raise ProjectError("a judge or a wording stands twice; name each once")
        return tuple(found)

    def _part(self, judge: ModelSettings, wording: str, rubric: Rubric) -> PromptedPart:
        prompts = {name: prompt.sent for name, prompt in self.project.prompts.items()}
        kind = next((one for one in WORDINGS if one == wording), None)
        if kind is None:
            kind, prompts["levels"] = "levels", _text(Path(wording))
        judging = self.project.settings.judging if self.project.with_task else Judging()
        if kind != "score":
            judging = judging.model_copy(update={"mode": "expected", "pattern": None})
        try:
            return PromptedPart(
                name=f"{judge.model}, {wording if kind == wording else Path(wording).stem}",
                model=judge,
                files=content(judge.model, self.project.folder),
                judging=judging,
                sampling=judge.sampling(rubric_sampling(rubric)),
                wording=kind,
                prompts={name: prompts[name] for name in prompts_asked(kind, judging)},
            )
        except ValueError as error:
            why = str(error.errors()[0]["msg"]) if hasattr(error, "errors") else str(error)
            raise ProjectError(f"{judge.model}, {wording}: {why.removeprefix('Value error, ')}") from error


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        why = reason(error) if isinstance(error, OSError) else "not UTF-8 text"
        known = ", ".join(WORDINGS)
        raise ProjectError(f"the wording {path} cannot be read ({why}); write {known}, or a file") from error


class PartVote(Frozen):
    """What one prompted part said of one reply, as a run's results hold it."""

    part: str
    judgement: Judgement


def ask_votes(
    asked: VotesToAsk, parts: Sequence[PromptedPart], rubric: Rubric, replies: Sequence[Reply]
) -> list[PartVote]:
    """What each part says of each reply: out of a finished run, or asked; nothing in a journal is asked twice.

    Raises:
        UnavailableError: A model cannot answer at all.
    """
    project, watch = asked.project, asked.watch
    config = step_config(
        project,
        rubric=rubric.judged,
        data=digest([reply.model_dump() for reply in replies]),
        parts={part.name: digest(part.model_dump(mode="json")) for part in parts},
    )
    step = open_step(project.runs_folder, VERB, config, fresh=asked.fresh, tell=watch.tell)

    def work(journal: Journal) -> list[PartVote]:
        with models(project, watch) as opened:
            opened.agreed(*(part.model for part in parts))
            return [vote for part in parts for vote in _of_part(part, opened, journal)]

    def _of_part(part: PromptedPart, opened: Models, journal: Journal) -> list[PartVote]:
        with watch.progress(part.name) as progress:
            setup = Setup(part.read_prompts(), part.sampling, journal, progress)
            judge = judge_over(
                (opened(part.model),),
                rubric.judged,
                asked.subject,
                part.judging,
                setup,
                asked.brief,
                part.wording,
            )
            return [PartVote(part=part.name, judgement=one) for one in judge.score_all(replies)]

    found = run_step(step, PartVote, work)
    watch.tell(step.line)
    return found


def with_votes(collected: Collected, votes: Sequence[PartVote], parts: Sequence[PromptedPart]) -> Collected:
    """Ratings with the votes of each part, a column a part, in place of those that they had."""
    ratings = collected.ratings
    place = {item: at for at, item in enumerate(collected.items)}
    columns = {part.name: at for at, part in enumerate(parts)}
    judges = {}
    for name in ratings.criteria:
        given = np.full((len(place), len(parts)), np.nan)
        for vote in votes:
            for score in vote.judgement.scores:
                if score.criterion == name and vote.judgement.item in place:
                    given[place[vote.judgement.item], columns[vote.part]] = score.value
        judges[name] = given
    return replace(collected, ratings=replace(ratings, judges=judges, judge_names=tuple(columns)))
