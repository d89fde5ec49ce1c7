"""What is written to disk is whole or not there, and a disk that refuses is one line."""

from __future__ import annotations

import ast
import os
import re
import socket
import subprocess
import sys
from pathlib import Path

import pytest

import hone.files
from hone.errors import ExportError, HoneError, ProjectError
from hone.files import (
    cache,
    cache_folder,
    folder_beside,
    holder_of,
    locked,
    make_private,
    open_to_append,
    temporary_folder,
    typed_path,
    whole_folder,
    whole_path,
    write_whole,
)


def _cache(code: str, **environment: str) -> subprocess.CompletedProcess[str]:
    kept = {key: value for key, value in os.environ.items() if key not in {"HOME", "XDG_CACHE_HOME", "HONE_CACHE"}}
    return subprocess.run(
        [sys.executable, "-c", f"from hone.files import *; {code}"],
        env=kept | environment, capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_the_cache_is_made_where_the_home_folder_is_empty(tmp_path: Path) -> None:
    done = _cache("print(cache_folder('weights'))", HOME=str(tmp_path))
    assert done.stdout.strip() == str(tmp_path / ".cache" / "hone" / "weights")
    assert (tmp_path / ".cache" / "hone" / "weights").is_dir()


@pytest.mark.parametrize(
    ("name", "inside"), [("HONE_CACHE", ""), ("XDG_CACHE_HOME", "hone")], ids=["HONE_CACHE", "XDG_CACHE_HOME"]
)
def test_a_variable_moves_the_cache_whatever_the_home_folder_is(name: str, inside: str, tmp_path: Path) -> None:
    done = _cache("print(cache_folder())", HOME="/nowhere", **{name: str(tmp_path / "ä b")})
    assert done.stdout.strip() == str(tmp_path / "ä b" / inside)


def test_a_home_folder_that_does_not_exist_names_the_variable_that_moves_the_cache() -> None:
    done = _cache("cache_folder()", HOME="/nowhere/at/all")
    assert "/nowhere/at/all: the home folder does not exist" in done.stderr.splitlines()[-1]
    assert "set HONE_CACHE" in done.stderr.splitlines()[-1]


@pytest.mark.parametrize(
    ("name", "value"), [("HOME", ""), ("HOME", "here"), ("HONE_CACHE", "~nobody-of-that-name/x")]
)
def test_a_place_that_is_none_is_one_line(name: str, value: str, tmp_path: Path) -> None:
    done = _cache(f"import os; os.chdir({str(tmp_path)!r}); cache_folder()", **{"HOME": str(tmp_path), name: value})
    assert f"ProjectError: {name}" in done.stderr.splitlines()[-1]
    assert "set HONE_CACHE" in done.stderr.splitlines()[-1]
    assert not list(tmp_path.iterdir())


def test_the_home_folder_of_nobody_is_a_path_like_any_other() -> None:
    assert str(typed_path("~nobody-of-that-name/x")) == "~nobody-of-that-name/x"
    assert typed_path("~/x") == Path.home() / "x"


def test_a_cache_that_cannot_be_made_names_its_path_and_the_variable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("x")
    monkeypatch.setenv("HONE_CACHE", str(tmp_path / "file" / "cache"))
    assert cache() == tmp_path / "file" / "cache"
    with pytest.raises(ExportError, match=r"file/cache/weights: the cache cannot be written .*; set HONE_CACHE"):
        cache_folder("weights", kind=ExportError)


def test_a_failed_block_leaves_the_old_file_and_nothing_beside_it(tmp_path: Path) -> None:
    target = tmp_path / "a.txt"
    target.write_text("old")
    with pytest.raises(ZeroDivisionError), whole_path(target) as part:  # noqa: PT012
        part.write_text("half")
        raise ZeroDivisionError
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("a.txt", "old")]


