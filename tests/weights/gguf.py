"""GGUF files as somebody could send them."""

from __future__ import annotations

import struct
from pathlib import Path


def with_template(source: Path, target: Path, template: str) -> None:
    """A GGUF file whose first key becomes a chat template; the rest stays as it is."""
    content = source.read_bytes()
    count = struct.unpack_from("<Q", content, 16)[0]
    key = b"tokenizer.chat_template"
    value = template.encode()
    value += b" " * (-(len(key) + len(value) + 20) % 32)  # tensors begin at multiples of 32 bytes
    entry = struct.pack("<Q", len(key)) + key + struct.pack("<IQ", 8, len(value)) + value
    renamed = content[24:].replace(b"tokenizer.chat_template", b"tokenizer.chat_templat_")
    with target.open("wb") as stream:
        stream.write(content[:16] + struct.pack("<Q", count + 1) + entry + renamed)
