"""A judge of one's own at work: asks the prompted judges that it stacks, reads the texts, and weighs both.

It takes the place of a judge wherever one is named (``own:FOLDER``). A reason is one that a prompted part gave for
the score nearest to the result; where nobody gave one it is empty.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

from hone.domain.base import digest
from hone.domain.evidence import FITTED_TO, Judgement, Score
from hone.domain.settings import Judging, ModelSettings
from hone.domain.task import Brief, Reply
from hone.errors import CallError, RubricError, UnavailableError
from hone.jobs import Caller
from hone.judging.embeddings import embedding_request
from hone.judging.judge import Judge
from hone.judging.opening import judge_over
from hone.judging.saved_judge import FittedCriterion, PromptedPart, SavedJudge, read_judge, text_digest
from hone.judging.signals import (
    ReplyText,
    TokenCounts,
    form_features,
    neighbour_features,
    request_of_reply,
    score_of,
    vote_features,
    weighted_words,
    words_and_pairs,
)
from hone.models import Completion, Model, Request
from hone.models.embedding import vector_of
from hone.models.spec import connect_embedder, own_folder
from hone.weights.content import content

Floats = npt.NDArray[np.float64]


class StackedModel(Model):
    """A judge of one's own where a model is named: it opens and closes the models that it asks, and writes nothing.

    Args:
        spec: ``own:FOLDER``.
        saved: What the folder holds.
        parts: The model of each prompted part; the same one where several share it.
        embedder: The model whose embeddings are read, where any are.
    """

    def __init__(self, spec: str, saved: SavedJudge, parts: Sequence[Model], embedder: Model | None = None) -> None:
        models = tuple(dict.fromkeys([*parts, *([embedder] if embedder else ())]))
        super().__init__(spec, concurrency=max((model.concurrency for model in models), default=1))
        self.saved = saved
        self.parts = tuple(parts)
        self.embedder = embedder
        self.models = models
        """Each model once."""

    async def ask(self, request: Request) -> Completion:  # noqa: ARG002 - every model is asked so
        """It answers nothing.

        Raises:
            UnavailableError: Always.
        """
        raise UnavailableError(f"{self.spec} is a judge of one's own: it scores replies and writes none")

    async def __aenter__(self) -> Self:
        """Open the connections of its models."""
        for model in self.models:
            await model.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close them."""
        for model in reversed(self.models):
            await model.__aexit__(kind, error, trace)

    def close(self) -> None:
        """End their engines."""
        for model in self.models:
            model.close()


def open_stacked(
    settings: ModelSettings, folder: Path | None, connected: Callable[[ModelSettings], Model]
) -> StackedModel:
    """A judge of one's own with its models open.

    Args:
        settings: Whose model is ``own:FOLDER``.
        folder: Where relative names start.
        connected: Opens the model of a prompted part.

    Raises:
        FileFormatError: The folder holds no such judge, or it is damaged.
        UnavailableError: A model is not the one that the judge was fitted with, or cannot be opened.
    """
    saved = read_judge(own_folder(settings, folder) or Path())
    asked = saved.parts if saved.asks else ()
    embedding = saved.embedding if saved.embeds else None
    for part in asked:
        _see_same(settings, part.model, part.files, folder, "asks for votes")
    if embedding:
        _see_same(settings, embedding.model, embedding.files, folder, "reads for embeddings")
    opened: dict[str, Model] = {}
    for part in asked:
        key = repr(part.model.engine)
        if key not in opened:
            opened[key] = connected(part.model)
    embedder = connect_embedder(embedding.model, folder=folder) if embedding else None
    return StackedModel(settings.model, saved, [opened[repr(part.model.engine)] for part in asked], embedder)


def _see_same(settings: ModelSettings, model: ModelSettings, files: str, folder: Path | None, use: str) -> None:
    """Refuse a model whose files are not those that the judge was fitted with."""
    held = content(model.model, folder)
    if held != files:
        known = f"has other files now ({held or 'none'} in place of {files or 'none'})"
        remedy = "put the old ones back, or tune the judge again: hone judge tune"
        raise UnavailableError(f"{settings.model}: {model.model}, which it {use}, {known}; {remedy}")


