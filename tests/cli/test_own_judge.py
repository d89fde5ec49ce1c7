"""A judge of one's own that is kept: the same scores again, wherever a judge is named, and nothing on trust."""

from __future__ import annotations

import asyncio
import csv
import json
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import hone as library
from hone.cli.main import main
from hone.domain.evidence import FITTED_TO, Judgement
from hone.domain.rubric import Rubric
from hone.domain.settings import ModelSettings
from hone.domain.task import Reply
from hone.jobs import Caller
from hone.journey.talking import ConversationSetup
from hone.judging import Judge
from hone.judging.embeddings import embeddings_of
from hone.judging.of_project import judge_of
from hone.judging.saved_judge import read_judge, write_judge
from hone.measuring import Reading, read_ratings
from hone.measuring.rated_replies import ReplyFeatures, rated_replies
from hone.models import Model
from hone.models.questions import read_questions
from hone.models.spec import connect_embedder
from hone.project import read_rubric
from hone.serving.conversation import score
from tests.measuring.planted import Planted, votes_and_texts
from tests.weights.tiny import saved_tiny

from .conftest import Hone
from .test_judge import QUICK, written

RUBRIC = "criteria:\n  - Be Right: The reply holds what the reference holds.\nscale: 0..1\n"


READS = ("--signals", "embeddings", "--margin", "1")
ASKS_NOBODY = ("--signals", "form", "--signals", "similar replies", "--margin", "1")


@dataclass(frozen=True)
class Kept:
    """A judge in its folder, and all that it was made from."""

    folder: Path
    planted: Planted
    ratings: Path
    texts: Path

    @property
    def own(self) -> Path:
        return self.folder / "own"

    @property
    def rubric(self) -> Path:
        return self.folder / "rubric.yaml"

    @property
    def spec(self) -> str:
        return f"own:{self.own}"

    @property
    def replies(self) -> list[Reply]:
        return [
            Reply(item=item, prompt=one.request, text=one.reply, model="", reference=one.reference)
            for item, one in self.planted.texts.items()
        ]


def scripts(planted: Planted, folder: Path) -> list[str]:
    """Two judges, each of whom answers with its recorded vote where a request holds the text of the reply."""
    votes = np.asarray((planted.collected.ratings.judges or {})["Be Right"])
    specs = []
    for at in range(2):
        path = folder / f"judge{at}.jsonl"
        lines = [
            {
                "contains": one.reply,
                "text": json.dumps(
                    {"Be Right": {"reason": f"Judge {at} saw {item}.", "score": int(votes[place, at])}}
                ),
            }
            for place, (item, one) in enumerate(planted.texts.items())
        ]
        path.write_text("".join(json.dumps(line) + "\n" for line in lines))
        specs.append(f"scripted:{path}")
    return specs


def tuned(kept: Kept, *more: object) -> int:
    """The exit code of `hone judge tune` in the folder."""
    words = ["judge", "tune", kept.ratings, "--judged", kept.texts, "--rubric", kept.rubric, "--into", kept.own]
    with pytest.raises(SystemExit) as ended:
        main([str(word) for word in (*words, *QUICK, "--project", kept.folder, *more)])
    return ended.value.code if isinstance(ended.value.code, int) else -1


def planted_in(folder: Path) -> Kept:
    planted = votes_and_texts(200, 20)
    ratings, (texts, _) = written(planted, folder)
    (folder / "rubric.yaml").write_text(RUBRIC)
    return Kept(folder, planted, ratings, texts)


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Kept:
    """A judge that asks two others for votes."""
    found = planted_in(tmp_path_factory.mktemp("kept"))
    first, second = scripts(found.planted, found.folder)
    assert tuned(found, "--judge", first, "--judge", second) == 0
    return found


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Kept:
    """A judge that asks nobody."""
    found = planted_in(tmp_path_factory.mktemp("alone"))
    assert tuned(found, *ASKS_NOBODY) == 0
    return found


def rubric_of(kept: Kept) -> Rubric:
    found = read_rubric(str(kept.rubric))
    assert found is not None
    return found


