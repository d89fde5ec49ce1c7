"""The reference of hone.yaml and the files beside it as one page, and the schema, from the classes that read them."""

from __future__ import annotations

import json
import re
from typing import Any

from pydantic import BaseModel
from pydantic_core import PydanticUndefined

from hone.domain.golden import GoldenReplies, GoldenReply
from hone.domain.rubric import Criterion, Level, Rubric, ScoredExample
from hone.domain.rule import Rule
from hone.domain.settings import Judging, ModelRoles, ModelSettings, Settings
from hone.domain.task import Task
from hone.project.schema import settings_schema

PARTS: dict[str, tuple[tuple[str, type[BaseModel]], ...]] = {
    "hone.yaml": (
        ("The whole file", Settings),
        ("`task`", Task),
        ("`models`", ModelRoles),
        ("One model: a spec alone, or", ModelSettings),
        ("`judging`", Judging),
    ),
    "rubric.yaml": (
        ("The whole file", Rubric),
        ("One of `criteria`: `Be Adjective: sentence`, or", Criterion),
        ("`rule` of a criterion", Rule),
        ("One of the `levels` of a scale of your own", Level),
        ("One of `examples`", ScoredExample),
    ),
    "rubric-tests.yaml": (
        ("The golden replies", GoldenReplies),
        ("One of `replies`", GoldenReply),
    ),
}


def settings_page() -> str:
    """The page."""
    parts = [
        "# Settings",
        """\
Written by `make docs` from the classes that read these files; do not edit. Keys that are not listed are refused, with
the one that was probably meant. Editors that know JSON schemas complete `hone.yaml` with
[hone.schema.json](hone.schema.json): in VS Code, write `# yaml-language-server: $schema=PATH/hone.schema.json` in the
first line.\
""",
    ]
    for file, classes in PARTS.items():
        parts.append(f"## {file}")
        for title, kind in classes:
            rows = ["| key | is | default | what it does |", "|---|---|---|---|"]
            rows += [_row(name, kind, field) for name, field in kind.model_fields.items()]
            parts.append(f"### {title}\n\n" + "\n".join(rows))
    return "\n\n".join(parts) + "\n"


def schema_text() -> str:
    """The schema as it is written into docs/hone.schema.json."""
    return json.dumps(settings_schema(), ensure_ascii=False, indent=2) + "\n"


def _row(name: str, kind: type[BaseModel], field: Any) -> str:
    key = field.alias or name
    described = " ".join((field.description or "").split())
    cells = [f"`{key}`", _type(kind.model_json_schema()["properties"][key]), _default(field), described]
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _type(schema: dict[str, Any]) -> str:
    if "$ref" in schema:
        return _spaced(schema["$ref"].rpartition("/")[2])
    if "anyOf" in schema:
        return " or ".join(_type(one) for one in schema["anyOf"] if one.get("type") != "null")
    if "enum" in schema:
        return ", ".join(f"`{value}`" for value in schema["enum"])
    if schema.get("type") == "array":
        return f"a list, each: {_type(schema.get('items', {}))}"
    words = {"string": "text", "integer": "a whole number", "number": "a number", "boolean": "true or false"}
    text = words.get(str(schema.get("type")), "key: value pairs")
    low = schema.get("minimum", schema.get("exclusiveMinimum"))
    high = schema.get("maximum", schema.get("exclusiveMaximum"))
    if low is None and high is None:
        return text
    if high is None:
        return f"{text}, from {low}"
    above = "above " if "exclusiveMinimum" in schema else ""
    return f"{text}, {above}{low} to {'below ' if 'exclusiveMaximum' in schema else ''}{high}"


def _spaced(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", " ", name).lower()


def _default(field: Any) -> str:
    if field.is_required():
        return "must be given"
    default = field.default
    if default is PydanticUndefined or default in (None, (), ""):
        return ""
    if isinstance(default, BaseModel):
        named = getattr(default, "name", None) or getattr(default, "model", None)
        return f"`{named}`" if isinstance(named, str) else "see below"
    return f"`{json.dumps(default)}`" if isinstance(default, bool) else f"`{default}`"
