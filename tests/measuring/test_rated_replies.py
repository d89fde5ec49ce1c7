"""What is fitted to rated replies, kept as a folder keeps it, and used on one reply at a time."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from hone.domain.base import digest
from hone.domain.settings import ModelSettings
from hone.domain.task import Reply
from hone.judging.saved_judge import EmbeddingPart, KnownReply, SavedJudge, Signal
from hone.judging.stacked import LevelScorer
from hone.measuring.rated_replies import ReplyFeatures, rated_replies

from .planted import votes_and_texts


@pytest.mark.parametrize(
    "signals",
    [
        ("similar replies",),
        ("form",),
        ("form", "similar replies"),
        ("words",),
        ("form", "words"),
        ("embeddings",),
        ("form", "embeddings", "words"),
    ],
)
def test_one_reply_at_a_time_gets_what_all_at_once_got(signals: tuple[Signal, ...]) -> None:
    planted = votes_and_texts(120, 8).without_votes()
    everyone = np.arange(120)
    drawn = np.random.default_rng(0).normal(size=(120, 200))
    drawn[:, :3] += np.asarray(planted.collected.ratings.people["Be Right"])
    vectors = dict(zip(planted.texts, drawn, strict=True))
    rated = rated_replies(planted.collected, planted.texts, "Be Right", everyone, vectors)
    features = ReplyFeatures(rated, signals)
    fitted = features.fitted("Be Right", everyone)
    assert set(fitted.signals) <= set(signals)
    assert ("embeddings" in fitted.signals) == ("embeddings" in signals)
    wanted = fitted.probabilities(features.features(fitted.signals, everyone))
    replies = [
        Reply(item=item, prompt=one.request, text=one.reply, model="", reference=one.reference)
        for item, one in planted.texts.items()
    ]
    kept = [KnownReply(digest=one.digest, request=digest(one.prompt.strip()), text=one.text) for one in replies]
    part = EmbeddingPart(model=ModelSettings(model="smollm2"), size=200)
    saved = SavedJudge(
        format=1, rubric="0" * 16, subject="reply", criteria=(fitted,), replies=tuple(kept), embedding=part
    )
    scorer = LevelScorer(SavedJudge.model_validate_json(saved.model_dump_json()))
    given = [scorer.probabilities(reply, [[]], vectors[reply.item])[0] for reply in replies]
    assert np.array(given) == pytest.approx(wanted, abs=1e-9)
    elsewhere = replies[0].model_copy(update={"prompt": "Another request?"})
    if signals == ("similar replies",):
        nobody = scorer.probabilities(elsewhere, [[]])[0]
        assert nobody == pytest.approx(fitted.probabilities(np.zeros((1, len(fitted.centres))))[0])


def test_ratings_drawn_with_unequal_chances_count_for_as_many_as_they_stand_for() -> None:
    planted = votes_and_texts(120, 8)
    weights = np.where(np.arange(120) < 40, 4.0, 1.0)
    weights[119] = np.nan
    drawn = replace(planted.collected, weights=weights)
    rated = rated_replies(drawn, planted.texts, "Be Right", np.arange(120))
    assert rated.weights.mean() == pytest.approx(1)
    assert rated.weights[0] / rated.weights[100] == pytest.approx(4)
    assert rated.weights[119] == rated.weights[100], "what is not said counts as one"
    everyone = np.arange(120)
    weighted = ReplyFeatures(rated, ("form",)).fitted("Be Right", everyone)
    plain = rated_replies(planted.collected, planted.texts, "Be Right", everyone)
    assert weighted.weights != ReplyFeatures(plain, ("form",)).fitted("Be Right", everyone).weights