def labelled(hone: Hone, kept: Kept, *more: object) -> list[dict[str, Any]]:
    out = kept.folder / "out.jsonl"
    words = ("label", kept.texts, "--rubric", kept.rubric, "--judge", kept.spec, "--out", out)
    found = hone(*words, "--project", kept.folder, *more)
    assert found.code == 0, found.err
    return [json.loads(line) for line in out.read_text().splitlines()]


@pytest.mark.parametrize("which", ["kept", "alone"])
def test_what_is_kept_gives_the_same_probabilities_as_what_was_fitted(
    which: str, request: pytest.FixtureRequest, bare: Hone
) -> None:
    kept: Kept = request.getfixturevalue(which)
    saved = read_judge(kept.own)
    fitted = saved.criteria[0]
    collected = read_ratings(kept.ratings, Reading(rubric=rubric_of(kept)))
    if which == "kept":
        collected = read_ratings(kept.ratings, Reading(rubric=rubric_of(kept)), judged=[votes_file(kept)])
    rated = rated_replies(collected, kept.planted.texts, "Be Right", np.arange(200))
    features = ReplyFeatures(rated).features(fitted.signals, np.arange(200))
    wanted = fitted.probabilities(features)[:, 1]
    rows = labelled(bare, kept)
    given = [row["Be Right probability"] if row["Be Right"] == 1 else 1 - row["Be Right probability"] for row in rows]
    assert given == pytest.approx(wanted.tolist(), abs=1e-9)
    assert len({round(one, 6) for one in given}) > 20


