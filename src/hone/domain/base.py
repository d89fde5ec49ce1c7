"""What every piece of domain data shares: frozen, strict about its keys, and known by a digest of its content."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from pydantic import BaseModel, ConfigDict


class Frozen(BaseModel):
    """Data that cannot change once it is made, and that refuses keys it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True, str_strip_whitespace=True)


def digest(value: Any) -> str:
    """The content hash of a JSON-serialisable value: the first 16 hex digits of SHA-256 over canonical JSON.

    Sixteen digits (64 bits) keep names readable; in a project of a million entries the chance of one collision is
    about 3e-8 (birthday bound, n²/2⁶⁵).
    """
    text = json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]
