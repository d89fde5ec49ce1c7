"""A longer search for words, by GEPA (Agrawal et al., arXiv:2507.19457), on the ratings that may be looked at.

GEPA keeps wordings that are best on some reply, has the expert change one of them after cases that it gets wrong, and
stops at a budget. Its own half for choosing is taken from the ratings that may be looked at; those that test are
never given to it. What it hands over is one more proposal, which the gate tests like any other.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from hone.domain.rubric import Criterion, Rubric
from hone.extras import library
from hone.rubrics.refine import RatedCase, Reworded
from hone.stats.arrays import Floats, Integers
from hone.stats.nested import folds_of

Texts = dict[str, str]
"""By criterion, its words as JSON."""
AskWords = Callable[[Rubric, str, Sequence[RatedCase], int], Sequence[Reworded]]
"""Asks the expert to mend one criterion of a rubric, by its number of asking."""
CasesUnder = Callable[[Rubric, str, Integers], Sequence[RatedCase]]
"""The cases of some replies for one criterion, with the scores and reasons of the judge under a rubric."""


@dataclass
class WordSearch:
    """One search.

    Args:
        rubric: The rubric in use.
        refined: The criteria whose words may change.
        units: What stays together, shape (replies,).
        closeness: How near the judge's scores under a rubric come to people's, from 0 to 1, for some replies; shape
            (rows,).
        cases: See `CasesUnder`.
        ask: See `AskWords`.
        budget: The most replies that are judged, a reply once for each wording.
        seed: Of the division and of GEPA.
    """

    rubric: Rubric
    refined: tuple[str, ...]
    units: Integers
    closeness: Callable[[Rubric, Integers], Floats]
    cases: CasesUnder
    ask: AskWords
    budget: int
    seed: int = 0
    _reasons: dict[str, str] = field(default_factory=dict, init=False)
    _asked: int = field(default=0, init=False)

    def best(self, known: Integers) -> dict[str, Reworded]:
        """By criterion, the best words that were found; those that stay are left out.

        Args:
            known: The replies that may be looked at.

        Raises:
            MissingExtraError: GEPA is not installed.
        """
        gepa = library("gepa", "refine", use="a longer search for words")
        half = folds_of(np.unique(self.units[known], return_inverse=True)[1].astype(np.int64), 2, self.seed)
        if len(np.unique(half)) < 2:
            return {}
        found = gepa.optimize(
            seed_candidate={name: _words(self._criterion(name)) for name in self.refined},
            trainset=known[half == 0].tolist(),
            valset=known[half == 1].tolist(),
            adapter=self,
            max_metric_calls=self.budget,
            logger=_Silent(),
            display_progress_bar=False,
            seed=self.seed,
            raise_on_exception=True,
        )
        best: Texts = found.best_candidate
        return {
            name: Reworded(self._reasons.get(text, "found by a longer search"), (_criterion(name, text),))
            for name, text in best.items()
            if text != _words(self._criterion(name))
        }

    # ---- what GEPA asks of whoever it works for (its GEPAAdapter)

    def evaluate(self, batch: list[int], candidate: Texts, capture_traces: bool = False) -> Any:
        """How near the judge comes to people under some words."""
        rows = np.array(batch, dtype=np.int64)
        scores = self.closeness(self._with(candidate), rows).tolist()
        kind = library("gepa.core.adapter", "refine").EvaluationBatch
        return kind(outputs=batch, scores=scores, trajectories=batch if capture_traces else None)

    def make_reflective_dataset(
        self, candidate: Texts, eval_batch: Any, components_to_update: list[str]
    ) -> Mapping[str, Sequence[Mapping[str, Any]]]:
        """Which replies the expert is to look at."""
        del candidate
        return {name: [{"reply": at} for at in eval_batch.outputs] for name in components_to_update}

    def propose_new_texts(
        self,
        candidate: Texts,
        reflective_dataset: Mapping[str, Sequence[Mapping[str, Any]]],
        components_to_update: list[str],
    ) -> Texts:
        """Other words for some criteria; the same where the expert has none."""
        rubric, made = self._with(candidate), dict[str, str]()
        for name in components_to_update:
            rows = np.array([one["reply"] for one in reflective_dataset[name]], dtype=np.int64)
            self._asked += 1
            found = self.ask(rubric, name, self.cases(rubric, name, rows), self._asked)
            made[name] = candidate[name]
            if found:
                made[name] = _words(found[0].criteria[0])
                self._reasons[made[name]] = found[0].why
        return made

    def _criterion(self, name: str) -> Criterion:
        return next(one for one in self.rubric.criteria if one.name == name)

    def _with(self, texts: Texts) -> Rubric:
        criteria = tuple(
            _criterion(one.name, texts[one.name]) if one.name in texts else one for one in self.rubric.criteria
        )
        return self.rubric.model_copy(update={"criteria": criteria})


def _words(criterion: Criterion) -> str:
    return criterion.model_dump_json()


def _criterion(name: str, text: str) -> Criterion:
    found = Criterion.model_validate_json(text)
    return found if found.name == name else found.model_copy(update={"name": name})


class _Silent:
    """What GEPA says of its steps is not for Hone's users."""

    def log(self, *_: object, **__: object) -> None:
        """Say nothing."""
