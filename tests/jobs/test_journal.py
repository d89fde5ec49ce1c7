from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hone.errors import FileFormatError, RunBusyError, RunError
from hone.jobs import Journal
from hone.models import Call, Completion, Message, Request, TokenLogprob, Usage

text = st.text(st.characters(exclude_categories=["Cs"]))
numbers = st.floats(allow_nan=False)
tokens = st.builds(TokenLogprob, text, numbers, st.lists(st.tuples(text, numbers), max_size=3).map(tuple))
completions = st.builds(
    Completion,
    text,
    st.sampled_from(["stop", "length"]),
    st.builds(Usage, st.integers(0, 10**9), st.integers(0, 10**9)),
    st.none() | st.lists(tokens, max_size=3).map(tuple),
)


def request(item: str) -> Request:
    return Request((Message("user", item),), call=Call(item))


def filled(path: Path, *items: str) -> Path:
    with Journal(path) as journal:
        for item in items:
            journal.add(request(item).key("m"), request(item), Completion(f"answer to {item}"))
    return path


def child(code: str, *arguments: str) -> subprocess.Popen[str]:
    prelude = "from pathlib import Path\nimport sys\nfrom hone.jobs import Journal\n"
    prelude += "from hone.models import Call, Completion, Message, Request\n"
    prelude += "def request(item):\n    return Request((Message('user', item),), call=Call(item))\n"
    command = [sys.executable, "-c", prelude + code, *arguments]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_an_answer_is_there_after_it_is_written(tmp_path: Path) -> None:
    path = filled(tmp_path / "journal.jsonl", "a", "b")
    with Journal(path) as journal:
        assert len(journal) == 2
        assert journal.get(request("a").key("m")) == Completion("answer to a")
        assert journal.get(request("a").key("another model")) is None
        journal.add("k", request("c"), Completion("c"))
        assert journal.get("k") == Completion("c")
        journal.close()
        journal.close()


def test_a_line_says_what_was_asked_and_when(tmp_path: Path) -> None:
    path = filled(tmp_path / "journal.jsonl", "a")
    entry = json.loads(path.read_text())
    assert entry["call"] == "a"
    assert entry["key"] == request("a").key("m")
    assert entry["answer"]["text"] == "answer to a"
    assert entry["at"].endswith("Z")


@given(st.lists(completions, max_size=4))
def test_answers_are_read_back_as_they_were(
    tmp_path_factory: pytest.TempPathFactory, answers: list[Completion]
) -> None:
    path = tmp_path_factory.getbasetemp() / "answers.jsonl"
    path.unlink(missing_ok=True)
    with Journal(path) as journal:
        for number, answer in enumerate(answers):
            journal.add(str(number), request(answer.text), answer)
            assert journal.get(str(number)) == answer
    with Journal(path) as journal:
        assert [journal.get(str(number)) for number in range(len(answers))] == answers


@given(completions)
def test_the_data_of_a_completion_gives_the_completion(answer: Completion) -> None:
    assert Completion.from_data(json.loads(json.dumps(answer.to_data()))) == answer


@pytest.mark.parametrize("torn", [b'{"key": "x", "call": "b"', b"{", "é".encode()[:1], b'{"key": "x"}'])
def test_a_torn_last_line_is_dropped(tmp_path: Path, torn: bytes) -> None:
    path = filled(tmp_path / "journal.jsonl", "a")
    whole = path.read_bytes()
    path.write_bytes(whole + torn)
    with Journal(path) as journal:
        assert len(journal) == 1
        journal.add("k", request("c"), Completion("c"))
    assert path.read_bytes().startswith(whole)
    with Journal(path) as journal:
        assert len(journal) == 2
        assert journal.get("k") == Completion("c")


