"""Two judges in a row: who is asked what, whose score stands, and that nothing is asked twice."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from hone.domain.evidence import Judgement
from hone.domain.rubric import Rubric
from hone.domain.settings import Judging
from hone.domain.task import Reply
from hone.errors import CallError, RubricError
from hone.jobs import Journal, Setup
from hone.judging import Judge
from hone.judging.cascade import cascade_of, second_judging
from hone.judging.label import RowToLabel, label_columns, label_rows, labelled
from hone.models import ScriptedModel

from .conftest import VerdictText

VOTES = Judging(samples=4)


def judges(
    rubric: Rubric,
    first: ScriptedModel,
    second: ScriptedModel,
    below: float = 0.7,
    judging: Judging = VOTES,
    journal: Journal | None = None,
) -> Judge:
    setup = Setup(journal=journal)
    one = Judge((first,), rubric, "plan", judging, setup)
    return cascade_of(one, Judge((second,), rubric, "plan", second_judging(judging), setup), below)


def scores(judgement: Judgement) -> dict[str, tuple[float, str | None]]:
    return {score.criterion: (score.value, score.judge) for score in judgement.scores}


def test_what_the_first_is_sure_of_stands_and_the_rest_is_the_second_s(
    rubric: Rubric, reply: Reply, verdict: VerdictText
) -> None:
    first = ScriptedModel(verdict(1, 0), verdict(1, 1), verdict(1, 0), verdict(0, 1), spec="small")
    second = ScriptedModel(verdict(-1, -1), spec="large")
    (found,) = judges(rubric, first, second).score_all([reply])
    assert scores(found) == {"Be Detailed": (1, None), "Be Adaptable": (-1, "large")}
    assert [score.certainty for score in found.scores] == [0.75, 0.5]
    assert found.judge == "small then large below 0.7"
    assert len(second.requests) == 1
    assert Judgement.model_validate_json(found.model_dump_json()) == found


def test_at_the_threshold_itself_the_first_decides(rubric: Rubric, reply: Reply, verdict: VerdictText) -> None:
    first = [verdict(1, 1), verdict(1, 1), verdict(1, 1), verdict(0, 0)]
    second = ScriptedModel(spec="large")
    (found,) = judges(rubric, ScriptedModel(*first), second, below=0.75).score_all([reply])
    assert scores(found) == {"Be Detailed": (1, None), "Be Adaptable": (1, None)}
    assert not second.requests


def test_one_call_a_criterion_asks_the_unsure_ones_alone(rubric: Rubric, reply: Reply, verdict: VerdictText) -> None:
    def one(name: str, score: int) -> str:
        return json.dumps({name: {"reason": "It says so.", "score": score}})

    first = ScriptedModel()
    for name, said in (("Be Detailed", (1, 1)), ("Be Adaptable", (1, 0))):
        for score in said:
            first.enqueue(one(name, score))
    judging = Judging(samples=2, per_criterion=True)
    first = ScriptedModel(
        one("Be Detailed", 1), one("Be Adaptable", 1), one("Be Detailed", 1), one("Be Adaptable", 0), spec="small"
    )
    second = ScriptedModel(one("Be Adaptable", -1), spec="large")
    (found,) = judges(rubric, first, second, judging=judging).score_all([reply])
    assert scores(found) == {"Be Detailed": (1, None), "Be Adaptable": (-1, "large")}
    assert len(second.requests) == 1
    assert "Be Detailed" not in second.requests[0].messages[1].content


def test_a_first_verdict_that_does_not_read_goes_to_the_second_and_is_said(
    rubric: Rubric, reply: Reply, verdict: VerdictText
) -> None:
    first, second = ScriptedModel(*["nothing"] * 4), ScriptedModel(verdict(1, 1), spec="large")
    first.constrains = True
    (found,) = judges(rubric, first, second).score_all([reply])
    assert scores(found) == {"Be Detailed": (1, "large"), "Be Adaptable": (1, "large")}
    assert "the first judge gave no verdict" in (found.note or "")


def test_a_failed_call_asks_nobody_else_and_leaves_the_reply_unscored(
    rubric: Rubric, reply: Reply, verdict: VerdictText
) -> None:
    second = ScriptedModel(verdict(1, 1))
    (found,) = judges(rubric, ScriptedModel(*[CallError("dead")] * 4), second).score_all([reply])
    assert found.unscored == "dead"
    assert not second.requests
    (empty,) = judges(rubric, ScriptedModel(), second).score_all([reply.model_copy(update={"text": " "})])
    assert empty.unscored == "the reply is empty"
    unsure = [verdict(1, 1), verdict(0, 0), verdict(-1, -1), verdict(1, 1)]
    (lost,) = judges(rubric, ScriptedModel(*unsure), ScriptedModel(CallError("dead too"))).score_all([reply])
    assert lost.unscored == "the second judge: dead too"


def test_rules_are_asked_of_nobody(reply: Reply) -> None:
    rubric = Rubric.model_validate(
        {"criteria": [{"name": "Be Brief", "sentence": "It is.", "rule": {"max_words": 50}}, "Be Kind: It is."]}
    )
    first = ScriptedModel(*[json.dumps({"Be Kind": {"reason": "r", "score": score}}) for score in (1, 0)])
    second = ScriptedModel(json.dumps({"Be Kind": {"reason": "r", "score": -1}}), spec="large")
    (found,) = judges(rubric, first, second, judging=Judging(samples=2)).score_all([reply])
    assert scores(found) == {"Be Brief": (1, None), "Be Kind": (-1, "large")}


def test_a_first_judge_that_does_not_tell_how_sure_it_is_is_refused(rubric: Rubric) -> None:
    with pytest.raises(RubricError, match="does not tell how sure it is"):
        judges(rubric, ScriptedModel(), ScriptedModel(), judging=Judging())
    judges(rubric, ScriptedModel(), ScriptedModel(), judging=Judging(mode="expected"))


def test_where_no_probabilities_are_told_the_second_is_asked(
    rubric: Rubric, reply: Reply, verdict: VerdictText
) -> None:
    second = ScriptedModel(verdict(-1, -1), spec="large")
    expected = Judging(mode="expected")
    (found,) = judges(rubric, ScriptedModel(verdict(1, 1)), second, judging=expected).score_all([reply])
    assert scores(found) == {"Be Detailed": (-1, "large"), "Be Adaptable": (-1, "large")}


def test_another_threshold_asks_nothing_that_was_answered(
    rubric: Rubric, reply: Reply, verdict: VerdictText, tmp_path: Path
) -> None:
    first = ScriptedModel(verdict(1, 0), verdict(1, 1), verdict(1, 0), verdict(0, 1), spec="small")
    second = ScriptedModel(verdict(-1, -1), spec="large")
    with Journal(tmp_path / "journal.jsonl") as journal:
        judges(rubric, first, second, journal=journal).score_all([reply])
        for below, alone in ((0.9, 0), (0.6, 1), (0.5, 2)):
            (found,) = judges(rubric, first, second, below, journal=journal).score_all([reply])
            assert sum(by is None for _, by in scores(found).values()) == alone
    assert (len(first.requests), len(second.requests)) == (4, 1)


def test_rows_say_who_decided_and_the_report_counts_it(rubric: Rubric, reply: Reply, verdict: VerdictText) -> None:
    first = ScriptedModel(verdict(1, 0), verdict(1, 1), verdict(1, 0), verdict(0, 1))
    judge = judges(rubric, first, ScriptedModel(verdict(-1, -1)))
    done: list[Judgement] = []
    report = label_rows([RowToLabel({}, "i1", reply)], judge, lambda _, one: done.append(one))
    assert (report.alone, report.asked) == ({"Be Detailed": 1}, {"Be Adaptable": 1})
    row = labelled(RowToLabel({}, "i1", reply), done[0], rubric, cascade=True)
    assert row.keys() == label_columns(rubric, cascade=True).keys()
    assert (row["Be Detailed decided by"], row["Be Adaptable decided by"]) == ("first judge", "second judge")
    assert (row["Be Detailed certainty"], row["Be Adaptable certainty"]) == (0.75, 0.5)
