"""The model card beside the weights: what a tuned model is, what it was made of, and what was measured."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hone.errors import TuneError
from hone.files import write_whole
from hone.training.job import TrainingJob


def write_card(folder: Path, job: TrainingJob, result: dict[str, Any]) -> None:
    """Write ``README.md`` into a tuned model's folder."""
    write_whole(folder / "README.md", card(job, result), kind=TuneError)


def card(job: TrainingJob, result: dict[str, Any]) -> str:
    """The card's text."""
    settings = job.settings
    pins = "\n".join(f"- {name} {version}" for name, version in sorted(job.pins.items()))
    prompt = f"```text\n{job.prompt}\n```" if job.prompt else "none; the data brings its own turns"
    stopped = f" Stopped early: {result['stopped']}." if result["stopped"] else ""
    return f"""---
base_model: {job.base}
library_name: {"transformers" if settings.method == "full" else "peft"}
tags: [hone, {settings.method}]
---

# {job.base}, tuned with Hone

- Base: `{job.base}` (weights {job.weights_digest})
- Method: {settings.method}, backend {job.backend}
- Data: {job.source}, digest `{job.data}`
- Steps: {result["steps"]:,}, tokens {result["tokens"]:,}, {result["seconds"]:.0f} s.{stopped}
{_chosen(result) if "arms" in result else _scales(result)}

## System message

{prompt}

## Settings

```json
{settings.model_dump_json(indent=1)}
```

## Made with

{pins}
"""


def _scales(result: dict[str, Any]) -> str:
    rows = "\n".join(
        f"| {one['scale']:g} | {one['loss']:.4f} | "
        f"{'' if one['accuracy'] is None else format(one['accuracy'], '.1%')} |"
        for one in result["scales"]
    )
    kept = f"scale {result['scale']:g} of what was learnt (0 is the base), weights of step {result['best_step']}"
    return f"""- Kept: {kept}

| scale | held-out loss | held-out answers right |
|---|---|---|
{rows}"""


def _chosen(result: dict[str, Any]) -> str:
    rows = "\n".join(
        f"| {one['name']} | {one['round']} | {one['learning_rate']:g} | {one['examples']:,} | "
        f"{one['right']} of {one['asked']} |"
        for one in result["arms"]
    )
    what = f"what the arm '{result['arm']}' learnt" if result["kept"] == "tuned" else "the base as it was"
    return f"""- Handed over: {what}, to be asked under the prompt {result["prompt"]}

| arm | round | learning rate | examples | right, of the problems that it was chosen by |
|---|---|---|---|---|
{rows}"""
