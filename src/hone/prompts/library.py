"""Which prompts there are, what fields each has, and how a project's own files take their place."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import resources
from pathlib import Path

from hone.errors import PromptError
from hone.prompts.render import OPTIONAL, Prompt

_OF_A_SCORE = frozenset(
    {"subject", "role", "instruction", "criteria", "examples", "request", "reference", "reply", "form"}
)
PROMPTS: Mapping[str, frozenset[str]] = {
    "system": frozenset(),
    "task": frozenset({"role", "instruction"}),
    "evaluation": frozenset({"subject", "criteria"}),
    "draft": frozenset({"subject", "role", "instruction", "requests", "present", "levels"}),
    "compare": frozenset({"subject", "role", "instruction", "request", "first", "second"}),
    "advise": frozenset({"subject", "role", "instruction", "criteria", "pairs", "measures"}),
    "refine": frozenset({"subject", "role", "instruction", "criterion", "levels", "cases", "wanted", "form"}),
    "score": _OF_A_SCORE,
    "levels": _OF_A_SCORE,
    "strict": _OF_A_SCORE,
    "commit": frozenset({"role", "instruction", "request"}),
    "repair": frozenset({"problem", "form"}),
    "prefer": frozenset({"subject", "role", "instruction", "criteria", "request", "first", "second"}),
    "decide": frozenset({"state", "question", "answers", "form"}),
    "rewrite": frozenset({"question", "solution"}),
    "solve": frozenset(),
    "boxed": frozenset(),
    "language": frozenset({"language"}),
}
"""Each prompt and its fields."""

Prompts = Mapping[str, Prompt]
"""Every prompt by its name."""


def load_prompts(folder: Path | None = None) -> Prompts:
    """The built-in prompts, with those of a folder in their place.

    Args:
        folder: A folder of ``NAME.md`` files; one that does not exist overrides nothing.

    Raises:
        PromptError: A file has an unknown name, is empty, names an unknown field, or lacks one that it must have.
    """
    prompts = {name: _built_in(name) for name in PROMPTS}
    for path in sorted(folder.glob("*.md")) if folder else ():
        if path.stem not in PROMPTS:
            raise PromptError(f"{path}: there is no prompt {path.stem!r}; there are {', '.join(PROMPTS)}")
        prompts[path.stem] = checked_prompt(path.stem, _read(path), str(path))
    return prompts


def in_language(prompts: Prompts, language: str) -> Prompts:
    """The prompts, with a system prompt that asks for a language.

    Args:
        prompts: What stands there otherwise.
        language: Its English name.
    """
    said = prompts["language"].render(language=language)
    system = prompts["system"]
    return {**prompts, "system": Prompt("system", f"{system.sent}\n\n{said}", system.source)}


def checked_prompt(name: str, text: str, source: str) -> Prompt:
    """A prompt whose text somebody gave.

    Args:
        name: Which prompt it takes the place of.
        text: Its text.
        source: Where it comes from, for messages.

    Raises:
        PromptError: It is empty, names an unknown field, or lacks one that it must have.
    """
    prompt = Prompt(name, text, source)
    _check(prompt)
    return prompt


def _read(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise PromptError(f"{path}: cannot be read ({error.strerror})") from error
    except UnicodeDecodeError as error:
        raise PromptError(f"{path}: not UTF-8 text; save the file as UTF-8") from error


def _built_in(name: str) -> Prompt:
    text = resources.files("hone.prompts").joinpath(f"{name}.md").read_text(encoding="utf-8")
    return Prompt(name, text, f"hone/prompts/{name}.md")


def _check(prompt: Prompt) -> None:
    if not prompt.sent:
        raise PromptError(f"{prompt.source}: the file is empty; write the prompt, or remove the file")
    allowed, present = PROMPTS[prompt.name], set(prompt.fields)
    known = ", ".join(f"{{{{{name}}}}}" for name in sorted(allowed)) or "none"
    if unknown := sorted(present - allowed):
        raise PromptError(f"{prompt.source}: unknown field {{{{{unknown[0]}}}}}; this prompt has {known}")
    if missing := sorted(allowed - OPTIONAL - present):
        raise PromptError(f"{prompt.source}: the field {{{{{missing[0]}}}}} is missing; this prompt has {known}")
