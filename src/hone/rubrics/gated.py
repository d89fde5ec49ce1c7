"""A rubric that is refined, and tested on ratings that did not refine it.

The expert words criteria anew from the ratings that may be looked at (`refine`); of the wordings, and of scored
examples, the one is chosen under which the judge agrees best with people there; and whether that is any better is
decided on ratings that were not looked at (`hone.stats.refining`). A criterion on which the people themselves fall
into camps is left alone: no words of it can agree with both.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import combinations
from typing import cast

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from hone.domain.rubric import MAX_CRITERIA, MIN_CRITERIA, Criterion, Rubric, Scale
from hone.domain.task import Reply
from hone.errors import StatsError
from hone.rubrics.refine import RatedCase, Reworded, examples_from, rated_cases
from hone.rubrics.refinement import (
    CriterionChange,
    Difference,
    GateAnswer,
    Proposal,
    ProposalKind,
    RefinedCase,
    Refinement,
    SplitPeople,
    Way,
)
from hone.rubrics.searching import AskWords, WordSearch
from hone.stats.arrays import Floats, Integers
from hone.stats.bootstrap import BootstrapOptions
from hone.stats.camps import rater_camps
from hone.stats.paired import paired_agreement
from hone.stats.refining import (
    USUAL_DEVIATION,
    judge_changes,
    power_to_show,
    prequential_blocks,
    sealed_split,
)

LEAST_WORDED = 30
"""Rated replies below which no wording is asked for: so few show that a judge errs, and not what it misreads."""
LEAST_TESTED = 10
"""Units (replies, groups) below which nothing is tested."""
GAINS = (0.05, 0.1, 0.2)
"""Gains in kappa whose chance to be shown is told beforehand."""
ALIKE = 0.1
"""How far apart, as a share of the scale, two criteria's scores by people may lie on average to be tried as one."""
CAMPS_AT, LEAST_GAP = 0.05, 0.1
"""A criterion's people are in camps where the p-value is below this share of all criteria, and the gap at least so
much of the scale."""
_QUICK = BootstrapOptions(100)
"""For a choice, which needs no interval."""
_MOST_CASES = 40

ScoreReplies = Callable[[Rubric, Integers], Floats]
"""The judge's scores of some replies under a rubric, NaN where unscored; shape (rows, criteria of the rubric)."""
Words = Callable[[str, Sequence[RatedCase]], Sequence[Reworded]]
"""Asks the expert for other words for a criterion."""


@dataclass(frozen=True)
class RatedForRefining:
    """Rated replies, as refining needs them."""

    replies: tuple[Reply, ...]
    people: Mapping[str, Floats]
    """By criterion that a model judges, ratings of shape (replies, raters), NaN where missing."""
    raters: tuple[str, ...]
    units: Integers
    """What stays together, shape (replies,): a group, and replies that are word for word the same."""
    notes: Mapping[int, tuple[str, ...]] = field(default_factory=dict)
    """What people wrote beside a reply, by its place."""

    def usual(self, criterion: str, rubric: Rubric) -> Floats:
        """What people's ratings come to: the level nearest to their mean, NaN where there is none."""
        ratings = self.people[criterion]
        count = (~np.isnan(ratings)).sum(axis=1)
        mean = np.where(count > 0, np.nansum(ratings, axis=1) / np.maximum(count, 1), np.nan)
        return nearest_levels(mean, rubric.scale)


def nearest_levels(scores: Floats, scale: Scale) -> Floats:
    """See `Scale.nearest`, of many scores; NaN stays NaN, shape (scores,)."""
    levels = np.array(scale.values)
    nearest = levels[np.abs(np.nan_to_num(scores)[:, None] - levels).argmin(axis=1)]
    return np.where(np.isnan(scores), np.nan, nearest)


@dataclass(frozen=True)
class RefineRule:
    """How it is refined and tested.

    Args:
        way: Block after block, or on a sealed third; the more powerful where absent.
        margin: By how much no criterion may fall.
        seed: Of the division into blocks.
        split: Try also two criteria in place of one.
        join: Try also one criterion in place of two that people score alike.
        search: How many replies a longer search may have judged; 0: none.
        remake: Let the expert word anew before each block, from all ratings before it.
        options: Resamples and seed of intervals.
    """

    way: Way | None = None
    margin: float = 0.1
    seed: int = 0
    split: bool = False
    join: bool = False
    search: int = 0
    remake: bool = False
    options: BootstrapOptions = field(default_factory=BootstrapOptions)


