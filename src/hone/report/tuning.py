"""Training for people: checks and progress as lines, the curves as a picture, the scales as a table."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from hone.report.charts import ChartTitle, Line, curves_chart
from hone.report.drawing import Picture
from hone.report.terminal import clean


def event_lines(event: Mapping[str, Any]) -> Iterator[str]:
    """An event of the training process in words."""
    kind = event["event"]
    if kind == "check":
        text = str(event["text"])
        yield (
            f"{event['number']:>2}. {event['title']}: {text}"
            if "\n" not in text
            else f"{event['number']:>2}. {event['title']}:"
        )
        if "\n" in text:
            yield from (f"      {line}" for line in clean(text).splitlines())
    elif kind == "step":
        speed = event["tokens"] / max(1e-9, event["seconds"])
        left = event["seconds"] / max(1, event["step"]) * (event["steps"] - event["step"])
        yield (
            f"step {event['step']:>4}/{event['steps']}  loss {event['loss']:.4f}  rate {event['rate']:.2g}  "
            f"{speed:,.0f} tokens/s  {left:.0f} s left"
        )
    elif kind == "look":
        yield f"held-out loss {event['loss']:.4f} at step {event['step']}"
    elif kind == "trained":
        yield f"trained {event['tokens']:,} tokens in {event['seconds']:.0f} s"
        if event["stopped"]:
            yield f"stopped early: {event['stopped']}"
    elif kind == "scale":
        yield f"scale {event['scale']:g}: held-out loss {event['loss']:.4f}{_right(event)}"
    elif kind == "note":
        yield str(event["text"])


def _right(one: Mapping[str, Any]) -> str:
    return "" if one.get("accuracy") is None else f", {one['accuracy']:.1%} of held-out answers right"


def result_table(result: Mapping[str, Any]) -> RenderableType:
    """The scales that were tried; the kept one is marked."""
    table = Table()
    for name in ("scale of what was learnt", "held-out loss", "held-out answers right", ""):
        table.add_column(name, justify="right")
    for one in result["scales"]:
        share = "" if one.get("accuracy") is None else f"{one['accuracy']:.1%}"
        words = scale_in_words(one, result)
        style = "bold" if words == "kept" else ""
        table.add_row(Text(f"{one['scale']:g}", style=style), f"{one['loss']:.4f}", share, Text(words, style=style))
    return table


def choice_table(result: Mapping[str, Any]) -> RenderableType:
    """What was chosen within a budget: each prompt and each arm, and the last decision in words."""
    prompts = Table(title="the base's prompts, on problems that nothing is learnt from")
    arms = Table(title="what was learnt, on the same problems")
    for table, names in (
        (prompts, ("prompt", "right", "of")),
        (arms, ("arm", "round", "rate", "examples", "seconds", "right", "of")),
    ):
        for name in names:
            table.add_column(name, justify="left" if name in {"prompt", "arm"} else "right")
    for one in result["prompts"]:
        prompts.add_row(one["prompt"], str(one["right"]), str(one["asked"]))
    for one in result["arms"]:
        counts = (f"{one['examples']:,}", f"{one['seconds']:.0f}", str(one["right"]), str(one["asked"]))
        arms.add_row(one["name"], str(one["round"]), f"{one['learning_rate']:g}", *counts)
    return Group(prompts, arms, Text(tuning_decision(result)))


def tuning_decision(result: Mapping[str, Any]) -> str:
    """What the problems say that nothing was chosen by."""
    found = result["difference"]
    if found["value"] is None:
        if result["arms"]:
            return "No time was left for the last decision: whether what was learnt is better is not known."
        return "Nothing was learnt: the budget was too small."
    base, tuned = result["confirmed"]
    interval = f"95% interval {100 * found['low']:+.1f} to {100 * found['high']:+.1f}"
    return (
        f"On {found['n']:,} other problems: the base under its best prompt {base:.1%}, the best arm {tuned:.1%}, "
        f"difference {100 * found['value']:+.1f} points ({interval})."
    )


def tuning_did_not_pay(result: Mapping[str, Any]) -> str:
    """What to say where the base is kept; empty where what was learnt is."""
    if result.get("kept") != "base":
        return ""
    gain = result.get("difference", {"value": 0})["value"]
    if gain is None:
        why = "no time was left to show that it is better" if result.get("arms") else "nothing was learnt in the time"
    elif result.get("confirmed") == [0.0, 0.0]:
        why = "neither the base nor what was learnt solves any of the problems that decide"
    elif gain > 0:
        why = "what was learnt may be worse than the base by more than 2 points, as far as these problems tell"
    else:
        why = "on the problems that decide, the base is as good as anything that was learnt"
    return (
        f"Tuning did not pay: {why}. Keep the base, ask it under the prompt {result['prompt']}, and export it with "
        "this prompt."
    )


def scale_in_words(one: Mapping[str, Any], result: Mapping[str, Any]) -> str:
    """What a scale that was tried is: the one that was kept, the base, or neither, which needs no words."""
    return "kept" if one["scale"] == result["scale"] else "the base" if one["scale"] == 0 else ""


def loss_points(history: Sequence[Mapping[str, Any]]) -> tuple[list[tuple[float, float]], list[tuple[float, float]]]:
    """Step and loss, in training and held out."""
    found = [[(one["step"], one["loss"]) for one in history if one["event"] == kind] for kind in ("step", "look")]
    return found[0], found[1]


def loss_curves(history: Sequence[Mapping[str, Any]]) -> Picture:
    """Loss by step, in training and held out."""
    steps, looks = loss_points(history)
    words = (
        f"Held out: {looks[0][1]:.3f} at the start, {looks[-1][1]:.3f} at the end"
        if looks
        else "Nothing was held out"
    )
    lines = (Line("training", steps), Line("held out", looks, marked=True))
    title = ChartTitle("curves", "Loss by step", words)
    return curves_chart(title, lines, "step", "cross-entropy per learnt token (nats)")
