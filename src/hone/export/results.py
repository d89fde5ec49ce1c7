"""What the benchmark says about an exported file, and how results are written into it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ConfigDict

from hone.export.parity import Parity
from hone.stats import Figure, McNemar, PairedDifference, mcnemar, paired_means, wilson


@dataclass(frozen=True)
class Accuracy:
    """Source and exported file on the same problems."""

    benchmark: str
    source: Figure
    exported: Figure
    paired: PairedDifference
    """Exported minus source."""
    test: McNemar

    @property
    def lost(self) -> bool:
        """Whether the exported file is worse than chance explains."""
        return self.paired.difference.high is not None and self.paired.difference.high < 0

    @property
    def same(self) -> bool:
        """Whether both are right on the very same problems, so that resampling them has no spread to show."""
        return not self.test.first_only and not self.test.second_only

    def wording(self) -> str:
        """The difference in words."""
        one, share = self.paired.difference, f"{self.benchmark}: {self.exported.value or 0:.1%}"
        if self.same:
            most = wilson(0, self.test.n).high or 0.0
            return f"{share}, on each of {self.test.n} problems as the source (95%: at most {most:.1%} of all part)"
        if one.value is None or one.low is None or one.high is None:
            return f"{share}; no difference can be told ({one.reason})"
        interval = f"95% interval {one.low:+.1%} to {one.high:+.1%}, n={one.n}"
        return f"{share}, {one.value:+.1%} against the source ({interval})"


def accuracy(benchmark: str, source: Sequence[bool], exported: Sequence[bool]) -> Accuracy:
    """Compare right and wrong answers to the same problems, in the same order.

    Raises:
        StatsError: They are not as many.
    """
    first, second = [float(right) for right in exported], [float(right) for right in source]
    return Accuracy(
        benchmark,
        wilson(sum(second), len(second)),
        wilson(sum(first), len(first)),
        paired_means(first, second, span=(0.0, 1.0)),
        mcnemar(first, second),
    )


def export_summary(parity: Parity) -> str:
    """What was compared, in one line."""
    replies = parity.replies
    return (
        f"{parity.size / 1e6:.0f} MB, {replies.same} of {replies.n} replies equal, {replies.ties} more up to a tie, "
        f"mean KL {replies.kl:.1e}, perplexity {parity.perplexity:.2f} (source {parity.source_perplexity:.2f})"
    )


def parity_data(parity: Parity) -> dict[str, Any]:
    """What was compared, for JSON."""
    replies = parity.replies
    return {
        "quant": parity.quant,
        "bytes": parity.size,
        "checks": {check.name: check.detail for check in parity.checks},
        "replies": {
            "n": replies.n,
            "same": replies.same,
            "ties": replies.ties,
            "kl": replies.kl,
            "places": replies.places,
        },
        "perplexity": parity.perplexity,
        "source_perplexity": parity.source_perplexity,
        "tokens_per_second": {"prompt": parity.speed.prompt, "generation": parity.speed.generation},
    }


def accuracy_data(found: Accuracy | None) -> dict[str, Any]:
    """The benchmark's result, for JSON; nothing where there is none."""
    if found is None:
        return {}
    return {
        "benchmark": {
            "name": found.benchmark,
            "source": found.source.as_dict(),
            "exported": found.exported.as_dict(),
            "difference": found.paired.difference.as_dict(),
            "p_value": found.test.p_value,
        }
    }


class Kept(BaseModel):
    """Part of a run's results; what a later Hone writes beside it is passed over."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class KeptReplies(Kept):
    """Greedy replies of the file beside the source's."""

    n: int
    same: int
    ties: int
    kl: float
    places: int


class KeptAccuracy(Kept):
    """Source and file on the same problems."""

    name: str
    source: Figure
    exported: Figure
    difference: Figure
    p_value: float


class ExportRow(Kept):
    """One exported file, as the run's results hold it: the fields of `parity_data` and `accuracy_data`."""

    file: str
    quant: str
    bytes: int
    checks: dict[str, str]
    replies: KeptReplies
    perplexity: float
    source_perplexity: float
    tokens_per_second: dict[str, float]
    benchmark: KeptAccuracy | None = None


def export_row(file: str, parity: Parity, found: Accuracy | None) -> ExportRow:
    """What was compared, as a run's results hold it."""
    return ExportRow.model_validate({"file": file, **parity_data(parity), **accuracy_data(found)})