@dataclass(frozen=True)
class Openings:
    """How often each reply's ratings have decided before.

    Args:
        times: Shape (replies,).
    """

    times: Integers

    @classmethod
    def none(cls, count: int) -> Openings:
        """Of ratings that never decided."""
        return cls(np.zeros(count, dtype=np.int64))


@dataclass(frozen=True)
class Plan:
    """What is looked at, and what is tested: block by block."""

    way: Way
    blocks: tuple[tuple[Integers, Integers], ...]
    """Items that choose, and items that are tested by it."""
    opening: int
    fresh: bool
    """Whether only ratings are tested that never decided before, though others did."""
    power: Mapping[str, Mapping[str, float]]

    @property
    def tested(self) -> Integers:
        """All items that are tested."""
        return np.concatenate([tested for _, tested in self.blocks])

    @property
    def first(self) -> Integers:
        """The items that are looked at before anything is tested."""
        return self.blocks[0][0]

    @property
    def developed(self) -> Integers:
        """Items that may be shown: all but those of the last block, or of the sealed set."""
        return self.blocks[-1][0]


def planned(units: Integers, openings: Openings, rule: RefineRule) -> Plan:
    """How ratings are divided, so that a gain is shown most often.

    Ratings that decided before have spent of their significance. Where others have come since, the new ones alone can
    decide at the first opening's price, and the old ones choose; what shows a gain of 0.1 more often is taken.

    Args:
        units: What stays together, shape (items,).
        openings: How often each item's ratings have decided.
        rule: The way, if it is said, and the seed.

    Raises:
        StatsError: There are too few units.
    """
    many = len(np.unique(units))
    if many < LEAST_TESTED:
        raise StatsError(
            f"{many} rated replies or groups are too few to test a change on; {LEAST_TESTED} are the least, and "
            "some hundred show a usual gain"
        )
    again = 1 + int(openings.times.max())
    found = [
        _plan(units, way, again, rule) for way in (("prequential", "sealed") if rule.way is None else (rule.way,))
    ]
    old = np.flatnonzero(openings.times > 0)
    touched = np.isin(units, units[old])
    if len(old) and rule.way != "sealed" and len(np.unique(units[~touched])) >= LEAST_TESTED:
        blocks = tuple(prequential_blocks(units, seed=rule.seed, before=old))
        power = _powers(len(np.unique(units[~touched])), 1)
        found.append(Plan("prequential", blocks, 1, True, {"prequential": power}))
    best = max(found, key=lambda one: one.power[one.way]["0.1"])
    told: dict[str, Mapping[str, float]] = {one.way: one.power[one.way] for one in reversed(found)}
    return replace(best, power={**told, best.way: best.power[best.way]})


def _plan(units: Integers, way: str, opening: int, rule: RefineRule) -> Plan:
    if way == "sealed":
        blocks: tuple[tuple[Integers, Integers], ...] = (sealed_split(units, seed=rule.seed),)
    else:
        blocks = tuple(prequential_blocks(units, seed=rule.seed))
    tested = len(np.unique(units[np.concatenate([one for _, one in blocks])]))
    return Plan(cast("Way", way), blocks, opening, False, {way: _powers(tested, opening)})


def _powers(tested: int, opening: int) -> dict[str, float]:
    """How often each of the usual gains is shown on so many units."""
    return {f"{gain:g}": power_to_show(tested, USUAL_DEVIATION, gain, opening=opening) for gain in GAINS}