@pytest.mark.parametrize("damage", ["half a line", "[1]", "{}", '"key"', "", "\x00\x00"])
def test_a_damaged_line_in_the_middle_is_named_and_nothing_is_cut(tmp_path: Path, damage: str) -> None:
    path = filled(tmp_path / "journal.jsonl", "a", "b")
    first, second = path.read_text().splitlines()
    path.write_text(f"{first}\n{damage}\n{second}\n")
    before = path.read_bytes()
    with pytest.raises(FileFormatError, match=r"journal\.jsonl:2: the journal is damaged; remove this line"):
        Journal(path)
    assert path.read_bytes() == before


def test_one_process_writes_at_a_time(tmp_path: Path) -> None:
    path = tmp_path / "20260102-label-1" / "journal.jsonl"
    path.parent.mkdir()
    code = "with Journal(Path(sys.argv[1])):\n    print('open', flush=True)\n    sys.stdin.read()\n"
    with child(code, str(path)) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "open\n"
        with pytest.raises(RunBusyError, match=rf"20260102-label-1 is being written by process {holder.pid} on "):
            Journal(path)
        holder.communicate()
    with Journal(path), pytest.raises(RunBusyError):
        Journal(path)


def test_a_journal_that_cannot_be_opened_is_an_error_of_ours(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(RunError, match="cannot be written"):
        Journal(tmp_path / "file" / "journal.jsonl")
    with pytest.raises(RunError, match="cannot be written"):
        Journal(tmp_path)


def test_every_acknowledged_answer_survives_a_kill(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    code = (
        "with Journal(Path(sys.argv[1])) as journal:\n"
        "    for number in range(10**9):\n"
        "        asked = request(f'i{number}')\n"
        "        journal.add(asked.key('m'), asked, Completion('é' * 500 + str(number)))\n"
        "        print(number, flush=True)\n"
    )
    with child(code, str(path)) as writer:
        assert writer.stdout is not None
        while writer.stdout.readline() != "200\n":
            pass
        writer.send_signal(signal.SIGKILL)
        rest = writer.stdout.read()
    # The last line of the pipe may be torn as well: only a whole one is an acknowledgement.
    acknowledged = max([200, *(int(line) for line in rest.split("\n")[:-1])])
    with Journal(path) as journal:
        for number in range(acknowledged + 1):
            answer = journal.get(request(f"i{number}").key("m"))
            assert answer is not None
            assert answer.text.endswith(f"é{number}")
        assert acknowledged < len(journal) <= acknowledged + 2


@pytest.mark.skipif(sys.platform == "win32", reason="the limit on a file's size is POSIX")
def test_a_full_disk_is_said_and_keeps_what_was_written(tmp_path: Path) -> None:
    path = filled(tmp_path / "journal.jsonl", "a")
    code = (
        "import resource, signal\n"
        "from hone.errors import RunError\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (4000, 4000))\n"
        "with Journal(Path(sys.argv[1])) as journal:\n"
        "    for number in range(100):\n"
        "        try:\n"
        "            journal.add(f'k{number}', request('b'), Completion('x' * 700))\n"
        "        except RunError as error:\n"
        "            print(number, error)\n"
        "            break\n"
        "    else:\n"
        "        print('never full')\n"
        "    try:\n"
        "        journal.add('small', request('b'), Completion('y'))\n"
        "    except RunError as error:\n"
        "        print(error)\n"
        "    assert journal.get('k0') == Completion('x' * 700)\n"
    )
    with child(code, str(path)) as writer:
        out, problems = writer.communicate()
    assert not problems
    number, message = out.splitlines()[0].split(" ", 1)
    assert int(number) >= 1
    assert str(path) in message
    assert "what is in it stays" in message
    with Journal(path) as journal:
        assert journal.get(request("a").key("m")) == Completion("answer to a")
        for kept in range(int(number)):
            assert journal.get(f"k{kept}") == Completion("x" * 700)
        assert journal.get(f"k{number}") is None


def test_a_journal_is_its_owner_s(tmp_path: Path) -> None:
    path = filled(tmp_path / "journal.jsonl", "a")
    assert path.stat().st_mode & 0o777 == 0o600
