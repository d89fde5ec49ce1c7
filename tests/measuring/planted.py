"""Made-up ratings in which it is known what carries information."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from hone.judging.signals import ReplyText
from hone.measuring.collected import Collected
from hone.stats import Ratings

Floats = npt.NDArray[np.float64]
COMMON = [f"word{number}" for number in range(60)]


@dataclass(frozen=True)
class Planted:
    """Ratings and the texts that they are of."""

    collected: Collected
    texts: dict[str, ReplyText]

    def shuffled(self) -> Planted:
        """The same replies with the ratings of others."""
        ratings = self.collected.ratings
        order = np.random.default_rng(9).permutation(len(self.collected.items))
        people = {name: np.asarray(one)[order] for name, one in ratings.people.items()}
        return replace(self, collected=replace(self.collected, ratings=replace(ratings, people=people)))

    def without_votes(self) -> Planted:
        """The same without a judge."""
        ratings = replace(self.collected.ratings, judges=None, judge_names=())
        return replace(self, collected=replace(self.collected, ratings=ratings))

    def first(self, count: int) -> Planted:
        """The first replies alone."""
        ratings = self.collected.ratings
        kept = replace(
            ratings,
            people={name: np.asarray(one)[:count] for name, one in ratings.people.items()},
            judges={name: np.asarray(one)[:count] for name, one in (ratings.judges or {}).items()} or None,
            clusters=None if ratings.clusters is None else list(ratings.clusters)[:count],
        )
        items = self.collected.items[:count]
        systems = None if self.collected.systems is None else self.collected.systems[:count]
        return replace(self, collected=replace(self.collected, ratings=kept, items=items, systems=systems))


def votes_and_texts(items: int = 300, questions: int = 30, seed: int = 0) -> Planted:
    """How much of its question's reference a reply holds, and what two wordings of a judge see, carry half each.

    Each question has words of its own, so that no word is known from another question.
    """
    generator = np.random.default_rng(seed)
    question = np.arange(items) % questions
    held = generator.integers(0, 9, items)
    seen = generator.normal(size=items)
    truth = (held - 4) / 2.6 + seen
    people = (truth[:, None] + generator.normal(0, 0.4, (items, 3)) > 0).astype(float)
    votes = (seen[:, None] + generator.normal(0, 0.5, (items, 2)) > 0).astype(float)
    texts = {}
    for item in range(items):
        known = [f"q{question[item]}w{number}" for number in range(8)]
        said = [*generator.permutation(known)[: held[item]], *generator.choice(COMMON, 16 - held[item])]
        texts[f"r{item}"] = ReplyText(
            f"Question {question[item]}?", " ".join(generator.permutation(said)), " ".join(known)
        )
    ratings = Ratings(
        {"Be Right": people},
        ("Ann", "Ben", "Cid"),
        "ordinal",
        {"Be Right": votes},
        ("wording 1", "wording 2"),
        [f"group {number}" for number in question],
    )
    collected = Collected(
        ratings, tuple(texts), items * 3, 0, 0, "ordinal", systems=tuple("ABCD"[n % 4] for n in range(items))
    )
    return Planted(collected, texts)


def writers_alone(items: int = 240, writers: int = 6, seed: int = 0) -> Planted:
    """Half of the writers are liked whatever they write, and each has words of its own; nothing else tells."""
    generator = np.random.default_rng(seed)
    writer = np.arange(items) % writers
    liked = np.where(writer % 2, 0.92, 0.08)
    people = (generator.random((items, 3)) < liked[:, None]).astype(float)
    texts = {}
    for item in range(items):
        own = [f"style{writer[item]}x{number}" for number in range(3)]
        said = [*own, *generator.choice(COMMON, 12)]
        texts[f"r{item}"] = ReplyText("One question for all?", " ".join(generator.permutation(said)))
    ratings = Ratings({"Be Right": people}, ("Ann", "Ben", "Cid"), "ordinal")
    systems = tuple(f"model {number}" for number in writer)
    return Planted(Collected(ratings, tuple(texts), items * 3, 0, 0, "ordinal", systems=systems), texts)
