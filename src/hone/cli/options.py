"""Options that several commands share."""

from __future__ import annotations

import getpass
import os
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any, Literal, TypeVar, get_args, get_origin

import click
from annotated_types import Ge, Gt, Le, Lt
from pydantic import ValidationError
from pydantic.fields import FieldInfo

from hone.domain.base import first_problem
from hone.journey.options import AskingOptions, OptionForm, VerbOptions, is_repeated, option_form, type_of
from hone.journey.signature import kept_signature
from hone.trust import consent

F = TypeVar("F", bound=Callable[..., Any])


def verb_options(kind: type[VerbOptions]) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """The options of a verb, made from the fields of its class; the command is handed them as one value, `options`.

    What a class shares with others (`fresh`) is taken along, and comes from a decorator of its own.
    """

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(function)
        def command(**given: Any) -> Any:
            return function(options=_made(kind, {name: given.pop(name) for name in kind.model_fields}), **given)

        for name, field in reversed(kind.model_fields.items()):
            if name not in AskingOptions.model_fields:
                _typed(kind, name, field)(command)
        return command

    return decorate


def _made(kind: type[VerbOptions], values: dict[str, Any]) -> VerbOptions:
    try:
        return kind(**values)
    except ValidationError as error:
        raise click.BadParameter(first_problem(error)) from error


def _typed(kind: type[VerbOptions], name: str, field: FieldInfo) -> Callable[[Callable[..., Any]], Any]:
    """One field as an argument or an option."""
    form, annotation = option_form(field), type_of(field)
    several = get_origin(annotation) is tuple
    each = get_args(annotation)[0] if several else annotation
    shape: dict[str, Any] = {"type": _type(each, field, form), "metavar": form.metavar}
    if form.positional:
        return click.argument(name, required=field.is_required(), **shape)
    if annotation is bool:
        shape = {"is_flag": True}
    elif is_repeated(field):
        shape["multiple"] = True
    elif several:
        shape["nargs"] = len(get_args(annotation))
    if form.envvar:
        shape["envvar"] = form.envvar
    if field.is_required():
        shape["required"] = True
    elif not shape.get("multiple"):
        default = field.default
        shape |= {"default": default, "show_default": not (default is None or default is False or default == "")}
    letters = [f"-{form.short}"] if form.short else []
    return click.option(kind.flag(name), *letters, name, help=field.description, **shape)


def _type(annotation: Any, field: FieldInfo, form: OptionForm) -> Any:
    if form.choices or get_origin(annotation) is Literal:
        return click.Choice(form.choices or get_args(annotation))
    if annotation is Path:
        return click.Path(path_type=Path, dir_okay=form.path != "file", file_okay=form.path != "folder")
    if annotation not in {int, float}:
        return None
    low = next((mark for mark in field.metadata if isinstance(mark, Ge | Gt)), None)
    high = next((mark for mark in field.metadata if isinstance(mark, Le | Lt)), None)
    if low is None and high is None:
        return annotation
    bounds: dict[str, Any] = {
        "min": getattr(low, "ge", getattr(low, "gt", None)),
        "max": getattr(high, "le", getattr(high, "lt", None)),
        "min_open": isinstance(low, Gt),
        "max_open": isinstance(high, Lt),
    }
    return click.IntRange(**bounds) if annotation is int else click.FloatRange(**bounds)


def project_option(function: F) -> F:
    """``--project FOLDER``: the project, by default the one that the working folder lies in; and ``--trust``."""
    named = click.option(
        "--project",
        "-p",
        "folder",
        type=click.Path(path_type=Path, file_okay=False),
        default=Path(),
        help="The project's folder; by default the one you are in.",
    )(function)
    return click.option(
        "--trust",
        is_flag=True,
        expose_value=False,
        callback=_trust,
        help="Agree to the hosts and the database that hone.yaml names; it is remembered.",
    )(named)


def _trust(_context: click.Context, _option: click.Parameter, given: bool) -> None:
    if given:
        consent.everything = True


def json_option(function: F) -> F:
    """``--json``: results as one JSON document."""
    return click.option("--json", "as_json", is_flag=True, help="Print the results as JSON.")(function)


def fresh_option(function: F) -> F:
    """``--fresh``: a new run, even where an earlier one could go on or has the answers."""
    option: Callable[[F], F] = _typed(AskingOptions, "fresh", AskingOptions.model_fields["fresh"])
    return option(function)


def by_option(function: F) -> F:
    """``--by NAME``: who decides."""
    return click.option(
        "--by",
        default=user,
        help="Your name, kept with what you decide.  [default: the name you gave on the pages, else your login]",
    )(function)


def user() -> str:
    """The name of the person at the keyboard: as the pages asked for it once, else as the machine knows it."""
    try:
        return os.environ.get("HONE_USER") or kept_signature() or getpass.getuser()
    except (KeyError, OSError):  # a container without a user database
        return "unknown"
