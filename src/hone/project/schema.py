"""The JSON schema of hone.yaml, by which editors complete and check it while somebody types."""

from __future__ import annotations

from typing import Any

from hone.domain.settings import ModelSettings, Settings

_SPEC = {"type": "string", "minLength": 1, "description": "A model spec alone says the same as `model: SPEC`."}


def settings_schema() -> dict[str, Any]:
    """The schema (JSON Schema 2020-12) of what `Settings` reads, short forms included."""
    schema = Settings.model_json_schema()
    models = schema["$defs"]
    models[ModelSettings.__name__] = {"anyOf": [_SPEC, models[ModelSettings.__name__]]}
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema, "title": "hone.yaml"}
