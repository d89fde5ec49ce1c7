"""What is learnt is chosen on problems that nothing was learnt from, and the base is one of the choices."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from hone.errors import TuneError
from hone.examples.reading import Example
from hone.problems import Problem, candidates, prompting
from hone.training.choosing import OWN, Chooser
from hone.training.own import taught_under
from hone.training.settings import TuneSettings
from hone.training.solving import best_prompt, greedy_answers, problem_of, solved
from tests.training.small import small_model, small_tokenizer

KNOWN = "abcd"


def _examples(count: int, *, wrong: bool = False) -> list[Example]:
    """Questions with one of four answers each, as a small model can learn by heart."""
    found = []
    for place in range(count):
        letter = KNOWN[place % len(KNOWN)]
        answer = str((KNOWN.index(letter) + wrong * (1 + place % 3)) % len(KNOWN) + 1)
        turns = (("user", letter), ("assistant", f"#### {answer}"))
        found.append(Example(f"{place}", turns, f"{place}", letter, answer))
    return found


def _chooser(folder: Path, told: list[str], *, wrong: bool = False, problems: int = 48) -> Chooser:
    settings = TuneSettings(
        method="lora", rank=16, row=256, max_length=256, step_tokens=256, epochs=12, learning_rate=0.02,
        precision="fp32",
    )  # fmt: skip
    return Chooser(
        small_model(),
        small_tokenizer(),
        settings,
        _examples(48, wrong=wrong),
        _examples(problems),
        budget=500,
        folder=folder,
        tell=lambda event: told.append(event["text"]),
    )


@pytest.mark.slow
def test_what_helps_is_handed_over_and_what_harms_is_not(tmp_path: Path) -> None:
    told: list[str] = []
    chooser = _chooser(tmp_path, told)
    chosen = chooser.choose()
    assert chosen.kept
    assert chosen.as_data()["kept"] == "tuned"
    assert chosen.confirmed[1] > chosen.confirmed[0]
    assert chosen.difference.n == 24
    way = chosen.prompt.without_shots
    assert sum(solved(chooser.model, chooser.tokenizer, chooser.second, way)) == round(24 * chosen.confirmed[1])
    assert (tmp_path / OWN).exists()
    assert any("best prompt" in line for line in told)

    harmful = _chooser(tmp_path, told, wrong=True)
    refused = harmful.choose()
    assert not refused.kept
    assert refused.as_data()["kept"] == "base"
    before = solved(small_model(), harmful.tokenizer, harmful.second, refused.prompt)
    assert solved(harmful.model, harmful.tokenizer, harmful.second, refused.prompt) == before


def test_too_few_problems_to_choose_by_and_every_weight_are_refused(tmp_path: Path) -> None:
    with pytest.raises(TuneError, match="12 problems with numbers for answers are too few"):
        _chooser(tmp_path, [], problems=12)
    with pytest.raises(TuneError, match="a budget chooses among adapters"):
        Chooser(
            small_model(),
            small_tokenizer(),
            TuneSettings(method="full"),
            _examples(8),
            _examples(48),
            budget=10,
            folder=tmp_path,
            tell=lambda _: None,
        )


def test_a_prompt_that_does_not_fit_solves_nothing_and_is_not_taken() -> None:
    model, tokenizer = small_model(), small_tokenizer()
    problems = [Problem(str(place), letter, "1") for place, letter in enumerate("abcdefgh")]
    long = prompting(system="x" * 600)
    assert solved(model, tokenizer, problems, long) == [False] * 8
    prompt, shares = best_prompt(model, tokenizer, [prompting(), long], problems)
    assert prompt == prompting()
    assert [one.prompt for one in shares] == ["solve", "own"]


def test_gold_replies_end_as_the_prompt_asks_for() -> None:
    example = Example("1", (("user", "How many?"), ("assistant", "3 + 4 = 7\n#### 7")), "1", "How many?", "7")
    boxed = taught_under(example, prompting(name="boxed"))
    assert boxed.turns[0][0] == "system"
    assert boxed.reply == "3 + 4 = 7\nSo the answer is \\boxed{7}."
    assert taught_under(example, candidates([], names=("plain",))[0]).turns == example.turns
    assert problem_of(replace(example, id="2")).solution == "3 + 4 = 7"


def test_answers_that_are_cut_are_asked_again_with_more(monkeypatch: pytest.MonkeyPatch) -> None:
    limits: list[int] = []

    def generate(_model: Any, _tokenizer: Any, prompts: list[Any], ask: Any, **_: Callable[..., Any]) -> list[Any]:
        limits.append(ask.max_tokens)
        return [[_Text(ask.max_tokens < 40)] for _ in prompts]

    monkeypatch.setattr("hone.training.solving.generate", generate)
    texts = greedy_answers(None, None, [()] * 3, 16, 128)
    assert limits == [16, 32, 64]
    assert not any(text.cut for text in texts)


class _Text:
    def __init__(self, cut: bool) -> None:
        self.cut, self.text = cut, "so it is 12"
