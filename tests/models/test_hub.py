"""Fetching a GGUF file from a hub, against one on loopback."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from hone.errors import SpecError, UnavailableError, UnreachableError
from hone.models import connect
from hone.models.hub import fetch
from hone.weights.smollm2 import smollm2_file

from .hub import Hub, hub_serving

ADDRESS = "hf://hone/tiny-GGUF/tiny-q8_0.gguf"
NAME = ADDRESS.removeprefix("hf://")
CONTENT = b"GGUF" + bytes(range(256)) * 20_000


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Hub]:
    with hub_serving() as running:
        running.files[NAME] = CONTENT
        monkeypatch.setenv("HF_ENDPOINT", running.url)
        monkeypatch.setenv("HONE_CACHE", str(tmp_path / "cache"))
        monkeypatch.delenv("HF_TOKEN", raising=False)
        yield running


def gets(hub: Hub) -> list[str | None]:
    return [asked for method, _, asked, _ in hub.asked if method == "GET"]


def test_a_file_is_fetched_once_with_progress(hub: Hub) -> None:
    shown: list[tuple[int, int | None]] = []
    path = fetch(ADDRESS, lambda there, size: shown.append((there, size)))
    assert path.read_bytes() == CONTENT
    assert path.name == "tiny-q8_0.gguf"
    assert shown[-1] == (len(CONTENT), len(CONTENT))
    assert [there for there, _ in shown] == sorted({there for there, _ in shown})
    asked = len(hub.asked)
    assert fetch(ADDRESS) == path
    assert len(hub.asked) == asked


def test_it_goes_on_where_the_connection_broke(hub: Hub) -> None:
    hub.break_after = 3 * 2**20
    with pytest.raises(UnreachableError, match="go on where it stopped"):
        fetch(ADDRESS)
    path = fetch(ADDRESS)
    assert path.read_bytes() == CONTENT
    first, second = gets(hub)
    assert first is None
    assert second is not None
    assert second.startswith("bytes=")
    assert second != "bytes=0-"


def test_a_hub_without_ranges_is_asked_for_the_whole_again(hub: Hub) -> None:
    hub.break_after, hub.whole = 3 * 2**20, True
    with pytest.raises(UnreachableError):
        fetch(ADDRESS)
    assert fetch(ADDRESS).read_bytes() == CONTENT


def test_other_bytes_than_the_named_ones_are_thrown_away(hub: Hub) -> None:
    hub.lie = True
    with pytest.raises(UnavailableError, match="not those that the hub names"):
        fetch(ADDRESS)
    hub.lie = False
    assert fetch(ADDRESS).read_bytes() == CONTENT
    assert gets(hub) == [None, None]


def test_a_missing_file_and_a_gate_are_named(hub: Hub) -> None:
    with pytest.raises(UnavailableError, match="no such file"):
        fetch("hf://hone/tiny-GGUF/other.gguf")
    hub.gated = True
    with pytest.raises(UnavailableError, match="HF_TOKEN"):
        fetch(ADDRESS)


def test_a_token_goes_to_the_hub_alone(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    hub.gated, hub.elsewhere = True, hub.url.replace("127.0.0.1", "localhost")
    monkeypatch.setenv("HF_TOKEN", "secret")
    assert fetch(ADDRESS).read_bytes() == CONTENT
    keys = {path.split("/")[1]: key for _, path, _, key in hub.asked}
    assert keys == {"hone": "Bearer secret", "bytes": None}


def test_a_hub_that_has_the_bytes_itself_gets_the_token_with_them(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_TOKEN", "secret")
    assert fetch(ADDRESS).read_bytes() == CONTENT
    assert [key for method, _, _, key in hub.asked if method == "GET"] == ["Bearer secret"]


@pytest.mark.parametrize(
    "name", ["", "a/b", "a/b/c.bin", "a/../c.gguf", "a/b/../../c.gguf", "a/b/c d.gguf", "/a/b/c.gguf"]
)
def test_what_names_no_file_is_refused(hub: Hub, name: str) -> None:
    with pytest.raises(SpecError, match="gguf:hf://OWNER/REPO/FILE"):
        fetch(f"hf://{name}")
    assert not hub.asked


def test_no_hub_is_one_line(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    with pytest.raises(UnreachableError, match=r"127\.0\.0\.1:9 cannot be reached"):
        fetch(ADDRESS)


def test_it_also_works_where_a_loop_runs(hub: Hub) -> None:
    async def inside() -> Path:
        return fetch(ADDRESS)

    assert asyncio.run(inside()).read_bytes() == CONTENT


@pytest.mark.engine
def test_a_model_of_the_hub_answers(hub: Hub) -> None:
    hub.files["hone/smol/smol.gguf"] = smollm2_file().read_bytes()
    with connect("gguf:hf://hone/smol/smol.gguf") as model:
        assert model.spec == "gguf:hf://hone/smol/smol.gguf"


def test_a_link_in_the_part_s_place_is_not_written_through(hub: Hub, tmp_path: Path) -> None:
    hub.break_after = 3 * 2**20
    with pytest.raises(UnreachableError):
        fetch(ADDRESS)
    (part,) = (tmp_path / "cache").rglob(".*.part")
    other = tmp_path / "other"
    other.write_bytes(b"kept")
    part.unlink()
    part.symlink_to(other)
    assert fetch(ADDRESS).read_bytes() == CONTENT
    assert other.read_bytes() == b"kept"