@dataclass
class Refining:
    """One refinement under way.

    Args:
        rubric: The rubric in use; every criterion is judged by a model.
        rated: The rated replies.
        plan: What may be looked at.
        score: Asks the judge.
        words: Asks the expert; none where only scored examples are tried.
        rule: How it is refined and tested.
        reasons: The latest reasons of the judge, by criterion, one a reply.
        ask: Asks the expert within a longer search; none where there is none.
    """

    rubric: Rubric
    rated: RatedForRefining
    plan: Plan
    score: ScoreReplies
    words: Words | None
    rule: RefineRule
    reasons: Mapping[str, Sequence[str]] = field(default_factory=dict)
    ask: AskWords | None = None

    def __post_init__(self) -> None:
        self.names = tuple(name for name in self.rubric.names if name in self.rated.people)
        self._usual = {name: self.rated.usual(name, self.rubric) for name in self.names}
        self._sheets: dict[str, Floats] = {}
        self._asked: dict[str, Integers] = {}
        self.proposals: list[Proposal] = [Proposal(id="p0", kind="present", rubric=self.rubric)]
        self._proposed = False
        self._present_reasons: dict[str, list[str]] = {}

    def run(self) -> Refinement:
        """Refine, choose, and test.

        Raises:
            CallError: The expert could not be asked.
            UnavailableError: A model cannot answer at all.
        """
        present = self.scores(self.proposals[0], np.arange(len(self.rated.replies)))
        self._present_reasons = {name: list(of) for name, of in self.reasons.items()}
        differences = self.differences(present)
        refined = [one.criterion for one in differences if one.people_split is None and one.differ]
        found = Refinement(
            rubric=self.rubric,
            judge="",
            expert=None,
            way=self.plan.way,
            items=len(self.rated.replies),
            people=len(self.rated.raters),
            margin=self.rule.margin,
            power={way: dict(by) for way, by in self.plan.power.items()},
            differences=differences,
        )
        if not refined:
            return found.model_copy(update={"proposals": tuple(self.proposals), "untested": _nothing(differences)})
        new = np.full_like(present, np.nan)
        chosen: list[Proposal] = []
        for known, tested in self.plan.blocks:
            self._propose(refined, present, known)
            chosen.append(self._choose(refined, present, known))
            new[tested] = self.scores(chosen[-1], tested)
        update: dict[str, object] = {"chosen": tuple(one.id for one in chosen)}
        if all(one.kind == "present" for one in chosen):
            update["untested"] = (
                "nothing that was proposed agreed better with people, not even on the replies that it was made from"
            )
        else:
            gate = self._gate(refined, new, present)
            sealed = self.plan.way == "sealed"
            every = self.plan.developed if sealed else np.arange(len(present))
            offered = chosen[-1] if sealed else self._choose(refined, present, every)
            update |= {"gate": gate, "offered": offered.id if gate.passed else "p0"}
            update["cases"] = self._cases(refined, present, offered) if gate.passed else ()
        update["proposals"] = tuple(self.proposals)
        return found.model_copy(update=update)

    def scores(self, proposal: Proposal, rows: Integers) -> Floats:
        """The judge's scores under a proposal, by criterion of the rubric in use; shape (rows, criteria).

        What was asked before is not asked again.
        """
        key, size = proposal.id, (len(self.rated.replies), len(self.names))
        sheet = self._sheets.setdefault(key, np.full(size, np.nan))
        asked = self._asked.setdefault(key, np.zeros(size[0], dtype=np.int64))
        left = rows[asked[rows] == 0]
        if len(left):
            given = self.score(proposal.rubric, left)
            place = {name: at for at, name in enumerate(proposal.rubric.names)}
            for at, name in enumerate(self.names):
                parts = [place[part] for part in proposal.scored_by.get(name, (name,))]
                sheet[left, at] = given[:, parts].min(axis=1)  # NaN where one part is unscored
            asked[left] = 1
        return sheet[rows]

    def differences(self, present: Floats) -> tuple[Difference, ...]:
        """Where judge and people differ, and where the people do among themselves."""
        found = []
        for at, name in enumerate(self.names):
            usual, scores = self._usual[name], present[:, at]
            both = ~(np.isnan(usual) | np.isnan(scores))
            scores = nearest_levels(scores, self.rubric.scale)  # votes lie between levels
            apart = both & (usual != scores)
            found.append(
                Difference(
                    criterion=name,
                    rated=int(both.sum()),
                    differ=int(apart.sum()),
                    higher=int((apart & (scores > usual)).sum()),
                    people_split=self._camps(name),
                )
            )
        return tuple(found)

    def _camps(self, name: str) -> SplitPeople | None:
        camps = rater_camps(self.rated.people[name], seed=self.rule.seed)
        if camps is None or camps.p_value > CAMPS_AT / len(self.names) or camps.gap < LEAST_GAP:
            return None
        return SplitPeople(
            criterion=name,
            first=tuple(self.rated.raters[at] for at in camps.first.tolist()),
            second=tuple(self.rated.raters[at] for at in camps.second.tolist()),
            gap=camps.gap,
            p_value=camps.p_value,
            items=tuple(self.rated.replies[at].item for at in camps.items[:5].tolist()),
        )

    def _propose(self, refined: Sequence[str], present: Floats, known: Integers) -> None:
        """Add what the expert makes of the ratings that may be looked at, and scored examples out of them."""
        if self._proposed and not self.rule.remake:
            return
        self._proposed = True
        cases = {name: self._known_cases(name, present, known) for name in refined}
        different = {name: of for name, of in cases.items() if any(one.apart for one in of)}
        if self.words is not None:
            made = {name: list(self.words(name, of)) for name, of in different.items()}
            for place in range(max(map(len, made.values()), default=0)):
                self._add_worded({name: of[place] for name, of in made.items() if place < len(of)}, len(known))
        if self.ask is not None and self.rule.search and different:
            found = self._search(tuple(different), self.ask).best(known)
            if found:
                self._add_worded(found, len(known))
        if self.rule.join:
            self._join(refined, known)
        # A reply that lacks a score on one criterion stands in other places of the others' cases.
        whole = len({len(of) for of in cases.values()}) == 1
        shown = examples_from(self.rubric, cases if whole else dict(list(cases.items())[:1])) if different else ()
        if shown:
            examples = (*self.rubric.examples, *(one for one in shown if one not in self.rubric.examples))
            rubric = self.rubric.model_copy(update={"examples": examples})
            self._add("examples", rubric, {}, {}, len(known))

    def _join(self, refined: Sequence[str], known: Integers) -> None:
        """Add one criterion in place of the two that people score most alike, where they do and enough are left."""
        apart = {}
        for first, second in combinations(refined, 2):
            difference = np.abs(self._usual[first] - self._usual[second])[known]
            if not np.isnan(difference).all():
                apart[first, second] = float(np.nanmean(difference)) / self.rubric.scale.span
        if not apart or len(self.rubric.criteria) <= MIN_CRITERIA or min(apart.values()) > ALIKE:
            return
        first, second = min(apart, key=lambda pair: apart[pair])
        words = " ".join(one.sentence for one in self.rubric.criteria if one.name in (first, second))[:1000]
        criteria = [
            one.model_copy(update={"sentence": words, "anchors": ()}) if one.name == first else one
            for one in self.rubric.criteria
            if one.name != second
        ]
        why = f"people score {first} and {second} alike"
        reasons = {first: why, second: why}
        self._add("joined", _with(self.rubric, criteria), reasons, {second: (first,)}, len(known))

    def _search(self, names: tuple[str, ...], ask: AskWords) -> WordSearch:
        def closeness(rubric: Rubric, rows: Integers) -> Floats:
            place = {name: at for at, name in enumerate(rubric.names)}
            scores = self.score(rubric, rows)
            far = [np.abs(scores[:, place[name]] - self._usual[name][rows]) / rubric.scale.span for name in names]
            of_each: Floats = np.nan_to_num(1 - np.array(far)).mean(axis=0)  # what cannot be read is as far as can be
            return of_each

        def cases(rubric: Rubric, name: str, rows: Integers) -> list[RatedCase]:
            scores = np.full(len(self.rated.replies), np.nan)
            scores[rows] = self.score(rubric, rows)[:, rubric.names.index(name)]
            return self._cases_under(name, scores, rows, self.reasons)

        units, seed = self.rated.units, self.rule.seed
        return WordSearch(self.rubric, names, units, closeness, cases, ask, self.rule.search, seed)

    def _known_cases(self, name: str, present: Floats, known: Integers) -> list[RatedCase]:
        return self._cases_under(name, present[:, self.names.index(name)], known, self._present_reasons)

    def _cases_under(
        self, name: str, scores: Floats, known: Integers, reasons: Mapping[str, Sequence[str]]
    ) -> list[RatedCase]:
        count = len(self.rated.replies)
        return rated_cases(
            self.rated.replies,
            self.rated.people[name],
            self._usual[name],
            scores,
            reasons.get(name) or [""] * count,
            [self.rated.notes.get(at, ()) for at in range(count)],
            known,
        )

    def _add_worded(self, made: Mapping[str, Reworded], looked_at: int) -> None:
        criteria: list[Criterion] = []
        scored_by: dict[str, tuple[str, ...]] = {}
        for criterion in self.rubric.criteria:
            new = made.get(criterion.name)
            room = MAX_CRITERIA - len(criteria) - (len(self.rubric.criteria) - len(criteria))
            taken = (criterion,) if new is None or len(new.criteria) - 1 > room else new.criteria
            criteria += taken
            if [one.name for one in taken] != [criterion.name]:
                scored_by[criterion.name] = tuple(one.name for one in taken)
        rubric = _with(self.rubric, criteria)
        reasons = {name: one.why for name, one in made.items()}
        self._add("split" if scored_by else "wording", rubric, reasons, scored_by, looked_at)

    def _add(
        self,
        kind: ProposalKind,
        rubric: Rubric,
        reasons: Mapping[str, str],
        scored_by: Mapping[str, tuple[str, ...]],
        looked_at: int,
    ) -> Proposal:
        same = next((one for one in self.proposals if one.rubric == rubric), None)
        if same is not None:
            return same
        made = Proposal(
            id=f"p{len(self.proposals)}",
            kind=kind,
            rubric=rubric,
            reasons=dict(reasons),
            scored_by=dict(scored_by),
            made_from=looked_at,
        )
        self.proposals.append(made)
        return made

    def _choose(self, refined: Sequence[str], present: Floats, known: Integers) -> Proposal:
        """The proposal under which judge and people agree best on what may be looked at; of equals the earlier."""
        gains = {one.id: self._gains(one, refined, present, known) for one in self.proposals}
        best = max(self.proposals, key=lambda one: float(np.sum(gains[one.id])))
        mixed = self._mixed(refined, gains, known)
        if mixed is not None and mixed.id not in gains:
            gains[mixed.id] = self._gains(mixed, refined, present, known)
        if mixed is not None and float(np.sum(gains[mixed.id])) > float(np.sum(gains[best.id])):
            return mixed
        return best

    def _gains(self, proposal: Proposal, refined: Sequence[str], present: Floats, known: Integers) -> Floats:
        """By refined criterion, agreement under the proposal minus that under the one in use; shape (criteria,)."""
        if proposal.kind == "present":
            return np.zeros(len(refined))
        new = np.full_like(present, np.nan)
        new[known] = self.scores(proposal, known)
        new, old = self._missed(new, np.where(np.isin(np.arange(len(present)), known)[:, None], present, np.nan))
        found = []
        for name in refined:
            at = self.names.index(name)
            gain = paired_agreement(
                new[known, at], old[known, at], self.rated.people[name][known], "ordinal", options=_QUICK
            ).difference.value
            found.append(gain or 0.0)
        return np.array(found)

    def _mixed(self, refined: Sequence[str], gains: Mapping[str, Floats], known: Integers) -> Proposal | None:
        """The best wording of each criterion, where they stand in different proposals."""
        worded = [one for one in self.proposals if one.kind in ("present", "wording")]
        best = {
            name: max(worded, key=lambda one, at=at: float(gains[one.id][at]))  # type: ignore[misc]
            for at, name in enumerate(refined)
        }
        if len({one.id for one in best.values()}) < 2:
            return None
        criteria = [
            next(new for new in best[old.name].rubric.criteria if new.name == old.name) if old.name in best else old
            for old in self.rubric.criteria
        ]
        reasons = {name: one.reasons[name] for name, one in best.items() if name in one.reasons}
        return self._add("mixed", _with(self.rubric, criteria), reasons, {}, len(known))

    def _gate(self, refined: Sequence[str], new: Floats, present: Floats) -> GateAnswer:
        rows, sealed = np.sort(self.plan.tested), self.plan.way == "sealed"
        places = np.array([self.names.index(name) for name in refined])
        new, present = self._missed(new, present)
        units = self.rated.units[rows].tolist()
        clusters = None if len(set(units)) == len(units) else [f"unit {unit}" for unit in units]
        told = judge_changes(
            new[np.ix_(rows, places)],
            present[np.ix_(rows, places)],
            [self.rated.people[name][rows] for name in refined],
            "ordinal",
            clusters=clusters,
            opening=self.plan.opening,
            options=self.rule.options,
        )
        changes = tuple(self._change(name, new, present, rows, clusters) for name in self.names)
        fell = tuple(one.criterion for one in changes if one.fell)
        if sealed:  # one bit: neither how it failed nor on which criterion may steer what is tried next
            return GateAnswer(
                verdict="better" if told.verdict == "better" and not fell else "not shown",
                opening=self.plan.opening,
                significance=told.significance,
                tested=len(rows),
                difference=None,
            )
        return GateAnswer(
            verdict=told.verdict,
            opening=self.plan.opening,
            significance=told.significance,
            tested=len(rows),
            difference=told.difference,
            changes=changes,
            fell=fell,
            further=told.further,
        )

    def _missed(self, new: Floats, present: Floats) -> tuple[Floats, Floats]:
        """Both, where a score that one of them lacks counts as the level furthest from what people said.

        Else a wording under which the judge cannot be read on hard replies would be compared on easy ones alone.
        """
        levels = np.array(self.rubric.scale.values)
        usual = np.stack([self._usual[name] for name in self.names], axis=1)
        furthest = np.where(usual - levels[0] >= levels[-1] - usual, levels[0], levels[-1])
        one, other = np.isnan(new), np.isnan(present)
        return np.where(one & ~other, furthest, new), np.where(other & ~one, furthest, present)

    def _change(
        self, name: str, new: Floats, present: Floats, rows: Integers, clusters: Sequence[object] | None
    ) -> CriterionChange:
        at = self.names.index(name)
        found = paired_agreement(
            new[rows, at],
            present[rows, at],
            self.rated.people[name][rows],
            "ordinal",
            clusters=clusters,
            options=replace(self.rule.options, confidence=0.95),
        ).difference
        shown = found.high is not None and found.high < 0
        fell = shown or (found.value is not None and found.value < -self.rule.margin)
        return CriterionChange(criterion=name, difference=found, fell=fell)

    def _cases(self, refined: Sequence[str], present: Floats, offered: Proposal) -> tuple[RefinedCase, ...]:
        """What the offered rubric mends and breaks, of the replies that may be shown."""
        rows = np.sort(self.plan.developed)
        new = self.scores(offered, rows)
        found: list[RefinedCase] = []
        for name in refined:
            at, usual = self.names.index(name), self._usual[name]
            for place, row in enumerate(rows.tolist()):
                before, after = float(present[row, at]), float(new[place, at])
                if np.isnan([before, after, usual[row]]).any() or abs(before - usual[row]) == abs(after - usual[row]):
                    continue
                reply = self.rated.replies[row]
                found.append(
                    RefinedCase(
                        item=reply.item,
                        criterion=name,
                        people=float(usual[row]),
                        before=before,
                        after=after,
                        request=reply.prompt,
                        text=reply.text,
                    )
                )
        mended = [one for one in found if one.mended][:_MOST_CASES]
        return (*mended, *[one for one in found if not one.mended][:_MOST_CASES])


