"""Turns a model spec, as it stands in hone.yaml or on the command line, into a model."""

from __future__ import annotations

import difflib
import re
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, urlsplit

from hone.domain.settings import ModelSettings
from hone.errors import SpecError, UnavailableError
from hone.files import typed_path
from hone.models.base import Model
from hone.models.keys import key_for, key_from
from hone.project.files import made
from hone.trust import SYSTEM_ONE
from hone.weights.content import content_of

FORMS = (
    "smollm2 · gguf:FILE[+ADAPTER] · gguf:hf://OWNER/REPO/FILE · hf:REPO_OR_FOLDER[+ADAPTER] · openai:MODEL · "
    "http://HOST:PORT/v1#MODEL · systemone:http://HOST:PORT/v1#MODEL · scripted:FILE · recorded:FILE · "
    "own:FOLDER (a judge that `hone judge tune` made)"
)
"""The forms of a spec, for messages."""

OPENAI_URL = "https://api.openai.com/v1"


def connect(model: str | ModelSettings, *, folder: Path | None = None) -> Model:
    """The model that a spec names.

    Args:
        model: The spec, or settings that hold one.
        folder: Where relative file names start; the working folder by default.

    Returns:
        A model that is ready to be asked. Close it, or use it as a context manager.

    Raises:
        SpecError: The spec has no known form.
        UnavailableError: A file is missing or damaged, or a key is not set.
        MissingExtraError: A package is missing.
    """
    settings = settings_of(model) if isinstance(model, str) else model
    opened = _make(settings, folder or Path())
    opened.must_answer_once = True
    opened.spec = settings.model  # as it was written, so that a project that moves is still the same
    opened.formerly, opened.identity = (opened.identity,), _identity(opened)
    if settings.concurrency is not None:
        opened.concurrency = settings.concurrency
    return opened


def connect_embedder(settings: ModelSettings, *, folder: Path | None = None) -> Model:
    """The model that reads replies for a judge of one's own, and answers with vectors: see `EmbeddingModel`.

    Args:
        settings: Its spec, and the precision of its weights.
        folder: Where relative file names start; the working folder by default.

    Raises:
        SpecError: The spec names no model whose files are here, or an adapter.
        UnavailableError: A file is missing or damaged.
        MissingExtraError: The extra `tune` is not installed.
    """
    from hone.models.embedding import EmbeddingModel  # noqa: PLC0415 - numpy

    see_embedder(settings, folder)
    spec, (kind, _, rest) = settings.model, settings.model.partition(":")
    path = (folder or Path()) / typed_path(rest)
    name = spec if not rest else f"gguf:{path}" if kind == "gguf" else str(path)
    opened = EmbeddingModel(spec, name, precision=settings.precision)
    # The very file that was named stands for the model, as for every other: what it is turned into does not.
    opened.files = (path,) if rest else opened.files
    opened.identity = _identity(opened)
    return opened


def see_embedder(settings: ModelSettings, folder: Path | None = None) -> None:
    """Refuse a model whose files are not here: what a hub holds may be another model tomorrow.

    Raises:
        SpecError: It is such a model, or none that is read for embeddings.
    """
    spec, (_, _, rest) = settings.model, settings.model.partition(":")
    if not embeds(spec) or (rest and not ((folder or Path()) / typed_path(rest)).exists()):
        raise SpecError(
            f"{spec!r} cannot be read for embeddings; name a model that is on this machine, without an adapter: "
            "smollm2, gguf:FILE or hf:FOLDER"
        )


def embeds(spec: str) -> bool:
    """Whether a spec may name a model that is read for embeddings: one of files, without an adapter."""
    kind, _, rest = spec.partition(":")
    return spec == "smollm2" or (kind in {"gguf", "hf"} and bool(rest) and "+" not in Path(rest).name)


def _identity(model: Model) -> str:
    """What stands for a model in journals: what its files hold, whatever they are called and wherever they lie."""
    held = content_of(*model.files)
    return " ".join(["files", held, *([model.variant] if model.variant else ())]) if held else model.spec


