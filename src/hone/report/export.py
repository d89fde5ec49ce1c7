"""Exported files beside their source, for the terminal and for the README beside them."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import RenderableType
from rich.table import Table

from hone.export import ExportedFile

_COLUMNS = ("file", "MB", "prompt tokens/s", "tokens/s", "replies as the source", "mean KL", "perplexity", "accuracy")


def export_table(made: Sequence[ExportedFile]) -> RenderableType:
    """One row a file."""
    table = Table(title="Exported files, compared with their source", title_justify="left")
    for name in _COLUMNS:
        table.add_column(name, justify="left" if name in {"file", "accuracy"} else "right")
    for row in _rows(made):
        table.add_row(*row)
    return table


def export_markdown(made: Sequence[ExportedFile]) -> str:
    """The same as a Markdown table, with the words that explain it."""
    lines = [" | ".join(_COLUMNS), " | ".join("---" for _ in _COLUMNS), *(" | ".join(row) for row in _rows(made))]
    table = "\n".join(f"| {line} |" for line in lines)
    one = made[0].parity
    checks = "\n".join(
        f"- {each.parity.quant}: {check.name}: {check.detail}." for each in made for check in each.parity.checks
    )
    return f"""{table}

The first row is the source. KL is the mean divergence of the next token's distribution over {one.replies.places}
places, in natural logs; perplexity is over one page of English, for comparison among the rows only; tokens/s are
llama.cpp's own figures on the machine that exported. "Ties" part from the source where it finds two tokens equally
likely.

{checks}"""


def _rows(made: Sequence[ExportedFile]) -> list[tuple[str, ...]]:
    first = made[0]
    source = first.accuracy.source if first.accuracy else None
    rows: list[tuple[str, ...]] = [
        ("source", "", "", "", "", "", f"{first.parity.source_perplexity:.2f}", _share(source))
    ]
    for one in made:
        parity, replies = one.parity, one.parity.replies
        ties = f" (+{replies.ties} ties)" if replies.ties else ""
        accuracy = _share(one.accuracy.exported) + f"; {_difference(one)}" if one.accuracy else ""
        rows.append(
            (
                one.file.name,
                f"{parity.size / 1e6:.0f}",
                f"{parity.speed.prompt:.0f}",
                f"{parity.speed.generation:.0f}",
                f"{replies.same} of {replies.n}{ties}",
                f"{replies.kl:.1e}",
                f"{parity.perplexity:.2f}",
                accuracy,
            )
        )
    return rows


def _share(figure: object) -> str:
    value, low, high = (getattr(figure, name, None) for name in ("value", "low", "high"))
    return "" if value is None or low is None or high is None else f"{value:.1%} ({low:.1%} to {high:.1%})"


def _difference(made: ExportedFile) -> str:
    one = made.accuracy.paired.difference if made.accuracy else None
    if made.accuracy and made.accuracy.same:
        return "on each problem as the source"
    if one is None or one.value is None or one.low is None or one.high is None:
        return "no difference"
    return f"{one.value:+.1%} ({one.low:+.1%} to {one.high:+.1%})"
