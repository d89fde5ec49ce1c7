"""Each model is tested under its best prompt, which is chosen on problems outside the test."""

from __future__ import annotations

import json
import platform
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from hone.bench import (
    AnswerSpeed,
    BenchTask,
    Result,
    answers_under,
    compare_models,
    enough_to_choose,
    read_task,
    try_prompts,
)
from hone.bench.choosing import tried_prompts
from hone.bench.running import marked_answers
from hone.examples.reading import read_examples
from hone.journey.testing import prepare
from hone.models import Completion, Model, Request, Usage
from hone.problems import (
    Problem,
    Prompting,
    candidates,
    has_looped,
    load_problems,
    prompt_search,
    prompting,
    sums,
    trails_off,
)
from hone.problems.reading import apart_for_choosing
from hone.stats.halving import finalists, successive_halving

POOL = sums(60)


def answered(good: dict[str, float], asked: list[int]) -> Callable[..., Any]:
    """A model that solves this share of the problems under each prompt."""

    def under(prompt: Prompting, problems: Sequence[Problem]) -> list[Result]:
        asked.append(len(problems))
        share = good.get(prompt.label, 0.0)
        right = [int((place + 1) * share) > int(place * share) for place in range(len(problems))]
        return [
            Result(
                model="m",
                item=one.id,
                right=fine,
                strict=fine,
                read="1",
                place="mark",
                gold="1",
                cut=False,
                tokens=1,
                text="",
                prompt=prompt.label,
            )
            for one, fine in zip(problems, right, strict=True)
        ]

    def ask(prompts: Sequence[Prompting], problems: Sequence[Problem]) -> tuple[list[list[Result]], AnswerSpeed]:
        return [under(one, problems) for one in prompts], AnswerSpeed(len(prompts) * len(problems), 1, 1.0)

    return ask


def test_the_best_prompt_is_found_without_asking_everything() -> None:
    prompts, problems = candidates(POOL), sums(100, "choosing")
    asked: list[int] = []
    (best, *_), results, _ = try_prompts(
        answered({"boxed": 0.6, "solve": 0.4, "plain": 0.5}, asked), prompts, problems
    )
    assert best.label == "boxed"
    assert sum(asked) == len(results) < 0.5 * len(prompts) * len(problems)
    tried = tried_prompts(results, "m")
    assert (tried[0].prompt, tried[0].right, tried[0].asked, tried[0].chosen) == ("boxed", 60, 100, True)
    assert sum(one.chosen for one in tried) == 1


def test_of_equals_the_simplest_is_taken_and_the_results_say_the_same() -> None:
    prompts = candidates(POOL)
    (best, *_), results, _ = try_prompts(answered({}, []), prompts, sums(40, "choosing"))
    assert best == prompts[0]
    assert tried_prompts(results, "m")[0].prompt == best.label == "solve"


def test_a_prompt_whose_shots_leave_no_room_is_left_out_with_one_line() -> None:
    prompts, told = candidates(POOL), list[str]()
    solving = answered({}, [])

    def ask(ways: Sequence[Prompting], problems: Sequence[Problem]) -> tuple[list[list[Result]], AnswerSpeed]:
        answers, speed = solving(ways, problems)
        reason = "the prompt has 900 tokens, and the context of m is 512; shorten it"
        full = {"problem": reason, "read": None}
        return [
            [one.model_copy(update=full if len(way.shots) == 8 else {}) for one in several]
            for way, several in zip(ways, answers, strict=True)
        ], speed

    _, results, _ = try_prompts(ask, prompts, sums(40, "choosing"), one_round=400, tell=told.append)
    assert [line.partition(" is left out: ")[0] for line in told] == [
        f"the prompt {name}, 8 shots" for name in ("solve", "boxed", "plain")
    ]
    assert {one.prompt for one in results} == {one.label for one in prompts if len(one.shots) < 8}
    assert all(one.problem is None for one in results)


