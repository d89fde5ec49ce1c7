from __future__ import annotations

import numpy as np
import pytest

from hone.judging.signals import (
    FORM,
    Floats,
    ReplyText,
    form_features,
    neighbour_features,
    same_request,
    score_of,
    similarity,
    vote_features,
    votes_by_level,
    words_and_pairs,
)


def form(**texts: str) -> dict[str, float]:
    return dict(zip(FORM, form_features([ReplyText(**texts)])[0].tolist(), strict=True))


def test_a_reply_in_the_words_of_its_reference_is_seen_to_be_so() -> None:
    found = form(request="What is 6 times 7?", reply="It is 42.", reference="it is 42")
    assert found["cosine of words: reply, reference"] == pytest.approx(1)
    assert found["share of the reference's numbers in the reply"] == 1
    assert found["share of the reply's numbers in neither text"] == 0
    other = form(request="What is 6 times 7?", reply="Perhaps 41?", reference="it is 42")
    assert other["cosine of words: reply, reference"] == 0
    assert other["share of the reply's numbers in neither text"] == 1


def test_what_is_missing_makes_no_number_that_is_not_one() -> None:
    found = form_features([ReplyText("", ""), ReplyText("", "?!"), ReplyText("a", "b", "")])
    assert found.shape == (3, len(FORM))
    assert np.isfinite(found).all()
    assert form_features([]).shape == (0, len(FORM))


def test_votes_become_their_places_and_what_is_missing_their_mean() -> None:
    votes = np.array([[1.0, 3.0], [3.0, np.nan], [np.nan, np.nan]])
    found = vote_features(votes, ("a", "b"), np.array([1.0, 2.0, 3.0]), ordered=True)
    named = dict(zip(found.names, found.values.T.tolist(), strict=True))
    assert named["vote: a"] == pytest.approx([0, 1, 0.5])
    assert named["vote: b"] == pytest.approx([1, 1, 0.5])
    assert named["share of votes: 3"] == pytest.approx([0.5, 1, 1 / 3])
    assert named["spread of votes"] == pytest.approx([0.5, 0, (1 / 6) ** 0.5])
    assert named["share of votes that are missing"] == pytest.approx([0, 0.5, 1])


def test_a_vote_between_two_levels_falls_to_both() -> None:
    shares = votes_by_level(np.array([[1.25, np.nan, 9.0]]), np.array([1.0, 2.0, 3.0]), ordered=True)
    assert shares[0].tolist() == [[0.75, 0.25, 0], [0, 0, 0], [0, 0, 1]]
    labels = votes_by_level(np.array([[0.25, 2.0]]), np.array([0.0, 1.0]), ordered=False)
    assert labels[0].tolist() == [[0.75, 0.25], [0, 0]], "a third label is no vote"


def test_of_ordered_levels_the_middle_one_counts_and_not_one_that_nobody_thinks_of() -> None:
    levels, shares = np.array([0.0, 1.0, 2.0]), np.array([[0.45, 0.0, 0.55], [0.2, 0.4, 0.4], [0.5, 0.5, 0.0]])
    assert score_of(shares, levels, "ordinal").tolist() == [2, 1, 0]
    assert score_of(shares, levels, "nominal").tolist() == [2, 1, 0]
    assert score_of(shares, levels, "interval") == pytest.approx([1.1, 1.2, 0.5])


def test_votes_without_an_order_are_one_feature_a_level() -> None:
    found = vote_features(np.array([[0.0], [2.0]]), ("a",), np.array([0.0, 1.0, 2.0]), ordered=False)
    named = dict(zip(found.names, found.values.T.tolist(), strict=True))
    assert named["vote: a = 2"] == [0, 1]
    assert named["vote: a = 0"] == [1, 0]


def test_only_known_replies_to_the_same_request_speak_and_none_for_itself() -> None:
    texts = [ReplyText("q", "the cat sat"), ReplyText("q", "the cat sits"), ReplyText("p", "the cat sat")]
    similar, same = similarity(texts), same_request(texts)
    assert similar[0, 2] == 0
    assert 0.5 < similar[0, 1] < 1
    assert np.diag(similar).tolist() == [0, 0, 0]
    said = np.array([[1.0], [0.0], [1.0]])

    def speak(*known: int) -> Floats:
        at = list(known)
        return neighbour_features(similar[:, at], same[:, at], said[at] - said[at].mean(axis=0))

    found = speak(0, 2)
    assert found[0].tolist() == [0, 0], "its own rating says nothing of it"
    assert found[2].tolist() == [0, 0]
    assert (speak(1, 2)[0] < 0).all()


def test_words_and_pairs_are_in_small_letters() -> None:
    assert words_and_pairs("A b, A!") == ["a", "b", "a", "a b", "b a"]
