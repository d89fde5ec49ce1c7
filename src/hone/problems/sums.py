"""Word problems of two to four steps with worked answers, made on the spot: the journey works offline.

Which split a problem belongs to is decided by its numbers: the same story with the same numbers never stands in both,
however it is worded.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterator

from hone.errors import ProjectError
from hone.problems.problem import Problem, Split
from hone.problems.stories import STORIES, Story

_NAMES = {
    "she": ("Amira", "Bea", "Chloe", "Daria", "Elif", "Farah", "Greta", "Hana", "Ines", "Jaya", "Keiko", "Lena"),
    "he": ("Arun", "Boris", "Caleb", "Diego", "Emil", "Felix", "Goran", "Hugo", "Ivan", "Jonas", "Kofi", "Luca"),
}
_THINGS = (
    "apples",
    "beads",
    "buttons",
    "cards",
    "coins",
    "cookies",
    "marbles",
    "pencils",
    "plums",
    "shells",
    "stamps",
    "stickers",
)
_BOXES = ("bags", "baskets", "boxes", "drawers", "jars", "packs", "tins", "trays")
_TEST_IN = 5
"""One combination of numbers in so many is for testing."""
_CHOOSING_IN = 10
"""One in so many is for choosing prompts and settings."""
_TRIES = 200


def sums(count: int, split: Split = "train", *, seed: int = 0) -> list[Problem]:
    """So many different problems, the same ones for the same seed; the first of a longer list are the shorter list.

    Args:
        count: How many, at most some ten thousand.
        split: The splits share no combination of a story and its numbers, whatever the seeds.
        seed: Another seed draws others.

    Raises:
        ProjectError: There are not so many different ones.
    """
    draws = random.Random(f"{seed}/{split}")  # noqa: S311 - repeatable draws are wanted
    problems: list[Problem] = []
    seen: set[str] = set()
    while len(problems) < count:
        story = STORIES[len(problems) % len(STORIES)]
        problem = next((made for made in _draws(story, split, draws) if made.question not in seen), None)
        if problem is None:
            raise ProjectError(f"sums: there are not {count} different problems; ask for fewer than {len(problems)}")
        seen.add(problem.question)
        problems.append(
            Problem(
                f"sums-{split}-{seed}-{len(problems) + 1}",
                problem.question,
                problem.answer,
                problem.solution,
                story.name,
            )
        )
    return problems


def _draws(story: Story, split: Split, draws: random.Random) -> Iterator[Problem]:
    """Problems of one story and split, drawn until there have been too many tries."""
    for _ in range(_TRIES):
        numbers = tuple(draws.randint(low, high) for low, high in story.ranges)
        if _split_of_numbers(story.name, numbers) == split and (values := story.work(*numbers)) is not None:
            yield _tell(story, numbers, values, draws)


def _split_of_numbers(name: str, numbers: tuple[int, ...]) -> Split:
    """The split that a story with these numbers, in whichever order, belongs to for good."""
    key = f"{name}:{','.join(map(str, sorted(numbers)))}"
    drawn = hashlib.sha256(key.encode()).digest()
    if drawn[0] % _TEST_IN == 0:
        return "test"
    return "choosing" if drawn[1] % _CHOOSING_IN == 0 else "train"


def _tell(story: Story, numbers: tuple[int, ...], values: tuple[int, ...], draws: random.Random) -> Problem:
    they = draws.choice(("she", "he"))
    who, friend = draws.sample(_NAMES[they], 2)
    words = {
        "who": who,
        "friend": friend,
        "they": they,
        "They": they.capitalize(),
        "their": "her" if they == "she" else "his",
        "thing": draws.choice(_THINGS),
        "box": draws.choice(_BOXES),
        **dict(zip("abcd", map(str, numbers), strict=False)),
        **dict(zip("xyzw", map(str, values), strict=False)),
    }
    question = draws.choice(story.wordings).format_map(words)
    solution = "\n".join(step.format_map(words) for step in story.steps)
    return Problem("", question, str(values[-1]), solution)
