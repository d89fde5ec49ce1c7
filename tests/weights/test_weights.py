"""SmolLM2 as a transformers folder: the tokens, the chat template and the weights that llama.cpp has."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from hone.errors import UnavailableError
from hone.extras import library
from hone.files import cache
from hone.models.embedded import EmbeddedModel
from hone.problems import prompting, sums
from hone.weights.opening import weights
from hone.weights.smollm2 import smollm2_file

TEXTS = (
    "Natalia sold 48/2 = 24 clips, for $1,234.50 in all.",
    " a  b\n\n\nc\t12.5 don't £3 ½ 你好 👍 café",
    "2/5 times  2 more",
    "#### 2,125",
    "<|im_start|>user\nHi 12<|im_end|>\n",
    "def f(x):\n    return x ** 2\n",
)


@pytest.fixture(scope="module")
def tokenizer() -> Any:
    return library("transformers").AutoTokenizer.from_pretrained(weights("smollm2"))


@pytest.fixture(scope="module")
def engine() -> Iterator[EmbeddedModel]:
    with EmbeddedModel("smollm2", smollm2_file(), context=1024, slots=1) as model:
        yield model


def post(engine: EmbeddedModel, path: str, body: dict[str, Any]) -> Any:
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {engine.key}"}
    call = urllib.request.Request(engine.url.removesuffix("/v1") + path, json.dumps(body).encode(), headers)  # noqa: S310
    with urllib.request.urlopen(call, timeout=60) as answer:  # noqa: S310 - loopback
        return json.load(answer)


@pytest.mark.engine
def test_the_tokens_are_those_of_the_embedded_engine(tokenizer: Any, engine: EmbeddedModel) -> None:
    texts = [*TEXTS, *(problem.question + "\n" + problem.reply for problem in sums(20))]
    for text in texts:
        theirs = post(engine, "/tokenize", {"content": text, "add_special": True, "parse_special": True})["tokens"]
        assert tokenizer(text)["input_ids"] == theirs, text
        assert tokenizer.decode(theirs) == text


@pytest.mark.engine
def test_the_chat_template_gives_the_text_that_the_embedded_engine_sends(
    tokenizer: Any, engine: EmbeddedModel
) -> None:
    shots = sums(2)
    for way in (prompting(), prompting(shots), prompting(system="")):
        messages = [{"role": one.role, "content": one.content} for one in way.ask("What is 2 + 3?")]
        ours = tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=True)
        assert ours == post(engine, "/apply-template", {"messages": messages})["prompt"]


@pytest.mark.engine
def test_the_end_token_ends_a_turn_and_is_neither_the_start_nor_the_padding(tokenizer: Any) -> None:
    assert (tokenizer.bos_token, tokenizer.eos_token) == ("<|im_start|>", "<|im_end|>")
    assert tokenizer.pad_token not in {tokenizer.bos_token, tokenizer.eos_token}
    messages = [{"role": one.role, "content": one.content} for one in prompting().teach("2 + 3?", "#### 5")]
    ids = tokenizer(tokenizer.apply_chat_template(messages, tokenize=False), add_special_tokens=False)["input_ids"]
    assert ids == tokenizer(tokenizer.apply_chat_template(messages, tokenize=False))["input_ids"]
    assert ids.count(tokenizer.bos_token_id) == ids.count(tokenizer.eos_token_id) == 3
    assert ids[0] == tokenizer.bos_token_id
    assert ids[-2] == tokenizer.eos_token_id


@pytest.mark.engine
def test_the_folder_is_safetensors_without_a_quantisation_and_made_once() -> None:
    folder = weights("smollm2")
    assert folder.is_relative_to(cache())
    assert "quantization_config" not in json.loads((folder / "config.json").read_text())
    assert [path.suffix for path in folder.iterdir() if path.stat().st_size > 1e8] == [".safetensors"]
    before = (folder / "model.safetensors").stat().st_mtime_ns
    assert weights("smollm2") == folder
    assert (folder / "model.safetensors").stat().st_mtime_ns == before
    assert weights(str(folder)) == folder


@pytest.mark.parametrize("name", ["", "nowhere", "./nowhere/model", "/nowhere/model", "a/b/c"])
def test_a_folder_that_is_not_there_is_one_line(name: str) -> None:
    with pytest.raises(UnavailableError, match=r"there is no such folder|no config\.json"):
        weights(name)


def test_a_folder_without_a_model_says_so(tmp_path: Path) -> None:
    with pytest.raises(UnavailableError, match=r"no config\.json in this folder"):
        weights(str(tmp_path))


def test_an_import_fetches_no_code_and_says_nothing(tmp_path: Path) -> None:
    """`kernels` would fetch compiled code of the hub and run it: bitsandbytes asks for that while PEFT imports it."""
    fetched = tmp_path / "fetched"
    words = f"def get_kernel(*_, **__):\n    open({str(fetched)!r}, 'w').close()\n    raise OSError('no network')\n"
    (tmp_path / "kernels.py").write_text(words)
    code = (
        "import sys; from hone.weights.opening import library; library('peft'); "
        "assert 'bitsandbytes' in sys.modules; import kernels; assert kernels.get_kernel"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=600, check=False,
        env=os.environ | {"PYTHONPATH": str(tmp_path)},
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    assert not fetched.exists()
