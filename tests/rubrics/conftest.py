"""A task, a rubric, replies, comparisons, and the texts that an expert would answer with."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from hone.domain.evidence import Advice, Comparison, PairReply, Verdict
from hone.domain.rubric import Criterion, Rubric
from hone.domain.task import Item, Reply, Task


@pytest.fixture(scope="session")
def task() -> Task:
    return Task(subject="study plan", role="You are a tutor.", instruction="Write a plan.")


@pytest.fixture(scope="session")
def items() -> list[Item]:
    return [Item(id=f"i{n}", prompt=f"Please plan week {n}.") for n in range(1, 6)]


@pytest.fixture(scope="session")
def rubric() -> Rubric:
    return Rubric.model_validate(
        {
            "criteria": [
                "Be Detailed: Each session names its topic and its minutes.",
                "Be Hierarchical: Easier topics stand before harder topics.",
                "Be Adaptable: A missed session has a stated remedy.",
            ],
            "examples": [
                {
                    "prompt": "Plan my week.",
                    "reply": "Study often.",
                    "scores": {"Be Detailed": -1, "Be Hierarchical": 0, "Be Adaptable": -1},
                    "reasons": {"Be Detailed": "No minutes.", "Be Adaptable": "No remedy."},
                },
                {"prompt": "Plan my day.", "reply": "Ten sums at 8.", "scores": {"Be Detailed": 1}},
            ],
        }
    )


@pytest.fixture
def pairs(items: list[Item]) -> tuple[list[Reply], list[Reply]]:
    """Replies without and with the rubric to three items."""
    without = [
        Reply(item=item.id, prompt=item.prompt, text=f"Plain words {item.id}", model="w") for item in items[:3]
    ]
    stated = [
        Reply(item=item.id, prompt=item.prompt, text=f"Rich words {item.id}", model="w", rubric="abc")
        for item in items[:3]
    ]
    return without, stated


@pytest.fixture(scope="session")
def answer() -> Callable[..., str]:
    """Makes the text of a comparison's verdict."""

    def make(winner: str, *measures: dict[str, str], reason: str = "One names minutes.") -> str:
        given = list(measures) or [
            {"name": "Be Specific", "first_quote": "words", "second_quote": "words", "better": winner}
        ]
        return json.dumps({"measures": given, "reason": reason, "winner": winner})

    return make


@pytest.fixture(scope="session")
def comparison() -> Callable[..., Comparison]:
    """Makes a comparison from the winners of its two orders; ``measures`` are those of both."""

    def make(name: str, first: str | None = "with", second: str | None = "with", measures: Any = ()) -> Comparison:
        verdicts = tuple(
            Verdict.model_validate(
                {
                    "first": side,
                    "winner": winner,
                    "reason": "So.",
                    "measures": [
                        {
                            "name": measure,
                            "better": better,
                            "quotes": [{"text": "a", "side": "without", "found": True}],
                        }
                        for measure, better in measures
                    ],
                    "unread": None if winner else "no JSON object in the answer",
                }
            )
            for side, winner in (("without", first), ("with", second))
        )
        return Comparison(
            id=name,
            without=PairReply(text="a", model="w"),
            with_=PairReply(text="b", model="w"),
            verdicts=(verdicts[0], verdicts[1]),
        )

    return make


@pytest.fixture(scope="session")
def piece() -> Callable[..., Advice]:
    """Makes a piece of advice; ``wording`` is "Be …: …"."""

    def make(name: str, action: str, criterion: str | None, wording: str | None = None) -> Advice:
        proposal = Criterion.model_validate(wording) if wording else None
        return Advice.model_validate(
            {"id": name, "action": action, "criterion": criterion, "proposal": proposal, "reason": "So."}
        )

    return make
