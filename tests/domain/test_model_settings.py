"""Settings of a model: which fields start an engine, which change its answers."""

from __future__ import annotations

import pytest

from hone.domain.settings import ModelSettings, Sampling

OTHER = {"model": "b", "temperature": 0.5, "max_tokens": 9, "seed": 3, "top_p": 0.5, "context": 1024,
         "concurrency": 2, "precision": "fp32"}  # fmt: skip


@pytest.mark.parametrize("field", list(ModelSettings.model_fields))
def test_no_field_of_a_model_is_forgotten(field: str) -> None:
    usual = ModelSettings(model="a")
    changed = usual.model_copy(update={field: OTHER[field]})
    if field in Sampling.model_fields:
        assert changed.sampling(Sampling()) != usual.sampling(Sampling())
        return
    assert changed.engine != usual.engine
    assert (changed.identity != usual.identity) == (field != "concurrency")


def test_defaults_leave_the_identity_of_older_projects_as_it_was() -> None:
    assert ModelSettings(model="a").identity == {"model": "a"}
    assert ModelSettings(model="a", context=512).identity == {"model": "a", "context": 512}
