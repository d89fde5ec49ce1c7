"""`hone bench`: the same problems for every model, compared pair by pair, and a gate that can refuse."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from hone.problems import prompting, sums

Hone = Callable[..., Any]
PROBLEMS = sums(40, "test")


def script(path: Path, right: range, ending: str = "#### {}") -> str:
    """A model that solves these problems and gets the others wrong."""
    lines = []
    for place, problem in enumerate(PROBLEMS):
        answer = problem.answer if place in right else "7654321"
        lines.append(json.dumps({"contains": problem.question, "text": "So it is.\n" + ending.format(answer)}))
    path.write_text("\n".join(lines) + "\n")
    return f"scripted:{path}"


@pytest.fixture
def base(tmp_path: Path) -> str:
    return script(tmp_path / "base.jsonl", range(10))


@pytest.fixture
def tuned(tmp_path: Path) -> str:
    return script(tmp_path / "tuned.jsonl", range(2, 30))


@pytest.fixture
def bench(bare: Hone, tmp_path: Path) -> Hone:
    return lambda *arguments: bare(
        "bench", "sums", "--prompt", "solve", "--shots", 0, "--limit", 40, "--project", tmp_path, *arguments
    )


def test_two_models_are_compared_pair_by_pair(bench: Hone, base: str, tuned: str) -> None:
    data = bench("--model", base, "--model", tuned, "--json").data
    first, second = data["models"]
    assert (first["accuracy"]["value"], second["accuracy"]["value"]) == (0.25, 0.7)
    assert first["accuracy"]["low"] < 0.25 < first["accuracy"]["high"]
    (pair,) = data["comparisons"]
    assert pair["difference"]["value"] == pytest.approx(0.45)
    assert pair["difference"]["low"] > 0
    assert (pair["mcnemar"]["first_only"], pair["mcnemar"]["second_only"]) == (20, 2)
    assert pair["lost"] == [PROBLEMS[0].id, PROBLEMS[1].id]
    assert len(pair["gained"]) == 20
    assert data["not_worse"] is True
    shown = bench("--model", base, "--model", tuned)
    assert "+45.0 points" in shown.out
    assert "nothing was asked again" in shown.err


def test_the_gate_opens_for_a_better_model_and_refuses_a_worse_one(
    bench: Hone, base: str, tuned: str, tmp_path: Path
) -> None:
    opened = bench("--model", base, "--model", tuned, "--gate")
    assert opened.code == 0
    assert "gate: open" in opened.err
    refused = bench("--model", tuned, "--model", base, "--gate")
    assert refused.code == 3
    assert "gate: refused" in refused.err
    assert bench("--model", tuned, "--model", base, "--gate", "--margin", "0.9").code == 0
    margins = {json.loads(path.read_text())["margin"] for path in tmp_path.glob("runs/*/compared.json")}
    (models,) = [json.loads(path.read_text())["models"] for path in tmp_path.glob("runs/*/compared.json")]
    assert models == [tuned, base], "one run holds both orders, and the base is the one that was named first"
    assert margins == {0.9}, "a report takes the margin that the run was compared at last"


def test_a_model_as_good_but_on_too_few_problems_is_not_let_through(bench: Hone, base: str, tmp_path: Path) -> None:
    other = script(tmp_path / "other.jsonl", range(1, 11))
    result = bench("--model", base, "--model", other, "--gate", "--json")
    assert result.code == 3
    assert result.data["comparisons"][0]["difference"]["value"] == 0


def test_strict_and_flexible_tell_a_missing_mark(bench: Hone, base: str, tmp_path: Path) -> None:
    unmarked = script(tmp_path / "unmarked.jsonl", range(30), "The answer is {}.")
    data = bench("--model", base, "--model", unmarked, "--json").data
    assert [one["strict"]["value"] for one in data["models"]] == [0.25, 0.0]
    assert data["models"][1]["accuracy"]["value"] == 0.75
    assert data["comparisons"][0]["reading"] == "flexible"
    strict = bench("--model", base, "--model", unmarked, "--reading", "strict", "--gate", "--json")
    assert strict.code == 3
    assert strict.data["comparisons"][0]["difference"]["value"] == -0.25


def test_an_unfinished_run_goes_on_with_what_is_missing(bench: Hone, base: str, tmp_path: Path) -> None:
    path = tmp_path / "base.jsonl"
    full = path.read_text()
    path.write_text("\n".join(full.splitlines()[:15]) + "\n")
    failed = bench("--model", base)
    assert failed.code == 4
    assert "did not answer 25 of 40 problems" in failed.err
    path.write_text(full)
    result = bench("--model", base, "--fresh", "--json")
    assert result.data["models"][0]["accuracy"]["n"] == 40
    (journal,) = (
        one for one in (tmp_path / "runs").glob("*/journal.jsonl") if len(one.read_text().splitlines()) == 15
    )
    assert journal


def test_any_file_of_questions_is_a_benchmark(bare: Hone, tmp_path: Path) -> None:
    rows = [{"question": f"Which letter is {letter}?", "answer": letter} for letter in "AB"]
    (tmp_path / "letters.jsonl").write_text("\n".join(map(json.dumps, rows)))
    (tmp_path / "letters.yaml").write_text("data: letters.jsonl\nanswers: exact\nsystem: Answer.\n")
    (tmp_path / "model.jsonl").write_text(json.dumps({"contains": "Which", "text": "The answer is a."}) + "\n")
    data = bare("bench", tmp_path / "letters.yaml", "--model", f"scripted:{tmp_path}/model.jsonl", "--json",
                "--project", tmp_path).data  # fmt: skip
    assert data["models"][0]["accuracy"]["value"] == 0.5


CHOOSING = sums(16, "choosing")


def two_prompts(path: Path, boxed: range, solve: range) -> str:
    """A model that solves these problems under each prompt."""
    lines = []
    for asked in (CHOOSING, PROBLEMS):
        for place, problem in enumerate(asked):
            for way, right in ((prompting(), solve), (prompting(name="boxed"), boxed)):
                answer = problem.answer if place in right else "7654321"
                asking = f"{way.system}\n{problem.question}"
                lines.append({"contains": asking, "text": f"So it is \\boxed{{{answer}}}."})
            lines.append({"contains": problem.question, "text": "I do not know."})
    path.write_text("\n".join(map(json.dumps, lines)) + "\n")
    return f"scripted:{path}"


def test_a_tuned_model_is_not_praised_beside_a_base_that_was_asked_badly(bare: Hone, tmp_path: Path) -> None:
    base = two_prompts(tmp_path / "base.jsonl", boxed=range(32), solve=range(4))
    tuned = two_prompts(tmp_path / "tuned.jsonl", boxed=range(6), solve=range(24))
    asked = ("bench", "sums", "--shots", 0, "--limit", 40, "--project", tmp_path, "--model", base, "--model", tuned)
    refused = bare(*asked, "--gate", "--json")
    assert refused.code == 3
    first, second = refused.data["models"]
    assert (first["prompt"], second["prompt"]) == ("boxed", "solve")
    (pair,), (same,) = refused.data["comparisons"], refused.data["same_prompt"]
    assert pair["difference"]["value"] == pytest.approx(-0.2)
    assert same["difference"]["value"] == pytest.approx(0.5)
    shown = bare(*asked)
    assert "prompts tried" in shown.out
    assert "says little of the model" in shown.out
    under_one = bare(*asked, "--prompt", "solve", "--gate")
    assert under_one.code == 0
    assert "under the prompt solve; whether another is better was not tried" in under_one.err


@pytest.mark.parametrize(
    ("arguments", "code", "problem"),
    [
        (("none", "--model", "scripted:x"), 1, "there is no benchmark 'none'; there are gsm8k, sums"),
        (("sums", "--model", "nonsense:x"), 1, "'nonsense:x' names no model"),
        (("sums", "--model", "a", "--model", "a"), 2, "named twice"),
        (("sums", "--model", "a", "--gate"), 2, "--gate compares two models"),
        (("sums",), 2, "Missing option '--model'"),
        (("gsm8k", "--data", "nowhere", "--model", "scripted:x"), 1, "there is no such file or folder"),
    ],
)
def test_wrong_use_is_said(bare: Hone, tmp_path: Path, arguments: tuple[str, ...], code: int, problem: str) -> None:
    result = bare("bench", *arguments, "--project", tmp_path)
    assert result.code == code
    assert problem in result.err
    assert "Traceback" not in result.err


def test_where_no_prompt_can_be_chosen_the_gate_says_so(bare: Hone, tmp_path: Path, base: str, tuned: str) -> None:
    asked = ("bench", "sums", "--project", tmp_path, "--model", base, "--model", tuned, "--gate")
    few = bare(*asked, "--limit", 20)
    assert few.code == 0
    assert "whether another is better was not tried" in few.err
    unknown = bare(*asked, "--limit", 40)
    assert unknown.code == 0
    assert "no prompt is chosen, as the model does not answer the problems for it" in unknown.err
    assert "whether another is better was not tried" in unknown.err


def answers(path: Path, problems: list[Any], **ways: tuple[int, str]) -> str:
    """A model that gets the first so many problems right under each prompt, in a form of words."""
    lines = []
    for problem_place, problem in enumerate(problems):
        for name, (count, form) in ways.items():
            answer = problem.answer if problem_place < count else "7654321"
            system = prompting(name="boxed").system if name == "boxed" else prompting().system
            asking = problem.question if name == "plain" else f"{system}\n{problem.question}"
            lines.append({"contains": asking, "text": form.format(answer)})
    # The longest text to look for first: a question alone stands in every prompt.
    lines.sort(key=lambda line: -len(line["contains"]))
    path.write_text("\n".join(map(json.dumps, lines)) + "\n")
    return f"scripted:{path}"


def test_under_the_strict_reading_prompts_are_chosen_strictly(bare: Hone, tmp_path: Path) -> None:
    asked = [*CHOOSING, *PROBLEMS]
    wrong = "It may be {}."
    base = answers(
        tmp_path / "b.jsonl", asked, solve=(44, "#### {}"), plain=(56, "It comes to {}."), boxed=(0, wrong)
    )
    tuned = answers(tmp_path / "t.jsonl", asked, solve=(36, "#### {}"), plain=(0, wrong), boxed=(0, wrong))
    models = ("--model", base, "--model", tuned, "--reading", "strict", "--gate", "--json")
    result = bare("bench", "sums", "--shots", 0, "--limit", 40, "--project", tmp_path, *models)
    assert result.code == 3
    assert result.data["models"][0]["prompt"] == "solve"
    assert result.data["comparisons"][0]["difference"]["value"] < 0


def test_one_call_that_fails_while_choosing_leaves_the_run_to_be_gone_on_with(bare: Hone, tmp_path: Path) -> None:
    base = answers(
        tmp_path / "b.jsonl",
        [*CHOOSING[1:], *PROBLEMS],
        solve=(10, "#### {}"),
        boxed=(50, "#### {}"),
        plain=(0, "{}"),
    )
    result = bare("bench", "sums", "--shots", 0, "--limit", 40, "--project", tmp_path, "--model", base)
    assert result.code == 4
    assert "type the same command to go on" in result.err


def test_a_model_whose_prompt_was_sought_is_not_let_through_beside_a_base_whose_was_not(
    bare: Hone, tmp_path: Path
) -> None:
    base = answers(tmp_path / "b.jsonl", PROBLEMS, solve=(10, "#### {}"))
    tuned = answers(
        tmp_path / "t.jsonl", [*CHOOSING, *PROBLEMS], solve=(3, "#### {}"), boxed=(56, "#### {}"), plain=(0, "{}")
    )
    boxed = prompting(name="boxed").system
    more = (json.dumps({"contains": f"{boxed}\n{one.question}", "text": "#### 1"}) + "\n" for one in PROBLEMS)
    with (tmp_path / "b.jsonl").open("a") as file:
        file.writelines(more)
    models = ("--model", base, "--model", tuned, "--gate")
    result = bare("bench", "sums", "--shots", 0, "--limit", 40, "--project", tmp_path, *models)
    assert result.code == 3
    assert "the best prompt was sought for the model and not for the base" in result.err


def test_what_chooses_is_never_what_tests_whatever_its_ids(bare: Hone, tmp_path: Path) -> None:
    for name in ("one", "two"):
        rows = (
            {"id": f"{name}{place}", "question": one.question, "answer": one.answer}
            for place, one in enumerate(PROBLEMS)
        )
        (tmp_path / f"{name}.jsonl").write_text("\n".join(map(json.dumps, rows)))
    base = answers(tmp_path / "b.jsonl", PROBLEMS, solve=(10, "#### {}"))
    data = (tmp_path / "one.jsonl", "--choose-on", tmp_path / "two.jsonl")
    result = bare("bench", *data, "--shots", 0, "--project", tmp_path, "--model", base)
    assert result.code == 0, result.err
    assert "no other is tried" in result.err


def test_a_limit_counts_what_is_tested_and_one_named_prompt_is_the_only_one(bare: Hone, tmp_path: Path) -> None:
    many = sums(120, "test")
    rows = ({"question": one.question, "answer": one.reply} for one in many)
    (tmp_path / "many.jsonl").write_text("\n".join(map(json.dumps, rows)))
    base = answers(tmp_path / "b.jsonl", many, solve=(80, "#### {}"), boxed=(0, "{}"), plain=(0, "{}"))
    asked = ("bench", tmp_path / "many.jsonl", "--limit", 60, "--project", tmp_path, "--model", base, "--json")
    assert bare(*asked, "--shots", 0).data["problems"] == 60
    named = bare(*asked, "--prompt", "solve")
    assert len(named.data["prompting"]) == 1
    assert named.data["choosing"] == 0
    lacking = bare(*asked, "--prompt", "own")
    assert (lacking.code, "this task has none" in lacking.err) == (1, True)
