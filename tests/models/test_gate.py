"""The gate lets calls through in the order in which they came."""

from __future__ import annotations

import asyncio

import pytest

from hone.models.gate import CallGate


def test_whoever_waits_longest_gets_the_next_place() -> None:
    async def run() -> list[str]:
        gate, order = CallGate(1), list[str]()

        async def call(name: str, again: int) -> None:
            for turn in range(again):
                async with gate:
                    order.append(f"{name}{turn}")
                    await asyncio.sleep(0)

        await asyncio.gather(call("a", 3), call("b", 1), call("c", 1))
        return order

    # "a" asks again at once, and still comes after those who were waiting.
    assert asyncio.run(run()) == ["a0", "b0", "c0", "a1", "a2"]


def test_a_waiter_that_is_cancelled_takes_no_place() -> None:
    async def run() -> bool:
        gate = CallGate(1)
        async with gate:
            waiter = asyncio.create_task(gate.__aenter__())
            await asyncio.sleep(0)
            waiter.cancel()
            await asyncio.sleep(0)
        await asyncio.wait_for(gate.__aenter__(), 1)
        return waiter.cancelled()

    assert asyncio.run(run())


def test_never_more_are_inside_than_may_be() -> None:
    async def run() -> int:
        gate, inside, most = CallGate(3), 0, 0

        async def call() -> None:
            nonlocal inside, most
            async with gate:
                inside += 1
                most = max(most, inside)
                await asyncio.sleep(0)
                inside -= 1
                gate.answered()

        await asyncio.gather(*(call() for _ in range(50)))
        return most

    assert asyncio.run(run()) == 3


def test_waits_grow_while_every_call_is_refused_and_shrink_with_each_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 100.0
    monkeypatch.setattr("hone.models.gate.time.monotonic", lambda: now)
    gate = CallGate(32, first_wait=0.5, longest_wait=8.0)
    assert (gate.wait, gate.stalled, gate.limit) == (0.5, 0.0, 32)
    for _ in range(6):
        gate.refused()
        gate.refused()  # refused together with the one before: counts once
        now += 1.0
    assert (gate.wait, gate.stalled, gate.limit) == (8.0, 6.0, 1)
    for _ in range(400):
        gate.answered()
    assert (gate.wait, gate.stalled) == (0.5, 0.0)
    assert gate.limit > 20
