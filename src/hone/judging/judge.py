"""The judge: a model, or a panel of them, and a rubric. Scores a reply, or says why it has no score."""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from statistics import fmean, median, pstdev
from typing import TypeVar

from hone.domain.evidence import Judgement, Score
from hone.domain.rubric import Rubric, Scale
from hone.domain.rule import RULES
from hone.domain.settings import Judging
from hone.domain.task import NO_REQUEST, Brief, Reply
from hone.errors import RubricError, VerdictError
from hone.jobs import Caller, Outcome, Setup, pool, wait
from hone.judging.decision import read_decision
from hone.judging.expected import expected, level_probabilities
from hone.judging.form import JudgeQuestion, Wording, commit_request, committed_answer, rubric_sampling
from hone.judging.rules import rule_scores
from hone.judging.verdict import cut_problem, read_pattern, read_verdict
from hone.judging.weakness import JudgeSigns
from hone.models import Model, Request

Job = TypeVar("Job")
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class _Vote:
    """One reading of one answer: scores, or why there are none."""

    scores: tuple[Score, ...] = ()
    weighed: tuple[Score, ...] = ()
    """The same with expected values, where the probabilities were told."""
    problem: str | None = None
    raw: str | None = None
    cut: bool = False
    """Whether it could not be read because it was cut; the same would be cut again."""