def test_a_judge_of_ones_own_asks_another_where_it_is_unsure(kept: Kept, alone: Kept, bare: Hone) -> None:
    other, _ = scripts(alone.planted, alone.folder)
    sure = [max(row["Be Right probability"], 1 - row["Be Right probability"]) for row in labelled(bare, alone)]
    middle = sorted(sure)[len(sure) // 2]
    rows = labelled(bare, alone, "--then", other, "--below", f"{middle:.6f}")
    asked = [row["Be Right decided by"] == "second judge" for row in rows]
    assert asked == [one < float(f"{middle:.6f}") for one in sure]
    assert 60 < sum(asked) < 140
    second = labelled(bare, kept, "--then", alone.spec, "--below", "0.7")
    assert {row["Be Right decided by"] for row in second} == {"first judge", "second judge"}
    assert {row["judge"] for row in second} == {f"{kept.spec} then {alone.spec} below 0.7"}
    assert {row["note"] for row in second} == {FITTED_TO}, "said once, though it holds for both"
    words = ("--rubric", alone.rubric, "--project", alone.folder, "--judge", alone.spec, "--then", other)
    told = bare("label", alone.texts, *words, "--below", "0.6", "--fresh").err
    assert "rows, at most 200 calls" in told
    assert "asks no model" not in told


def votes_file(kept: Kept) -> Path:
    path = kept.folder / "votes.csv"
    votes = np.asarray((kept.planted.collected.ratings.judges or {})["Be Right"])
    lines = [
        f"{item},Be Right,judge {at},{int(votes[place, at])}"
        for place, item in enumerate(kept.planted.texts)
        for at in range(2)
    ]
    path.write_text("\n".join(["item,criterion,rater,score", *lines]) + "\n")
    return path


@pytest.fixture(scope="module")
def read(tmp_path_factory: pytest.TempPathFactory) -> Kept:
    """A judge that rests on a model's embeddings alone; the model lies in the same folder."""
    found = planted_in(tmp_path_factory.mktemp("read"))
    saved_tiny(found.folder / "model", num_hidden_layers=4, initializer_range=0.05)
    assert tuned(found, "--embed", f"hf:{found.folder / 'model'}", *READS) == 0
    return found


def test_a_judge_that_reads_embeddings_scores_a_new_reply_as_it_was_fitted_and_reads_nothing_twice(
    read: Kept, bare: Hone, capsys: pytest.CaptureFixture[str]
) -> None:
    saved = read_judge(read.own)
    assert saved.criteria[0].signals == ("embeddings",)
    assert saved.embedding is not None
    assert (saved.embedding.size, len(saved.embedding.files)) == (32, 16)
    with connect_embedder(saved.embedding.model) as model:
        vectors = embeddings_of(model, read.replies)
    wanted = saved.criteria[0].probabilities(np.stack([vectors[one.item] for one in read.replies]))[:, 1]
    rows = labelled(bare, read)
    given = [row["Be Right probability"] if row["Be Right"] == 1 else 1 - row["Be Right probability"] for row in rows]
    assert given == pytest.approx(wanted.tolist(), abs=1e-9)
    before = (read.own / "judge.json").read_bytes()
    assert tuned(read, "--embed", f"hf:{read.folder / 'model'}", *READS) == 0
    assert "nothing was asked again" in capsys.readouterr().err
    assert (read.own / "judge.json").read_bytes() == before
    with library.connect_own(read.own) as own:
        judge = judge_of(None, (own,), ModelSettings(model=read.spec), rubric_of(read))
        assert judge.calls == 1
        long = read.replies[0].model_copy(update={"text": "word " * 200})
        found = library.judge([long, read.replies[0]], rubric_of(read), own, subject="reply")
    assert "the context of" in (found[0].unscored or "")
    assert found[1].unscored is None


def test_without_the_model_that_it_reads_with_or_with_another_it_is_refused(read: Kept, bare: Hone) -> None:
    model, words = read.folder / "model", ("--rubric", read.rubric, "--judge", read.spec, "--project", read.folder)
    shutil.move(model, read.folder / "elsewhere")
    try:
        gone = bare("label", read.texts, *words, "--fresh")
        assert gone.code == 1
        assert "which it reads for embeddings, has other files now (none in place of" in gone.err
        saved_tiny(model, num_hidden_layers=2)
        other = bare("label", read.texts, *words, "--fresh")
        assert other.code == 1
        assert "put the old ones back, or tune the judge again" in other.err
        shutil.rmtree(model)
    finally:
        shutil.move(read.folder / "elsewhere", model)
    unknown = tuned(read, "--embed", "hf:nobody/nothing")
    assert unknown == 1


def test_reasons_are_those_of_the_prompted_part_nearest_to_the_score_and_never_invented(
    kept: Kept, alone: Kept, bare: Hone
) -> None:
    votes = np.asarray((kept.planted.collected.ratings.judges or {})["Be Right"])
    for place, row in enumerate(labelled(bare, kept)):
        near = int(np.abs(votes[place] - row["Be Right"]).argmin())
        assert row["Be Right reason"] == f"Judge {near} saw r{place}."
        assert row["judge"] == kept.spec
    assert all(not row["Be Right reason"] for row in labelled(bare, alone))


def test_nothing_is_asked_twice_and_tuning_again_gives_the_same_judge(
    kept: Kept, bare: Hone, capsys: pytest.CaptureFixture[str]
) -> None:
    before = (kept.own / "judge.json").read_bytes()
    first, second = scripts(kept.planted, kept.folder)
    assert tuned(kept, "--judge", first, "--judge", second) == 0
    assert "nothing was asked again" in capsys.readouterr().err
    assert (kept.own / "judge.json").read_bytes() == before
    labelled(bare, kept)
    for script in kept.folder.glob("judge?.jsonl"):
        script.write_text("")  # whoever is asked now cannot answer
    try:
        rows = labelled(bare, kept)
        assert all(row["Be Right"] is not None for row in rows)
    finally:
        scripts(kept.planted, kept.folder)


def test_replies_that_it_was_fitted_to_are_marked_and_others_are_not(alone: Kept, tmp_path: Path) -> None:
    with library.connect_own(alone.own) as model:
        replies = alone.replies[:2]
        new = replies[1].model_copy(update={"item": "another", "text": f"{replies[1].text} And more."})
        renamed = replies[1].model_copy(update={"item": "renamed"})
        first, second, third = library.judge([replies[0], new, renamed], rubric_of(alone), model, subject="reply")
    assert first.note == FITTED_TO
    assert third.note == FITTED_TO, "its ratings were learnt from, whatever it is called"
    assert second.note is None
    assert second.scores[0].shares is not None
    assert sum(second.scores[0].shares) == pytest.approx(1)


def test_what_it_was_fitted_to_says_nothing_of_how_good_it_is(alone: Kept, bare: Hone, tmp_path: Path) -> None:
    labelled(bare, alone)
    found = bare("agree", alone.ratings, "--judged", alone.folder / "out.jsonl", "--rubric", alone.rubric)
    assert found.code == 1, found.out
    assert "was fitted to all of these replies" in found.err
    rows = [json.loads(line) for line in (alone.folder / "out.jsonl").read_text().splitlines()]
    half = tmp_path / "half.jsonl"
    half.write_text(
        "".join(json.dumps(row | ({"note": None} if at % 2 else {})) + "\n" for at, row in enumerate(rows))
    )
    words = ("--rubric", alone.rubric, "--resamples", "100", "--json")
    unrated = tmp_path / "unrated.jsonl"
    unrated.write_text(
        (alone.folder / "out.jsonl").read_text() + json.dumps(rows[0] | {"id": "x", "note": None}) + "\n"
    )
    found = bare("agree", alone.ratings, "--judged", unrated, *words)
    assert "none of its ids is among the rated items" in found.err
    assert "200 rows are left out: the judge was fitted" in found.err
    found = bare("agree", alone.ratings, "--judged", half, *words)
    assert found.code == 0, found.err
    assert "100 rows are left out: the judge was fitted to people's ratings of these replies" in found.err


def test_an_endpoint_and_the_pages_score_with_it(alone: Kept, kept: Kept) -> None:
    for one in (alone, kept):
        with library.connect_own(one.own) as model:
            judge = judge_of(None, (model,), ModelSettings(model=one.spec), rubric_of(one))
            served = asyncio.run(score(judge, one.replies[0]))

            async def on_a_page(
                model: Model = model, judge: Judge = judge, reply: Reply = one.replies[0]
            ) -> Judgement:
                async with model:
                    return await judge.score(reply, Caller())

            assert asyncio.run(on_a_page()) == served
            assert served.scores[0].shares is not None
            assert served.judge == model.spec


def test_questions_that_are_not_the_rubric_s_are_not_put_to_a_judge_of_ones_own(alone: Kept) -> None:
    question = read_questions({"q": {"type": "noul", "instructions": "Is it so?"}})
    with library.connect_own(alone.own) as model:
        decider = ConversationSetup(None, rubric_of(alone), ModelSettings(model=alone.spec)).decider_of(model)
        assert decider.closed
        with pytest.raises(ValueError, match="is not one of the rubric's"):
            asyncio.run(decider.decide("A text.", question, Caller()))


def test_the_certificate_is_told_and_not_believed_once_changed(alone: Kept, bare: Hone, tmp_path: Path) -> None:
    assert tuned(alone, *ASKS_NOBODY) == 0, "each test has a key of its own"
    words = ("label", alone.texts, "--rubric", alone.rubric, "--project", tmp_path)
    told = bare(*words, "--judge", alone.spec).err
    assert "with people on groups that it had not seen" in told
    assert "fitted to 200 replies that 3 people rated" in told
    changed = tmp_path / "changed"
    shutil.copytree(alone.own, changed)
    path = changed / "certificate.json"
    path.write_text(path.read_text().replace('"people": 3', '"people": 30'))
    assert "made elsewhere or was changed, and is not trusted here" in bare(*words, "--judge", f"own:{changed}").err
    path.unlink()
    assert "it has no certificate" in bare(*words, "--judge", f"own:{changed}").err


def test_what_a_judge_of_ones_own_passes_over_is_said(alone: Kept, bare: Hone) -> None:
    words = (
        "label",
        alone.texts,
        "--rubric",
        alone.rubric,
        "--judge",
        alone.spec,
        "--project",
        alone.folder,
        "--fresh",
    )
    found = bare(*words, "--samples", "3", "--per-criterion")
    assert found.code == 0
    assert "asks as it was fitted; it passes over --samples, --per-criterion" in " ".join(found.err.split())
    assert "passes over" not in bare(*words).err


def test_a_rubric_that_it_was_not_fitted_to_is_refused_in_one_line(alone: Kept, bare: Hone, tmp_path: Path) -> None:
    other = tmp_path / "other.yaml"
    other.write_text(RUBRIC.replace("holds what", "says what"))
    found = bare("label", alone.texts, "--rubric", other, "--judge", alone.spec, "--project", tmp_path)
    assert found.code == 1
    assert "was fitted to the rubric" in found.err.splitlines()[-1]


Change = Callable[[dict[str, Any]], object]


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (lambda data: data.update(format=2), "format: "),
        (lambda data: data.update(more=1), "more: "),
        (lambda data: data["criteria"][0]["weights"].pop(), "its weights are not of one size"),
        (lambda data: data["criteria"][0]["centres"].__setitem__(0, 1e300), "centres.0: "),
        (lambda data: data["criteria"][0]["spreads"].__setitem__(0, 0), "spreads.0: "),
        (lambda data: data["criteria"][0]["weights"][0].__setitem__(0, "NaN"), "weights.0.0: "),
        (lambda data: data["criteria"][0].update(levels=[1, 0]), "the levels do not rise"),
        (lambda data: data["criteria"][0].update(missing=True), "do not fit its signals"),
        (lambda data: data["parts"][0]["prompts"].update(score="{{secret}}"), "unknown field"),
        (lambda data: data["parts"][0]["prompts"].update(task="x"), "needs the prompts"),
        (lambda data: data["parts"][0].update(model={"model": "own:x"}), "cannot ask another"),
        (
            lambda data: data.update(embedding={"model": {"model": "hf:owner/name"}, "size": 4}),
            "no model of known files",
        ),
        (lambda data: data["criteria"][0].update(words=["a"], rarities=[1]), "words are a signal just where"),
        (lambda data: data["criteria"][0].update(signals=["embeddings"]), "do not fit its signals"),
        (lambda data: data["parts"].pop(), "do not fit its signals"),
        (lambda data: data["criteria"].append(data["criteria"][0]), "a criterion stands twice"),
        (lambda data: data["criteria"][0].update(rated=[{"reply": 0, "apart": [1]}]), "where rated replies are kept"),
        (
            lambda data: data["parts"][0].update(name="a\nhone: b", prompts={}),
            "no judge of one's own: parts.0: a hone: b",
        ),
    ],
)
def test_a_damaged_folder_is_one_line_and_never_code(
    kept: Kept, bare: Hone, tmp_path: Path, change: Change, problem: str
) -> None:
    data = json.loads((kept.own / "judge.json").read_text())
    change(data)
    (tmp_path / "sent").mkdir()
    (tmp_path / "sent" / "judge.json").write_text(json.dumps(data))
    words = ("label", kept.texts, "--rubric", kept.rubric, "--project", tmp_path)
    found = bare(*words, "--judge", f"own:{tmp_path / 'sent'}")
    assert found.code == 1
    line = found.err.strip().splitlines()[-1]
    assert "no judge of one's own" in line
    assert problem in line