def test_prompts_differ_and_those_with_fewer_shots_stand_first() -> None:
    prompts = candidates(POOL, own="Answer.", names=("own", "solve", "boxed", "plain"))
    assert [len(one.shots) for one in prompts] == [0] * 4 + [2] * 4 + [8] * 4
    assert len({one.digest for one in prompts}) == 12
    boxed = next(one for one in prompts if one.label == "boxed, 2 shots")
    assert all("\\boxed{" in turn.content for turn in boxed.ask("Why?") if turn.role == "assistant")
    assert [one.label for one in candidates([], names=("solve", "plain"))] == ["solve", "plain"]


def test_no_problem_chooses_and_tests_or_trains() -> None:
    train, test, choosing = ({one.question for one in sums(400, part)} for part in ("train", "test", "choosing"))
    assert not choosing & (train | test)


def test_a_folder_with_two_parts_keeps_a_share_for_choosing(tmp_path: Path) -> None:
    for part, problems in (("train", sums(200)), ("test", sums(20, "test"))):
        rows = ({"question": one.question, "answer": one.reply} for one in problems)
        (tmp_path / f"{part}.jsonl").write_text("\n".join(map(json.dumps, rows)))
    choosing = {one.question for one in load_problems(str(tmp_path), "choosing")}
    assert 8 <= len(choosing) <= 40
    for source in (tmp_path, tmp_path / "train.jsonl"):
        learnt = {one.question for one in read_examples(str(source), prompting())}
        assert not learnt & choosing
        assert len(learnt) + len(choosing) == 200


def test_a_set_without_parts_is_cut_where_it_is_large_enough() -> None:
    tested, choosing = apart_for_choosing(POOL)
    assert (len(tested), len(choosing)) == (48, 12)
    assert apart_for_choosing(POOL[:59]) == (POOL[:59], [])


@pytest.mark.parametrize(
    ("text", "loops"),
    [
        ("He has 3 x 4 = 12. " * 9, True),
        ("So it goes. " + "Step 1: 5 + 2 = 7.\n" * 40 + "Step 1: 5 +", True),
        ("".join(f"Day {day}: {day} + 2 = {day + 2}\n" for day in range(60)), False),
        ("a" * 130, True),
        ("#### 42" + "\n" * 200, False),
        ("The table:\n" + "-" * 70, False),
        ("1 / 3 = 0." + "3" * 70, False),
        (
            "The first day gives 12 apples, the second 15, and the third 9. Together: 12 + 15 + 9 = 36.\n#### 36",
            False,
        ),
        ("2 + 2 + 2 + 2 + 2 + 2 = 12\n#### 12", False),
        ("", False),
    ],
)
def test_a_loop_is_told_from_an_answer(text: str, loops: bool) -> None:
    assert has_looped(text) is loops


def test_white_space_to_the_limit_ends_an_answer_that_is_then_read() -> None:
    assert trails_off("#### 7" + "\n" * 90)
    assert not trails_off("#### 7\n")


def right_shares(shares: list[float]) -> Callable[[Sequence[int], range], list[int]]:
    """Candidates that get these shares of the trials right, but all as many of the first ones."""

    def right(places: Sequence[int], trials: range) -> list[int]:
        return [3 if trials.start == 0 else round(shares[place] * len(trials)) for place in places]

    return right


def test_a_tie_on_a_few_trials_drops_no_more_than_half() -> None:
    assert successive_halving(3, 16, right_shares([0.6, 0.5, 1.0]))[0].place == 2
    order = successive_halving(6, 16, right_shares([0.2, 0.2, 0.9, 0.2, 0.2, 0.2]))
    assert order[0].place == 2
    assert [one.place for one in finalists(order)] == [2]


