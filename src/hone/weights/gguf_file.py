"""Reads and rewrites GGUF files: metadata, and tensors in another form. A file is written whole or not at all.

It knows the container, not models: what a key means and which tensor may lose precision is said by its callers.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hone.errors import ExportError, UnavailableError
from hone.extras import library
from hone.files import whole_path

_MAGIC = b"GGUF"
CHAT_TEMPLATE = "tokenizer.chat_template"

Value = str | int | float
"""A value that Hone writes into the metadata."""


@dataclass(frozen=True, slots=True)
class Tensor:
    """What is known of a tensor before its content is read."""

    name: str
    shape: tuple[int, ...]
    """Rows last, as numpy has it: the last number is the length of a row."""
    type: str
    """GGML's name, such as ``F16``."""


def open_gguf(path: Path) -> Any:
    """The reader of a GGUF file; it maps the file and reads tensors when they are used.

    Raises:
        UnavailableError: The file is missing or no GGUF file.
        ExportError: It is cut short or damaged.
    """
    check_gguf(path)
    try:
        return library("gguf").GGUFReader(path)
    except (ValueError, IndexError, KeyError, OSError, OverflowError) as error:
        raise ExportError(f"{path}: the GGUF file is damaged or cut short ({str(error)[:120]})") from error


def metadata(path: Path) -> dict[str, Any]:
    """Every key and value of a GGUF file; lists of tokens and merges are left out.

    Raises:
        UnavailableError: The file is missing or no GGUF file.
        ExportError: It is damaged.
    """
    long = {"tokenizer.ggml.tokens", "tokenizer.ggml.merges", "tokenizer.ggml.token_type", "tokenizer.ggml.scores"}
    return read_values(path, open_gguf(path), without=long)


def read_values(path: Path, reader: Any, *, without: Collection[str] = ()) -> dict[str, Any]:
    """Every key and value of an open GGUF file.

    Args:
        path: The file, for messages.
        reader: Of the file.
        without: Keys that are left out.

    Raises:
        ExportError: A value is damaged.
    """
    found = {}
    for name, field in reader.fields.items():
        if name not in without and not name.startswith("GGUF."):
            try:
                found[name] = field.contents()
            except (ValueError, IndexError) as error:
                raise ExportError(
                    f"{path}: the GGUF file is damaged ({name} cannot be read); take a whole copy of it"
                ) from error
    return found


def rewrite(
    source: Path,
    target: Path,
    changes: Mapping[str, Value],
    recast: Callable[[Tensor], str] = lambda tensor: tensor.type,
) -> None:
    """Copy a GGUF file with other metadata, or tensors in other types.

    Args:
        source: The file that is read.
        target: The file that is written, whole or not at all.
        changes: Keys that are set, over those that are there.
        recast: The GGML type that a tensor gets; only types that the `gguf` package can write. Types that are the
            same are copied bit by bit.

    Raises:
        UnavailableError: The source is missing or no GGUF file.
        ExportError: It is damaged, or the target cannot be written.
    """
    gguf, reader = library("gguf"), open_gguf(source)
    architecture = read_values(source, reader).get("general.architecture")
    if not isinstance(architecture, str):
        raise ExportError(f"{source}: the GGUF file does not name its architecture; take a whole copy of it")
    with whole_path(target, kind=ExportError) as part:
        writer = gguf.GGUFWriter(part, architecture, endianess=reader.endianess)
        _copy_fields(reader, writer, changes)
        types = {tensor.name: gguf.GGMLQuantizationType[recast(_described(tensor))] for tensor in reader.tensors}
        for tensor in reader.tensors:
            _announce(writer, tensor, types[tensor.name])
        writer.write_header_to_file()
        writer.write_kv_data_to_file()
        writer.write_ti_data_to_file()
        for tensor in reader.tensors:
            writer.write_tensor_data(_content(tensor, types[tensor.name]), tensor_endianess=reader.endianess)
        writer.close()


def _described(tensor: Any) -> Tensor:
    return Tensor(tensor.name, tuple(int(size) for size in reversed(tensor.shape)), tensor.tensor_type.name)


def _announce(writer: Any, tensor: Any, kind: Any) -> None:
    gguf, numpy = library("gguf"), library("numpy")
    if kind == tensor.tensor_type:
        writer.add_tensor_info(tensor.name, tensor.data.shape, tensor.data.dtype, tensor.data.nbytes, kind)
        return
    shape = _described(tensor).shape
    if kind.name in {"F32", "F16"}:
        dtype = numpy.dtype(numpy.float32 if kind.name == "F32" else numpy.float16)
        writer.add_tensor_info(tensor.name, shape, dtype, dtype.itemsize * int(numpy.prod(shape)), kind)
        return
    stored = gguf.quant_shape_to_byte_shape(shape, kind)
    writer.add_tensor_info(tensor.name, stored, numpy.dtype(numpy.uint8), int(numpy.prod(stored)), kind)


def _content(tensor: Any, kind: Any) -> Any:
    if kind == tensor.tensor_type:
        return tensor.data
    gguf = library("gguf")
    return gguf.quants.quantize(gguf.quants.dequantize(tensor.data, tensor.tensor_type), kind)


def _copy_fields(reader: Any, writer: Any, changes: Mapping[str, Value]) -> None:
    kinds = library("gguf").GGUFValueType
    for name, field in reader.fields.items():
        if name == "general.architecture" or name.startswith("GGUF.") or name in changes:
            continue  # the writer sets the first two itself
        sub = field.types[-1] if field.types[0] == kinds.ARRAY else None
        value = field.contents()
        if not (isinstance(value, list) and not value):  # the format has no empty lists
            writer.add_key_value(name, value, field.types[0], sub_type=sub)
    for name, value in changes.items():
        kind = {str: kinds.STRING, int: kinds.UINT32, float: kinds.FLOAT32}[type(value)]
        writer.add_key_value(name, value, kind)


def check_gguf(file: Path) -> None:
    """Make sure that a file is there and begins as a GGUF file does.

    Raises:
        UnavailableError: It is missing or something else.
    """
    try:
        with file.open("rb") as stream:
            start = stream.read(4)
    except OSError as error:
        raise UnavailableError(f"{file}: the model file cannot be read ({error.strerror}); check the path") from error
    if start != _MAGIC:
        raise UnavailableError(f"{file}: not a GGUF model file (it begins with {start!r}, not {_MAGIC!r})")
