"""Is an adapter over its base what the merged file is, and at scale 0 the base? On a real tuned model.

    python benchmarks/adapter_parity.py smollm2+ADAPTER [--prompts 20] [--tokens 64] [--folder FOLDER]

Makes three 16-bit files (the base, the merged model, the adapter alone) and asks them for greedy replies to the same
problems of `sums`. Replies may part only at a tie: where the engine itself, at the first different token, finds both
tokens within 5% of each other. Exits 1 where they part anywhere else, or where the adapter changes no reply at all.
"""

from __future__ import annotations

import argparse
import os
import platform
import tempfile
from collections.abc import Sequence
from pathlib import Path

from hone.export import About
from hone.export.engine import EmbeddedExport, Greedy
from hone.export.exporting import convert, convert_adapter
from hone.export.merge import merge_adapter
from hone.export.parity import TIE
from hone.journey.exporting import split_model
from hone.problems import prompting, sums
from hone.weights.opening import weights


def files(base: Path, adapter: Path, folder: Path) -> tuple[Path, Path, Path]:
    """Base, merged model and adapter as GGUF files."""
    about = About("parity", "base", system=prompting().system or "")
    made = []
    for name, part in (("base", None), ("merged", adapter)):
        with tempfile.TemporaryDirectory(dir=folder) as scratch:
            kind = merge_adapter(base, part, 1.0, Path(scratch, "merged"))
            made.append(convert(Path(scratch, "merged"), folder / f"{name}.gguf", kind, about))
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        alone = convert_adapter(base, adapter, 1.0, Path(scratch))
        return made[0], made[1], alone.replace(folder / "adapter.gguf")


def first_gap(one: Greedy, other: Greedy) -> float | None:
    """None for equal replies; else how much likelier the first finds its own token where they part (natural log)."""
    if (one.tokens, one.ended) == (other.tokens, other.ended):
        return None
    shared = next(
        (n for n, pair in enumerate(zip(one.tokens, other.tokens, strict=False)) if pair[0] != pair[1]), None
    )
    place = one.places[shared] if shared is not None else None
    if shared is None or place is None or other.tokens[shared] not in place.tokens:
        return float("inf")
    logprobs = dict(zip(place.tokens, place.logprobs, strict=True))
    return logprobs[one.tokens[shared]] - logprobs[other.tokens[shared]]


def row(name: str, one: Sequence[Greedy], other: Sequence[Greedy]) -> int:
    """Print how many replies are equal and give how many part where they should not."""
    gaps = [gap for gap in map(first_gap, one, other) if gap is not None]
    wrong = [gap for gap in gaps if gap > TIE]
    worst = f"; the largest gap {max(gaps):.3f}" if gaps else ""
    print(f"| {name} | {len(one) - len(gaps)} of {len(one)} | {len(gaps) - len(wrong)} | {len(wrong)}{worst} |")
    return len(wrong)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model")
    parser.add_argument("--prompts", type=int, default=20)
    parser.add_argument("--tokens", type=int, default=64)
    parser.add_argument("--folder", type=Path, help="Where the files stay.")
    options = parser.parse_args()
    name, adapter = split_model(options.model)
    if adapter is None:
        raise SystemExit("write MODEL+ADAPTER")
    with tempfile.TemporaryDirectory() as scratch:
        folder = options.folder or Path(scratch)
        folder.mkdir(parents=True, exist_ok=True)
        base, merged, alone = files(weights(name), adapter, folder)
        megabytes = [file.stat().st_size / 1e6 for file in (base, merged, alone)]
        with (
            EmbeddedExport(base) as plain,
            EmbeddedExport(merged) as whole,
            EmbeddedExport(base, adapter=alone) as over,
        ):
            problems = sums(options.prompts, "test")
            texts = [plain.chat_text([{"role": "user", "content": problem.question}]) for problem in problems]
            chats = [plain.tokens(text) for text in texts]
            bare, tuned = plain.greedy(chats, options.tokens), whole.greedy(chats, options.tokens)
            on = over.greedy(chats, options.tokens)
            over.adapter_scale = 0.0
            off = over.greedy(chats, options.tokens)
    print(
        f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores; base {megabytes[0]:.0f} MB, merged "
        f"{megabytes[1]:.0f} MB, adapter {megabytes[2]:.1f} MB; {options.tokens} tokens a reply\n"
    )
    print("| replies of | equal | part at a tie | part elsewhere |\n|---|---|---|---|")
    wrong = row("merged file, and adapter over base", tuned, on) + row("base, and adapter at scale 0", bare, off)
    changed = sum(first_gap(one, other) is not None for one, other in zip(bare, tuned, strict=True))
    print(f"\nThe adapter changes {changed} of {len(bare)} replies.")
    raise SystemExit(1 if wrong or not changed else 0)


if __name__ == "__main__":
    main()