def test_where_a_round_costs_more_than_its_trials_there_is_one() -> None:
    rounds: list[tuple[int, range]] = []

    def right(places: Sequence[int], trials: range) -> list[int]:
        rounds.append((len(places), trials))
        return list(places)

    order = successive_halving(6, 16, right, one_round=96)
    assert rounds == [(6, range(16))]
    assert [(one.place, one.tried) for one in order] == [(place, 16) for place in (5, 4, 3, 2, 1, 0)]
    successive_halving(6, 17, right, one_round=96)
    assert [count for count, _ in rounds[1:]] == [6, 2, 2]


def told(model: str, prompt: str, right: range, *, part: str = "test", cut: range = range(0)) -> list[Result]:
    return [
        Result.model_validate(
            {
                "model": model,
                "item": str(item),
                "right": item in right,
                "strict": False,
                "read": "1",
                "place": "last",
                "gold": "1",
                "cut": item in cut,
                "tokens": 1,
                "text": "",
                "prompt": prompt,
                "part": part,
            }
        )
        for item in range(100)
    ]


def test_the_gate_compares_best_with_best_and_shows_the_same_prompt_beside_it() -> None:
    results = [
        *told("base", "solve", range(20), part="choosing"),
        *told("base", "boxed", range(60), part="choosing"),
        *told("base", "boxed", range(60)),
        *told("base", "solve", range(25)),
        *told("tuned", "solve", range(58), part="choosing"),
        *told("tuned", "solve", range(58)),
    ]
    report = compare_models(results, ["base", "tuned"])
    (pair,), (same,) = report.comparisons, report.same_prompt
    assert pair.prompts == ("boxed", "solve")
    assert pair.difference.value == pytest.approx(-0.02)
    assert not pair.not_worse()
    assert same.prompts == ("solve", "solve")
    assert same.difference.value == pytest.approx(0.33)
    assert report.choosing == 300


def test_beside_a_base_whose_answers_were_cut_nothing_is_said() -> None:
    results = [*told("base", "solve", range(20), cut=range(40, 43)), *told("tuned", "solve", range(90))]
    (pair,) = compare_models(results, ["base", "tuned"]).comparisons
    assert pair.difference.low is not None
    assert pair.difference.low > 0.5
    assert not pair.not_worse()
    assert "3% of the base's answers were cut" in pair.base_unheard


class Slow(Model):
    """Answers in so many tokens, or in a loop without an end."""

    def __init__(self, needed: dict[str, int]) -> None:
        super().__init__("slow", concurrency=4)
        self.needed, self.asked = needed, list[int]()

    async def ask(self, request: Request) -> Completion:
        question, limit = request.messages[-1].content, request.sampling.max_tokens
        self.asked.append(limit)
        needed = self.needed[question]
        if not needed:
            return Completion("And so it goes on. " * limit, "length", Usage(1, limit))
        if needed > limit:
            return Completion(
                " ".join(bin(place)[2:].replace("0", "o").replace("1", "i") for place in range(limit)),
                "length",
                Usage(1, limit),
            )
        return Completion("#### 7", "stop", Usage(1, needed))


def test_a_cut_answer_is_asked_again_with_more_until_it_ends_or_loops() -> None:
    problems = [Problem(str(place), f"q{place}", "7") for place in range(40)]
    needed = {one.question: 10 for one in problems} | {"q0": 50, "q1": 0, "q2": 1000}
    task = BenchTask(data="sums", max_tokens=16)
    model = Slow(needed)
    results, speed = marked_answers(model, problems, task, prompting())
    assert model.asked.count(16) == 40
    assert sorted(model.asked)[40:] == [64, 64, 128]
    assert [one.right for one in results[:4]] == [True, False, False, True]
    assert [one.looped for one in results[:4]] == [False, True, False, False]
    assert [one.cut for one in results[:4]] == [False, False, True, False]
    assert speed.calls == 43
    hard = marked_answers(Slow(needed), problems, task.model_copy(update={"most_tokens": 16}), prompting())[0]
    assert sum(one.cut for one in hard) == 2


