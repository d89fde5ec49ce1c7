"""`hone export` over a tiny random model with an adapter, and what it says where it cannot."""

from __future__ import annotations

import json
import resource
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from hone.errors import ExportError
from hone.export import ExportedFile
from hone.export.converter import converter_folder
from hone.export.engine import EngineSpeed
from hone.export.parity import Parity, Replies
from hone.export.results import accuracy
from hone.journey.exporting import best_of
from hone.weights.gguf_file import metadata
from tests.test_children import is_running, within

from ..export.tiny import change, tiny_adapter, tiny_model
from .conftest import Hone, Result

pytestmark = pytest.mark.engine


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a base and an adapter for it."""
    folder = tmp_path_factory.mktemp("models")
    base = tiny_model("Llama", folder / "base")
    tiny_adapter(base, folder / "adapter")
    return folder


@pytest.fixture(scope="module")
def converter() -> None:
    try:
        converter_folder()
    except ExportError as error:
        pytest.skip(f"llama.cpp's converter is not there: {error}")


@pytest.fixture
def out(tmp_path: Path) -> Path:
    """An empty folder."""
    folder = tmp_path / "out"
    folder.mkdir()
    return folder


def one_line(done: Result) -> str:
    """What it said at its end; what it cannot do is no fault of the program's."""
    assert done.code == 1, done.err
    return done.err.splitlines()[-1]


@pytest.mark.usefixtures("converter")
def test_two_files_come_out_with_all_that_stands_beside_them(
    bare: Hone, models: Path, tmp_path: Path, out: Path
) -> None:
    (tmp_path / "prompt.txt").write_text("Be brief.\n")
    (out / "README.md").write_text("A person wrote this.")
    done = bare(
        "export", f"{models / 'base'}+{models / 'adapter'}", "--out", out / "x.gguf", "--quant", "bf16",
        "--quant", "q8_0", "--prompts", 2, "--prompt", tmp_path / "prompt.txt", "--licence", "mit", "--json",
    )  # fmt: skip
    assert done.code == 0, done.err
    sixteen, eight = done.data
    assert sixteen["replies"]["n"] == 2
    assert sixteen["bytes"] > eight["bytes"]
    assert "of 2 replies equal" in done.err
    found = metadata(Path(eight["file"]))
    assert (found["hone.system"], found["general.license"], found["hone.adapter"]) == ("Be brief.", "mit", "adapter")
    assert "Be brief." in (out / "Modelfile").read_text()
    assert (out / "README.md").read_text() == "A person wrote this."
    assert "| x-bf16.gguf |" in (out / "x.README.md").read_text()
    names = ["Modelfile", "README.md", "x-bf16.gguf", "x-q8_0.gguf", "x.README.md"]
    assert sorted(path.name for path in out.iterdir()) == names


@pytest.mark.usefixtures("converter")
def test_the_adapter_alone_comes_out_small(bare: Hone, models: Path, out: Path) -> None:
    done = bare(
        "export", f"{models / 'base'}+{models / 'adapter'}", "--out", out / "x.gguf", "--adapter-only", "--prompts", 2
    )
    assert done.code == 0, done.err
    assert [path.name for path in out.iterdir()] == ["x.gguf"]
    assert metadata(out / "x.gguf")["general.type"] == "adapter"


def test_a_disk_that_fills_up_while_it_writes_leaves_nothing(models: Path, out: Path) -> None:
    def little_room() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, 1_000_000))

    command = [sys.executable, "-m", "hone.cli.main", "export", str(models / "base"), "--out", "x.gguf"]
    done = subprocess.run(
        command, cwd=out, capture_output=True, text=True, timeout=600, check=False, preexec_fn=little_room
    )
    said = one_line(Result(done.returncode, done.stdout, done.stderr))
    assert "cannot be written" in said
    assert "free some space" in said
    assert list(out.iterdir()) == []


@pytest.mark.usefixtures("converter")
def test_a_kill_leaves_no_file_under_its_name(models: Path, out: Path) -> None:
    command = [sys.executable, "-m", "hone.cli.main", "export", str(models / "base"), "--out", "x.gguf"]
    with subprocess.Popen(command, cwd=out, stderr=subprocess.PIPE, text=True) as running:
        assert running.stderr
        told = next(line for line in running.stderr if line.startswith(("comparing", "hone:")))
        running.kill()
    assert told.startswith("comparing")
    assert [path.name for path in out.iterdir() if not path.name.startswith(".")] == []


