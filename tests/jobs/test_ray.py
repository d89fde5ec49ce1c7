"""The door to Ray, as far as it goes without Ray."""

from __future__ import annotations

import json
import pickle
from collections.abc import Mapping
from typing import Any

import pytest

from hone.errors import RunError, UnavailableError
from hone.jobs import ray
from hone.jobs.ray import Work

started: list[str] = []


def start() -> Work:
    started.append("once")
    return work


def work(job: str) -> Mapping[str, Any]:
    if job == "bad":
        raise UnavailableError("no key")
    return {"job": job}


def test_a_process_starts_once_and_hands_errors_back_as_data() -> None:
    handed = pickle.dumps(start)
    done = [json.loads(ray._do({"item": [job]}, handed)["done"][0]) for job in ("a", "bad", "b")]
    assert done == [{"result": {"job": "a"}}, {"error": "no key"}, {"result": {"job": "b"}}]
    assert started == ["once"]


def test_an_address_where_nobody_listens_is_one_line() -> None:
    with pytest.raises(RunError, match="no Ray answers at RAY_ADDRESS"):
        ray._knock("127.0.0.1:9")
