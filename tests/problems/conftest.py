from __future__ import annotations

import pytest

from hone.problems import Problem, load_problems
from tests.published import folder


@pytest.fixture(scope="session")
def gsm8k() -> tuple[list[Problem], list[Problem]]:
    """The training and the test problems of GSM8K."""
    path = folder() / "gsm8k"
    if not path.is_dir():
        pytest.skip(f"GSM8K is not there: {path} (HONE_TEST_DATA overrides)")
    return load_problems(str(path), "train"), load_problems(str(path), "test")
