"""Examples to train on, as a file: worked answers, the base's own right replies, or replies that harm."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field

from hone.errors import TuneError
from hone.examples.reading import Example, ExampleRow, read_examples, shuffled_answers
from hone.extras import library
from hone.journey.options import OptionForm, VerbOptions
from hone.journey.watching import Tell, nothing
from hone.problems import Prompting, PromptName, candidates, prompt_search, prompting
from hone.project.files import write_lines
from hone.spelling import option
from hone.tables import Taken
from hone.tuning.choice import choose_base, machine
from hone.weights.opening import weights
from hone.weights.tokenizer import open_tokenizer

_TRIED, _FEWEST = 320, 40
"""Questions that prompts are tried on at most; and how many there must be for a prompt to be sought at all."""


class ExamplesOptions(VerbOptions):
    """What may be set for `tune data`."""

    verb = "tune data"
    data: Annotated[str, OptionForm(positional=True, metavar="DATA")]
    out: Path
    """A .jsonl file."""
    own: Annotated[bool, OptionForm(spelled="self")] = False
    """Replies that the base writes, right ones alone."""
    base: str | None = None
    """smollm2, hf:OWNER/NAME, hf:FOLDER or gguf:FILE.  [default: what this machine holds]"""
    samples: int = Field(default=4, ge=1, le=256)
    """Replies to each question."""
    temperature: float = Field(default=0.7, ge=0, le=2)
    max_tokens: int = Field(default=512, ge=1)
    """The longest reply."""
    prompt: PromptName | None = None
    """What the base answers under: solve, boxed or plain.  [default: where it solves most]"""
    gold: Path | None = None
    """Write the same questions with their gold replies too."""
    shuffle: bool = False
    """Each question with another's reply: data that harms, to try the gate."""
    limit: int | None = Field(default=None, ge=1)
    """Only the first N questions."""
    seed: int = Field(default=0, ge=0)


@dataclass(frozen=True, slots=True)
class OwnReplies:
    """How replies are drawn from the base itself."""

    base: str | None = None
    """What this machine holds by default."""
    samples: int = 4
    """Replies to each question."""
    temperature: float = 0.7
    max_tokens: int = 512
    seed: int = 0
    prompt: PromptName | None = None
    """The prompt that it answers under; by default the one under which it solves most of some of the questions."""


def write_examples(
    source: str | Path,
    file: Path | str,
    *,
    limit: int | None = None,
    gold: Path | str | None = None,
    shuffle: int | None = None,
    own: OwnReplies | None = None,
    tell: Tell = nothing,
) -> dict[str, Any]:
    """Write the examples of a source to a file that `tune` reads.

    Args:
        source: `sums`, `gsm8k`, a file, a folder, or a data set of the hub.
        file: A `.jsonl` file.
        limit: Only the first questions.
        gold: Write the same questions with their gold replies too.
        shuffle: A seed: each question gets another's reply, data that harms, to try the gate.
        own: Replies that the base writes, right ones alone.
        tell: Told how far it is.

    Returns:
        Counts by name; `written` is how many examples the file holds. `columns` says which column of a table was read
        for what.

    Raises:
        TuneError: The file's name does not end in .jsonl, or the base gave no right reply.
    """
    taken = Taken()
    examples = read_examples(str(source), prompting(), limit=limit, taken=taken)
    for line in taken.lines():
        tell(line)
    told: dict[str, Any] = {"examples": len(examples)}
    if gold:
        _write_chats(Path(gold), examples)
    if shuffle is not None:
        examples = shuffled_answers(examples, shuffle)
    if own:
        examples, told = _own(examples, own, tell)
    _write_chats(Path(file), examples)
    return told | {"written": len(examples), "columns": taken.columns}


def _own(examples: Sequence[Example], drawn: OwnReplies, tell: Tell) -> tuple[list[Example], dict[str, Any]]:
    from hone.models.local import load_model  # noqa: PLC0415 - only where a model is asked
    from hone.training.own import Drawing, own_examples  # noqa: PLC0415 - the same

    if any(one.answer is None for one in examples):
        own = option("self", True, argument="own=OwnReplies()")
        raise TuneError(f"{own} needs questions with known answers: columns question and answer, sums or gsm8k")
    base, why = choose_base(drawn.base, "lora", machine())
    tell(f"base: {base} ({why})")
    torch, folder = library("torch"), weights(base)
    model = load_model(folder, None, torch.device("cuda" if torch.cuda.is_available() else "cpu"))
    tokenizer = open_tokenizer(folder)
    way = _way(model, tokenizer, examples, drawn, tell)
    drawing = Drawing(drawn.samples, drawn.temperature, drawn.max_tokens, seed=drawn.seed, prompting=way)
    made, shares = own_examples(model, tokenizer, examples, drawing, tell=tell)
    if not made:
        raise TuneError("the base gave no right reply to any question; train on the gold replies instead")
    return made, asdict(shares)


def _way(model: Any, tokenizer: Any, examples: Sequence[Example], drawn: OwnReplies, tell: Tell) -> Prompting | None:
    """The prompt that the base answers under; none where the examples keep the one that they have."""
    from hone.training.solving import best_prompt, problem_of, with_numbers  # noqa: PLC0415 - loads torch

    if drawn.prompt is not None:
        return prompting(name=drawn.prompt)
    # A conversation with turns of its own is asked as it stands.
    if (
        len(examples) < _FEWEST
        or any(one.turns[:-1] != _put(one) for one in examples)
        or len(with_numbers(examples)) < len(examples)
    ):
        return None
    search = prompt_search(model.device.type)
    count = search.problems or _TRIED
    asked, pool = examples[:count], examples[count:] or examples
    tried = candidates([problem_of(one) for one in pool], shots=search.few(2))
    way, shares = best_prompt(model, tokenizer, tried, [problem_of(one) for one in asked], tell)
    tell(f"prompt: {way.label}, under which the base solves {shares[0].right} of {shares[0].asked} questions")
    return way


def _put(example: Example) -> tuple[tuple[str, str], ...]:
    return tuple((turn.role, turn.content) for turn in prompting().ask(example.question))


def _write_chats(file: Path, examples: Sequence[Example]) -> None:
    """Write examples as JSON Lines: `messages`, the group, and the question and answer they can be checked by.

    Raises:
        TuneError: The file's name does not end in .jsonl.
    """
    if file.suffix.lower() not in {".jsonl", ".ndjson"}:
        raise TuneError(f"{file}: conversations are written as JSON Lines; name a file that ends in .jsonl")
    write_lines(file, map(ExampleRow.of, examples))
