"""Files of other tools, as those tools write them; and what is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from hone.domain.rubric import Rubric
from hone.errors import FileFormatError, HoneError
from hone.interop import export_file, import_file
from hone.interop.forms import form_of
from hone.people.store import NewSubject, open_store
from hone.people.store.store import Store

RUBRIC = Rubric.model_validate({"criteria": ["Be Clear: It is clear.", "Be Kind: It is kind."], "scale": "1..5"})


@pytest.fixture
def store(tmp_path: Path) -> Any:
    with open_store(tmp_path / "feedback.db") as opened:
        yield opened


def _file(folder: Path, data: Any) -> Path:
    path = folder / "in.json"
    path.write_text(json.dumps(data))
    return path


def test_label_studio_tasks_with_stars_choices_and_predictions_are_read(store: Store, tmp_path: Path) -> None:
    result = [
        {"id": "a", "type": "rating", "from_name": "be_clear", "to_name": "reply", "value": {"rating": 4}},
        {"id": "b", "type": "choices", "from_name": "Be Kind", "to_name": "reply", "value": {"choices": ["good"]}},
        {"id": "c", "type": "textarea", "from_name": "note", "to_name": "reply", "value": {"text": ["Nice."]}},
    ]
    task = {
        "id": 7,
        "data": {"prompt": "Plan.", "reply": "Week 1 …"},
        "annotations": [
            {
                "id": 1,
                "completed_by": 3,
                "was_cancelled": False,
                "created_at": "2026-02-01T10:00:00.000000Z",
                "result": result,
            },
            {"id": 2, "completed_by": {"id": 4, "email": "b@school.example"}, "was_cancelled": True, "result": []},
        ],
        "predictions": [{"model_version": "judge-1", "score": 0.9, "result": result[:1]}],
    }
    path = _file(tmp_path, [task])
    assert form_of(path) == "label-studio"
    assert import_file(store, path, RUBRIC).form == "label-studio"
    rows = store.ratings(RUBRIC)
    assert [(row.item, row.criterion, row.rater, row.score, row.kind) for row in rows] == [
        ("7", "Be Clear", "3", 4.0, "human"), ("7", "Be Clear", "judge-1", 4.0, "judge"),
        ("7", "Be Kind", "3", 4.0, "human"),
    ]  # fmt: skip
    assert rows[0].time.isoformat() == "2026-02-01T10:00:00+00:00"
    people = {rater.name: rater for rater in store.raters()}
    mine = store.mine(people["3"].id, RUBRIC)[0]
    assert (mine.note, mine.state, mine.subject.reply) == ("Nice.", "done", "Week 1 …")
    skipped = store.mine(people["b@school.example"].id, RUBRIC)[0]
    assert (skipped.state, skipped.reason) == ("skipped", "skipped in Label Studio")


def test_argilla_records_with_responses_and_suggestions_are_read(store: Store, tmp_path: Path) -> None:
    user = "b2c8a7de-6a49-4a37-8f0a-9d3e3b8f2c11"
    record = {
        "id": "r1",
        "fields": {"instruction": "Plan.", "response": "Week 1 …"},
        "metadata": {},
        "suggestions": {"be_clear": {"value": 2, "score": None, "agent": "judge-1"}},
        "responses": {"be_clear": [{"value": 5, "user_id": user}], "be_kind": [{"value": 1, "user_id": user}]},
        "vectors": {},
        "_server_id": "55a6c2f1-7b1c-4e0f-a3ad-1d1c3f5b9f00",
    }
    path = _file(tmp_path, [record])
    assert form_of(path) == "argilla"
    import_file(store, path, RUBRIC)
    assert [(row.item, row.criterion, row.rater, row.score) for row in store.ratings(RUBRIC)] == [
        ("r1", "Be Clear", user, 5.0), ("r1", "Be Clear", "judge-1", 2.0), ("r1", "Be Kind", user, 1.0),
    ]  # fmt: skip


def test_the_interface_that_goes_with_tasks_has_every_criterion_and_level(store: Store, tmp_path: Path) -> None:
    store.add_subjects([NewSubject("i", "Plan <b>", 'R "1" & 2')])
    done = export_file(store, tmp_path / "out.json", "label-studio", RUBRIC)
    assert any("out.xml" in note for note in done.notes)
    view = ET.fromstring((tmp_path / "out.xml").read_text())  # noqa: S314 - our own file
    controls = {one.get("name"): [choice.get("value") for choice in one] for one in view.findall("Choices")}
    assert list(controls) == ["be_clear", "be_kind"]
    assert controls["be_clear"] == [level.label for level in RUBRIC.scale.levels]


@pytest.mark.parametrize(
    ("data", "says"),
    [
        ([{"data": {"reply": "r"}, "annotations": [{"completed_by": 1, "result": [{"type": "choices"}]}]}],
         "task 1 is not what a Label Studio file holds"),
        ([{"data": {"reply": "r"}, "annotations": [{"completed_by": 1, "result": [
            {"type": "rating", "from_name": "loud", "value": {"rating": 4}}]}]}],
         "task 1: the rubric has no criterion 'loud'"),
        ([{"fields": {"reply": "r"}, "id": 1, "responses": {"be_clear": [{"value": 9, "user_id": "u"}]}}],
         "record 1: Be Clear: 9.0 is not on the scale"),
        ([{"fields": {"reply": "r"}, "responses": {"be_clear": 3}}], "record 1 is not what an Argilla file holds"),
        ([{"neither": 1}], "there is no column 'item'"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused_with_its_place_and_nothing_is_kept(
    store: Store, tmp_path: Path, data: Any, says: str
) -> None:
    with pytest.raises(FileFormatError) as refused:
        import_file(store, _file(tmp_path, data), RUBRIC)
    assert says in str(refused.value)
    assert "\n" not in str(refused.value)
    assert store.ratings(RUBRIC) == []
    assert store.raters() == []


def test_a_form_with_one_suffix_refuses_another(store: Store, tmp_path: Path) -> None:
    with pytest.raises(HoneError, match=r"the form argilla is written as \.json"):
        export_file(store, tmp_path / "out.csv", "argilla", RUBRIC)


def test_an_item_with_several_replies_must_say_which(store: Store, tmp_path: Path) -> None:
    ids = store.add_subjects(NewSubject("i", "p", text) for text in ("one", "two"))
    file = tmp_path / "r.csv"
    file.write_text("item,criterion,rater,score\ni,Be Clear,Ann,1\n")
    with pytest.raises(FileFormatError, match="item 'i' has 2 replies; write ITEM/SUBJECT"):
        import_file(store, file, RUBRIC)
    file.write_text(f"item,criterion,rater,score\ni/{ids[1]},Be Clear,Ann,1\n")
    import_file(store, file, RUBRIC)
    assert [row.subject for row in store.ratings(RUBRIC)] == [ids[1]]
