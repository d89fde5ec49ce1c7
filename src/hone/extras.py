"""The one door to optional packages: each is imported here when it is first needed, or said to be missing.

It refuses to hold what a package is used for; who asks says that.
"""

from __future__ import annotations

import importlib
import importlib.util
import logging
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from hone.errors import MissingExtraError


def library(name: str, extra: str = "tune", *, use: str = "") -> Any:
    """A package, or one of its modules, such as ``torch`` or ``pyarrow.parquet``.

    Args:
        name: What is imported.
        extra: The extra of Hone that brings it.
        use: Who needs it, for the message: "Parquet files".

    Raises:
        MissingExtraError: It is not installed, or lacks a package of its own.
    """
    try:
        with warnings.catch_warnings(), _nothing_fetched():
            # What these packages say about each other while they are imported is not for Hone's users.
            warnings.simplefilter("ignore")
            return importlib.import_module(name)
    except ImportError as error:
        lacks = error.name and error.name.partition(".")[0] != name.partition(".")[0]
        raise missing(name, extra, use=use, lacks=str(error.name) if lacks else "") from error


def check_installed(names: tuple[str, ...], extra: str, *, use: str) -> None:
    """Make sure that packages are there, without importing them.

    Raises:
        MissingExtraError: One is not installed.
    """
    for name in names:
        if not is_installed(name):
            raise missing(name, extra, use=use)


def is_installed(name: str) -> bool:
    """Whether a package is there; it is found, not imported."""
    return importlib.util.find_spec(name) is not None


def missing(name: str, extra: str, *, use: str = "", lacks: str = "") -> MissingExtraError:
    """The error for a package that is not there, with the command that installs it.

    Args:
        name: The package, or one of its modules.
        extra: The extra of Hone that brings it.
        use: Who needs it.
        lacks: A package that this one needs and that is not there.
    """
    package = name.partition(".")[0]
    what = f"{use} need {package}" if use else f"{package} is not installed"
    what = f"{package} cannot be imported because {lacks} is missing" if lacks else what
    return MissingExtraError(f'{what}; install it with: pip install "hone-llm[{extra}]"')


@contextmanager
def _nothing_fetched() -> Iterator[None]:
    """Keep packages from fetching code of the hub while they are imported, and from warning that they could not.

    Where the processor has AVX512-BF16, bitsandbytes, which PEFT imports, would have the package ``kernels`` fetch a
    compiled part and run it. That part is for 4-bit weights on a processor, which Hone never has.
    """
    log = logging.getLogger("bitsandbytes")
    level, there = log.level, {name: sys.modules[name] for name in ("kernels",) if name in sys.modules}
    log.setLevel(logging.ERROR)
    # An import of it fails, as where it is not installed.
    sys.modules["kernels"] = None  # type: ignore[assignment]
    try:
        yield
    finally:
        log.setLevel(level)
        del sys.modules["kernels"]
        sys.modules.update(there)
