"""The endpoint over the real embedded model: who is let in, what comes back, what is counted."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from io import BytesIO
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from hone.domain.rubric import Criterion, Rubric
from hone.domain.settings import ModelSettings
from hone.errors import ExportError, UnavailableError
from hone.export import About
from hone.export.converter import converter_folder
from hone.export.exporting import convert, convert_adapter
from hone.judging import Judge
from hone.models import ScriptedModel, connect
from hone.models.embedded import EmbeddedModel
from hone.serving.server import Serving, check_host, check_port, listen
from hone.serving.turns import ClientTurns
from hone.weights.smollm2 import smollm2_file

from ..export.tiny import tiny_adapter, tiny_model

pytestmark = pytest.mark.engine

HELLO = {
    "messages": [{"role": "user", "content": "What is the capital of France?"}],
    "max_tokens": 12,
    "temperature": 0,
}


@pytest.fixture(scope="module")
def model() -> Iterator[EmbeddedModel]:
    with connect(ModelSettings(model="smollm2", context=512, concurrency=4)) as started:
        assert isinstance(started, EmbeddedModel)
        yield started


@pytest.fixture(scope="module")
def weighed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A tiny model and an adapter over it, both as GGUF files."""
    folder = tmp_path_factory.mktemp("weighed")
    try:
        converter_folder()
    except ExportError as error:
        pytest.skip(f"llama.cpp's converter is not there: {error}")
    base = tiny_model("Llama", folder / "base")
    adapter = tiny_adapter(base, folder / "adapter")
    convert(base, folder / "base.gguf", "bf16", About("x", "tiny"))
    (folder / "work").mkdir()
    return folder / "base.gguf", convert_adapter(base, adapter, 1.0, folder / "work")


@asynccontextmanager
async def served(serving: Serving, **headers: str) -> AsyncIterator[tuple[aiohttp.ClientSession, str]]:
    stack, address = await listen(serving.app(), "127.0.0.1", 0)
    async with stack, aiohttp.ClientSession(headers=headers) as session:
        yield session, address.removesuffix("/v1")


async def post(session: aiohttp.ClientSession, url: str, body: Any) -> tuple[int, Any]:
    async with session.post(url, json=body) as answer:
        return answer.status, await answer.json()


def test_it_answers_as_openai_does_many_at_once_and_counts(model: EmbeddedModel) -> None:
    async def run() -> None:
        serving = Serving(model, "pocket")
        async with served(serving) as (session, root):
            answers = await asyncio.gather(*(post(session, f"{root}/v1/chat/completions", HELLO) for _ in range(8)))
            for status, data in answers:
                assert status == 200
                assert data["choices"][0]["message"]["content"].strip()
                assert data["model"] == "pocket"
            status, data = await post(session, f"{root}/v1/completions", {"prompt": "1, 2, 3,", "max_tokens": 4})
            assert status == 200
            assert data["choices"][0]["text"]
            async with session.get(f"{root}/v1/models") as answer:
                assert (await answer.json())["data"][0]["id"] == "pocket"
            async with session.get(f"{root}/metrics") as answer:
                text = await answer.text()
            assert 'hone_requests_total{path="/v1/chat/completions",status="200"} 8' in text
            assert 'hone_tokens_total{kind="completion"}' in text
            assert "hone_requests_under_way 1" in text

    asyncio.run(run())


def test_a_stream_comes_in_pieces_that_make_the_whole(model: EmbeddedModel) -> None:
    async def run() -> None:
        serving = Serving(model, "pocket")
        async with served(serving) as (session, root):
            _, whole = await post(session, f"{root}/v1/chat/completions", HELLO)
            counted, pieces = dict(serving.metrics.tokens), []
            async with session.post(f"{root}/v1/chat/completions", json=HELLO | {"stream": True}) as answer:
                assert answer.content_type == "text/event-stream"
                async for line in answer.content:
                    text = line.decode().strip().removeprefix("data: ")
                    if text and text != "[DONE]":
                        assert json.loads(text)["model"] == "pocket"
                        pieces.append(json.loads(text)["choices"][0]["delta"].get("content") or "")
            assert len([piece for piece in pieces if piece]) > 2
            assert "".join(pieces) == whole["choices"][0]["message"]["content"]
            assert dict(serving.metrics.tokens) == {kind: 2 * count for kind, count in counted.items()}

    asyncio.run(run())