@pytest.mark.parametrize("content", [b"", b"[1, 2]", b"\x80\x04.", b'{"format": NaN}', b"{" * 100_000])
def test_what_is_no_judge_at_all_is_one_line(alone: Kept, bare: Hone, tmp_path: Path, content: bytes) -> None:
    (tmp_path / "judge.json").write_bytes(content)
    words = ("label", alone.texts, "--rubric", alone.rubric, "--project", tmp_path, "--judge", f"own:{tmp_path}")
    found = bare(*words)
    assert found.code == 1
    assert "no judge of one's own" in found.err.strip().splitlines()[-1]
    (tmp_path / "judge.json").unlink()
    assert "a judge of one's own is made by `hone judge tune`" in bare(*words).err


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (lambda one: one.update(levels=[0, 7]), "gives Be Right the levels 0, 7, and the rubric has 0, 1"),
        (
            lambda one: one.update(criterion="a\n\x1b[2Jb"),
            r"scores 'a\n\x1b[2Jb', which are not the rubric's criteria",
        ),
    ],
)
def test_what_does_not_fit_the_rubric_is_one_line(
    kept: Kept, bare: Hone, tmp_path: Path, change: Change, problem: str
) -> None:
    data = json.loads((kept.own / "judge.json").read_text())
    change(data["criteria"][0])
    (tmp_path / "judge.json").write_text(json.dumps(data))
    words = ("label", kept.texts, "--rubric", kept.rubric, "--project", tmp_path, "--judge", f"own:{tmp_path}")
    found = bare(*words)
    assert found.code == 1
    assert problem in found.err.strip().splitlines()[-1]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes")
