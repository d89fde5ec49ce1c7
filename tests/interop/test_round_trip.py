"""Export, import into a new store, export again: nothing is lost, whatever people did and wrote."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hone.domain.evidence import Advice, Decision
from hone.domain.rubric import Rubric
from hone.errors import FeedbackError
from hone.interop import export_file, import_file
from hone.interop.forms import Form
from hone.people.store import NewPair, NewSubject, open_store
from hone.people.store.store import Store


def _rubric(kind: str) -> Rubric:
    return Rubric.model_validate({"criteria": [f"Be Kind: {kind}", "Be Clear: Each word is known."]})


RUBRICS = (_rubric("No word hurts."), _rubric("Every page praises."))
NAMES = ("Ann", "Ben", "Cy")
texts = st.text(st.characters(), max_size=12)  # lone surrogates and NUL among them
steps = st.lists(
    st.tuples(
        st.sampled_from(["rate", "clear", "skip", "undo", "choose", "skip pair", "adjudicate", "revoke", "decide"]),
        st.integers(0, 2), st.integers(0, 2), st.integers(0, 1), st.sampled_from([-1, 0, 1]), texts,
    ),
    max_size=14,
)  # fmt: skip


def _live(store: Store, replies: list[str], actions: list[tuple[Any, ...]]) -> None:
    """A store's life: whatever is refused is part of it."""
    raters = [store.add_rater(name).id for name in NAMES]
    ids = store.add_subjects(
        NewSubject(f"i{place % 2}", f"p {text}", f"r {text}", f"m{place}", text or None)
        for place, text in enumerate(replies)
    )
    pairs = store.add_pairs([NewPair("i0", "p", f"a {replies[0]}", "b", "m1", "m2")])
    store.invite("Dora")
    for place, (what, who, which, rubric, value, text) in enumerate(actions):
        rater, subject = raters[who], ids[which % len(ids)]
        try:
            _act(store, (what, rater, subject, pairs[0]), RUBRICS[rubric], value, f"{text}{place % 5}")
        except FeedbackError:
            continue


def _act(store: Store, what: tuple[str, str, str, str], rubric: Rubric, value: int, text: str) -> None:
    verb, rater, subject, pair = what
    doings: dict[str, Callable[[], object]] = {
        "rate": lambda: store.rate(rater, subject, rubric, {rubric.names[value % 2]: value}, note=text, key=text),
        "clear": lambda: store.rate(rater, subject, rubric, {rubric.names[value % 2]: None}),
        "skip": lambda: store.skip(rater, subject, rubric, text),
        "undo": lambda: store.undo(rater, key=text),
        "choose": lambda: (store.next_pair(rater), store.choose(rater, pair, "left", note=text)),
        "skip pair": lambda: (store.next_pair(rater), store.skip_pair(rater, pair, text)),
        "adjudicate": lambda: store.adjudicate(subject, rubric, "Be Kind", value, by=text, reason=text),
        "revoke": lambda: store.revoke(NAMES[value], by="owner"),
        "decide": lambda: store.decide(_decision()),
    }
    doings[verb]()


def _decision() -> Decision:
    piece = Advice(id="a1", action="keep", criterion="Be Kind", proposal=None, reason="It wins.")
    return Decision(
        advice=piece, action="accept", by="Cy", at=datetime(2026, 3, 1, tzinfo=UTC), before="b", after="a"
    )


def _clock() -> Callable[[], datetime]:
    now = datetime(2026, 3, 1, 9, tzinfo=UTC)

    def tick() -> datetime:
        nonlocal now
        now += timedelta(seconds=1)
        return now

    return tick