def read_alike(reply: Reply) -> tuple[str, str]:
    """A reply's request and text without what a reader does not see: case, and how words are spaced."""
    return " ".join(reply.prompt.split()).lower(), " ".join(reply.text.split()).lower()


def units_of(replies: Sequence[Reply], groups: Sequence[object] | None) -> Integers:
    """What stays together: replies of a group, and replies to the same request that are word for word the same.

    Args:
        replies: All of them.
        groups: The group of each, where there are some.

    Returns:
        The unit of each reply, from 0 on, shape (replies,).
    """
    size = len(replies)
    keys: list[list[object]] = [[read_alike(reply) for reply in replies]]
    if groups is not None:
        keys.append([str(group) for group in groups])
    leaders = []
    for names in keys:
        first: dict[object, int] = {}
        leaders += [first.setdefault(name, place) for place, name in enumerate(names)]
    places = np.tile(np.arange(size), len(keys))
    linked = coo_array((np.ones(len(leaders)), (places, np.array(leaders))), shape=(size, size))
    found: Integers = connected_components(linked, directed=False)[1].astype(np.int64)
    return found


def _with(rubric: Rubric, criteria: Sequence[Criterion]) -> Rubric:
    """The rubric with other words for its criteria; what people scored as an example stays about the same thing."""
    names = {one.name for one in criteria}
    examples = []
    for example in rubric.examples:
        scores = {name: value for name, value in example.scores.items() if name in names}
        if scores:
            reasons = {name: text for name, text in example.reasons.items() if name in names}
            examples.append(example.model_copy(update={"scores": scores, "reasons": reasons}))
    return Rubric(criteria=tuple(criteria), scale=rubric.scale, examples=tuple(examples))


def _nothing(differences: Sequence[Difference]) -> str:
    if not any(one.rated for one in differences):
        return "not one of the judge's answers could be read"
    if any(one.people_split for one in differences):
        return "people themselves are in two camps wherever the judge differs from them"
    return "of replies with a readable score, the judge scored each as people did: no difference is left to mend"
