"""Files as people have them reach a figure in one command: wide, nested, in two files, with cells as people write."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from hone.journey.agreement import AgreementResult, agree
from hone.stats import BootstrapOptions
from hone.tables.shape import FileColumns
from tests.published import folder

QUICK = BootstrapOptions(resamples=100)
HEAD = "Pupil,Class,Question,Ms Smith,Mr Jones,Dr Lee,GPT-4"
ROWS = ("P1,7A,Q1,3,4,3,4", "P2,7A,Q1,2,2,absent,3", "P3,7A,Q1,n/a,5,4,5", "P4,7B,Q1,-,1,2,2", "P5,7B,Q1,3½,3,3,4",
        'P6,7B,Q1,"3,5",3,3,4')  # fmt: skip


def test_a_wide_file_of_a_school_is_read_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "wide.csv"
    path.write_text("\n".join((HEAD, *ROWS)), encoding="utf-8")
    found = agree(path, options=QUICK).collected
    assert found.ratings.raters == ("Ms Smith", "Mr Jones", "Dr Lee")
    assert found.ratings.judge_names == ("GPT-4",)
    assert found.ratings.criteria == ("Q1",)
    assert found.items == ("P1", "P2", "P3", "P4", "P5", "P6")
    assert found.ratings.clusters is not None
    assert len(set(found.ratings.clusters)) == 2
    scores = found.ratings.people["Q1"].tolist()  # type: ignore[union-attr]
    assert [row[0] for row in scores][4:] == [3.5, 3.5]
    assert found.missing == 3


def test_an_excel_sheet_and_one_json_object_hold_the_same(tmp_path: Path) -> None:
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    for row in (HEAD, *ROWS[:3]):
        book.active.append(row.split(","))
    book.save(tmp_path / "wide.xlsx")
    items = {f"P{n}": {"Ms Smith": n, "Mr Jones": n, "GPT-4": n % 3} for n in range(6)}
    (tmp_path / "by-id.json").write_text(json.dumps(items, indent=1), encoding="utf-8")
    listed = {"version": 2, "data": [{"id": key, **value} for key, value in items.items()]}
    (tmp_path / "listed.json").write_text(json.dumps(listed), encoding="utf-8")
    assert agree(tmp_path / "wide.xlsx", options=QUICK).collected.ratings.judge_names == ("GPT-4",)
    for name in ("by-id.json", "listed.json"):
        found = agree(tmp_path / name, options=QUICK).collected
        assert (found.items, found.ratings.raters) == (tuple(items), ("Ms Smith", "Mr Jones"))


def test_judges_in_a_file_of_their_own_are_matched_and_named_by_columns(tmp_path: Path) -> None:
    people, judges = tmp_path / "people.csv", tmp_path / "judges.csv"
    people.write_text("answer_id,human_1,human_2\n" + "".join(f"{n},{n % 2},{n % 3 % 2}\n" for n in range(12)))
    judges.write_text("answer_id,model,prompt,vote\n"
                      + "".join(f"{n},m,{p},{n % 2}\n" for n in range(14) for p in ("a", "b")))  # fmt: skip
    found = agree(
        people,
        judged=[judges],
        columns=FileColumns(judges=("vote",), judge_name="model+prompt"),
        options=QUICK,
    )
    assert found.collected.ratings.judge_names == ("m a", "m b")
    assert len(found.collected.items) == 12
    assert "2 items that nobody rated are left out" in found.notes


def test_fields_inside_columns_are_named_and_star_stands_for_every_writer(tmp_path: Path) -> None:
    rows = [
        {"talk": "t", "replies": {w: {"by": {"Tone": n % 2, "Use": w == "x"}} for w in ("x", "y")}} for n in range(5)
    ]
    path = tmp_path / "talks.json"
    path.write_text(json.dumps(rows), encoding="utf-8")
    shape = FileColumns(raters=("replies.*.by",), group="talk")
    found = agree(path, columns=shape, options=QUICK).collected
    assert found.ratings.criteria == ("Tone", "Use")
    assert found.items[:3] == ("1/x", "1/y", "2/x")
    assert found.systems is not None
    assert set(found.systems) == {"x", "y"}
    one = agree(path, columns=FileColumns(raters=("replies.x.by.Tone",)), options=QUICK).collected
    assert (one.ratings.criteria, one.ratings.raters) == (("Tone",), ("by",))


def test_parts_of_a_score_are_criteria_or_their_sum(tmp_path: Path) -> None:
    path = tmp_path / "v.jsonl"
    path.write_text("".join(f'{{"id": {n}, "human1": [1, {n % 2}], "ai": [0, 1]}}\n' for n in range(6)))
    assert agree(path, columns=FileColumns(raters=("human1",)), options=QUICK).collected.ratings.criteria == (
        "1",
        "2",
    )
    found = agree(path, columns=FileColumns(raters=("human1",), judges=("ai",), total=True), options=QUICK).collected
    assert found.ratings.people["overall"].tolist() == [[1.0], [2.0]] * 3  # type: ignore[union-attr]


def test_a_column_of_ids_that_names_many_rows_alike_is_asked_about(tmp_path: Path) -> None:
    path = tmp_path / "r.csv"
    path.write_text("item,answer,human_1,human_2\n" + "".join(f"q1,a{n},1,0\n" for n in range(8)))
    with pytest.raises(Exception, match=r"'item' has the same id in many rows; each row has its own in 'answer'"):
        agree(path)


def test_all_faults_of_a_file_are_told_in_one_run(tmp_path: Path) -> None:
    path = tmp_path / "r.csv"
    lines = ["item,criterion,rater,score,kind", "a,c,r,1,human", ",c,r,1,human", "b,c,r,one,human", "c,c,r,2,robot"]
    path.write_text("\n".join([*lines, *(f"x{n},c,,1,human" for n in range(3))]))
    with pytest.raises(Exception, match=r"r\.csv:3: the column 'item' is empty") as found:
        agree(path)
    text = str(found.value)
    assert "4 faults in all" in text
    for line in (
        "line 4: score 'one'",
        "line 5: kind 'robot' is not known",
        "line 6: the column 'rater' is empty; write a name",
    ):
        assert line in text
    assert "(and 2 more rows)" in text
    assert "\n" not in text


def test_percentages_beside_larger_numbers_are_not_guessed(tmp_path: Path) -> None:
    path = tmp_path / "r.csv"
    path.write_text("item,criterion,rater,score\na,c,r,80%\nb,c,r,0.5\nc,c,r,50 %\n")
    assert agree(path, options=QUICK).collected.ratings.people["c"].tolist() == [[0.8], [0.5], [0.5]]  # type: ignore[union-attr]
    path.write_text("item,criterion,rater,score\na,c,r,80%\nb,c,r,70\n")
    with pytest.raises(Exception, match="'70' stands beside percentages"):
        agree(path)


def test_absent_is_a_label_where_the_others_are_labels(tmp_path: Path) -> None:
    path = tmp_path / "r.csv"
    path.write_text("item,criterion,rater,score\na,c,r,absent\nb,c,r,present\n")
    assert set(agree(path, options=QUICK).collected.labels.values()) == {"absent", "present"}


def _value(found: AgreementResult, criterion: str, judge: str, statistic: str) -> float | None:
    return found.agreement.criteria[criterion].judges[judge].consensus[statistic].value


@pytest.mark.data
def test_khans_two_files_give_the_published_kappas_in_one_command() -> None:
    data = folder() / "khan_saq"
    shape = FileColumns(item="response_id", judges=("llm_avg",), judge_name="model_name+rubric_type")
    found = agree(data / "human_labels.csv", judged=[data / "llm_labels.csv"], columns=shape, level="nominal",
                  options=QUICK)  # fmt: skip
    assert _value(found, "overall", "GPT-4o Full", "cohen_kappa") == pytest.approx(0.9099, abs=5e-4)
    people = found.agreement.criteria["overall"].people.together
    assert people["fleiss_kappa"].value == pytest.approx(0.881, abs=5e-4)


@pytest.mark.data
def test_pandalm_as_it_is_gives_the_published_alpha_and_counts_unusable_verdicts() -> None:
    data = folder() / "pandalm"
    judged = [data / f"{name}-testset-v1.json" for name in ("gpt-3.5-turbo", "pandalm-7b")]
    shape = FileColumns(judges=("gpt_result", "pandalm_result"))
    found = agree(data / "testset-v1.json", judged=judged, columns=shape, pairs=True, options=QUICK)
    people = found.agreement.criteria["preference"].people.together
    assert people["krippendorff_alpha"].value == pytest.approx(0.8642, abs=5e-5)
    assert found.pairs is not None
    assert found.pairs.judges["gpt_result"].unusable == 25


@pytest.mark.data
@pytest.mark.parametrize(("name", "criterion", "pearson"), [("topical_chat", "coherence", 0.595143),
                                                           ("sfres", "naturalness", 0.367252)])  # fmt: skip
def test_unieval_as_it_is_gives_the_published_correlations(name: str, criterion: str, pearson: float) -> None:
    shape = FileColumns(raters=("scores",), judges=("predict_scores",))
    found = agree(folder() / "unieval" / f"{name}_result.json", columns=shape, level="interval", options=QUICK)
    assert _value(found, criterion, "predict_scores", "pearson") == pytest.approx(pearson, abs=5e-6)


@pytest.mark.data
def test_mrbench_and_physics_as_they_are_reach_their_figures() -> None:
    shape = FileColumns(raters=("anno_llm_responses.*.annotation",), group="conversation_id")
    found = agree(folder() / "mrbench" / "MRBench_V1.json", columns=shape, options=QUICK)
    assert (len(found.agreement.criteria), len(found.collected.items)) == (8, 1589)
    shape = FileColumns(raters=("human1", "human2"), judges=("judge_grade",), judge_name="judge_model+prompt+run",
                        item="question+respondent", criterion="question", total=True)  # fmt: skip
    found = agree(folder() / "physics" / "judgements.jsonl", columns=shape, level="ordinal", options=QUICK)
    one = found.agreement.criteria["Q1"].judges["gpt-4o naive_cot_1 0"]
    assert one.people["human1"]["weighted_kappa"].value == pytest.approx(0.8815, abs=5e-5)
