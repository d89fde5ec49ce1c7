"""What a benchmark says about an exported file, in words and in the table, and what is kept of it."""

from __future__ import annotations

from hone.export.engine import EngineSpeed
from hone.export.parity import Parity, ParityCheck, Replies
from hone.export.results import ExportRow, accuracy, accuracy_data, export_row


def test_a_file_that_is_right_on_the_same_problems_says_so_and_how_far_that_goes() -> None:
    found = accuracy("sums", [True, False] * 50, [True, False] * 50)
    assert found.same
    assert not found.lost
    assert found.wording() == "sums: 50.0%, on each of 100 problems as the source (95%: at most 3.7% of all part)"


def test_a_file_that_lost_much_says_by_how_much_and_on_how_many() -> None:
    found = accuracy("sums", [True] * 60 + [False] * 40, [True] * 30 + [False] * 70)
    assert found.lost
    assert found.wording().startswith("sums: 30.0%, -30.0% against the source (95% interval -")
    assert "n=100" in found.wording()
    assert accuracy_data(found)["benchmark"]["difference"]["value"] == -0.3


def test_as_many_right_on_other_problems_is_not_the_same() -> None:
    found = accuracy("sums", [True, False] * 50, [False, True] * 50)
    assert not found.same
    assert not found.lost
    assert "+0.0% against the source" in found.wording()


def test_what_was_compared_comes_back_from_a_runs_results_as_it_was() -> None:
    replies = Replies(n=4, same=2, ties=1, gaps=(0.4,), kl=1e-4, places=80)
    checks = (ParityCheck("tokens", True, "9 of 9 equal"),)
    parity = Parity("q8_0", 145_000_000, checks, replies, (1.0, 3.0), (2.0, 2.0),
                    EngineSpeed(prompt=300.0, generation=90.0))  # fmt: skip
    found = accuracy("sums", [True, False] * 10, [True, True] * 10)
    row = ExportRow.model_validate_json(export_row("m.gguf", parity, found).model_dump_json())
    assert (row.file, row.bytes, row.replies.same, row.replies.ties) == ("m.gguf", 145_000_000, 2, 1)
    assert row.perplexity == parity.perplexity
    assert row.checks == {"tokens": "9 of 9 equal"}
    assert row.benchmark is not None
    assert row.benchmark.source == found.source
    assert row.benchmark.difference == found.paired.difference
    assert export_row("m.gguf", parity, None).benchmark is None