def test_no_room_for_the_file_is_said_before(bare: Hone, models: Path, tmp_path: Path, out: Path) -> None:
    base = tmp_path / "huge"
    shutil.copytree(models / "base", base)
    first, count = base / "model.safetensors", 10**9
    head = json.dumps({"weight": {"dtype": "F16", "shape": [count], "data_offsets": [0, 2 * count]}}).encode()
    with first.open("wb") as stream:
        stream.write(len(head).to_bytes(8, "little") + head)
        stream.truncate(8 + len(head) + 2 * count)  # a sparse file: 2 GB that take no room
    for number in range(1000):
        (base / f"model-{number}.safetensors").hardlink_to(first)
    done = bare("export", base, "--out", out / "x.gguf")
    assert "GB are needed while exporting" in one_line(done)
    assert "reading the source" not in done.err
    assert list(out.iterdir()) == []


@pytest.mark.parametrize(
    ("kind", "architecture"), [("nobody", "NobodyForCausalLM"), ("t5", "T5ForConditionalGeneration")]
)
def test_an_architecture_that_nobody_knows_or_that_writes_no_replies_is_one_line(
    bare: Hone, models: Path, tmp_path: Path, out: Path, kind: str, architecture: str
) -> None:
    base = tmp_path / kind
    shutil.copytree(models / "base", base)
    change(base / "config.json", model_type=kind, architectures=[architecture])
    said = one_line(bare("export", base, "--out", out / "x.gguf"))
    assert "of an architecture that transformers knows?" in said
    assert list(out.iterdir()) == []


def test_weights_that_were_cut_short_are_one_line(bare: Hone, models: Path, tmp_path: Path, out: Path) -> None:
    base = tmp_path / "cut"
    shutil.copytree(models / "base", base)
    file = base / "model.safetensors"
    file.write_bytes(file.read_bytes()[:100_000])
    assert "is it complete" in one_line(bare("export", base, "--out", out / "x.gguf"))


def test_an_adapter_for_another_base_is_one_line(bare: Hone, models: Path, tmp_path: Path, out: Path) -> None:
    other = tiny_model("Llama", tmp_path / "other", hidden_size=32)
    done = bare("export", f"{other}+{models / 'adapter'}", "--out", out / "x.gguf")
    assert "does not fit its base" in one_line(done)


def test_the_file_that_is_named_is_the_smallest_that_lost_nothing() -> None:
    replies = Replies(2, 2, 0, (), 0.0, 2)

    def made(size: int, right: int) -> ExportedFile:
        parity = Parity("q", size, (), replies, (1.0,), (1.0,), EngineSpeed(1.0, 1.0))
        found = accuracy("sums", [True] * 60 + [False] * 40, [True] * right + [False] * (100 - right))
        return ExportedFile(Path(f"{size}.gguf"), parity, found)

    large, middle, small = made(16, 60), made(8, 59), made(4, 20)
    assert best_of([large, middle, small]) == middle
    assert best_of([small, large]) == large
    assert best_of([small, made(5, 10)]).parity.size == 5


@pytest.mark.usefixtures("converter")
@pytest.mark.parametrize("when", ["converting", "comparing"])
def test_a_killed_export_leaves_no_process_and_the_next_one_removes_its_files(
    bare: Hone, models: Path, out: Path, when: str
) -> None:
    command = ["export", f"{models / 'base'}+{models / 'adapter'}", "--out", str(out / "a.gguf"), "--quant", "q8_0"]
    killed = subprocess.Popen(
        [sys.executable, "-m", "hone.cli.main", *command],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert killed.stderr
    for line in killed.stderr:
        if line.startswith(when):
            break
    if when == "converting":
        assert within(20, lambda: bool(_below(killed.pid)))
    children = _below(killed.pid)
    killed.kill()
    killed.wait()
    killed.stderr.close()
    assert within(20, lambda: not any(map(is_running, children)))
    assert [path.suffix for path in out.iterdir()] == [".part"]
    second = bare("export", str(models / "base"), "--out", out / "b.gguf", "--quant", "q8_0")
    assert second.code == 0, second.err
    assert not list(out.glob(".*"))


def _below(process: int) -> list[int]:
    found = subprocess.run(["pgrep", "-P", str(process)], capture_output=True, text=True, check=False).stdout.split()
    return [int(pid) for pid in found]
