"""A weak judge is pointed out by counts of what it wrote, and a judge that is not is left in peace."""

from __future__ import annotations

from collections.abc import Sequence

from hone.domain.evidence import Judgement, Score
from hone.domain.rubric import Rubric
from hone.judging.weakness import JudgeSigns, signs_of


def judged(rows: Sequence[tuple[float, float]], reasons: Sequence[tuple[str, str]] | None = None) -> list[Judgement]:
    """Judgements with these scores; each reason is one of its own where none are given."""
    given = reasons or [(f"Line {place} names ten.", f"Line {place} has a remedy.") for place in range(len(rows))]
    return [
        Judgement(
            item=f"i{place}",
            judge="m",
            rubric="r",
            scores=tuple(
                Score(criterion=name, value=value, reason=reason)
                for name, value, reason in zip(("Be Detailed", "Be Adaptable"), values, why, strict=True)
            ),
        )
        for place, (values, why) in enumerate(zip(rows, given, strict=True))
    ]


MIXED = [(1.0, 0.0), (0.0, 0.0), (1.0, -1.0), (-1.0, 1.0), (0.0, 1.0), (1.0, 1.0)]


def test_a_judge_that_tells_criteria_apart_is_left_in_peace(rubric: Rubric) -> None:
    assert signs_of(judged(MIXED), rubric).warnings() == []


def test_one_level_on_all_criteria_is_one_opinion(rubric: Rubric) -> None:
    rows = [(1.0, 1.0), (0.0, 0.0), (-1.0, -1.0), (1.0, 1.0), (0.0, 0.0)]
    (said,) = signs_of(judged(rows), rubric).warnings()
    assert said.startswith("5 of 5 rows have the same level on all 2 criteria")
    assert "per" in said
    (alone,) = signs_of(judged(rows), rubric, per_criterion=True).warnings()
    assert alone.endswith("try another judge.")


def test_rows_that_are_all_the_same_tell_nothing_apart(rubric: Rubric) -> None:
    (said,) = signs_of(judged([(1.0, 0.0)] * 6), rubric).warnings()
    assert said.startswith("all 6 rows have the same scores")


def test_few_rows_say_nothing(rubric: Rubric) -> None:
    assert signs_of(judged([(1.0, 1.0)] * 4), rubric).warnings() == []


def test_a_reason_of_a_scored_example_is_a_copy(rubric: Rubric) -> None:
    reasons = [("monday has ten tasks", f"Remedy {place}.") for place in range(1)] + [
        (f"Ten {place}.", f"Remedy {place}.") for place in range(1, 6)
    ]
    (said,) = signs_of(judged(MIXED, reasons), rubric).warnings()
    assert said.startswith("1 of 12 reasons are those of a scored example, word for word")


def test_reasons_that_stand_twice_are_counted(rubric: Rubric) -> None:
    reasons = [("It is clear.", "It is clear.")] * 6
    (said,) = signs_of(judged(MIXED, reasons), rubric).warnings()
    assert said.startswith("11 of 12 reasons stood before, word for word")


def test_the_whole_text_of_a_judge_is_one_reason(rubric: Rubric) -> None:
    signs = JudgeSigns(rubric, pattern=True)
    for one in judged(MIXED, [(f"Text {place}.", f"Text {place}.") for place in range(6)]):
        signs.add(one)
    assert signs.warnings() == []


def test_unscored_rows_count_for_nothing(rubric: Rubric) -> None:
    none = Judgement(item="i", judge="m", rubric="r", unscored="no answer")
    assert signs_of([none] * 9, rubric).rows == 0


def test_what_a_rule_says_in_the_same_words_is_no_sign_of_the_judge() -> None:
    rule = {"name": "Be Adaptable", "sentence": "It is short.", "rule": {"max_words": 5}}
    rubric = Rubric.model_validate({"criteria": ["Be Detailed: It has figures.", rule], "scale": "-1..1"})
    reasons = [(f"Line {place} names ten.", "It has 3 words.") for place in range(len(MIXED))]
    same = [(value, value) for value, _ in MIXED]
    assert signs_of(judged(same, reasons), rubric).warnings() == []
