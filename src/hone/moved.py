"""Modules of version 0.1 under the names that they had then, kept until 0.3.

Only names that the import system cannot find come here, so a program that uses today's names pays nothing.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
import warnings
from collections.abc import Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

_PACKAGES = {
    "hone.export": ("hone.weights",),
    "hone.feedback": ("hone.measuring", "hone.tables"),
    "hone.feedback.exchange": ("hone.people.exchange", "hone.interop"),
    "hone.feedback.store": ("hone.people.store",),
    "hone.models": ("hone.weights",),
    "hone.models.decoding": ("hone.weights.decoding",),
    "hone.steps": ("hone.journey",),
    "hone.tuning": ("hone.training", "hone.examples"),
}
"""Each package of then, and where its modules are now: the first that has one of that name."""
_MODULES = {
    "hone.models.chat": "hone.weights.chat_text",
    "hone.models.weights": "hone.weights.opening",
    "hone.tuning.examples": "hone.examples.reading",
}
"""Modules that have another name as well as another home."""


class _Moved(Loader):
    """Puts the module of today where the one of then is looked for."""

    def __init__(self, home: str, package: bool) -> None:
        self.home, self.package = home, package

    def create_module(self, _spec: ModuleSpec) -> None:
        return None

    def exec_module(self, module: ModuleType) -> None:
        old = module.__name__
        if not self.package:
            _say(old, self.home)
            sys.modules[old] = importlib.import_module(self.home)
            return

        # A package stays a shell: with today's path its modules would be loaded a second time under the old name.
        def get(name: str) -> Any:
            home = importlib.import_module(self.home)
            if name.startswith("__") or not hasattr(home, name):
                raise AttributeError(f"module {old!r} has no attribute {name!r}")
            _say(old, self.home)
            return getattr(home, name)

        vars(module)["__getattr__"] = get


def _say(old: str, new: str) -> None:
    warnings.warn(f"{old} is now {new}; the old name works until 0.3", DeprecationWarning, stacklevel=3)


class MovedModules(MetaPathFinder):
    """The last finder of the import system: it knows the modules of Hone that have moved."""

    def find_spec(
        self, fullname: str, _path: Sequence[str] | None = None, _target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Where a module of Hone has moved to; none where it never was, or is gone."""
        if not fullname.startswith("hone."):
            return None
        if fullname in _PACKAGES:
            return ModuleSpec(fullname, _Moved(_PACKAGES[fullname][0], package=True), is_package=True)
        package, _, name = fullname.rpartition(".")
        homes = (
            [_MODULES[fullname]] if fullname in _MODULES else [f"{at}.{name}" for at in _PACKAGES.get(package, ())]
        )
        for home in homes:
            if importlib.util.find_spec(home) is not None:
                return ModuleSpec(fullname, _Moved(home, package=False))
        return None


def know_moved_modules() -> None:
    """Let the import system find what has moved; more than once does no harm."""
    if not any(isinstance(finder, MovedModules) for finder in sys.meta_path):
        sys.meta_path.append(MovedModules())
