"""`generate`: answers to many prompts from one transformers model, as fast as the machine allows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from hone.domain.conversation import Message
from hone.domain.looping import STUCK_LEAST
from hone.errors import ContextError
from hone.extras import library
from hone.weights.chat_text import chat_tokens
from hone.weights.tokenizer import context_of, end_tokens

_SHARED = 16
"""A common beginning shorter than this, in tokens, is not worth keeping apart."""


@dataclass(frozen=True, slots=True)
class Decoding:
    """How answers are drawn."""

    max_tokens: int = 256
    temperature: float = 0.0
    """0 always takes the likeliest token."""
    samples: int = 1
    """Answers to each prompt."""
    seed: int | None = 0
    """Fixes the draws on the same machine for the same prompts; which draw a prompt gets depends on the others."""
    top_p: float | None = None
    rows: int | None = None
    """The most answers under way at once; as many as the memory holds where absent. Where it holds fewer after all,
    they are halved, as often as it takes."""
    graphs: bool = True
    """On a GPU: record a step once and replay it."""
    stop_loops: bool = False
    """End an answer that has fallen into a loop (`hone.domain.looping.is_stuck`), which saves the way to the limit.
    For greedy answers: what is drawn may find its way out."""


@dataclass(frozen=True, slots=True)
class GeneratedText:
    """One answer."""

    text: str
    tokens: int
    """How many tokens it has, its end token among them."""
    cut: bool
    """Whether it ended at the limit: not at an end token, and not in a loop."""
    prompt_tokens: int = 0
    made: tuple[int, ...] = field(default=(), repr=False, compare=False)
    """The tokens themselves, to go on from where it was cut."""
    looped: bool = False
    """Whether it was ended because it had fallen into a loop. One that repeats nothing but white space is as good as
    ended by itself."""


@dataclass(frozen=True, slots=True)
class GenerationJob:
    """One answer to be made."""

    prompt: int
    sample: int
    tokens: tuple[int, ...]
    """The whole prompt."""
    limit: int
    """The most tokens of the answer."""
    begun: tuple[int, ...] = ()
    """Tokens of the answer that are there already: it was cut, or under way when memory ran out."""

    @property
    def known(self) -> tuple[int, ...]:
        """The prompt and what there is of the answer."""
        return self.tokens + self.begun


Prompt = str | Sequence[Message] | Sequence[int]
"""A text that is ready to go on from (no special token is added to it), a conversation, or tokens."""

Told = Callable[[int, int, GeneratedText], object]
"""Called with the prompt's place, the sample's number and the answer, as soon as it is there."""


def generate(
    model: Any,
    tokenizer: Any,
    prompts: Sequence[Prompt],
    ask: Decoding = Decoding(),
    *,
    begun: Sequence[Sequence[int]] = (),
    told: Told | None = None,
    note: Callable[[str], object] = lambda _: None,
) -> list[list[GeneratedText]]:
    """Answers to prompts.

    A model whose attention is plain causal attention runs in our own loop; for any other it is transformers' own
    `generate`, in batches padded on the left. Greedy answers do not depend on the batch but where two tokens are
    equally likely to within rounding.

    Args:
        model: From transformers, or a PEFT model; it is left as it was found.
        tokenizer: Its tokenizer.
        prompts: Texts, conversations or tokens.
        ask: How answers are drawn.
        begun: Of each prompt, tokens of an answer that was cut at a lower limit and goes on here; they are part of
            the answer, and count in its limit. Models that our own loop does not suit begin again.
        told: Told of every answer as it comes.
        note: Told, in one line, where memory ran out and it goes on with fewer answers side by side.

    Returns:
        ``ask.samples`` answers to each prompt, in the order of the prompts.

    Raises:
        ContextError: A prompt does not fit into the model's context.
        UnavailableError: The tokenizer has no chat template and a prompt is a conversation; or the memory does not
            hold even one answer.
        MissingExtraError: The extra `tune` is not installed.
    """
    torch = library("torch")
    from hone.weights.decoding.loop import answer_in_rows, plainly, suited  # noqa: PLC0415 - loads torch
    from hone.weights.decoding.rows import UnsuitedError  # noqa: PLC0415 - the same

    jobs = _jobs(model, tokenizer, prompts, ask, begun or [()] * len(prompts))
    answers: list[list[GeneratedText | None]] = [[None] * ask.samples for _ in prompts]
    ends = end_tokens(tokenizer, model)

    def tell(job: GenerationJob, made: Sequence[int]) -> None:
        ended = bool(made) and made[-1] in ends
        words = tokenizer.decode(list(made[:-1] if ended else made), skip_special_tokens=True)
        stopped = ask.stop_loops and not ended and len(made) < job.limit
        looped = stopped and bool(tokenizer.decode(list(made[-STUCK_LEAST:])).strip())
        cut = not ended and not stopped
        text = GeneratedText(words, len(made), cut, len(job.tokens), tuple(made), looped)
        answers[job.prompt][job.sample] = text
        if told:
            told(job.prompt, job.sample, text)

    if jobs:
        training = model.training
        model.eval()
        devices = [model.device] if model.device.type == "cuda" else []
        try:
            with torch.no_grad(), torch.random.fork_rng(devices):
                if ask.seed is not None:
                    torch.manual_seed(ask.seed)
                shared = _shared([job.tokens for job in jobs])
                own = suited(model, jobs[0].tokens)
                if own:
                    try:
                        answer_in_rows(model, jobs, shared, ends, ask, tell, note)
                    except UnsuitedError:  # at its first call: a window that the prompt was too short to show
                        own = False
                if not own:
                    plainly(model, tokenizer, jobs, ends, ask, tell, note)
        finally:
            model.train(training)
    return [[text for text in several if text is not None] for several in answers]


def _jobs(
    model: Any, tokenizer: Any, prompts: Sequence[Prompt], ask: Decoding, begun: Sequence[Sequence[int]]
) -> list[GenerationJob]:
    context = context_of(model.config)
    jobs = []
    for place, (prompt, there) in enumerate(zip(prompts, begun, strict=True)):
        tokens = _tokens(tokenizer, prompt)
        if not 0 < len(tokens) < context:
            raise ContextError(
                f"prompt {place + 1} has {len(tokens)} tokens, and the model's context is {context}; shorten it"
            )
        limit = min(ask.max_tokens, context - len(tokens))
        jobs += [GenerationJob(place, sample, tokens, limit, tuple(there)) for sample in range(ask.samples)]
    return jobs


def _tokens(tokenizer: Any, prompt: Prompt) -> tuple[int, ...]:
    if isinstance(prompt, str):
        return tuple(tokenizer(prompt, add_special_tokens=False)["input_ids"])
    turns = [turn for turn in prompt if isinstance(turn, Message)]
    return tuple(chat_tokens(tokenizer, turns)) if turns else tuple(one for one in prompt if isinstance(one, int))


def _shared(prompts: Sequence[tuple[int, ...]]) -> int:
    """How many tokens all prompts begin with; at least one token of each is left over."""
    least, greatest = min(prompts), max(prompts)
    most = min(len(prompt) for prompt in prompts) - 1
    count = 0
    while count < most and least[count] == greatest[count]:
        count += 1
    return count if count >= _SHARED else 0