def test_a_link_in_the_target_s_place_is_replaced_and_what_it_names_stays(tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.write_text("kept")
    (tmp_path / "a.txt").symlink_to(other)
    write_whole(tmp_path / "a.txt", "new")
    assert other.read_text() == "kept"
    assert (tmp_path / "a.txt").read_text() == "new"


def test_the_asked_permissions_hold_from_the_start(tmp_path: Path) -> None:
    with whole_path(tmp_path / "secret", mode=0o600) as part:
        assert part.stat().st_mode & 0o777 == 0o600


def test_an_error_of_the_disk_is_one_line_with_the_path_in_the_kind_asked_for(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(ExportError, match=r"^.*/file/a: cannot be written \(File exists\)$"):
        write_whole(tmp_path / "file" / "a", "x", kind=ExportError)
    with pytest.raises(ProjectError, match="cannot be written"), folder_beside(tmp_path / "file" / "a"):
        pass


def test_a_full_disk_is_one_line_and_leaves_nothing(tmp_path: Path) -> None:
    with (
        pytest.raises(HoneError, match=r"a: cannot be written \(No space left on device\)"),
        whole_path(tmp_path / "a"),
        Path("/dev/full").open("wb", buffering=0) as full,
    ):
        full.write(b"x")
    assert not list(tmp_path.iterdir())


def test_a_folder_takes_its_name_only_when_it_is_whole(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), whole_folder(tmp_path / "new" / "folder") as part:  # noqa: PT012
        (part / "a").write_text("half")
        raise ZeroDivisionError
    assert not list((tmp_path / "new").iterdir())
    with whole_folder(tmp_path / "new" / "folder") as part:
        (part / "a").write_text("whole")
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["folder"]


def test_a_lock_that_another_holds_says_whose_it_is(tmp_path: Path) -> None:
    with (
        locked(tmp_path / "lock"),
        pytest.raises(ProjectError, match=rf"process {os.getpid()} on .* holds this lock"),
        locked(tmp_path / "lock", patience=0),
    ):
        pass
    with locked(tmp_path / "lock", patience=0):
        pass


def test_a_full_disk_leaves_the_old_file(tmp_path: Path) -> None:
    target = tmp_path / "a.txt"
    target.write_text("old")
    code = (
        "import resource, signal, sys; from pathlib import Path; from hone.files import write_whole\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN); resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))\n"
        "write_whole(Path(sys.argv[1]), 'x' * 10_000)"
    )
    done = subprocess.run([sys.executable, "-c", code, target], capture_output=True, text=True, check=False)
    assert f"{target}: cannot be written (File too large)" in done.stderr.splitlines()[-1]
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("a.txt", "old")]


@pytest.mark.parametrize(
    "error", [ConnectionResetError(104, "reset"), TimeoutError("late"), OSError(2, "gone", "/elsewhere/read")],
    ids=["network", "time", "another file"],
)  # fmt: skip
def test_an_error_of_something_else_keeps_its_own_words(error: OSError, tmp_path: Path) -> None:
    for place in (whole_path, whole_folder, folder_beside):
        with pytest.raises(type(error)) as seen, place(tmp_path / "a"):
            raise error
        assert seen.value is error
    assert not list(tmp_path.iterdir())


def test_what_is_added_to_is_never_behind_a_link(tmp_path: Path) -> None:
    (tmp_path / "other").write_text("kept")
    (tmp_path / "log").symlink_to(tmp_path / "other")
    with pytest.raises(ProjectError, match=r"log: cannot be written"):
        open_to_append(tmp_path / "log", fresh=True)
    assert (tmp_path / "other").read_text() == "kept"


def test_a_private_file_is_its_owner_s_and_stays_when_it_is_made_again(tmp_path: Path) -> None:
    make_private(tmp_path / "key", b"first")
    make_private(tmp_path / "key", b"second")
    assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir()] == [("key", b"first")]
    assert (tmp_path / "key").stat().st_mode & 0o777 == 0o600


_WRITERS = {"write_text", "write_bytes", "mkdir", "makedirs", "mkdtemp", "TemporaryDirectory", "NamedTemporaryFile",
            "copyfile", "copytree", "flock", "rename", "renames", "symlink_to", "hardlink_to", "link",
            "touch", "expanduser"}  # fmt: skip