@pytest.mark.parametrize("name", ["judge.json", "certificate.json"])
def test_a_pipe_or_a_device_in_a_folder_that_somebody_sent_is_not_read(
    alone: Kept, bare: Hone, tmp_path: Path, name: str
) -> None:
    sent = tmp_path / "sent"
    shutil.copytree(alone.own, sent)
    words = ("label", alone.texts, "--rubric", alone.rubric, "--project", tmp_path, "--judge", f"own:{sent}")
    for put in (os.mkfifo, lambda path: path.symlink_to("/dev/zero")):
        (sent / name).unlink()
        put(sent / name)
        assert "cannot be read (it is not a plain file)" in bare(*words).err


def test_the_hosts_of_a_folder_that_somebody_sent_are_asked_only_once_the_user_agreed(
    kept: Kept, bare: Hone, tmp_path: Path
) -> None:
    saved = read_judge(kept.own)
    away = saved.parts[0].model.model_copy(update={"model": "http://judge.invalid/v1#m"})
    parts = (saved.parts[0].model_copy(update={"model": away}), *saved.parts[1:])
    (tmp_path / "sent").mkdir()
    write_judge(tmp_path / "sent", saved.model_copy(update={"parts": parts}))
    words = ("label", kept.texts, "--rubric", kept.rubric, "--project", tmp_path)
    found = bare(*words, "--judge", f"own:{tmp_path / 'sent'}")
    assert found.code == 1
    assert "sends the texts of this project to http://judge.invalid" in found.err