@dataclass(frozen=True, slots=True)
class Judge:
    """Who scores, by what, and how.

    Args:
        models: One model, or a panel; none is needed where every criterion is a rule.
        rubric: What is judged by.
        subject: What the replies are, such as "study plan".
        judging: All criteria at once or one by one, mode, samples, vote, examples, pattern.
        setup: Prompts and sampling.
        brief: What the writer was told; empty where that is not known.
        wording: The prompt that is asked with; only ``score`` asks for reasons.

    Raises:
        RubricError: The rubric has no criteria, or the pattern has not one group for each.
    """

    models: tuple[Model, ...]
    rubric: Rubric
    subject: str
    judging: Judging = field(default_factory=Judging)
    setup: Setup = field(default_factory=Setup)
    brief: Brief = field(default_factory=Brief)
    wording: Wording = "score"
    _forms: tuple[JudgeQuestion, ...] = field(init=False)
    _pattern: re.Pattern[str] | None = field(init=False)
    _digest: str = field(init=False)
    _committed: dict[tuple[int, str, str], asyncio.Future[str]] = field(
        init=False, repr=False, compare=False, default_factory=dict
    )

    def __post_init__(self) -> None:
        if not self.rubric.criteria:
            raise RubricError("the rubric has no criteria; propose some with: hone rubric draft")
        pattern = re.compile(self.judging.pattern) if self.judging.pattern else None
        left = len(self.rubric.judged.criteria)
        asked = min(1, left) if self.judging.per_criterion else left
        if not left:
            pattern = None  # there is nothing to ask
        elif not self.models:
            raise RubricError("the rubric has criteria that a model must judge; name a judge")
        if pattern and pattern.groups != asked:
            raise RubricError(f"the pattern has {pattern.groups} groups; it needs one for each of {asked} criteria")
        object.__setattr__(self, "_pattern", pattern)
        object.__setattr__(self, "_forms", self._make_forms())
        object.__setattr__(self, "_digest", self.rubric.digest)

    @property
    def spec(self) -> str:
        """The models' specs, as they stand in judgements."""
        return " + ".join(model.spec for model in self.models) or RULES

    @property
    def asked_models(self) -> tuple[Model, ...]:
        """Every model that may be asked, so that it is open."""
        return self.models

    @property
    def compares(self) -> bool:
        """Whether it can be asked which of two replies is better."""
        return True

    @property
    def by_criterion(self) -> bool:
        """Whether a criterion can be asked about by itself."""
        return self.judging.per_criterion

    @property
    def tells_shares(self) -> bool:
        """Whether it tells how likely each level is, by probabilities or by several votes."""
        many = self.judging.samples * len(self.models) > 1
        return self.judging.mode == "expected" or many or all(model.decides for model in self.models)

    @property
    def digest(self) -> str:
        """The rubric's digest, as it stands in judgements."""
        return self._digest

    @property
    def calls(self) -> int:
        """How many calls one reply takes, repairs apart."""
        return len(self.models) * len(self._forms) * self.judging.samples

    @property
    def most_calls(self) -> int:
        """Calls of a reply about which everybody is asked, repairs apart."""
        return self.calls

    @property
    def forms(self) -> tuple[JudgeQuestion, ...]:
        """What is asked: one form, or one a criterion."""
        return self._forms

    def told(self, brief: Brief | None) -> Judge:
        """The same judge, who knows of another brief of the writer; none changes nothing."""
        return self if brief is None else replace(self, brief=brief)

    def signs(self) -> JudgeSigns:
        """An empty count of the signs that this judge is weak."""
        return JudgeSigns(self.rubric, self.judging.per_criterion, self._pattern is not None)

    async def score(self, reply: Reply, caller: Caller, *, again: int = 0, planted: bool = False) -> Judgement:
        """Score one reply.

        Args:
            reply: What is scored.
            caller: Asks the models.
            again: Which repetition of the same question; what was answered to another is not taken from the journal.
            planted: Ask even where the reply is empty, to see what the judge makes of it.

        Raises:
            UnavailableError: A model cannot answer at all.
        """
        if not reply.text.strip() and not planted:
            return self.unscored(reply, "the reply is empty")
        try:
            rules = rule_scores(reply.text, self.rubric)
        except VerdictError as error:
            return self.unscored(reply, str(error))
        return await self._scored(reply, rules, caller, again=again, planted=planted)

    async def _scored(
        self,
        reply: Reply,
        rules: Sequence[Score],
        caller: Caller,
        *,
        again: int,
        planted: bool,  # noqa: ARG002 - for judges that are made of judges
    ) -> Judgement:
        """The judgement of a reply that there is something to score in, with what the rules say of it."""
        if not self._forms:
            return self._combined(reply, (), (), rules)
        turns = [(model, sample) for model in self.models for sample in range(self.judging.samples)]
        if len(turns) == 1:
            votes = [await self._vote(*turns[0], reply, caller, again)]
        else:
            votes = list(
                await asyncio.gather(*(self._vote(model, sample, reply, caller, again) for model, sample in turns))
            )
        read = [vote for vote in votes if vote.problem is None]
        if not read:
            return self.unscored(reply, votes[0].problem or "no answer", raw=votes[0].raw)
        return self._combined(reply, votes, read, rules)

    def unscored(self, reply: Reply | str, problem: str, *, raw: str | None = None) -> Judgement:
        """The judgement of a reply that has no score, with the reason and the judge's own text.

        Args:
            reply: The reply, or the item's id where there is none.
            problem: The reason.
            raw: What the judge wrote.
        """
        item, name = (reply, None) if isinstance(reply, str) else (reply.item, reply.digest)
        return Judgement(
            item=item, reply=name, judge=self.spec, rubric=self._digest, votes=0, unscored=problem, raw=raw
        )

    def run(
        self,
        jobs: Iterable[Job],
        work: Callable[[Job], Awaitable[Result]],
        sink: Callable[[Result], object],
        caller: Caller,
    ) -> None:
        """Do many jobs with the models open, as many at a time as they can use; counts them and tells the progress.

        Args:
            jobs: Taken one by one, so they may be a stream.
            work: Does one job, through `score`.
            sink: Takes each result, in the order of the jobs.
            caller: Asks the models; its tally is told.

        Raises:
            UnavailableError: A model cannot answer at all.
            RunError: The journal cannot be written.
        """

        async def counted(job: Job) -> Result:
            result = await work(job)
            caller.tally.done += 1
            if self.setup.progress:
                self.setup.progress(caller.tally)
            return result

        async def opened() -> None:
            async with AsyncExitStack() as stack:
                for model in self.asked_models:
                    await stack.enter_async_context(model)
                width = max((model.concurrency for model in self.asked_models), default=1)
                await pool(jobs, counted, sink, width=width)

        wait(opened())

    def score_all(self, replies: Sequence[Reply]) -> list[Judgement]:
        """One judgement a reply, in order; the setup's journal and progress are used.

        Raises:
            UnavailableError: A model cannot answer at all.
            RunError: The journal cannot be written.
        """
        caller = Caller(self.setup.journal, total=len(replies))
        judgements: list[Judgement] = []

        async def score(reply: Reply) -> Judgement:
            return await self.score(reply, caller)

        self.run(replies, score, judgements.append, caller)
        return judgements

    def _make_forms(self) -> tuple[JudgeQuestion, ...]:
        judging, rubric = self.judging, self.rubric.judged
        if not rubric.criteria:
            return ()
        if not judging.per_criterion:
            return (self._form(rubric, self.wording),)
        parts = [rubric.with_criteria((criterion,)) for criterion in rubric.criteria]
        return tuple(self._form(part, f"{self.wording}:{part.names[0]}") for part in parts)

    def _form(self, rubric: Rubric, step: str) -> JudgeQuestion:
        judging = self.judging
        logprobs = judging.mode == "expected"
        return JudgeQuestion(
            rubric, self.subject, self.setup, judging.examples, logprobs, step, self.brief, self.wording
        )

    async def _vote(self, model: Model, sample: int, reply: Reply, caller: Caller, again: int) -> _Vote:
        """One model's verdict on all criteria, in one call or in one a criterion."""
        if model.decides:
            requests = [(form.decision(reply, sample=sample, again=again), form) for form in self._forms]
        else:
            own = await self._own_answer(model, reply, caller)
            requests = [(form.request(reply, sample=sample, again=again, own=own), form) for form in self._forms]
        if len(requests) == 1:
            return await self._answer(model, *requests[0], caller)
        parts = await asyncio.gather(*(self._answer(model, request, form, caller) for request, form in requests))
        for part in parts:
            if part.problem is not None:
                return part
        scores = tuple(score for part in parts for score in part.scores)
        whole = all(part.weighed for part in parts)
        return _Vote(scores, tuple(score for part in parts for score in part.weighed) if whole else ())

    async def _own_answer(self, model: Model, reply: Reply, caller: Caller) -> str:
        """What a model answers to the request itself, asked once for all replies to it; empty where it has no answer.

        An answer that failed or was cut is none: half a working would lead the judge astray.
        """
        if not self.judging.commit_first or reply.prompt in ("", NO_REQUEST):
            return ""
        key = (id(asyncio.get_running_loop()), model.spec, reply.prompt)
        if key not in self._committed:
            self._committed[key] = asyncio.ensure_future(self._commit(model, reply, caller))
        return await asyncio.shield(self._committed[key])

    async def _commit(self, model: Model, reply: Reply, caller: Caller) -> str:
        outcome = await caller.ask(model, commit_request(reply, self.brief, self.setup))
        done = outcome.completion
        return "" if done is None or done.cut else committed_answer(done.text)

    async def _answer(self, model: Model, request: Request, form: JudgeQuestion, caller: Caller) -> _Vote:
        outcome = await caller.ask(model, request)
        read = self._read_decision if model.decides else self._read
        vote = read(outcome, form)
        anew = vote.problem is not None and outcome.known and self.setup.retry
        if anew:
            vote = read(await caller.ask(model, request, anew=True), form)
        if vote.raw is None or model.constrains or model.decides or self._pattern or vote.cut:
            return vote
        repair = form.repair(request, vote.raw, vote.problem or "")
        again = self._read(await caller.ask(model, repair, anew=anew), form)
        return again if again.problem is None else vote

    def _read(self, outcome: Outcome, form: JudgeQuestion) -> _Vote:
        completion = outcome.completion
        if completion is None:
            return _Vote(problem=str(outcome.error))
        try:
            if self._pattern:
                return _Vote(read_pattern(completion.text, form.rubric, self._pattern))
            scores = read_verdict(completion.text, form.rubric, reasons=form.reasons)
        except VerdictError as error:
            problem = cut_problem(completion, "judge") if completion.cut else str(error)
            return _Vote(problem=problem, raw=completion.text, cut=completion.cut)
        if not form.logprobs:
            return _Vote(scores)
        shares = level_probabilities(completion.text, completion.logprobs, form.rubric.scale, len(scores))
        if shares is None:
            return _Vote(scores)
        weighed = {
            score.criterion: score.model_copy(
                update={
                    "value": expected(share),
                    "probability": share[score.value],
                    "shares": tuple(share[value] for value in form.rubric.scale.values),
                }
            )
            for score, share in zip(_as_written(scores, completion.text), shares, strict=True)
        }
        return _Vote(scores, tuple(weighed[score.criterion] for score in scores))

    def _read_decision(self, outcome: Outcome, form: JudgeQuestion) -> _Vote:
        """What a model that decides answered; what it answered was checked as it came, and is again."""
        if outcome.completion is None:
            return _Vote(problem=str(outcome.error))
        try:
            return _Vote(*read_decision(outcome.completion.text, form.rubric))
        except VerdictError as error:
            return _Vote(problem=str(error), raw=outcome.completion.text)

    def _combined(
        self, reply: Reply, votes: Sequence[_Vote], read: Sequence[_Vote], rules: Sequence[Score]
    ) -> Judgement:
        """The judgement that votes and rules come to; without a model, what the rules say is the one vote."""
        notes = []
        if len(read) < len(votes):
            notes.append(f"{len(votes) - len(read)} of {len(votes)} votes could not be read")
        weighed = self.judging.mode == "expected" and bool(read) and all(vote.weighed for vote in read)
        if self.judging.mode == "expected" and read and not weighed:
            notes.append("no probabilities of the levels were told; the chosen levels stand")
        each = [vote.weighed if weighed else vote.scores for vote in read]
        scores: Sequence[Score] = (
            each[0] if len(each) == 1 else _voted(each, self.judging.vote, self.rubric.scale) if each else ()
        )
        if rules:
            by_name = {score.criterion: score for score in (*scores, *rules)}
            scores = tuple(by_name[name] for name in self.rubric.names)
        return Judgement(
            item=reply.item,
            reply=reply.digest,
            judge=self.spec,
            rubric=self._digest,
            mode="expected" if weighed else "verdict",
            votes=len(read) or 1,
            scores=tuple(scores),
            note="; ".join(notes) or None,
        )