def test_a_client_that_goes_away_in_mid_stream_leaves_the_server_well(model: EmbeddedModel) -> None:
    async def run() -> None:
        serving = Serving(model, "pocket")
        async with served(serving) as (session, root):
            long = HELLO | {"stream": True, "max_tokens": 400, "ignore_eos": True}
            async with session.post(f"{root}/v1/chat/completions", json=long) as answer:
                await answer.content.readline()
                answer.close()
            for _ in range(100):
                if serving.metrics.gone:
                    break
                await asyncio.sleep(0.05)
            assert serving.metrics.gone == 1
            assert serving.metrics.under_way == 0
            status, _ = await post(session, f"{root}/v1/chat/completions", HELLO)
            assert status == 200

    asyncio.run(run())


def test_a_client_that_asks_much_does_not_keep_another_waiting(model: EmbeddedModel) -> None:
    async def run() -> None:
        serving = Serving(model, "pocket")
        async with (
            served(serving) as (session, root),
            aiohttp.ClientSession(connector=aiohttp.TCPConnector(local_addr=("127.0.0.2", 0), limit=0)) as crowd,
        ):
            url, finished = f"{root}/v1/chat/completions", 0

            async def one() -> int:
                nonlocal finished
                status, _ = await post(crowd, url, HELLO)
                finished += 1
                return status

            many = [asyncio.create_task(one()) for _ in range(60)]
            while serving.turns.waiting < 40:
                await asyncio.sleep(0.01)
            before = finished
            assert (await post(session, url, HELLO))[0] == 200
            assert finished - before < 20
            async with session.get(f"{root}/metrics") as answer:
                assert "hone_requests_waiting" in await answer.text()
            assert set(await asyncio.gather(*many)) == {200}
            assert serving.turns.waiting == 0

    asyncio.run(run())


def test_a_client_with_too_many_requests_is_told_when_to_come_again(model: EmbeddedModel) -> None:
    async def run() -> None:
        serving = Serving(model, "pocket")
        serving.turns = ClientTurns(1, most=3, each=2)
        async with served(serving) as (session, root):
            url = f"{root}/v1/chat/completions"

            async def one() -> tuple[int, str, str]:
                async with session.post(url, json=HELLO) as answer:
                    return answer.status, answer.headers.get("Retry-After", ""), await answer.text()

            answers = await asyncio.gather(*(one() for _ in range(12)))
            refused = [words for status, again, words in answers if status == 429 and again == "5"]
            assert [status for status, *_ in answers].count(200) == 3
            assert len(refused) == 9
            assert "rate_limit_error" in refused[0]
            assert (await one())[0] == 200

    asyncio.run(run())


async def odd_header(root: str) -> int:
    """The status of a request whose key is no text."""
    host, port = root.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(b"GET /v1/models HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer \xff\r\n\r\n")
    line = await reader.readline()
    writer.close()
    return int(line.split()[1])


def test_a_key_is_asked_for_everywhere_but_at_health(model: EmbeddedModel) -> None:
    async def run() -> None:
        serving = Serving(model, "pocket", key="secret")
        async with served(serving) as (session, root):
            for path in ("/v1/models", "/metrics"):
                async with session.get(root + path) as answer:
                    assert answer.status == 401
            assert (await post(session, f"{root}/v1/chat/completions", HELLO))[0] == 401
            async with session.get(f"{root}/health") as answer:
                assert await answer.json() == {"status": "ok"}
            assert await odd_header(root) == 401
        async with served(serving, Authorization="Bearer secret") as (session, root):
            assert (await post(session, f"{root}/v1/chat/completions", HELLO))[0] == 200

    asyncio.run(run())


def test_without_a_key_no_web_page_gets_in(model: EmbeddedModel) -> None:
    async def run() -> None:
        async with served(Serving(model, "pocket")) as (session, root):
            async with session.get(f"{root}/v1/models", headers={"Host": "evil.example"}) as answer:
                assert answer.status == 403
            async with session.post(f"{root}/v1/chat/completions", data=json.dumps(HELLO)) as answer:
                assert answer.status == 415
                assert "Access-Control-Allow-Origin" not in answer.headers

    asyncio.run(run())


def test_bad_requests_are_refused_in_words(model: EmbeddedModel) -> None:
    async def run() -> None:
        async with served(Serving(model, "pocket")) as (session, root):
            url, json_type = f"{root}/v1/chat/completions", {"Content-Type": "application/json"}
            async with session.post(url, data="{", headers=json_type) as answer:
                assert answer.status == 400
                assert "not JSON" in (await answer.json())["error"]["message"]
            assert (await post(session, url, [1]))[0] == 400
            assert (await post(session, url, HELLO | {"adapter_scale": 0.5}))[0] == 400
            status, data = await post(
                session, url, HELLO | {"messages": [{"role": "user", "content": "word " * 2000}]}
            )
            assert status == 400
            assert "context" in data["error"]["message"]
            async with session.post(url, data=BytesIO(b"x" * 9_000_000), headers=json_type) as answer:
                assert answer.status == 413
            assert (await post(session, f"{root}/v1/score", {"prompt": "a", "reply": "b"}))[0] == 404

    asyncio.run(run())