def test_a_model_that_is_another_than_when_it_was_fitted_is_refused(kept: Kept, bare: Hone, tmp_path: Path) -> None:
    saved = read_judge(kept.own)
    part = saved.parts[0].model_copy(update={"files": "0" * 16})
    (tmp_path / "sent").mkdir()
    write_judge(tmp_path / "sent", saved.model_copy(update={"parts": (part, *saved.parts[1:])}))
    words = ("label", kept.texts, "--rubric", kept.rubric, "--project", tmp_path)
    found = bare(*words, "--judge", f"own:{tmp_path / 'sent'}")
    assert found.code == 1
    assert "has other files now" in found.err


def test_it_stands_alone_and_writes_no_replies(alone: Kept, bare: Hone, tmp_path: Path) -> None:
    words = ("label", alone.texts, "--rubric", alone.rubric, "--project", tmp_path, "--judge", alone.spec)
    found = bare(*words, "--judge", "smollm2")
    assert found.code == 1
    assert "stands alone" in found.err
    with pytest.raises(library.HoneError, match="scores replies and writes none; name it as a judge"):
        library.connect(alone.spec)


def test_votes_of_files_can_be_measured_and_not_kept(alone: Kept, bare: Hone, tmp_path: Path) -> None:
    ratings, (first, second) = written(alone.planted, tmp_path)
    words = ("judge", "tune", ratings, "--judged", first, "--judged", second, "--rubric", alone.rubric, *QUICK)
    found = bare(*words, "--into", tmp_path / "own")
    assert found.code == 1
    assert "name who gave them with --judge" in found.err
    assert not (tmp_path / "own").exists()
    (tmp_path / "taken").mkdir()
    (tmp_path / "taken" / "notes.txt").write_text("mine")
    assert "is no judge of one's own; name another folder" in bare(*words, "--into", tmp_path / "taken").err
    without = bare("judge", "tune", ratings, "--judged", first, *QUICK, "--into", tmp_path / "own")
    assert "a judge is kept with the rubric that it scores by; name it with --rubric" in without.err