class LevelScorer:
    """What a saved judge's numbers make of a reply and the votes on it.

    Args:
        saved: The judge.
    """

    def __init__(self, saved: SavedJudge) -> None:
        self._saved = saved
        self._same: dict[str, list[int]] = {}
        for at, reply in enumerate(saved.replies):
            self._same.setdefault(reply.request, []).append(at)
        self._triples: dict[int, TokenCounts] = {}
        # By criterion: the row of each known reply among those that were rated on it, and their figures.
        self._rows = [{one.reply: row for row, one in enumerate(fitted.rated)} for fitted in saved.criteria]
        self._columns = [
            ({word: at for at, word in enumerate(fitted.words)}, np.array(fitted.rarities))
            for fitted in saved.criteria
        ]
        self._apart = [np.array([one.apart for one in fitted.rated]) for fitted in saved.criteria]

    def probabilities(
        self, reply: Reply, votes: Sequence[Sequence[float]], embedding: Floats | None = None
    ) -> list[Floats]:
        """The probability of each level, an array of shape (levels,) a criterion, in the order of the saved judge.

        Args:
            reply: What is scored.
            votes: Of each criterion, the vote of each prompted part, NaN where there is none.
            embedding: What the judge's model makes of the reply, shape (size,), where any criterion reads it.

        Raises:
            CallError: An embedding is read, and this is none or of another size.
        """
        text = ReplyText(request_of_reply(reply), reply.text, reply.reference or "")
        criteria = self._saved.criteria
        form = form_features([text]) if any("form" in one.signals for one in criteria) else None
        near = self._near(reply, text) if any(one.rated for one in criteria) else {}
        said_words = Counter(words_and_pairs(text.reply)) if any(one.words for one in criteria) else Counter()
        found = []
        for place, (fitted, said) in enumerate(zip(criteria, votes, strict=True)):
            parts = []
            for signal in fitted.signals:
                if signal == "votes":
                    parts.append(self._voted(fitted, said))
                elif signal == "form":
                    parts.append(form_features([text]) if form is None else form)
                elif signal == "embeddings":
                    parts.append(self._embedded(embedding))
                elif signal == "words":
                    parts.append(self._counted(place, said_words))
                else:
                    parts.append(self._neighbours(place, near))
            found.append(fitted.probabilities(np.concatenate(parts, axis=1))[0])
        return found

    def _voted(self, fitted: FittedCriterion, said: Sequence[float]) -> Floats:
        names = [part.name for part in self._saved.parts]
        votes = np.array([said], dtype=np.float64)
        levels = np.array(fitted.levels)
        return vote_features(votes, names, levels, ordered=fitted.ordered, missing=fitted.missing).values

    def _embedded(self, embedding: Floats | None) -> Floats:
        size = self._saved.embedding.size if self._saved.embedding else 0
        if embedding is None or embedding.shape != (size,):
            raise CallError(f"the judge reads {size} numbers of a reply, and was given others")
        return embedding[None, :]

    def _counted(self, place: int, said: Counter[str]) -> Floats:
        """The words that count, as they were weighted where the judge was fitted."""
        columns, rarities = self._columns[place]
        counts = np.zeros((1, len(columns)))
        for word, count in said.items():
            if (column := columns.get(word)) is not None:
                counts[0, column] = count
        return weighted_words(csr_array(counts), rarities).toarray()

    def _neighbours(self, place: int, near: dict[int, float]) -> Floats:
        rows = self._rows[place]
        there = [at for at in near if at in rows]
        similar = np.array([near[at] for at in there]).reshape(1, len(there))
        apart = self._apart[place][[rows[at] for at in there], :]
        return neighbour_features(similar, np.ones((1, len(there))), apart)

    def _near(self, reply: Reply, text: ReplyText) -> dict[int, float]:
        """How similar each known reply to the same request is, but for the reply itself."""
        own, itself = TokenCounts.triples_of(text.reply), reply.digest
        found = {}
        for at in self._same.get(digest(text.request.strip()), ()):
            if self._saved.replies[at].digest == itself:
                continue
            if at not in self._triples:
                self._triples[at] = TokenCounts.triples_of(self._saved.replies[at].text)
            found[at] = own.cosine(self._triples[at])
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class StackedJudge(Judge):
    """A judge of one's own; see `Judge`, whose place it takes.

    Args:
        stacked: The judge, with its models open.
    """

    stacked: StackedModel
    _parts: tuple[Judge, ...] = field(init=False)
    _scorer: LevelScorer = field(init=False)
    _known: frozenset[str] = field(init=False)

    def __post_init__(self) -> None:
        own = self.stacked
        saved, asked = own.saved, self.rubric.judged
        if not asked.criteria:
            raise RubricError("every criterion of the rubric is a rule, so no judge of one's own is needed")
        # Parts of the rubric may be asked for; what each criterion says, and the scale, must be what was fitted to.
        if asked.digest != saved.rubric:
            raise RubricError(
                f"{own.spec} was fitted to the rubric {saved.rubric}, and this one is {asked.digest}; "
                "name the rubric that it was fitted to, or tune it again: hone judge tune"
            )
        names = {one.criterion for one in saved.criteria}
        if names != set(asked.names):
            told = ", ".join(map(repr, sorted(names)))
            raise RubricError(f"{own.spec} scores {told}, which are not the rubric's criteria")
        if wrong := [one for one in saved.criteria if one.levels != asked.scale.values]:
            given, known = (", ".join(f"{x:g}" for x in levels) for levels in (wrong[0].levels, asked.scale.values))
            raise RubricError(
                f"{own.spec} gives {wrong[0].criterion} the levels {given}, and the rubric has {known}; "
                "its file is damaged, so tune it again: hone judge tune"
            )
        object.__setattr__(self, "_pattern", None)
        object.__setattr__(self, "_digest", self.rubric.digest)
        object.__setattr__(self, "_scorer", LevelScorer(saved))
        object.__setattr__(self, "_known", frozenset(saved.fitted_to))
        parts = tuple(map(self._part, saved.parts, own.parts)) if saved.asks else ()
        object.__setattr__(self, "_parts", parts)
        object.__setattr__(self, "_forms", tuple(form for part in parts for form in part.forms))

    @property
    def spec(self) -> str:
        """``own:FOLDER``, as it stands in judgements."""
        return self.stacked.spec

    @property
    def compares(self) -> bool:
        """It compares no replies."""
        return False

    @property
    def by_criterion(self) -> bool:
        """It scores all criteria that it was fitted to, or none."""
        return False

    @property
    def tells_shares(self) -> bool:
        """It tells how likely each level is."""
        return True

    @property
    def calls(self) -> int:
        """How many calls one reply takes, repairs apart."""
        return sum(part.calls for part in self._parts) + (self.stacked.embedder is not None)

    def told(self, brief: Brief | None) -> Judge:  # noqa: ARG002 - every judge is told so
        """The same judge: its prompted parts are told of the writer what they were told when it was fitted."""
        return self

    async def _scored(
        self, reply: Reply, rules: Sequence[Score], caller: Caller, *, again: int, planted: bool
    ) -> Judgement:
        asked = (part.score(reply, caller, again=again, planted=planted) for part in self._parts)
        said, embedded = await asyncio.gather(asyncio.gather(*asked), self._embedding(reply, caller))
        read = [one for one in said if one.unscored is None]
        if said and not read:
            return self.unscored(reply, said[0].unscored or "no answer", raw=said[0].raw)
        if isinstance(embedded, CallError):
            return self.unscored(reply, str(embedded))
        by_name = {score.criterion: score for score in (*self._weighed(reply, said, embedded), *rules)}
        return Judgement(
            item=reply.item,
            reply=reply.digest,
            judge=self.spec,
            rubric=self._digest,
            mode="expected" if self.judging.mode == "expected" else "verdict",
            votes=len(read) or 1,
            scores=tuple(by_name[name] for name in self.rubric.names),
            note=self._note(reply, said),
        )

    async def _embedding(self, reply: Reply, caller: Caller) -> Floats | CallError | None:
        """What the judge's model makes of the reply, or why there is nothing; none where none is read."""
        model, part = self.stacked.embedder, self.stacked.saved.embedding
        if model is None or part is None:
            return None
        outcome = await caller.ask(model, embedding_request(reply))
        if outcome.completion is None:
            return outcome.error or CallError(f"{model.spec} gave no embedding")
        try:
            found = vector_of(outcome.completion.text)
        except CallError as error:
            return error
        if len(found) != part.size:
            return CallError(f"{model.spec} gives {len(found)} numbers, and the judge was fitted to {part.size}")
        return found

    def _weighed(self, reply: Reply, said: Sequence[Judgement], embedding: Floats | None) -> list[Score]:
        """The scores of all fitted criteria."""
        saved = self.stacked.saved
        given = [{score.criterion: score for score in one.scores} for one in said]
        votes = [
            [part[one.criterion].value if one.criterion in part else np.nan for part in given]
            for one in saved.criteria
        ]
        found = self._scorer.probabilities(reply, votes, embedding)
        return [
            _score(one, shares, [part[one.criterion] for part in given if one.criterion in part], self.judging)
            for one, shares in zip(saved.criteria, found, strict=True)
        ]

    def _note(self, reply: Reply, said: Sequence[Judgement]) -> str | None:
        missing = sum(one.unscored is not None for one in said)
        notes = [f"{missing} of {len(said)} votes could not be read"] if missing else []
        notes += [FITTED_TO] if text_digest(reply) in self._known else []
        return "; ".join(notes) or None

    def _part(self, part: PromptedPart, model: Model) -> Judge:
        saved, setup = self.stacked.saved, self.setup
        own = replace(setup, prompts=part.read_prompts(), sampling=part.sampling, progress=None)
        return judge_over((model,), self.rubric.judged, saved.subject, part.judging, own, saved.brief, part.wording)


def _score(fitted: FittedCriterion, shares: Floats, said: Sequence[Score], judging: Judging) -> Score:
    levels = np.array(fitted.levels)
    means = judging.mode == "expected" and fitted.level != "nominal"
    value = float(score_of(shares[None, :], levels, "interval" if means else fitted.level)[0])
    chosen = int(np.abs(levels - value).argmin())
    reasons = [one for one in said if one.reason]
    reason = min(reasons, key=lambda one: abs(one.value - value)).reason if reasons else ""
    return Score(
        criterion=fitted.criterion,
        value=value,
        reason=reason,
        probability=float(shares[chosen]),
        shares=tuple(shares.tolist()),
    )
