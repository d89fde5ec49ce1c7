"""What is learnt is chosen on problems that nothing was learnt from, and the base is one of the choices."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from hone.errors import TuneError
from hone.examples.reading import Example
from hone.problems import Problem, TriedPrompt, candidates, choose_shots, prompting
from hone.report.tuning import tuning_decision, tuning_did_not_pay
from hone.training.adapting import trainable
from hone.training.choosing import OWN, Chooser
from hone.training.history import TrainingHistory
from hone.training.own import Shares, taught_under
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


class World:
    """A base that solves some, and arms that solve more or fewer, by the data that they learnt."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, base: float, **learnt: float) -> None:
        self.base, self.learnt, self.now = base, learnt, 0.0
        self.kinds = list[str]()
        for name in ("train", "solved", "own_examples", "best_prompt"):
            monkeypatch.setattr(f"hone.training.choosing.{name}", getattr(self, name))

    def train(self, model: Any, _tokenizer: Any, examples: list[Any], *_: Any) -> TrainingHistory:
        self.now += 5 + len(examples) / 10
        kind = "own" if any(len(one.ids) > 200 for one in examples) else "gold"
        self.kinds.append(kind)
        for name, weight in trainable(model).items():
            if "lora_B" in name:
                weight.data.fill_(self.learnt[kind])
        return TrainingHistory()

    def solved(self, model: Any, _tokenizer: Any, problems: list[Any], *_: Any) -> list[bool]:
        self.now += 2
        factors = [weight for name, weight in model.named_parameters() if "lora_B" in name]
        share = float(factors[0].detach().max()) if factors else 0.0
        right = round((share or self.base) * len(problems))
        return [place < right for place in range(len(problems))]

    def own_examples(
        self, _model: Any, _tokenizer: Any, asked: list[Example], *_: Any
    ) -> tuple[list[Example], Shares]:
        self.now += len(asked) / 10
        made = [replace(one, turns=(*one.turns[:-1], ("assistant", "So it is. " * 20 + one.reply))) for one in asked]
        return made, Shares(len(asked), 4 * len(asked), len(asked), len(asked), len(asked), 0, 0)

    def best_prompt(self, *_: Any) -> tuple[Any, list[TriedPrompt]]:
        return prompting(), [TriedPrompt("solve", round(24 * self.base), 24, chosen=True)]


def _chooser(folder: Path, told: list[str], world: World | None = None, *, problems: int = 400) -> Chooser:
    settings = TuneSettings(method="lora", rank=4, row=512, max_length=512, step_tokens=512, precision="fp32")
    return Chooser(
        small_model(),
        small_tokenizer(),
        settings,
        _examples(48),
        _examples(problems),
        budget=500,
        folder=folder,
        tell=lambda event: told.append(event["text"]),
        **({"clock": lambda: world.now} if world else {}),
    )


def test_what_helps_is_handed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []
    world = World(monkeypatch, 0.5, own=0.9, gold=0.2)
    chooser = _chooser(tmp_path, told, world)
    chosen = chooser.choose()
    assert chosen.kept
    assert (chosen.as_data()["kept"], chosen.as_data()["arm"]) == ("tuned", "own words")
    assert chosen.confirmed == (0.5, 0.9)
    assert chosen.difference.n == 40
    assert sum(world.solved(chooser.model, None, chooser.second)) == 36
    assert (tmp_path / OWN).exists()
    assert world.now < 500
    assert any("best prompt" in line for line in told)


def test_questions_that_are_always_solved_give_one_reply_and_are_not_asked_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = World(monkeypatch, 0.5, own=0.9, gold=0.2)
    asked = list[list[str]]()

    def own_examples(_model: Any, _tokenizer: Any, examples: list[Example], *_: Any) -> tuple[list[Example], Shares]:
        world.now += len(examples) / 10
        asked.append([one.id for one in examples])
        made = [
            replace(
                one, id=f"{one.id}-self-{place}", turns=(*one.turns[:-1], ("assistant", f"Way {place}. {one.reply}"))
            )
            for one in examples
            for place in range(4 if int(one.id) < 24 else 2)
        ]
        return made, Shares(len(examples), 4 * len(examples), len(made), len(examples), len(made), 0, 0)

    monkeypatch.setattr("hone.training.choosing.own_examples", own_examples)
    chooser = _chooser(tmp_path, [], world)
    chooser.train = [replace(one, question=f"{one.question}{one.id}") for one in chooser.train]
    chosen = chooser.choose()
    kept = [one.partition("-self")[0] for one in _ids(tmp_path / OWN)]
    assert [kept.count(str(one)) for one in range(48)] == [1] * 24 + [2] * 24
    assert chosen.shares[0].kept == 24 + 2 * 24
    first = {one for batch in asked[:1] for one in batch}
    again = [one for batch in asked[1:] for one in batch if one in first]
    assert not [one for one in again if int(one) < 24]


def _ids(path: Path) -> list[str]:
    return [json.loads(line)["id"] for line in path.read_text().splitlines()]


def test_where_nothing_helps_the_base_is_kept_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    world = World(monkeypatch, 0.7, own=0.5, gold=0.2)
    chooser = _chooser(tmp_path, [], world)
    chosen = chooser.choose()
    assert not chosen.kept
    assert chosen.as_data()["kept"] == "base"
    assert chosen.difference.high is not None
    assert chosen.difference.high < 0
    assert sum(world.solved(chooser.model, None, chooser.second)) == 28
    assert "Keep the base" in tuning_did_not_pay(chosen.as_data())


