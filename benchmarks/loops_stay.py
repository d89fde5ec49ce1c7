"""Whether a greedy answer that has fallen into a loop stays in it: what `Decoding.stop_loops` rests on.

    python benchmarks/loops_stay.py [--model smollm2] [--tokens 900] [--solve 48] [--others 24] [--skip 50]

Sums of the test part are answered to a limit far beyond what they need, without ending loops. Then each answer is
read again token by token: where it would have been ended, and whether it was still in a loop at the limit.
"""

from __future__ import annotations

import argparse
from collections import Counter

from hone.domain.looping import is_stuck
from hone.extras import library
from hone.models.local import load_model
from hone.problems import prompting, sums
from hone.stats import wilson
from hone.weights.decoding import Decoding, GeneratedText, generate
from hone.weights.opening import weights
from hone.weights.tokenizer import open_tokenizer

LOOK_EVERY = 32
"""As in `hone.weights.decoding.stuck`."""


def ended_at(text: GeneratedText) -> int | None:
    """The tokens after which an answer would have been ended in a loop, or none."""
    return next(
        (count for count in range(LOOK_EVERY, len(text.made) + 1, LOOK_EVERY) if is_stuck(text.made[:count])), None
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="smollm2", help="smollm2, a folder or a repository of the hub")
    parser.add_argument("--tokens", type=int, default=900)
    parser.add_argument("--solve", type=int, default=48, help="problems under the prompt `solve`")
    parser.add_argument("--others", type=int, default=24, help="problems under `plain` and under `boxed`")
    parser.add_argument("--skip", type=int, default=50, help="problems that are left out first")
    options = parser.parse_args()
    folder = weights(options.model)
    model, tokenizer = load_model(folder, None, library("torch").device("cpu")), open_tokenizer(folder)
    problems = sums(options.skip + max(options.solve, options.others), "test")[options.skip :]
    found, made, kept = Counter[str](), 0, 0
    for name, count in (("solve", options.solve), ("plain", options.others), ("boxed", options.others)):
        way = prompting(name=name)
        asked = [way.ask(one.question) for one in problems[:count]]
        for (text,) in generate(model, tokenizer, asked, Decoding(options.tokens)):
            place = ended_at(text)
            if place is None:
                found["never in a loop"] += 1
                continue
            stays = text.cut and is_stuck(text.made)
            found["stays in its loop" if stays else "leaves it"] += 1
            made, kept = made + text.tokens, kept + place
    for what, number in sorted(found.items()):
        print(f"{what}: {number:,}")
    loops = found["stays in its loop"] + found["leaves it"]
    if loops:
        share = wilson(found["leaves it"], loops)
        print(f"leaves its loop: {share.value:.1%} ({share.low:.1%} to {share.high:.1%})")
        print(f"tokens of the answers in loops: {made:,}, and {kept:,} where they are ended")


if __name__ == "__main__":
    main()
