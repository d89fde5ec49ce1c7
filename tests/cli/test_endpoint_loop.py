"""The whole loop against an `http://` endpoint: the embedded server, reached as any other endpoint is."""

from __future__ import annotations

from pathlib import Path

import pytest

from hone.models import connect
from hone.models.embedded import EmbeddedModel

from .conftest import Hone

SETTINGS = """\
task: {{subject: study plan, role: You are a tutor., instruction: Write a short plan.}}
models:
  writer: {{model: "{url}#smollm2", max_tokens: 40}}
  expert: "{url}#smollm2"
  judge: "{url}#smollm2"
"""


@pytest.mark.engine
def test_the_loop_runs_against_an_openai_compatible_endpoint(
    hone: Hone, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with connect("smollm2") as engine:
        assert isinstance(engine, EmbeddedModel)
        (project / "hone.yaml").write_text(SETTINGS.format(url=engine.url))
        refused = hone("rubric", "compare", "--items", "1")
        assert refused.code == 1
        assert "put a key into HONE_API_KEY" in refused.err

        monkeypatch.setenv("HONE_API_KEY", engine.key)
        assert "--trust" in hone("rubric", "compare", "--items", "1").err
        compared = hone("rubric", "compare", "--items", "1", "--json", "--trust")
        # Code 4 says that a verdict could not be read: so small a model quotes what does not stand in the replies.
        assert compared.code == (4 if compared.data["summary"]["unread"] else 0), compared.err
        assert [verdict["first"] for verdict in compared.data["comparisons"][0]["verdicts"]] == ["without", "with"]
        for step in (("rubric", "advise"), ("rubric", "merge", "--accept", "all"), ("rubric", "finalise")):
            done = hone(*step)
            assert done.code == 0, done.err
        assert hone("reply", "--items", "2").code == 0
        labelled = hone("label", "--json")
        assert labelled.code == 0, labelled.err
        assert labelled.data["scored"] == 2
        written = "".join(path.read_text(errors="replace") for path in project.rglob("*") if path.is_file())
        assert engine.key not in written