def test_texts_may_stand_in_a_file_without_scores_or_beside_the_ratings(
    alone: Kept, bare: Hone, tmp_path: Path
) -> None:
    rows = [json.loads(line) for line in alone.texts.read_text().splitlines()]
    texts = {row["id"]: {name: row[name] for name in ("prompt", "reply", "reference")} for row in rows}
    (tmp_path / "replies.jsonl").write_text("".join(json.dumps({"id": k, **v}) + "\n" for k, v in texts.items()))
    with alone.ratings.open(encoding="utf-8") as stream:
        rated = [row | texts[row["item"]] for row in csv.DictReader(stream)]
    assert "system" in rated[0], "which says what wrote the reply, and is no part of the request"
    (tmp_path / "rated.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rated))
    words = ("--rubric", alone.rubric, "--project", tmp_path, "--signals", "form", "--margin", "1", "--json", *QUICK)
    apart = bare("judge", "tune", alone.ratings, "--judged", tmp_path / "replies.jsonl", *words)
    assert apart.code in {0, 3}, apart.err
    assert bare("judge", "tune", tmp_path / "rated.jsonl", *words).data == apart.data
    weighted = [row | {"weight": None if row["item"] == rated[0]["item"] else 2} for row in rated]
    (tmp_path / "rated.jsonl").write_text("".join(json.dumps(row) + "\n" for row in weighted))
    told = bare("judge", "tune", tmp_path / "rated.jsonl", *words).err
    assert "weights count in what is learnt; in what is measured each reply counts once" in told
    assert "1 rated replies have no weight and are taken to stand for one" in told


def test_a_refused_judge_is_not_kept(bare: Hone, tmp_path: Path) -> None:
    ratings, (first, _) = written(votes_and_texts(100, 10).shuffled(), tmp_path)
    rubric = tmp_path / "rubric.yaml"
    rubric.write_text(RUBRIC)
    words = ("judge", "tune", ratings, "--judged", first, "--rubric", rubric, *QUICK, "--into", tmp_path / "own")
    assert bare(*words).code == 3
    assert not (tmp_path / "own").exists()


def test_a_project_names_it_as_its_judge_for_label_audit_and_benchmarks(
    alone: Kept, hone: Hone, project: Path
) -> None:
    shutil.copytree(alone.own, project / "own")
    settings = (project / "hone.yaml").read_text()
    (project / "hone.yaml").write_text(settings.replace("judge: scripted:script.jsonl", "judge: own:own"))
    (project / "rubric.yaml").write_text(RUBRIC)
    assert hone("reply").code == 0
    found = hone("label")
    assert found.code == 0, found.err
    assert "own:own asks no model" in found.err
    audited = hone("audit", "--items", "4", "--json")
    assert audited.code == 0, audited.err
    assert {row["name"] for row in audited.data["findings"]} >= {"repeat", "length", "planted"}
    models = ("--model", "scripted:script.jsonl", "--model", f"scripted:{project / 'script.jsonl'}")
    benched = hone("bench", "rubric", *models)
    assert benched.code in (0, 3), benched.err


def test_golden_replies_are_tried_on_it_and_those_that_it_was_fitted_to_are_counted(alone: Kept, bare: Hone) -> None:
    known, other = alone.replies[0], alone.replies[1]
    other = other.model_copy(update={"text": f"{other.text} It is new."})
    entries = [
        {"id": name, "prompt": one.prompt, "reply": one.text, "reference": one.reference, "levels": {"Be Right": 1}}
        for name, one in ((known.item, known), ("new", other), ("the same words", alone.replies[2]))
    ]
    tests = alone.folder / "golden.yaml"
    tests.write_text(json.dumps({"replies": entries}))
    words = ("rubric", "test", "--judge", alone.spec, "--rubric", alone.rubric, "--golden", tests, "-p", alone.folder)
    found = bare(*words)
    assert found.code in {0, 3}, found.err
    assert "This judge was fitted to people's ratings of 2 of them" in " ".join(found.out.split())
    assert bare(*words, "--json").data["fitted"] == [known.item, "the same words"]
