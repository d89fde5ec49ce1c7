"""Pages for people: rate, compare, decide on the rubric, look at the results, try two models.

Rendered here, on the server; they work without JavaScript, load nothing from elsewhere, and say nothing to a rater
that would make them less blind. FastAPI and what comes with it are imported when `serve` is called, not before.
"""

from __future__ import annotations

import importlib
import importlib.util
from typing import Any

from hone.errors import MissingExtraError

_PACKAGES = ("fastapi", "uvicorn", "jinja2", "nh3", "latex2mathml", "itsdangerous", "python_multipart", "sqlalchemy")


def load_pages() -> Any:
    """The module `hone.web.server`: the one door to everything here.

    Raises:
        MissingExtraError: A package of the extra is not installed.
    """
    missing = [name for name in _PACKAGES if importlib.util.find_spec(name) is None]
    if missing:
        raise MissingExtraError(f'the pages need {missing[0]}; get it with: pip install "hone-llm[web]"')
    return importlib.import_module("hone.web.server")
