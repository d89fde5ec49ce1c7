"""What a person may set for one verb, as one class: its fields are the one list of that verb's options.

A field's name is the flag's, its docstring the short help, its bounds and default those of the option. The command
makes its options from the class (`cli/options`), and a report the command line that would make the same run
(`VerbOptions.command_line`), so that neither holds a list of its own.
"""

from __future__ import annotations

import shlex
import types
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Any, ClassVar, Literal, TypeVar, Union, get_args, get_origin

from pydantic import ConfigDict
from pydantic.fields import FieldInfo

from hone.domain.base import Frozen

FrozenT = TypeVar("FrozenT", bound=Frozen)


@dataclass(frozen=True, slots=True, repr=False)
class OptionForm:
    """How a field is typed on the command line, where its name and type do not say it."""

    positional: bool = False
    """Typed without a flag."""
    metavar: str | None = None
    """What stands for the value in the help."""
    spelled: str | None = None
    """The flag's name, where it is not the field's."""
    short: str | None = None
    """One letter that does as the flag."""
    choices: tuple[str, ...] = ()
    """The values there are, where they are known at run time only."""
    envvar: str | None = None
    """Where the value is taken from, where nothing is typed."""
    path: Literal["any", "file", "folder"] = "any"
    """What a path may be."""

    def __repr__(self) -> str:
        """What is said of the field, and nothing of what is as usual: the Python reference shows it."""
        said = (f"{one.name}={value!r}" for one in fields(self) if (value := getattr(self, one.name)) != one.default)
        return f"OptionForm({', '.join(said)})"


class VerbOptions(Frozen):
    """All that a person may set for one verb. Values come as they are typed: nothing is stripped off a text."""

    model_config = ConfigDict(str_strip_whitespace=False)
    verb: ClassVar[str]
    """The command, as it is typed behind `hone`."""

    @classmethod
    def flag(cls, name: str) -> str:
        """The flag of a field: its name, with dashes."""
        return "--" + (option_form(cls.model_fields[name]).spelled or name.replace("_", "-"))

    def put_over(self, default: FrozenT, **more: Any) -> FrozenT:
        """Settings with what the options say in place of their fields of the same name.

        Args:
            default: The settings.
            **more: Further fields of theirs.

        Raises:
            ValueError: They do not go together.
        """
        names = type(self).model_fields.keys() & type(default).model_fields.keys()
        given = {name: value for name in names if (value := getattr(self, name)) is not None}
        return type(default).model_validate(default.model_dump() | given | more)

    def command_line(self) -> str:
        """The command that sets the same: what is typed without a flag, then all that differs from its default."""
        known = type(self).model_fields
        typed = {name: value for name in known if (value := getattr(self, name)) != known[name].default}
        places = [_word(value) for name, value in typed.items() if option_form(known[name]).positional]
        return " ".join(["hone", self.verb, *places, *self._flags(typed)])

    def _flags(self, typed: Mapping[str, Any]) -> Iterator[str]:
        for name, value in typed.items():
            if option_form(type(self).model_fields[name]).positional:
                continue
            if isinstance(value, bool):
                yield self.flag(name)
            elif isinstance(value, tuple) and is_repeated(type(self).model_fields[name]):
                yield from (f"{self.flag(name)} {_word(part)}" for part in value)
            elif isinstance(value, tuple):
                yield " ".join([self.flag(name), *map(_word, value)])
            else:
                yield f"{self.flag(name)} {_word(value)}"


class AskingOptions(VerbOptions):
    """The options of a verb that asks models."""

    fresh: bool = False
    """Start a new run; ask everything again."""


def option_form(field: FieldInfo) -> OptionForm:
    """How a field is typed."""
    return next((mark for mark in field.metadata if isinstance(mark, OptionForm)), OptionForm())


def type_of(field: FieldInfo) -> Any:
    """A field's type, without the `None` that stands for nothing said."""
    if get_origin(field.annotation) in {Union, types.UnionType}:
        return next(part for part in get_args(field.annotation) if part is not types.NoneType)
    return field.annotation


def is_repeated(field: FieldInfo) -> bool:
    """Whether the flag may be typed again for more; other tuples are several words behind one flag."""
    return get_origin(type_of(field)) is tuple and get_args(type_of(field))[-1] is ...


def _word(value: object) -> str:
    """A value as a shell takes it for one word; a number as short as it stays the same."""
    if isinstance(value, float):
        short = f"{value:g}"
        return short if float(short) == value else repr(value)
    return shlex.quote(str(value))
