"""What is kept of an export."""

from __future__ import annotations

from hone.export import accuracy
from hone.export.engine import Speed
from hone.export.parity import Check, Parity, Replies
from hone.export.results import ExportRow, export_row


def test_what_was_compared_comes_back_from_a_runs_results_as_it_was() -> None:
    replies = Replies(n=4, same=2, ties=1, gaps=(0.4,), kl=1e-4, places=80)
    parity = Parity("q8_0", 145_000_000, (Check("tokens", True, "9 of 9 equal"),), replies, (1.0, 3.0), (2.0, 2.0),
                    Speed(prompt=300.0, generation=90.0))  # fmt: skip
    found = accuracy("sums", [True, False] * 10, [True, True] * 10)
    row = ExportRow.model_validate_json(export_row("m.gguf", parity, found).model_dump_json())
    assert (row.file, row.bytes, row.replies.same, row.replies.ties) == ("m.gguf", 145_000_000, 2, 1)
    assert row.perplexity == parity.perplexity
    assert row.checks == {"tokens": "9 of 9 equal"}
    assert row.benchmark is not None
    assert row.benchmark.source == found.source
    assert row.benchmark.difference == found.paired.difference
    assert export_row("m.gguf", parity, None).benchmark is None
