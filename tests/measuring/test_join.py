"""A rating belongs to the judgement of the same reply, and to no other."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from hone.domain.evidence import Judgement, Score
from hone.domain.task import Reply
from hone.judging.dataset import Columns, survey
from hone.people.store import NewSubject, open_store
from hone.people.store.store import Store
from hone.project import Project
from hone.tables import open_table

pytest.importorskip("sqlalchemy")
from hone.interop import import_file
from hone.measuring.join import join

NAMES = ("Be Brief", "Be Kind")


@pytest.fixture
def project(tmp_path: Path) -> Project:
    (tmp_path / "hone.yaml").write_text("task: {subject: plan, role: r, instruction: i}\n")
    (tmp_path / "rubric.yaml").write_text(
        "criteria:\n  - Be Brief: It is short.\n  - Be Kind: It is kind.\nscale: -1..1\n"
    )
    return Project(tmp_path)


@pytest.fixture
def store(project: Project) -> Iterator[Store]:
    with open_store(project.folder / "feedback.db") as opened:
        yield opened


def replies(text: str, count: int = 4) -> list[Reply]:
    return [Reply(item=f"i{n}", prompt=f"Plan {n}.", text=f"{text} {n}.", model="m") for n in range(count)]


def rate(store: Store, project: Project, rated: list[Reply], value: int = 1) -> None:
    ids = store.add_subjects([NewSubject(one.item, one.prompt, one.text, one.model) for one in rated])
    for name in ("ann", "ben"):
        rater = store.add_rater(name).id
        for subject in ids:
            store.rate(rater, subject, project.rubric, dict.fromkeys(NAMES, value))


def label(project: Project, judged: list[Reply], value: int = 1, *, old: bool = False, data: str = "") -> None:
    """What `hone label` leaves; of version 0.1, without the digests of the replies."""
    rubric = project.rubric
    scores = tuple(Score(criterion=name, value=value, reason="r") for name in NAMES)
    config = {"rubric": rubric.model_dump(mode="json"), "data": data or judged[0].digest}
    project.open_run("label", config, fresh=True).finish(
        Judgement(item=one.item, reply=None if old else one.digest, judge="j", rubric=rubric.digest, scores=scores)
        for one in judged
    )


def rows(project: Project, store: Store, *, unrated: bool = False) -> dict[str, dict[str, float]]:
    """The scores of the first criterion by item and rater."""
    found: dict[str, dict[str, float]] = {}
    for _, row in join(project, store, project.rubric, unrated=unrated).table.rows():
        assert isinstance(row, dict)
        if row["criterion"] == NAMES[0]:
            found.setdefault(row["item"], {})[row["rater"]] = row["score"]
    return found


def test_a_judgement_of_the_same_reply_stands_beside_its_ratings(project: Project, store: Store) -> None:
    rate(store, project, replies("One"))
    label(project, replies("One"), -1)
    assert rows(project, store) == {f"i{n}": {"j": -1, "ann": 1, "ben": 1} for n in range(4)}


def test_what_a_rule_scored_stands_under_the_rules_and_not_under_the_judge(project: Project, store: Store) -> None:
    text = (project.folder / "rubric.yaml").read_text()
    (project.folder / "rubric.yaml").write_text(
        text.replace("It is short.\n", "It is short.\n    rule: {max_words: 3}\n")
    )
    rate(store, project, replies("One"))
    label(project, replies("One"), -1)
    assert rows(project, store)["i0"] == {"rules": -1, "ann": 1, "ben": 1}
    found = join(project, store, project.rubric)
    judges = {(row["criterion"], row["rater"]) for _, row in found.table.rows() if row["kind"] == "judge"}  # type: ignore[index]
    assert judges == {("Be Brief", "rules"), ("Be Kind", "j")}
    assert found.notes[1] == "Be Brief: scored by a rule, not by j"


def test_a_judgement_of_another_reply_to_the_same_item_does_not(project: Project, store: Store) -> None:
    rate(store, project, replies("One"))
    label(project, replies("Two"), -1)
    assert rows(project, store) == {f"i{n}": {"ann": 1, "ben": 1} for n in range(4)}
    assert "none of the replies" in join(project, store, project.rubric).notes[1]
    apart = rows(project, store, unrated=True)  # in a mean over all that was judged they count, as other replies
    assert len(apart) == 8
    assert all({"j", "ann"} - set(one) for one in apart.values())


def test_of_two_replies_to_an_item_each_has_its_own_judgement(project: Project, store: Store) -> None:
    rate(store, project, replies("One"), 1)
    rate(store, project, replies("Two"), -1)
    label(project, replies("Two"), 0)
    found = rows(project, store)
    assert len(found) == 8
    assert {one["ann"] for one in found.values() if "j" in one} == {-1}
    assert join(project, store, project.rubric).notes[1] == "4 rated replies are not among those that were judged"


def test_ratings_without_texts_are_matched_by_item_and_that_is_said(
    project: Project, store: Store, tmp_path: Path
) -> None:
    file = tmp_path / "r.csv"
    file.write_text("item,criterion,rater,score\n" + "".join(f"i{n},Be Brief,ann,1\n" for n in range(4)))
    import_file(store, file, project.rubric)
    label(project, replies("One"), -1)
    assert rows(project, store) == {f"i{n}": {"j": -1, "ann": 1} for n in range(4)}
    assert (
        join(project, store, project.rubric)
        .notes[0]
        .endswith("matched by item where ratings came without the replies' texts")
    )


def test_labels_of_version_0_1_are_matched_through_the_replies_that_they_are_of(
    project: Project, store: Store
) -> None:
    rate(store, project, replies("One"))
    run = project.open_run("reply", {"writer": "m"})
    run.finish(replies("One"))
    table = open_table(run.results)
    label(project, replies("One"), -1, old=True, data=survey(table, Columns.of(table)).digest)
    assert rows(project, store)["i0"] == {"j": -1, "ann": 1, "ben": 1}
    label(project, replies("One"), 0, old=True, data="another file")
    assert rows(project, store)["i0"] == {"j": -1, "ann": 1, "ben": 1}


def test_labelling_other_rows_does_not_hide_the_judgements_of_rated_replies(project: Project, store: Store) -> None:
    rate(store, project, replies("One"))
    label(project, replies("One"), -1)
    first = join(project, store, project.rubric)
    label(project, replies("Planted by hand"), 1)
    joined = join(project, store, project.rubric)
    assert joined.run == first.run
    assert rows(project, store)["i0"] == {"j": -1, "ann": 1, "ben": 1}
    assert joined.notes[0] == first.notes[0]
    assert "judged was rated by people" in joined.notes[1]


def test_judgements_under_another_rubric_are_left_out_and_that_is_said(project: Project, store: Store) -> None:
    rate(store, project, replies("One"))
    label(project, replies("One"), -1)
    label_notes = join(project, store, project.rubric).notes
    assert label_notes == (f"judgements: {project.latest_run('label').folder.name}",)  # type: ignore[union-attr]
    text = (project.folder / "rubric.yaml").read_text()
    (project.folder / "rubric.yaml").write_text(text.replace("It is kind", "It is warm"))
    assert set(rows(project, store)["i0"]) == {"ann", "ben"}
    assert "of another rubric and left out" in join(project, store, project.rubric).notes[0]