def _make(settings: ModelSettings, folder: Path) -> Model:
    spec = settings.model
    kind, _, rest = spec.partition(":")
    if kind == "hf" and rest:
        return _transformers(settings, rest, folder)
    if kind in _ADDRESSED:
        return _endpoint(spec)
    if kind == "openai" and rest:
        return _openai(spec, rest)
    if kind == "scripted" and rest:
        from hone.models.scripted import ScriptedModel  # noqa: PLC0415

        return ScriptedModel.read(folder / rest)
    if kind == "recorded" and rest:
        from hone.models.recorded import RecordedModel  # noqa: PLC0415

        return RecordedModel(folder / rest)
    if spec == "smollm2" or spec.startswith("smollm2+") or (kind == "gguf" and rest):
        return _embedded(settings, folder)
    if own := own_folder(settings, folder):
        raise SpecError(f"{own} holds a judge of one's own, which scores replies and writes none; name it as a judge")
    raise _unknown(spec)


def own_folder(settings: ModelSettings, folder: Path | None = None) -> Path | None:
    """The folder of a judge of one's own that a spec names; none where it names a model.

    Args:
        settings: The settings of a model, or of a judge of one's own.
        folder: Where relative names start; the working folder by default.
    """
    kind, _, rest = settings.model.partition(":")
    return (folder or Path()) / typed_path(rest) if kind == "own" and rest else None


def settings_of(spec: str, **more: Any) -> ModelSettings:
    """The settings of a model that somebody named on the command line or in Python.

    Args:
        spec: The spec.
        more: Any other field of `ModelSettings`.

    Raises:
        SpecError: The spec names no model.
        ProjectError: Another value does not fit.
    """
    check_spec(spec)
    return made(ModelSettings, {"model": spec, **more}, "the model")


def check_spec(spec: str) -> None:
    """Refuse a spec that names no model; nothing is opened, and no file is looked for.

    Raises:
        SpecError: It has no known form; the message names the spec that was probably meant.
    """
    kind, _, rest = spec.partition(":")
    if spec == "smollm2" or spec.startswith("smollm2+") or (kind in _KINDS and rest):
        if kind in _ADDRESSED:
            _parts(spec)
        return
    raise _unknown(spec)


def spec_from_anywhere(spec: str) -> str:
    """A spec that names the same model in whatever folder it is read: what it names here becomes an absolute path.

    Raises:
        SpecError: It has no known form.
    """
    check_spec(spec)
    kind, _, rest = spec.partition(":")
    if kind not in {"gguf", "hf", "own"} and not spec.startswith("smollm2+"):
        return spec
    if rest and typed_path(rest).exists():  # also a file whose own name holds a plus
        return f"{kind}:{typed_path(rest).resolve()}"
    name, plus, adapter = spec.rpartition("+")
    if plus and typed_path(adapter).exists():
        return f"{spec_from_anywhere(name)}+{typed_path(adapter).resolve()}"
    return spec


def _unknown(spec: str) -> SpecError:
    meant = _meant(spec)
    hint = f"did you mean {meant}? " if meant else ""
    return SpecError(f"{hint}{spec!r} names no model; write one of: {FORMS}")


def _meant(spec: str) -> str:
    """The spec that somebody who wrote this probably meant; empty where nothing tells."""
    kind, colon, rest = spec.partition(":")
    if _OPENAI.match(spec):
        return f"openai:{spec}"
    if "#" in spec:
        return "" if "://" in spec else f"http://{spec}"
    if spec.lower().endswith(".gguf"):
        return f"gguf:{rest if colon and difflib.get_close_matches(kind, _KINDS, n=1) else spec}"
    close = difflib.get_close_matches(kind.lower(), _KINDS if colon else ("smollm2",), n=1, cutoff=0.7)
    if close and (rest or not colon):
        return close[0] + colon + rest
    if not colon and _REPOSITORY.fullmatch(spec):
        return f"hf:{spec}"
    return ""


_ADDRESSED = ("http", "https", "systemone")
"""Specs that name an address, and a model behind its #."""
_KINDS = ("gguf", "hf", "openai", *_ADDRESSED, "scripted", "recorded", "own")
_OPENAI = re.compile(r"(gpt|chatgpt|o[1-9])(-|\d|$)", re.IGNORECASE)
"""How OpenAI's models are called."""
_REPOSITORY = re.compile(r"[\w.-]+/[\w.-]+")
"""OWNER/REPO of the hub, or a folder."""


