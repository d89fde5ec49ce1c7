"""Those who come to a server over real sockets."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

Pair = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@dataclass
class Door:
    """A server, and those who came to it."""

    port: int
    pairs: list[Pair] = field(default_factory=list)

    async def come(self, *pieces: bytes) -> Pair:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        self.pairs.append((reader, writer))
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
        return reader, writer

    def leave(self) -> None:
        """Close what is still open."""
        for _, writer in self.pairs:
            writer.transport.abort()