_ALLOWED = {
    ("hone/export/exporting.py", "hardlink_to"): "one of its own working files under a second name",
    ("hone/models/hub.py", "fdopen"): "a download that goes on adds to its part, which `open_to_append` opened",
    ("hone/training/process.py", "fdopen"): "the child's history is added to, and its output is a pipe",
    ("hone/tuning/launching.py", "fdopen"): "what starts several children adds to their log, as they do",
}
"""Where a module other than `hone.files` opens something for writing, and why. SQLite opens its files itself."""


def _written(call: ast.Call) -> str | None:
    """The name of a call that writes a file or makes a folder by hand."""
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    if name in _WRITERS:
        return name
    texts = [one.value for one in ast.walk(call) if isinstance(one, ast.Constant) and isinstance(one.value, str)]
    if name in {"open", "fdopen"} and any(re.fullmatch(r"[rbt]*[wax][bt+]*|r[bt]*\+[bt]*", text) for text in texts):
        return name
    flags = {one.attr for one in ast.walk(call) if isinstance(one, ast.Attribute)}
    return "os.open" if name == "open" and flags & {"O_CREAT", "O_RDWR", "O_APPEND"} else None


def test_every_other_module_writes_through_this_one() -> None:
    source = Path(hone.files.__file__).parents[1]
    found = {
        (path.relative_to(source).as_posix(), name)
        for path in sorted((source / "hone").rglob("*.py"))
        if path != Path(hone.files.__file__)
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(call, ast.Call) and (name := _written(call))
    }
    assert found == set(_ALLOWED)


def test_what_a_killed_process_left_is_removed_with_the_next_write(tmp_path: Path) -> None:
    script = (
        "import os, pathlib, sys; from hone.files import folder_beside, whole_stream\n"
        "path = pathlib.Path(sys.argv[1])\n"
        "with whole_stream(path) as stream, folder_beside(path) as folder:\n"
        "    (folder / 'a').write_text('x'); stream.write(b'half'); stream.flush(); os._exit(9)"
    )
    path = tmp_path / "out.txt"
    subprocess.run([sys.executable, "-c", script, str(path)], check=False, timeout=60)
    assert len(list(tmp_path.iterdir())) == 2
    other = tmp_path / f".out.txt.{'0' * 6}-1-aaaa.part"
    other.write_text("of another machine")
    write_whole(path, "whole")
    assert sorted(one.name for one in tmp_path.iterdir()) == sorted([other.name, "out.txt"])


def test_what_a_killed_process_left_under_another_name_or_in_the_temporary_place_is_removed_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = (
        "import os, pathlib, sys; from hone.files import folder_beside, temporary_folder\n"
        "with folder_beside(pathlib.Path(sys.argv[1]) / 'model.gguf') as one, "
        "temporary_folder('hone-x-', pathlib.Path(sys.argv[1])) as two:\n"
        "    (one / 'a').write_text('x'); (two / 'a').write_text('x'); os._exit(9)"
    )
    subprocess.run([sys.executable, "-c", script, str(tmp_path)], check=False, timeout=60)
    assert len(list(tmp_path.iterdir())) == 2
    write_whole(tmp_path / "other.txt", "whole")
    assert [one.name.startswith("hone-x-") for one in tmp_path.iterdir() if one.name != "other.txt"] == [True]
    with temporary_folder("hone-y-", tmp_path) as mine, temporary_folder("hone-x-", tmp_path) as again:
        assert {one.name for one in tmp_path.iterdir()} == {"other.txt", mine.name, again.name}


def test_who_holds_a_lock_is_told_without_taking_it(tmp_path: Path) -> None:
    lock = tmp_path / ".a.lock"
    assert holder_of(lock) is None
    with locked(lock):
        assert holder_of(lock) == f"process {os.getpid()} on {socket.gethostname()}"
    assert holder_of(lock) is None
