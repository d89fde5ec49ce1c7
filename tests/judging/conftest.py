"""A rubric of two criteria, replies, and verdicts about them."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from hone.domain.rubric import Rubric
from hone.domain.task import Reply

VerdictText = Callable[..., str]


@pytest.fixture(scope="session")
def rubric() -> Rubric:
    return Rubric.model_validate(
        {
            "criteria": ["Be Detailed: Each session has a task.", "Be Adaptable: A missed session has a remedy."],
            "examples": [
                {
                    "prompt": "Plan my week.",
                    "reply": "Monday: ten tasks. If you miss it, do five on Tuesday.",
                    "scores": {"Be Detailed": 1, "Be Adaptable": 1},
                    "reasons": {"Be Detailed": "Monday has ten tasks."},
                },
                {"prompt": "Plan my month.", "reply": "Study often.", "scores": {"Be Detailed": -1}},
            ],
        }
    )


@pytest.fixture(scope="session")
def verdict() -> VerdictText:
    """Makes the text of a verdict; ``detailed`` and ``adaptable`` are the scores."""

    def make(detailed: Any = 1, adaptable: Any = 0, **more: Any) -> str:
        scores = {"Be Detailed": detailed, "Be Adaptable": adaptable} | more
        return json.dumps({name: {"reason": "It says so.", "score": score} for name, score in scores.items()})

    return make


@pytest.fixture
def reply() -> Reply:
    return Reply(item="i1", prompt="Plan my day.", text="Morning: ten tasks.", model="scripted:")
