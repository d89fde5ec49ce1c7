"""What a model makes of a reply where it stands: the same numbers whoever is read beside it, and refusals."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from hone.domain.settings import ModelSettings
from hone.domain.task import NO_REQUEST, Reply
from hone.errors import CallError, ContextError, SpecError
from hone.extras import library
from hone.jobs import Journal, ask_all
from hone.judging.embeddings import embedding_request, embeddings_of
from hone.models.embedding import EmbeddingModel, text_of, vector_of
from hone.models.spec import connect_embedder
from tests.weights.tiny import saved_tiny

TOLD = Reply(item="a", prompt="What is a cat?", text="An animal.", model="", reference="A small animal.")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return saved_tiny(tmp_path_factory.mktemp("models") / "tiny", num_hidden_layers=4)


def settings(folder: Path) -> ModelSettings:
    return ModelSettings(model=f"hf:{folder}", precision="fp32")


def test_a_vector_is_the_mean_state_of_the_reply_s_own_tokens_halfway_up(folder: Path) -> None:
    torch, transformers = library("torch"), library("transformers")
    whole = transformers.AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    before, reply = (message.content for message in embedding_request(TOLD).messages)
    assert (
        before
        == "A request:\n\nWhat is a cat?\n\nA good answer to compare with:\n\nA small animal.\n\nThe reply:\n\n"
    )
    first, own = (tokenizer(text).input_ids for text in (before, reply))
    with torch.inference_mode():
        states = whole(torch.tensor([first + own]), output_hidden_states=True).hidden_states[2][0]
    wanted = states[len(first) :].mean(dim=0).numpy()
    with connect_embedder(settings(folder)) as model:
        found = embeddings_of(model, [TOLD])["a"]
    assert found == pytest.approx(wanted, abs=1e-4)
    assert np.abs(found).max() > 0.1


def test_each_reply_is_read_by_itself_and_nothing_twice(folder: Path, tmp_path: Path) -> None:
    others = [
        TOLD.model_copy(
            update={"item": str(number), "text": f"Animal {number}.", "prompt": f"Question {number % 6}?"}
        )
        for number in range(18)
    ]
    with connect_embedder(settings(folder)) as model, Journal(tmp_path / "journal.jsonl") as journal:
        together = embeddings_of(model, [*others, TOLD], journal)
        alone = embeddings_of(model, [others[7]])
        model.close()
        again = embeddings_of(model, [*others, TOLD], journal)
    assert alone["7"].tolist() == together["7"].tolist()
    assert {item: one.tolist() for item, one in again.items()} == {
        item: one.tolist() for item, one in together.items()
    }
    assert len({tuple(one.tolist()) for one in together.values()}) == 19


def test_a_reply_without_tokens_and_one_without_a_request_have_vectors_too(folder: Path) -> None:
    empty = TOLD.model_copy(update={"item": "b", "text": " "})
    bare = Reply(item="c", prompt=NO_REQUEST, text="An animal.", model="")
    with connect_embedder(settings(folder)) as model:
        found = embeddings_of(model, [empty, bare])
    assert all(np.isfinite(one).all() for one in found.values())
    assert embedding_request(bare).messages[0].content == "The reply:\n\n"


def test_what_is_too_long_is_refused_and_says_so(folder: Path) -> None:
    long = TOLD.model_copy(update={"text": "word " * 200})
    with connect_embedder(settings(folder)) as model:
        outcome = ask_all(model, [embedding_request(long)])[0]
        assert isinstance(outcome.error, ContextError)
        with pytest.raises(ContextError, match=r"the context of hf:.* is 512; shorten them"):
            embeddings_of(model, [long])


@pytest.mark.parametrize("spec", ["openai:gpt-4o", "hf:nobody/nothing", "gguf:nowhere.gguf", "hf:a+b", "own:x"])
def test_only_a_model_whose_files_are_here_is_read(spec: str) -> None:
    with pytest.raises(SpecError, match="cannot be read for embeddings"):
        connect_embedder(ModelSettings(model=spec))


def test_the_model_is_known_by_what_its_files_hold(folder: Path, tmp_path: Path) -> None:
    with connect_embedder(settings(folder)) as model:
        assert isinstance(model, EmbeddingModel)
        assert model.identity.startswith("files ")
        assert "layer 2" in model.identity
        assert model.size == 32


def test_a_vector_is_kept_as_text_and_what_is_none_is_refused() -> None:
    vector = np.array([1.5, -2.25, 1e-8], dtype=np.float32)
    assert vector_of(text_of(vector)).tolist() == vector.astype(np.float64).tolist()
    for bad in ("", "no vector", "AAA=", text_of(np.array([np.nan], dtype=np.float32))):
        with pytest.raises(CallError, match="no vector"):
            vector_of(bad)
