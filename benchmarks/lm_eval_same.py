"""Does `hone bench` mark as `lm_eval` does? The same texts through both, and every difference told.

    hone bench gsm8k --limit 100 --shots 2 --model smollm2       writes runs/…-bench-…/results.jsonl
    python benchmarks/lm_eval_same.py runs/…/results.jsonl       with lm_eval 0.4.13 installed

The texts are read by lm_eval's own task file (gsm8k.yaml), filter class and metric, and by Hone; prompts and model
are the same because the texts are. Prints Markdown, every difference with its reason; exits 1 where one has none.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import importlib.resources
import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from lm_eval.api.metrics import exact_match_hf_evaluate
from lm_eval.filters.extraction import RegexFilter
from ruamel.yaml import YAML

from hone.problems import FinalAnswer, gold_number, read_answer


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


def reason(whole: str, text: str, answer: FinalAnswer, taken: str) -> str:
    """Why the two readings differ: the first of these that holds."""
    last = text.rfind(taken)
    reasons = [
        (
            whole != text and read_answer(whole) != answer,
            "lm_eval ends the text at another 'Question:' of the model's",
        ),
        (answer.place == "mark" and taken == "[invalid]", "lm_eval wants one space and no $ between #### and number"),
        (answer.place == "mark", "Hone takes the number behind the first ####, lm_eval the last one of the text"),
        (answer.place in {"words", "boxed"}, "Hone takes what is called the answer, lm_eval the last number"),
        ("/" in (answer.value or ""), "Hone takes a fraction for one number, lm_eval its lower half"),
        (not taken.strip("$.,-"), "lm_eval's flexible pattern takes marks without a digit for a number"),
        (
            last > 0 and taken[:1] == "-" and text[last - 1].isalnum(),
            "lm_eval takes a minus between numbers for a sign",
        ),
    ]
    return next((why for holds, why in reasons if holds), "UNEXPLAINED: " + " ".join(text.split())[-60:])


def plain(taken: str) -> str | None:
    """What lm_eval took, as a number in Hone's form, or none."""
    return None if taken == "[invalid]" else gold_number(taken.rstrip(".,")) or taken


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("results", type=Path)
    rows = [json.loads(line) for line in parser.parse_args().results.read_text(encoding="utf-8").splitlines()]
    task = their_task()
    texts = [cut_at_stops(row["text"], task["generation_kwargs"]["until"]) for row in rows]
    marks = theirs(texts, [row["gold"] for row in rows], task)
    answers = [read_answer(text) for text in texts]
    models = ", ".join(dict.fromkeys(row["model"] for row in rows))
    print(f"lm_eval {importlib.metadata.version('lm_eval')}, {models}, n = {len(rows)} texts\n")
    print(
        "| reading | lm_eval: right | Hone: right | marks that differ | readings that differ |\n|---|---|---|---|---|"
    )
    told: list[str] = []
    reasons: Counter[str] = Counter()
    for name, filtered, key in (("strict", "strict-match", "strict"), ("flexible", "flexible-extract", "right")):
        their, wrong, apart = marks[filtered], 0, 0
        for row, text, answer, (taken, right) in zip(rows, texts, answers, their, strict=True):
            ours = answer.value if name == "flexible" or answer.strict else None
            wrong += right != row[key]
            if right != row[key] or ours != plain(taken):
                apart += 1
                why = reason(row["text"], text, answer, taken)
                reasons[why] += 1
                told.append(f"| {row['item']} | {name} | {row['gold']} | {taken} | {ours} | {why} |")
        print(
            f"| {name} | {sum(right for _, right in their)} | {sum(row[key] for row in rows)} | {wrong} | {apart} |"
        )
    if told:
        print("\n| why | how often |\n|---|---|")
        print("\n".join(f"| {why} | {count} |" for why, count in reasons.most_common()))
        print("\n| item | reading | gold | lm_eval takes | Hone takes | why |\n|---|---|---|---|---|---|")
        print("\n".join(told))
    if any("UNEXPLAINED" in line for line in told):
        raise SystemExit(1)


if __name__ == "__main__":
    main()
