"""A refined rubric in words: where people and judge differ, what was tried, what the gate said, what would change."""

from __future__ import annotations

from collections.abc import Iterator

from hone.report.terminal import clean, short
from hone.report.wording import STATISTICS, with_interval
from hone.rubrics.finalise import RubricChange, diff
from hone.rubrics.refinement import CriterionChange, Difference, GateAnswer, Refinement, SplitPeople
from hone.stats.scale import HEADLINES

_STATISTIC = HEADLINES["ordinal"]
_SHOWN = 5
"""Cases of each kind that a terminal shows; the page shows them all."""


def refinement_lines(found: Refinement) -> Iterator[str]:
    """All that is to be said, a paragraph a line."""
    yield from difference_lines(found)
    yield from proposal_lines(found)
    yield from gate_lines(found)
    if found.passed:
        yield from case_lines(found)


def difference_lines(found: Refinement) -> Iterator[str]:
    """Where judge and people differ, and where the people do among themselves."""
    for one in found.differences:
        yield _difference(one)
        if one.people_split is not None:
            camps = one.people_split
            yield "  " + split_in_words(camps)
    if found.unscored:
        yield (
            f"{found.unscored:,} judgements could not be read. A score that is there under one wording alone counts "
            "under the other as the level furthest from people's."
        )


def split_in_words(camps: SplitPeople) -> str:
    """That people mean two things by one criterion, and what to do about it."""
    if len(camps.first) == len(camps.second) == 1:
        apart = f"Their mean scores lie {camps.gap:.0%} of the scale apart"
    else:
        apart = f"Two of different camps lie {camps.gap:.0%} of the scale further apart than two of one"
    return (
        f"The people are in two camps here: {_names(camps.first)} and {_names(camps.second)}. {apart} "
        f"(p = {camps.p_value:.3f}, from shuffled ratings). No wording can agree with both, so this criterion is "
        "left as it is: decide what is meant, say it in rubric.yaml, and have it rated again. To look at: "
        f"{_names(camps.items)}."
    )


def proposal_lines(found: Refinement) -> Iterator[str]:
    """What was tried in place of the rubric in use."""
    tried = [one for one in found.proposals if one.id != "p0"]
    if not tried:
        return
    first, last = tried[0].made_from, tried[-1].made_from
    yield f"Tried: {len(tried)}, made from {first:,}{f' to {last:,}' if last != first else ''} rated replies."
    for one in tried:
        reasons = "; ".join(short(text) for text in one.reasons.values())
        yield f"  {one.id} ({_KINDS[one.kind]}): {reasons or _KINDS_WHY[one.kind]}"


def gate_lines(found: Refinement) -> Iterator[str]:
    """What the gate said, in words for somebody who knows nothing of gates."""
    gate = found.gate
    if gate is None:
        yield f"Not tested: {found.untested}. rubric.yaml stays as it is, and nothing of these ratings was spent."
        return
    yield _verdict(found, gate)
    if gate.fell:
        yield (f"Refused, as {_names(gate.fell)} fell by more than {found.margin:g}, or is shown to be worse.")
    if len(gate.changes) > 1:
        yield "By criterion (95% intervals): " + "; ".join(map(_change, gate.changes)) + "."
    open_ = [
        one.criterion
        for one in gate.changes
        if not one.fell and (one.difference.low is None or one.difference.low < -found.margin)
    ]
    if gate.passed and open_:
        yield f"Not ruled out: a fall by more than {found.margin:g} on {_names(open_)}."
    yield (
        f"That was time {gate.opening} that these ratings decided, at {gate.significance:.2%} (one-sided). Each "
        "further time has half of what is left, so that of changes that are none at most 5% pass over all times; "
        "fresh ratings begin anew."
    )


def case_lines(found: Refinement) -> Iterator[str]:
    """What would change, word by word, and which rated replies it mends and breaks."""
    yield "Offered:"
    for change in changes_of(found):
        yield f"  {clean(change.name) or change.kind}: {clean(change.old)}"
        yield f"  {'→':>{len(clean(change.name)) + 1}} {clean(change.new)}"
    mended = [one for one in found.cases if one.mended]
    broken = [one for one in found.cases if not one.mended]
    yield (
        f"Of the replies that it was made or chosen with it mends {len(mended):,} and breaks {len(broken):,}; that "
        "says nothing of others, for which the figure above stands."
    )
    for words, cases in (("mends", mended), ("breaks", broken)):
        for one in cases[:_SHOWN]:
            yield (
                f"  {words} {clean(one.item)}, {clean(one.criterion)}: people {one.people:g}, the judge "
                f"{one.before:g}, now {one.after:g}"
            )


def changes_of(found: Refinement) -> list[RubricChange]:
    """What the offered rubric changes; what stays is left out."""
    return [one for one in diff(found.rubric, found.proposal.rubric) if one.kind != "same"]


def _difference(one: Difference) -> str:
    if not one.rated:
        return f"{clean(one.criterion)}: no reply was both rated by people and scored by the judge."
    if not one.differ:
        return f"{clean(one.criterion)}: the judge scores all {one.rated:,} rated replies as people do."
    lower = one.differ - one.higher
    return (
        f"{clean(one.criterion)}: on {one.differ:,} of {one.rated:,} rated replies the judge scores otherwise than "
        f"people ({one.higher:,} higher, {lower:,} lower)."
    )


def _verdict(found: Refinement, gate: GateAnswer) -> str:
    how = f"on {gate.tested:,} rated replies that had not chosen it"
    if gate.difference is None:
        sealed = "a sealed set answers yes or no, and tells no figure"
        if gate.verdict == "better":
            return f"Better, {how}, with no criterion fallen by more than {found.margin:g} ({sealed})."
        return f"Not shown to be better without a fall on some criterion, {how} ({sealed})."
    value = f"{STATISTICS[_STATISTIC]} {with_interval(gate.difference, 'gap')}"
    level = f"in brackets the {1 - 2 * gate.significance:.1%} interval"
    if gate.verdict == "better":
        better = f"Better: the judge agrees more with people, {how}: {value}, {level}."
        if gate.fell:
            return better
        if not found.passed:
            return (
                f"{better} That was this way of choosing; chosen once more, on all {found.items:,}, it keeps the "
                "rubric in use, so nothing is offered."
            )
        return (
            f"{better} What was tested is this way of choosing; the rubric offered was then chosen once more on all "
            f"{found.items:,}, and may be a little better or worse than that."
        )
    if gate.verdict == "worse":
        return f"Worse: the judge agrees less with people, {how}: {value}, {level}. rubric.yaml stays as it is."
    more = (
        f" About {gate.further:,} more rated replies would show a gain of this size four times of five."
        if gate.further is not None
        else ""
    )
    return f"Not shown to be better, {how}: {value}, {level}. rubric.yaml stays as it is.{more}"


def _change(one: CriterionChange) -> str:
    return f"{clean(one.criterion)} {with_interval(one.difference, 'gap')}"


def _names(names: tuple[str, ...] | list[str]) -> str:
    return ", ".join(map(clean, names))


_KINDS = {
    "present": "in use",
    "wording": "other words",
    "split": "one criterion as two",
    "joined": "two criteria as one",
    "examples": "scored examples",
    "mixed": "the best words of each criterion",
}
_KINDS_WHY = {
    "present": "",
    "wording": "no reason given",
    "split": "no reason given",
    "joined": "no reason given",
    "examples": "replies that the judge got wrong and all people scored alike, shown to it with their scores",
    "mixed": "chosen criterion by criterion",
}
