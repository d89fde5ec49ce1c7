"""Training data in the model's own words: rejection sampling over the training questions (Yuan et al. 2023).

A model that learns replies that it could have written itself keeps what it knew. What it never solves it writes again
from the gold solution, which is kept only where the answer is still right. Nothing is taken from a test set here.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, astuple, dataclass, replace
from typing import Any

from hone.examples.reading import Example
from hone.models import Message
from hone.problems import MARK, Prompting, boxed_number, gold_number, marked_place
from hone.problems.checking import false_equations, shows_steps
from hone.prompts import load_prompts
from hone.training.solving import LIMIT, problem_of, prompt_of, right
from hone.weights.decoding import Decoding, generate
from hone.weights.tokenizer import context_of

_MARKS = 60
"""Characters that a chat template puts around a conversation, as a guess on the safe side."""
REWRITTEN = "rewritten"
"""How the id of a reply ends that the model wrote again from the gold solution."""
BOX = "\\boxed{"
"""What stands before an answer in a box."""


@dataclass(frozen=True, slots=True)
class Shares:
    """Where the examples come from."""

    questions: int
    samples: int
    """Replies drawn in all."""
    right: int
    """Of these, right ones, as `settled` has it."""
    solved: int
    """Questions with at least one right reply."""
    kept: int
    """Different right replies that were kept."""
    rewritten: int
    """Questions never solved whose gold solution the model wrote again, rightly."""
    left: int
    """Questions that neither way gave a right reply to."""

    def __add__(self, other: Shares) -> Shares:
        """Both together."""
        return Shares(*(mine + theirs for mine, theirs in zip(astuple(self), astuple(other), strict=True)))

    def as_data(self) -> dict[str, int]:
        """As plain data."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Drawing:
    """How replies are drawn."""

    samples: int = 4
    temperature: float = 0.7
    max_tokens: int = LIMIT
    keep: int = 4
    """Different right replies to one question, at most."""
    seed: int = 0
    rewrite: bool = True
    prompting: Prompting | None = None
    """The prompt that replies are drawn under; what is learnt stands under the same without its shots. The examples'
    own turns by default."""


def own_examples(
    model: Any,
    tokenizer: Any,
    examples: Sequence[Example],
    drawing: Drawing = Drawing(),
    *,
    tell: Callable[[str], object] = lambda _: None,
) -> tuple[list[Example], Shares]:
    """Examples whose replies the model wrote.

    Args:
        model: The base, or a tuned model for a further round.
        tokenizer: Its tokenizer.
        examples: Training questions with answers.
        drawing: How replies are drawn.
        tell: Told, in words, how far it is, and where memory ran out.
    """
    ask = Decoding(drawing.max_tokens, drawing.temperature, samples=drawing.samples, seed=drawing.seed)
    way, gold = drawing.prompting, {one.id: one for one in examples}
    examples = [taught_under(one, way) for one in examples] if way else examples
    asked = [way.ask(one.question) if way else prompt_of(one) for one in examples]
    answers = generate(model, tokenizer, asked, ask, note=tell)
    made: list[Example] = []
    unsolved: list[Example] = []
    count = solved = 0
    for example, texts in zip(examples, answers, strict=True):
        good = [reply for text in texts if not text.cut and (reply := learnable_reply(example, text.text))]
        count, solved = count + len(good), solved + bool(good)
        for place, reply in enumerate(_different(good)[: drawing.keep], 1):
            made.append(_with_reply(example, reply, f"self-{place}"))
        if not good:
            unsolved.append(example)
    tell(f"{solved:,} of {len(examples):,} questions solved by the model itself")
    kept, written = len(made), []
    if drawing.rewrite and unsolved:
        known = [gold[one.id].reply for one in unsolved]
        written = _rewritten(model, tokenizer, unsolved, known, drawing, tell)
        tell(f"{len(written):,} of {len(unsolved):,} gold solutions written again, rightly")
    left = len(unsolved) - len(written)
    total = len(examples) * drawing.samples
    return made + written, Shares(len(examples), total, count, solved, kept, len(written), left)


def taught_under(example: Example, way: Prompting) -> Example:
    """The example with its question put by a prompt, without shots, and its gold reply ended as that asks for."""
    way, problem = way.without_shots, problem_of(example)
    turns = tuple((turn.role, turn.content) for turn in way.teach(problem.question, way.reply(problem)))
    return replace(example, turns=turns)


def _rewritten(
    model: Any,
    tokenizer: Any,
    unsolved: Sequence[Example],
    gold: Sequence[str],
    drawing: Drawing,
    tell: Callable[[str], object],
) -> list[Example]:
    prompt = load_prompts()["rewrite"]
    asked = [
        [Message("user", prompt.render(question=one.question, solution=reply))]
        for one, reply in zip(unsolved, gold, strict=True)
    ]
    # No token is shorter than a character: where all are shorter than the context, each has room.
    context = context_of(model.config)
    fits = [len(turns[0].content) + _MARKS < context for turns in asked]
    unsolved = [one for one, fine in zip(unsolved, fits, strict=True) if fine]
    asked = [turns for turns, fine in zip(asked, fits, strict=True) if fine]
    ask = Decoding(drawing.max_tokens, seed=drawing.seed, stop_loops=True)
    answers = generate(model, tokenizer, asked, ask, note=tell)
    return [
        _with_reply(example, reply, REWRITTEN)
        for example, texts in zip(unsolved, answers, strict=True)
        if not (texts[0].cut or texts[0].looped) and (reply := learnable_reply(example, texts[0].text))
    ]


def learnable_reply(example: Example, reply: str) -> str | None:
    """A reply as it can be learnt, or none where nothing good would be learnt from it.

    The answer must be right, and so must every equation: a right answer over a false one teaches the false one. Where
    the gold reply shows its steps, so must this one, or terse answers are what is learnt. Where the gold reply ends
    in ``#### N`` or in a box, so does this one: what comes after the mark is cut off, and where it is missing it is
    put. A box must hold the answer.
    """
    reply = reply.strip()
    if not right(example, reply):
        return None
    place = marked_place(reply)
    if marked_place(example.reply):
        reply = reply[: place[1]] if place else f"{reply}\n{MARK} {example.answer}"
    elif BOX in example.reply:
        if BOX not in reply:
            steps = reply[: place[0]].rstrip() if place else reply
            reply = f"{steps}\nSo the answer is {BOX}{example.answer}}}."
        if boxed_number(reply) != gold_number(example.answer or ""):
            return None
    terse = shows_steps(example.reply) and not shows_steps(reply)
    # What was cut off may have held the answer: what is learnt is what must be right.
    return None if terse or false_equations(reply) or not right(example, reply) else reply.rstrip()


def _different(replies: Sequence[str]) -> list[str]:
    """Replies that differ in more than white space and case, the first of each."""
    seen: dict[str, str] = {}
    for reply in replies:
        seen.setdefault(_plain(reply), reply)
    return list(seen.values())


def same_reply(first: str, second: str) -> bool:
    """Whether two replies differ in nothing but white space and case."""
    return _plain(first) == _plain(second)


def _plain(reply: str) -> str:
    return " ".join(reply.lower().split())


def _with_reply(example: Example, reply: str, way: str) -> Example:
    # The group stays that of the question, so that its replies stay on one side of the split.
    return replace(example, id=f"{example.id}-{way}", turns=(*example.turns[:-1], ("assistant", reply)))
