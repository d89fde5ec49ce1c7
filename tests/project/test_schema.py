"""The JSON schema of hone.yaml takes what Hone takes, and refuses what it refuses."""

from __future__ import annotations

from typing import Any

import jsonschema
import pytest

from hone.project import templates
from hone.project.files import load_document
from hone.project.schema import settings_schema

TASK = {"subject": "plan", "role": "You are a tutor.", "instruction": "Write a plan."}


@pytest.mark.parametrize("template", templates(), ids=lambda template: template.name)
def test_every_template_fits_the_schema(template: Any) -> None:
    document = load_document(template.folder / "hone.yaml")
    jsonschema.validate({key: document[key] for key in document}, settings_schema())


@pytest.mark.parametrize(
    ("settings", "fits"),
    [
        ({"task": TASK, "models": {"judge": "smollm2"}}, True),
        ({"task": TASK, "models": {"judge": {"model": "smollm2", "context": 4096}}}, True),
        ({"task": TASK, "models": {"judge": {"context": 4096}}}, False),
        ({"task": TASK, "judging": {"samples": 0}}, False),
        ({"task": TASK, "judgeing": {}}, False),
        ({}, False),
    ],
)
def test_the_schema_takes_what_hone_takes(settings: dict[str, Any], fits: bool) -> None:
    validator = jsonschema.Draft202012Validator(settings_schema())
    assert validator.is_valid(settings) == fits