def test_the_rubrics_judge_scores(model: EmbeddedModel) -> None:
    rubric = Rubric(
        criteria=(Criterion.model_validate("Be Kind: It is."), Criterion.model_validate("Be Brief: It is."))
    )
    verdict = json.dumps({name: {"reason": "It says so.", "score": 1} for name in rubric.names})
    judge = Judge((ScriptedModel(verdict),), rubric, "reply")

    async def run() -> None:
        async with served(Serving(model, "pocket", judge=judge)) as (session, root):
            status, data = await post(session, f"{root}/v1/score", {"prompt": "Hello", "reply": "Good day."})
            assert status == 200
            assert [score["value"] for score in data["scores"]] == [1, 1]
            assert data["rubric"] == rubric.digest
            assert (await post(session, f"{root}/v1/score", {"prompt": "Hello"}))[0] == 400

    asyncio.run(run())


def test_a_request_weighs_the_adapter(weighed: tuple[Path, Path]) -> None:
    async def run() -> None:
        base, adapter = weighed
        with (
            EmbeddedModel("base", base, context=512, slots=2) as plain,
            EmbeddedModel("both", base, context=512, slots=2, adapter=adapter) as both,
        ):
            async with (
                served(Serving(plain, "plain")) as (one, plainly),
                served(Serving(both, "both", adapter=True)) as (other, adapted),
            ):
                bare = await likeliest(one, plainly)
                # At once, so that two scales are under way in the engine side by side.
                none, half, whole, again = await asyncio.gather(
                    *(likeliest(other, adapted, adapter_scale=scale) for scale in (0, 0.5, 1, 1.0))
                )
                usual = await likeliest(other, adapted)
                assert apart(none, bare) < 0.05
                assert apart(whole, usual) < 0.05
                assert apart(whole, again) < 0.05
                assert min(apart(none, half), apart(half, whole), apart(none, whole)) > 0.2
                for wrong in (-1, 3, "1", True):
                    status, data = await post(
                        other, f"{adapted}/v1/chat/completions", HELLO | {"adapter_scale": wrong}
                    )
                    assert status == 400
                    assert "adapter_scale is a number from 0 to 2" in data["error"]["message"]

    asyncio.run(run())


async def likeliest(session: aiohttp.ClientSession, root: str, **more: Any) -> dict[str, float]:
    """The likeliest first tokens of a reply with their log-probabilities."""
    body = HELLO | {"max_tokens": 1, "logprobs": True, "top_logprobs": 20, "cache_prompt": False} | more
    status, data = await post(session, f"{root}/v1/chat/completions", body)
    assert status == 200, data
    return {one["token"]: one["logprob"] for one in data["choices"][0]["logprobs"]["content"][0]["top_logprobs"]}


def apart(one: dict[str, float], other: dict[str, float]) -> float:
    """The largest difference over all tokens that one of them lists; a token that is missing differs by much."""
    return max(abs(one.get(token, -50.0) - other.get(token, -50.0)) for token in one | other)


def test_an_adapter_for_another_model_is_one_line(weighed: tuple[Path, Path]) -> None:
    with pytest.raises(UnavailableError, match="the adapter may be for another model"):
        EmbeddedModel("smollm2", smollm2_file(), context=512, slots=1, adapter=weighed[1])


def test_a_port_in_use_and_an_open_door_are_refused(model: EmbeddedModel) -> None:
    async def run(port: int) -> None:
        await listen(Serving(model, "pocket").app(), "127.0.0.1", port)

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(UnavailableError, match=rf"port {port} of 127\.0\.0\.1 cannot be used .* `port`"):
            asyncio.run(run(port))
        with pytest.raises(UnavailableError, match=rf"port {port} of 127\.0\.0\.1 cannot be used .* `port`"):
            check_port("127.0.0.1", port)
    check_port("127.0.0.1", port)
    with pytest.raises(UnavailableError, match="set a key in HONE_SERVE_KEY"):
        check_host("0.0.0.0", None)  # noqa: S104 - that it is refused is the point
    check_host("0.0.0.0", "secret")  # noqa: S104