@settings(max_examples=25)
@given(replies=st.lists(texts, min_size=1, max_size=3), actions=steps)
def test_export_and_import_give_an_identical_store(replies: list[str], actions: list[tuple[Any, ...]]) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with open_store(folder / "one.db", clock=_clock()) as one:
            _live(one, replies, actions)
            export_file(one, folder / "one.jsonl", "store", RUBRICS[0])
            history = one.history()
            with open_store(folder / "two.db") as two:
                import_file(two, folder / "one.jsonl", RUBRICS[0])
                export_file(two, folder / "two.jsonl", "store", RUBRICS[0])
                assert two.history() == history
                for rubric in RUBRICS:
                    assert two.ratings(rubric, current_only=False) == one.ratings(rubric, current_only=False)
                    assert [two.progress(rubric, rater.id) for rater in two.raters()] == [
                        one.progress(rubric, rater.id) for rater in one.raters()
                    ]
                rater = two.add_rater("Somebody new")
                two.rate(rater.id, next(iter(two.writers())), RUBRICS[0], {"Be Clear": 1})
                assert two.history()[0].save > max([0, *(change.save for change in history)])
        assert (folder / "two.jsonl").read_bytes() == (folder / "one.jsonl").read_bytes()


def test_a_store_moves_from_sqlite_to_postgresql_and_back(tmp_path: Path, database: str) -> None:
    actions = [
        ("rate", 0, 0, 0, 1, "x"),
        ("rate", 1, 0, 0, -1, "y"),
        ("undo", 1, 0, 0, 0, ""),
        ("skip", 0, 1, 0, 0, "z"),
    ]
    files = [tmp_path / name for name in ("a.jsonl", "b.jsonl", "c.jsonl")]
    with open_store(tmp_path / "one.db") as one:
        _live(one, ["first", "second"], actions)
        export_file(one, files[0], "store", RUBRICS[0])
    with open_store(database) as middle:
        import_file(middle, files[0], RUBRICS[0])
        export_file(middle, files[1], "store", RUBRICS[0])
    with open_store(tmp_path / "two.db") as two:
        import_file(two, files[1], RUBRICS[0])
        export_file(two, files[2], "store", RUBRICS[0])
    assert files[0].read_bytes() == files[1].read_bytes() == files[2].read_bytes()
    with open_store(database) as middle:
        assert middle.add_rater("Somebody new").active, "new saves number on after those that came in"


@settings(max_examples=10)
@given(
    scores=st.dictionaries(
        st.tuples(st.integers(0, 2), st.integers(0, 2), st.integers(0, 1)), st.sampled_from([-1, 0, 1])
    ),
    notes=st.dictionaries(st.tuples(st.integers(0, 2), st.integers(0, 2)), st.text(min_size=1, max_size=9)),
)
@pytest.mark.parametrize("form", ["label-studio", "argilla", "ratings"])
def test_other_forms_keep_every_current_score_and_note_that_they_can_hold(
    form: Form, scores: dict[tuple[int, int, int], int], notes: dict[tuple[int, int], str]
) -> None:
    rubric = RUBRICS[0]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        file = folder / ("f.jsonl" if form == "ratings" else "f.json")
        with open_store(folder / "one.db") as one, open_store(folder / "two.db") as two:
            raters = [one.add_rater(person).id for person in NAMES]
            for store in (one, two):
                ids = store.add_subjects(NewSubject(f"i{place % 2}", "p", f"r{place}", "m") for place in range(3))
            for (who, which, criterion), value in scores.items():
                one.rate(raters[who], ids[which], rubric, {rubric.names[criterion]: value})
            for (who, which), text in notes.items():
                one.rate(raters[who], ids[which], rubric, {}, note=text)
            export_file(one, file, form, rubric)
            if scores or (notes and form != "ratings"):
                import_file(two, file, rubric)
            kept = [(row.item, row.criterion, row.rater, row.score, row.kind) for row in one.ratings(rubric)]
            assert [(row.item, row.criterion, row.rater, row.score, row.kind) for row in two.ratings(rubric)] == kept
            if form != "ratings":
                for rater in raters:
                    mine = {a.subject.id: a.note for a in one.mine(rater, rubric) if a.note}
                    assert {a.subject.id: a.note for a in two.mine(rater, rubric) if a.note} == mine
