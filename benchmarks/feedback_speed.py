"""How long a saved rating takes in the store alone, without the web: one rater, then many at once.

python benchmarks/feedback_speed.py [--raters 1 40 200] [--saves 2000] [--pause 1.0] [--database URL]

Each rater is a thread that is handed a reply, scores each criterion in a save of its own and pauses between saves, as
people do. Beside the store, the same number of bare 4 KiB appends with fdatasync says what the disk allows.
"""

from __future__ import annotations

import argparse
import os
import random
import tempfile
import threading
import time
from pathlib import Path

from hone.domain.rubric import Rubric
from hone.people.store import NewSubject, open_store
from hone.people.store.store import Store

RUBRIC = Rubric.model_validate(
    {"criteria": ["Be Clear: Each word is known.", "Be Kind: No word hurts.", "Be Short: It fits a page."]}
)
REPLIES = 500


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--raters", type=int, nargs="+", default=[1, 40, 200])
    options.add_argument("--saves", type=int, default=2000)
    options.add_argument("--pause", type=float, default=1.0, help="mean seconds between two saves, with many raters")
    options.add_argument("--database")
    given = options.parse_args()
    print("| raters | pause s | saves | lost or doubled | saves/s | save p50 ms | p95 ms | next p50 ms | p95 ms |")
    print("|---|---|---|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as name:
        for place, raters in enumerate(given.raters):
            where = given.database or Path(name) / f"{place}.db"
            pause = given.pause if raters > 1 else 0.0
            print(row(where, raters, given.saves // raters, pause), flush=True)
        print(f"\na bare append of 4 KiB with fdatasync: p50 {disk(Path(name) / 'bare'):.2f} ms")


def row(where: Path | str, raters: int, saves: int, pause: float) -> str:
    """One line of the table."""
    with open_store(where, seed=raters) as store:
        store.add_subjects(NewSubject(f"i{n}", "Plan. " * 40, f"Reply {n}. " * 200) for n in range(REPLIES))
        people = [store.add_rater(f"{raters} raters, number {n}").id for n in range(raters)]
        saved: list[float] = []
        handed: list[float] = []
        started = time.perf_counter()
        threads = [
            threading.Thread(target=rate, args=(store, rater, (saves, pause), saved, handed)) for rater in people
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        seconds = time.perf_counter() - started
        kept = [one for one in store.ratings(RUBRIC) if one.rater.startswith(f"{raters} raters")]
        wrong = len(saved) - len(kept)
    times = " | ".join(f"{quantile(values, share):.2f}" for values in (saved, handed) for share in (0.5, 0.95))
    return f"| {raters} | {pause:g} | {len(saved)} | {wrong} | {len(saved) / seconds:.0f} | {times} |"


def rate(store: Store, rater: str, much: tuple[int, float], saved: list[float], handed: list[float]) -> None:
    """One rater's sitting."""
    saves, pause = much
    draw = random.Random(rater)  # noqa: S311 - not a secret
    count = 0
    time.sleep(draw.random() * pause)
    while count < saves:
        start = time.perf_counter()
        subject = store.next_subject(rater, RUBRIC, per_item=1_000_000)
        handed.append(time.perf_counter() - start)
        if subject is None:
            return
        for criterion in RUBRIC.names[: saves - count]:
            start = time.perf_counter()
            store.rate(
                rater, subject.id, RUBRIC, {criterion: draw.choice([-1, 0, 1])}, key=f"{subject.id} {criterion}"
            )
            saved.append(time.perf_counter() - start)
            count += 1
            if pause:
                time.sleep(draw.expovariate(1 / pause))


def disk(path: Path) -> float:
    """The median milliseconds of a bare append that reaches the disk."""
    times = []
    with path.open("ab", buffering=0) as stream:
        for _ in range(300):
            start = time.perf_counter()
            stream.write(b"x" * 4096)
            os.fdatasync(stream.fileno())
            times.append(time.perf_counter() - start)
    return quantile(times, 0.5)


def quantile(values: list[float], share: float) -> float:
    """A quantile in milliseconds."""
    return sorted(values)[int(len(values) * share)] * 1000 if values else float("nan")


if __name__ == "__main__":
    main()