def _embedded(settings: ModelSettings, folder: Path) -> Model:
    from hone.models.embedded import CONTEXT, SLOTS, EmbeddedModel  # noqa: PLC0415
    from hone.weights.smollm2 import smollm2_file  # noqa: PLC0415

    spec = settings.model
    name, adapter = _split_adapter(spec.removeprefix("gguf:"), folder)
    file = smollm2_file() if name == "smollm2" else _gguf_file(name, folder)
    return EmbeddedModel(
        spec, file, context=settings.context or CONTEXT, slots=min(settings.concurrency or SLOTS, 64), adapter=adapter
    )


def _split_adapter(name: str, folder: Path) -> tuple[str, Path | None]:
    """Model and GGUF adapter of ``MODEL+ADAPTER``; a file whose own name holds a plus stays whole."""
    base, plus, adapter = name.rpartition("+")
    if not plus or not name.endswith(".gguf") or (folder / typed_path(name)).is_file():
        return name, None
    return base, folder / typed_path(adapter)


def _gguf_file(name: str, folder: Path) -> Path:
    if not name.startswith("hf:"):
        return folder / typed_path(name)
    from hone.models.hub import fetch  # noqa: PLC0415

    return fetch(name)


def _transformers(settings: ModelSettings, rest: str, folder: Path) -> Model:
    from hone.models.local import TransformersModel  # noqa: PLC0415

    name, _, adapter = rest.partition("+")
    if (folder / typed_path(name)).exists():  # a folder, or a GGUF file that is read back
        name = str(folder / typed_path(name))
    where = folder / typed_path(adapter) if adapter else None
    return TransformersModel(
        settings.model, name, where, concurrency=settings.concurrency, precision=settings.precision
    )


def _openai(spec: str, name: str) -> Model:
    from hone.models.endpoint import EndpointModel  # noqa: PLC0415

    key = key_from("OPENAI_API_KEY")
    if not key:
        raise UnavailableError(f"{spec} needs a key; set the environment variable OPENAI_API_KEY")
    return EndpointModel(spec, OPENAI_URL, name, key=key, key_name="OPENAI_API_KEY")


def _endpoint(spec: str) -> Model:
    from hone.models.endpoint import EndpointModel  # noqa: PLC0415

    parts = _parts(spec)
    url = f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/')}"
    if spec.startswith(SYSTEM_ONE) and not url.endswith("/v1"):
        url += "/v1"  # clients of the form name the server alone
    key, name, remark = key_for(url)
    model = EndpointModel(spec, url, parts.fragment, key=key, key_name=name)
    if spec.startswith(SYSTEM_ONE):
        from hone.models.systemone import SystemOneForm  # noqa: PLC0415

        model.wire, model.decides = SystemOneForm(url, parts.fragment), True
    model.notes += [remark] if remark else []
    return model


def _parts(spec: str) -> SplitResult:
    """The parts of an endpoint's address.

    Raises:
        SpecError: It does not read, holds a secret, or lacks a part.
    """
    lead = SYSTEM_ONE if spec.startswith(SYSTEM_ONE) else ""
    form, address = f"{lead}http://HOST:PORT/v1#MODEL", spec.removeprefix(lead)
    # Spelt exactly so: `trust` finds the hosts of a project's models by these first characters.
    if not address.startswith(("http://", "https://")):
        raise SpecError(f"the model's address begins with http:// or https://; write {form}")
    try:
        parts = urlsplit(address)
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        # The address is not repeated: it may hold a password.
        raise SpecError(f"the model's address does not read; write {form}") from error
    if parts.username or parts.password or parts.query:
        # The spec stands in journals and results; a key in it would be written there.
        raise SpecError(
            "a model's address holds a name, a password or a query; put the key into HONE_API_KEY instead"
        )
    if not host or not parts.fragment:
        raise SpecError(f"{spec!r} lacks a host or the model's name; write {form}")
    return parts