def test_a_gain_that_only_the_choosing_saw_is_not_handed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = World(monkeypatch, 0.7, own=0.9, gold=0.2)
    chooser = _chooser(tmp_path, [], world)
    lucky = chooser.first
    monkeypatch.setattr(
        "hone.training.choosing.solved",
        lambda model, _t, problems, *_: world.solved(model, _t, problems) if problems is lucky else [False] * 40,
    )
    assert not chooser.choose().kept


class SlowWorld(World):
    """One in which each answer and each example takes so many seconds."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, answer: float, example: float) -> None:
        super().__init__(monkeypatch, 0.5, own=0.9, gold=0.9)
        self.answer, self.example = answer, example

    def train(self, model: Any, tokenizer: Any, examples: list[Any], *more: Any) -> TrainingHistory:
        before = self.now
        history = super().train(model, tokenizer, examples, *more)
        self.now = before + self.example * len(examples)
        return history

    def solved(self, model: Any, tokenizer: Any, problems: list[Any], *more: Any) -> list[bool]:
        self.now += self.answer * len(problems) - 2
        return super().solved(model, tokenizer, problems, *more)

    def own_examples(self, model: Any, tokenizer: Any, asked: list[Example], *more: Any) -> Any:
        self.now += 5 * self.answer * len(asked) - len(asked) / 10
        return super().own_examples(model, tokenizer, asked, *more)

    def best_prompt(self, *more: Any) -> tuple[Any, list[TriedPrompt]]:
        self.now += 24 * self.answer
        return super().best_prompt(*more)


@pytest.mark.parametrize(
    ("answer", "example"), [(0.01, 0.1), (0.2, 1.0), (0.5, 10.0), (1.5, 2.0), (3.0, 0.5), (6.0, 1.0), (20.0, 1.0)]
)
def test_no_step_begins_that_does_not_fit_into_the_budget(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, answer: float, example: float
) -> None:
    told: list[str] = []
    world = SlowWorld(monkeypatch, answer, example)
    chosen = _chooser(tmp_path, told, world).choose()
    # How long the first training takes is not measured before it.
    assert world.now <= 500 + 12 * example
    assert chosen.kept or any("the base stays as it is" in line for line in told)


def test_where_little_time_is_left_fewer_problems_decide_or_the_base_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    world = SlowWorld(monkeypatch, 4.0, 1.0)
    chosen = _chooser(tmp_path, told, world).choose()
    assert not chosen.kept
    assert any("no time is left for own words" in line for line in told)
    assert any("are left for it: it is not begun" in line for line in told)
    assert told[-1] == "the budget was too small to learn anything, so the base stays as it is"
    assert "nothing was learnt in the time" in tuning_did_not_pay(chosen.as_data())


def test_what_was_learnt_is_not_handed_over_where_no_time_was_left_to_decide(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    world = SlowWorld(monkeypatch, 0.5, 1.0)
    chooser = _chooser(tmp_path, told, world)
    monkeypatch.setattr(chooser, "_affordable", list)
    chosen = chooser.choose()
    assert chosen.arms
    assert not chosen.kept
    assert told[-1] == "no time was left for the last decision, so the base stays as it is"
    assert sum(world.solved(chooser.model, None, chooser.second)) == 20
    data = chosen.as_data()
    assert "whether what was learnt is better is not known" in tuning_decision(data)
    assert "no time was left to show that it is better" in tuning_did_not_pay(data)


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


def test_a_prompt_whose_shots_leave_no_room_for_an_answer_is_left_out_with_one_line() -> None:
    model, tokenizer = small_model(), small_tokenizer()
    problems = [Problem(str(place), letter, "1", "x" * 80) for place, letter in enumerate("abcdefgh")]
    ways, told = [prompting(), prompting(choose_shots(problems, 8))], list[str]()
    model.config.max_position_embeddings = 1024
    prompt, shares = best_prompt(model, tokenizer, ways, problems, told.append)
    assert prompt == prompting()
    assert [one.prompt for one in shares] == ["solve"]
    (line,) = told
    assert "the prompt solve, 8 shots is left out" in line
    assert "leaves fewer than 256 for an answer" in line


def test_gold_replies_end_as_the_prompt_asks_for() -> None:
    example = Example("1", (("user", "How many?"), ("assistant", "3 + 4 = 7\n#### 7")), "1", "How many?", "7")
    boxed = taught_under(example, prompting(name="boxed"))
    assert boxed.turns[0][0] == "system"
    assert boxed.reply == "3 + 4 = 7\nSo the answer is \\boxed{7}."
    assert taught_under(example, candidates([], names=("plain",))[0]).turns == example.turns
    assert problem_of(replace(example, id="2")).solution == "3 + 4 = 7"


def test_answers_that_are_cut_are_asked_again_with_more(monkeypatch: pytest.MonkeyPatch) -> None:
    limits: list[int] = []

    def generate(_model: Any, _tokenizer: Any, prompts: list[Any], ask: Any, **more: Any) -> list[Any]:
        limits.append(ask.max_tokens)
        assert all(there == (7,) for there in more.get("begun", ()))  # they go on from what was there
        return [[_Text(ask.max_tokens < 40)] for _ in prompts]

    monkeypatch.setattr("hone.training.solving.generate", generate)
    texts = greedy_answers(None, None, [()] * 3, 16, 128)
    assert limits == [16, 32, 64]
    assert not any(text.cut for text in texts)


class _Text:
    def __init__(self, cut: bool) -> None:
        self.cut, self.text, self.made, self.looped = cut, "so it is 12", (7,), False
