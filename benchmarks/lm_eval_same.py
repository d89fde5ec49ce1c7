"""Does `hone bench` mark as `lm_eval` does? The same texts through both, and every difference told.

    hone bench gsm8k --limit 100 --shots 2 --model smollm2       writes runs/…-bench-…/results.jsonl
    python benchmarks/lm_eval_same.py runs/…/results.jsonl       with lm_eval 0.4.13 installed

The texts are read by lm_eval's own task file (gsm8k.yaml), filter class and metric, and by Hone; prompts and model
are the same because the texts are. Prints Markdown; exits 1 where the strict marks differ without a reason.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import importlib.resources
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from lm_eval.api.metrics import exact_match_hf_evaluate
from lm_eval.filters.extraction import RegexFilter
from ruamel.yaml import YAML

from hone.problems import read_answer


def their_task() -> dict[str, Any]:
    """lm_eval's own description of GSM8K."""
    file = importlib.resources.files("lm_eval").joinpath("tasks", "gsm8k", "gsm8k.yaml")
    return dict(YAML(typ="safe").load(file.read_text(encoding="utf-8")))


def theirs(texts: Sequence[str], golds: Sequence[str], task: dict[str, Any]) -> dict[str, list[tuple[str, bool]]]:
    """What each of lm_eval's filters takes out of each text, and whether its metric calls it right."""
    (metric,) = task["metric_list"]
    options = {name: metric[name] for name in ("ignore_case", "ignore_punctuation", "regexes_to_ignore")}
    marks = {}
    for entry in task["filter_list"]:
        settings = {name: value for name, value in entry["filter"][0].items() if name != "function"}
        taken = [found[0] for found in RegexFilter(**settings).apply([[text] for text in texts], [{}] * len(texts))]
        marks[entry["name"]] = [
            (one, bool(exact_match_hf_evaluate([one], [f"#### {gold}"], **options)["exact_match"]))
            for one, gold in zip(taken, golds, strict=True)
        ]
    return marks


def cut_at_stops(text: str, stops: Sequence[str]) -> str:
    """What lm_eval would have kept of a text: it ends generation at these."""
    return text[: min((place for stop in stops if (place := text.find(stop)) >= 0), default=len(text))]


def reason(text: str, ours: str | None, place: str, taken: str) -> str:
    """Why the two readings differ."""
    if place == "mark" and taken == "[invalid]":
        return "lm_eval's strict pattern wants exactly one space behind ####, and no $"
    if place == "mark":
        return "Hone takes the number behind ####, lm_eval's flexible filter the last one of the text"
    if place in {"words", "boxed"}:
        return f"Hone takes the number that is called the answer ({place}), lm_eval the last one"
    if ours is not None and taken.rstrip(".,") != taken:
        return "lm_eval keeps the full stop or comma behind the number and compares it"
    return "UNEXPLAINED: " + " ".join(text.split())[-60:]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("results", type=Path)
    rows = [json.loads(line) for line in parser.parse_args().results.read_text(encoding="utf-8").splitlines()]
    task = their_task()
    stops = task["generation_kwargs"]["until"]
    texts, golds = [cut_at_stops(row["text"], stops) for row in rows], [row["gold"] for row in rows]
    marks = theirs(texts, golds, task)
    answers = [read_answer(text) for text in texts]
    strict, flexible = marks["strict-match"], marks["flexible-extract"]
    count = len(rows)
    print(f"lm_eval {importlib.metadata.version('lm_eval')}, {rows[0]['model']}, n = {count} texts\n")
    print("| reading | lm_eval | Hone | items that differ |\n|---|---|---|---|")
    ours_right = [row["right"] for row in rows]
    ours_strict = [row["strict"] for row in rows]
    unexplained = 0
    told: list[str] = []
    for name, their, our in (("strict", strict, ours_strict), ("flexible", flexible, ours_right)):
        differ = [place for place in range(count) if their[place][1] != our[place]]
        print(f"| {name} | {sum(right for _, right in their)} | {sum(our)} | {len(differ)} |")
        for place in differ:
            answer, taken = answers[place], their[place][0]
            whole = rows[place]["text"]
            why = (
                "lm_eval ends the text where the model began another 'Question:'"
                if whole != texts[place] and read_answer(whole) != answer
                else reason(texts[place], answer.value, answer.place, taken)
            )
            unexplained += why.startswith("UNEXPLAINED")
            told.append(f"| {rows[place]['item']} | {name} | {golds[place]} | {taken} | {answer.value} | {why} |")
    apart = sum(
        (answer.value if answer.strict else None)
        != (None if taken == "[invalid]" else taken.replace(",", "").rstrip("."))
        for answer, (taken, _) in zip(answers, strict, strict=True)
    )
    print(f"\nStrict readings that differ, right or wrong: {apart} of {count}.")
    if told:
        print("\n| item | reading | gold | lm_eval takes | Hone takes | why |\n|---|---|---|---|---|---|")
        print("\n".join(told))
    if unexplained:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
