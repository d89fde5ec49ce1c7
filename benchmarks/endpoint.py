"""A mock OpenAI-compatible endpoint: answers every call with the same verdict, at once or after a wait.

    python benchmarks/endpoint.py PORT [--wait SECONDS] [--criteria N]

It speaks just enough HTTP/1.1 over asyncio to take little of the processor that the client under test needs.
"""

from __future__ import annotations

import argparse
import asyncio
import json


def answer(criteria: int) -> bytes:
    """The bytes of one answer: a verdict on so many criteria."""
    verdict = {
        f"Be Measured {'ABCDEFG'[number]}": {"reason": "The reply names three places where it does so.", "score": 1}
        for number in range(criteria)
    }
    choice = {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": json.dumps(verdict)}}
    body = json.dumps(
        {"object": "chat.completion", "choices": [choice], "usage": {"prompt_tokens": 400, "completion_tokens": 60}}
    ).encode()
    head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


class Endpoint(asyncio.Protocol):
    """One connection."""

    def __init__(self, body: bytes, wait: float) -> None:
        self._body, self._wait, self._buffer = body, wait, b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while (end := self._buffer.find(b"\r\n\r\n")) >= 0:
            head = self._buffer[:end].lower()
            place = head.find(b"content-length:")
            length = int(head[place + 15 :].split(b"\r\n", 1)[0]) if place >= 0 else 0
            if len(self._buffer) < end + 4 + length:
                return
            self._buffer = self._buffer[end + 4 + length :]
            if self._wait:
                asyncio.get_running_loop().call_later(self._wait, self._send)
            else:
                self._send()

    def _send(self) -> None:
        if not self._transport.is_closing():
            self._transport.write(self._body)  # type: ignore[attr-defined]


async def serve(port: int, wait: float, criteria: int, seconds: float) -> None:
    """Answer on loopback, and stop by itself after so many seconds."""
    body = answer(criteria)
    server = await asyncio.get_running_loop().create_server(
        lambda: Endpoint(body, wait), "127.0.0.1", port, backlog=2048
    )
    async with server:
        await asyncio.sleep(seconds)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("port", type=int)
    parser.add_argument("--wait", type=float, default=0.0)
    parser.add_argument("--criteria", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=900.0)
    options = parser.parse_args()
    asyncio.run(serve(options.port, options.wait, options.criteria, options.seconds))
