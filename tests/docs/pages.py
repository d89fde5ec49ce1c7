"""The pages of the docs and their code blocks, as the tests read them."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import click

from hone.cli.main import cli

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
GENERATED = ("commands.md", "python.md")
_BLOCK = re.compile(
    r"^(?:[ ]*<!-- (?P<mark>run|not run: [^>]+?) -->\n)?"
    r"(?P<pad>[ ]*)```(?P<language>\w*)\n(?P<code>.*?)^(?P=pad)```",
    re.DOTALL | re.MULTILINE,
)


@dataclass(frozen=True, slots=True)
class Block:
    """One code block of a page."""

    page: str
    line: int
    language: str
    code: str
    mark: str | None

    @property
    def name(self) -> str:
        return f"{self.page}:{self.line}"


def pages() -> list[Path]:
    """Every page that a person wrote, the README too."""
    return [ROOT / "README.md", *(path for path in sorted(DOCS.rglob("*.md")) if path.name not in GENERATED)]


def blocks(path: Path) -> Iterator[Block]:
    text = path.read_text(encoding="utf-8")
    for found in _BLOCK.finditer(text):
        line = text.count("\n", 0, found.start("pad")) + 1
        pad = found["pad"]
        code = "".join(part.removeprefix(pad) for part in found["code"].splitlines(keepends=True))
        yield Block(str(path.relative_to(ROOT)), line, found["language"], code, found["mark"])


def hone_lines(code: str) -> Iterator[list[str]]:
    """The words of every `hone …` command of a block, without comments and what is only laid out beside it."""
    for line in code.replace("\\\n", " ").splitlines():
        command = re.split(r"\s{2,}(?!-)", line.strip().removeprefix("$ "))[0]
        command = re.sub(r"(?<=\w)'(?=\w)", "’", command)  # in words beside a command an apostrophe is no quote
        if not command.startswith("hone ") and "&& hone " not in command:
            continue
        words: list[str] = []
        for word in [*shlex.split(command, comments=True), "&&"]:
            if word not in {"&&", "|", ";", ">"}:
                words.append(word)
                continue
            if words[:1] == ["hone"]:
                yield words[1:]
            words = []


def problem(words: list[str]) -> str | None:
    """Why click would not take these words, as far as commands and options go; none where it would."""
    if "·" in words:
        return _siblings(words)
    command: click.Command = cli
    context = click.Context(command, info_name="hone")
    while isinstance(command, click.Group):
        below = command.get_command(context, words[0]) if words else None
        if below is None and words and command.name == "tune":
            below, words = command.get_command(context, "run"), ["run", *words]
        if below is None:
            break
        command, words = below, words[1:]
        context = click.Context(command, info_name=command.name, parent=context)
    if isinstance(command, click.Group) and words and not words[0].startswith("-"):
        return f"there is no command {words[0]!r}"
    try:
        command.make_parser(context).parse_args(list(words))
    except click.UsageError as error:
        return error.format_message()
    return None


def _siblings(words: list[str]) -> str | None:
    """`rubric draft · compare · …`: each of the names must be a command."""
    place = words.index("·") - 1
    head, names = words[:place], [words[place]]
    rest = words[place + 1 :]
    while len(rest) > 1 and rest[0] == "·":
        names.append(rest[1])
        rest = rest[2:]
    return next((found for name in names if (found := problem([*head, name]))), None)
