"""The reference of the settings names every key."""

from __future__ import annotations

from settings import PARTS, settings_page


def test_every_key_stands_in_the_page_with_what_it_does() -> None:
    page = settings_page()
    rows = [line for line in page.splitlines() if line.startswith("| `")]
    assert len(rows) == sum(len(kind.model_fields) for classes in PARTS.values() for _, kind in classes)
    assert len(rows) > 30
    assert [row for row in rows if row.endswith("|  |")] == []
    for key in ("concurrency", "per_criterion", "max_words", "json"):
        assert any(row.startswith(f"| `{key}` |") for row in rows)
