"""What is said about an exported model: in the file's metadata, in the Modelfile and in the README beside it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hone.export.ollama import TurnMarkers
from hone.weights.gguf_file import Value

MADE = "Made by `hone export`."
"""Marks the files that the next export may write anew."""


@dataclass(frozen=True, slots=True)
class About:
    """Where a model comes from."""

    name: str
    base: str
    licence: str = ""
    adapter: str = ""
    scale: float = 1.0
    rubric: str = ""
    """The digest of the rubric that it was tuned or tested by."""
    system: str = ""
    """The system message that is built in."""
    results: Mapping[str, Any] = field(default_factory=dict)
    """What the benchmark gave."""

    def metadata(self) -> dict[str, Value]:
        """Keys for the GGUF file; the ``general`` ones are those of the GGUF specification."""
        found: dict[str, Value] = {
            "general.name": self.name,
            "general.base_model.count": 1,
            "general.base_model.0.name": self.base,
            "hone.system": self.system,
            "hone.rubric": self.rubric,
            "hone.adapter": self.adapter,
            "general.license": self.licence,
        }
        if self.adapter:
            found |= {"general.finetune": "hone", "hone.adapter_scale": float(self.scale)}
        if self.results:
            found["hone.results"] = json.dumps(self.results, ensure_ascii=False)
        return {key: value for key, value in found.items() if value != ""}


def licence_of(base: Path, name: str) -> str:
    """The licence that a base's own model card names, if any."""
    if name == "smollm2":
        return "apache-2.0"
    try:
        card = (base / "README.md").read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return ""
    head = card.split("---")[1] if card.startswith("---") and card.count("---") > 1 else ""
    found = re.search(r"^license:\s*([\w.+-]+)\s*$", head, re.MULTILINE)
    return found[1] if found else ""


def modelfile(file: Path, about: About, turns: TurnMarkers | None, stops: Sequence[str]) -> str:
    """Ollama's Modelfile for a GGUF file that stands beside it.

    Args:
        file: The GGUF file.
        about: Its system message.
        turns: How turns are written; none leaves the template to the GGUF file.
        stops: The texts that end a reply.
    """
    lines = [f"# {MADE} Run: ollama create {file.stem} -f Modelfile && ollama run {file.stem}", f"FROM ./{file.name}"]
    if turns is not None:
        lines.append(f"TEMPLATE {_quoted(turns.go_template())}")
    if about.system:
        lines.append(f"SYSTEM {_quoted(about.system)}")
    lines += [f"PARAMETER stop {_quoted(stop, _ONE)}" for stop in stops]
    # Greedy, as it was tested; the context is what parity and benchmark fit into.
    lines += ["PARAMETER temperature 0", "PARAMETER num_ctx 4096"]
    return "\n".join(lines) + "\n"


_ONE, _THREE = '"', '"""'


def _quoted(text: str, marks: str = _THREE) -> str:
    # A Modelfile has no escapes: a text that holds the marks themselves loses them.
    return f"{marks}{text.replace(marks, marks[:-1])}{marks}"


def readme(files: Sequence[Path], about: About, table: str) -> str:
    """The README of the folder."""
    best = files[-1].name
    stem = Path(best).stem
    origin = f"`{about.base}`" + (
        f" with the adapter `{about.adapter}` at scale {about.scale:g}" if about.adapter else ""
    )
    prompt = (
        "These instructions are built into the file's chat template, for chats without a system message:\n\n"
        f"> {about.system.replace(chr(10), chr(10) + '> ')}\n\n"
        if about.system
        else "No instructions are built in; send the system message with each chat.\n\n"
    )
    return f"""\
# {about.name}

{MADE} From {origin}. Licence: {about.licence or "see the base model"}.

{prompt}## What was compared with the source

{table}

## Run it

- **Hone**: `hone chat gguf:{best}`, or `hone serve gguf:{best}` for an OpenAI-compatible endpoint on this machine.
- **llama.cpp**: `llama-cli -m {best} --jinja`, or `llama-server -m {best} --jinja`.
- **Ollama**: `ollama create {stem} -f Modelfile`, then `ollama run {stem}`.
- **LM Studio**: put the file into a folder `hone/{about.name}/` under its models folder, or use `lms import {best}`.
- **On a phone**: copy the smallest file that the table shows to be good enough onto it, and open it in an app that
  reads GGUF, such as PocketPal or ChatterUI. A file needs about its own size in memory, and a few hundred MB more.
"""