class GoingOn(Slow):
    """Ends a loop by itself, and goes on from what it made for a lower limit."""

    def __init__(self, needed: dict[str, int]) -> None:
        super().__init__(needed)
        self.made: dict[str, int] = {}

    async def ask(self, request: Request) -> Completion:
        assert request.stop_loops
        done, question = await super().ask(request), request.messages[-1].content
        begun = self.made.get(question, 0)
        self.made[question] = done.usage.completion
        if not self.needed[question]:
            return Completion("And so it goes on. " * 3, "loop", Usage(1, 12))
        return replace(done, begun=begun)


def test_an_answer_that_was_ended_in_a_loop_is_wrong_and_not_cut_and_not_asked_again() -> None:
    problems = [Problem(str(place), f"q{place}", "7") for place in range(4)]
    model = GoingOn({"q0": 50, "q1": 0, "q2": 10, "q3": 1000})
    results, speed = marked_answers(model, problems, BenchTask(data="sums", max_tokens=16), prompting())
    assert [(one.right, one.looped, one.cut) for one in results] == [
        (True, False, False),
        (False, True, False),
        (True, False, False),
        (False, False, True),
    ]
    assert sorted(model.asked) == [16] * 4 + [64] * 2 + [128]
    assert speed.tokens == 50 + 12 + 10 + 128, "what was there before is not counted as made again"


def test_several_prompts_are_asked_at_once_and_what_is_cut_under_one_is_asked_again_alone() -> None:
    problems = [Problem(str(place), f"q{place}", "7") for place in range(8)]
    model = Slow({one.question: 10 for one in problems} | {"q0": 50})
    ways = candidates([], names=("solve", "plain"))
    task = BenchTask(data="sums", max_tokens=16)
    answers, speed = answers_under(model, problems, task, ways, limits=(32, 32))
    assert [[one.prompt for one in several][:1] for several in answers] == [["solve"], ["plain"]]
    assert [sum(one.right for one in several) for several in answers] == [7, 7]
    assert model.asked == [32] * 16
    assert speed.calls == 16
    answers, _ = answers_under(model, problems, task, ways)
    assert [sum(one.right for one in several) for several in answers] == [8, 8]


def test_without_a_gpu_fewer_prompts_are_tried_on_fewer_problems_and_no_answer_grows(tmp_path: Path) -> None:
    slow, fast = prompt_search("cpu"), prompt_search("cuda")
    assert set(slow.shots) < set(fast.shots)
    assert (enough_to_choose(400, slow), enough_to_choose(400, fast)) == (16, 100)
    assert (enough_to_choose(29, slow), enough_to_choose(29, fast)) == (0, 0)
    assert slow.limits(96) == (256, 256)
    assert slow.limits(384) == (384, 384)
    assert fast.limits(96) == (512, 2048)
    assert slow.limits(96, 64) == fast.limits(96, 64) == (64, 64), "more than the task allows is never asked for"
    engine = prepare(read_task("sums"), ("gguf:any.gguf", "scripted:any"), tmp_path)
    endpoint = prepare(read_task("sums"), ("http://localhost:1/v1#any",), tmp_path)
    assert endpoint.search == fast
    assert len(endpoint.prompts) == 9
    if (platform.system(), platform.machine()) != ("Darwin", "arm64"):
        assert engine.search == slow
        assert len(engine.prompts) == 6


def test_on_a_processor_a_base_is_tested_under_its_prompt_and_the_best_of_those_that_cannot_be_told_from_it() -> None:
    prompts = candidates(POOL, shots=(0, 2))
    share = {"solve": 0.1, "boxed": 0.15, "plain, 2 shots": 0.3}
    found, _, _ = try_prompts(answered(share, []), prompts, sums(16, "choosing"), one_round=96)
    assert [one.label for one in found[:2]] == ["boxed", "plain, 2 shots"]
