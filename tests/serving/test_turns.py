"""Turns at the engine: one client's many requests do not keep another's waiting, and the lines have an end."""

from __future__ import annotations

import asyncio
import random

import pytest

from hone.serving.turns import ClientTurns, FullError


async def ask(turns: ClientTurns, client: str, done: list[str], seconds: float = 0.0) -> None:
    async with turns.turn(client):
        await asyncio.sleep(seconds)
        done.append(client)


def test_one_request_waits_for_one_of_another_s_two_hundred_and_not_for_all() -> None:
    async def run() -> None:
        turns, done = ClientTurns(4), list[str]()
        many = [asyncio.create_task(ask(turns, "much", done)) for _ in range(200)]
        await asyncio.sleep(0)
        await ask(turns, "little", done)
        assert done.index("little") <= 4 + 4
        await asyncio.gather(*many)
        assert (len(done), turns.waiting, turns._free, turns._lines) == (201, 0, 4, {})

    asyncio.run(run())


def test_clients_take_turns_and_each_one_s_requests_keep_their_order() -> None:
    async def run() -> None:
        turns, done = ClientTurns(1), list[str]()
        async with turns.turn("x"):
            tasks = [asyncio.create_task(ask(turns, name, done)) for name in "aaabbc"]
            await asyncio.sleep(0)
            assert turns.waiting == 6
        await asyncio.gather(*tasks)
        assert "".join(done) == "abcaba"

    asyncio.run(run())


def test_the_lines_have_an_end_for_one_client_and_for_all() -> None:
    async def run() -> None:
        turns, done = ClientTurns(1, most=5, each=3), list[str]()
        async with turns.turn("x"):
            tasks = [asyncio.create_task(ask(turns, name, done)) for name in "aaabb"]
            await asyncio.sleep(0)
            for client, status in (("a", 429), ("b", 503), ("c", 503)):
                with pytest.raises(FullError) as refused:
                    await ask(turns, client, done)
                assert refused.value.status == status
        await asyncio.gather(*tasks)
        await ask(turns, "a", done)
        assert len(done) == 6

    asyncio.run(run())


def test_a_request_that_fails_passes_its_turn_on() -> None:
    async def run() -> None:
        turns, done = ClientTurns(1), list[str]()
        failing = asyncio.create_task(fail(turns))
        await asyncio.sleep(0)
        waiting = asyncio.create_task(ask(turns, "b", done))
        with pytest.raises(ValueError, match="broken"):
            await failing
        await waiting
        assert (done, turns._free) == (["b"], 1)

    async def fail(turns: ClientTurns) -> None:
        async with turns.turn("a"):
            await asyncio.sleep(0)
            raise ValueError("broken")

    asyncio.run(run())


def test_clients_that_go_away_at_any_moment_lose_no_slot() -> None:
    async def run(seed: int) -> None:
        drawing = random.Random(seed)
        turns, done = ClientTurns(3), list[str]()
        tasks = [
            asyncio.create_task(ask(turns, drawing.choice("abcd"), done, drawing.random() / 200)) for _ in range(60)
        ]
        for task in drawing.sample(tasks, 40):
            if drawing.random() < 0.5:
                await asyncio.sleep(drawing.random() / 500)
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        assert (turns._free, turns.waiting, turns._lines) == (3, 0, {})

    for seed in range(20):
        asyncio.run(run(seed))


def test_a_turn_that_comes_in_the_moment_in_which_its_client_goes_is_passed_on() -> None:
    async def run() -> None:
        turns, done = ClientTurns(1), list[str]()
        async with turns.turn("x"):
            going = asyncio.create_task(ask(turns, "a", done))
            staying = asyncio.create_task(ask(turns, "b", done))
            await asyncio.sleep(0)
        going.cancel()  # its turn is set, and it has not woken up
        await asyncio.wait_for(staying, 1)
        assert done == ["b"]
        assert turns._free == 1

    asyncio.run(run())