def judge(
    replies: Sequence[Reply],
    rubric: Rubric,
    model: Model | Sequence[Model],
    *,
    subject: str,
    brief: Brief | None = None,
    setup: Setup | None = None,
    judging: Judging | None = None,
) -> list[Judgement]:
    """Score replies.

    Args:
        replies: What is scored.
        rubric: By what.
        model: Who scores: one model, a panel, or a judge of one's own (`connect_own`).
        subject: What the replies are, such as "study plan".
        brief: What the writer was told, such as `task.brief`; without, the judge sees request and reply alone.
        setup: Prompts, sampling (by default the likeliest tokens, with room for every reason), journal and progress.
        judging: How; by default all criteria in one call, and the level that the judge chose.

    Returns:
        One judgement a reply, in order: scores for all criteria, or *unscored* with the reason.

    Raises:
        RubricError: The rubric has no criteria.
        UnavailableError: The judge cannot answer at all.
    """
    used = setup or Setup()
    from hone.judging.opening import judge_over  # noqa: PLC0415 - it is built on this module

    models = (model,) if isinstance(model, Model) else tuple(model)
    return judge_over(models, rubric, subject, judging or Judging(), used, brief or Brief()).score_all(replies)


def _voted(votes: Sequence[tuple[Score, ...]], how: str, scale: Scale) -> tuple[Score, ...]:
    """One score a criterion from several votes; the reason is that of the vote nearest to the result."""
    combined = []
    for scores in zip(*votes, strict=True):
        values = [score.value for score in scores]
        if how == "mean":
            value = fmean(values)
        elif how == "median":
            value = median(values)
        else:
            counts = Counter(values)
            most = max(counts.values())
            # A tied majority is the lower of its levels: a judge in doubt does not give the better mark.
            value = min(level for level, count in counts.items() if count == most)
        nearest = min(scores, key=lambda score: abs(score.value - value))
        sure = [score.probability for score in scores if score.probability is not None]
        combined.append(
            nearest.model_copy(
                update={
                    "value": value,
                    "spread": pstdev(values),
                    "probability": fmean(sure) if sure else None,
                    "shares": _mean_shares(scores, scale),
                }
            )
        )
    return tuple(combined)


def _mean_shares(scores: Sequence[Score], scale: Scale) -> tuple[float, ...]:
    """How likely each level is by several votes: a vote without probabilities stands whole for its level."""
    each = [score.shares or tuple(float(score.value == value) for value in scale.values) for score in scores]
    return tuple(fmean(column) for column in zip(*each, strict=True))


def _as_written(scores: Sequence[Score], text: str) -> list[Score]:
    """The scores in the order in which the text states them, which is the order of the probabilities."""
    return sorted(scores, key=lambda score: text.find(f'"{score.criterion}"'))


__all__ = ["Judge", "judge", "rubric_sampling"]
