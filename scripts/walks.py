"""Counts how many files three walks pass: an item to a labelled row, a rating to a figure, an example to an adapter.

``python scripts/walks.py [SOURCE ...]`` runs ``hone label``, ``hone agree`` and ``hone tune`` on one small file
each, with scripted models, and lists every file of the package in which a function ran while the command worked.
What runs while modules are imported is left out, and so is what every command passes (the face, errors, texts, files,
consent). SOURCE is a folder such as ``src``, so that a checkout of another version can stand beside this one. The
third walk needs the extra `tune` and takes about a minute.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent.parent / "src"
SHARED = {
    "cli",
    "errors.py",
    "text.py",
    "files.py",
    "moved.py",
    "trust.py",
    "lazily.py",
    "spelling.py",
    "extras.py",
    "children.py",
}

TRACER = """
import atexit, os, sys, threading
seen, source = set(), os.environ["WALK_SOURCE"]
importing = ("<module>", "<lambda>", "<genexpr>", "<listcomp>", "<dictcomp>", "<setcomp>")
def trace(frame, event, _):
    code = frame.f_code
    if event == "call" and code.co_filename.startswith(source) and code.co_name not in importing:
        above = frame.f_back
        while above is not None:
            if above.f_code.co_name == "<module>" and above.f_code.co_filename.startswith(source):
                if not above.f_code.co_filename.endswith(("main.py", "process.py")):
                    return
                break
            above = above.f_back
        seen.add(code.co_filename)
def keep():
    sys.setprofile(None)
    with open(os.environ["WALK_LOG"], "a") as log:
        log.writelines(f"{name}\\n" for name in seen)
threading.setprofile(trace)
sys.setprofile(trace)
atexit.register(keep)
"""

PROJECT = {
    "hone.yaml": "task: {role: You plan., instruction: Plan., subject: plan}\nmodels:\n"
    + "".join(f"  {part}: {{model: 'scripted:s.jsonl'}}\n" for part in ("writer", "expert", "judge")),
    "rubric.yaml": "criteria:\n- 'Be Clear: The reply is clear.'\n- 'Be Kind: The reply is kind.'\nscale: 0..1\n",
    "items.jsonl": '{"id": "i1", "prompt": "Please plan."}\n',
    "s.jsonl": json.dumps(
        {
            "contains": "",
            "text": json.dumps({name: {"reason": "It is so.", "score": 1} for name in ("Be Clear", "Be Kind")}),
        }
    )
    + "\n",
    "rows.jsonl": '{"id": "r1", "prompt": "Please plan.", "reply": "A plan."}\n',
    "ratings.csv": "item,criterion,rater,score,kind\n"
    + "".join(
        f"{item},Be Clear,{rater},{(item + len(rater)) % 2},{'judge' if rater == 'j' else ''}\n"
        for item in range(12)
        for rater in ("a", "bb", "j")
    ),
}
WALKS = {
    "an item to a row of hone label": ["label", "rows.jsonl", "--rubric", "working", "--out", "out.jsonl"],
    "a rating to a figure of hone agree": ["agree", "ratings.csv"],
    "an example to an adapter": ["tune", "sums", "--limit", "24", "--set", "max_steps=2"],
}


def walk(source: Path, arguments: list[str]) -> list[str]:
    """The files of the package, below it, in which a function ran."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for file, text in PROJECT.items():
            (folder / file).write_text(text, encoding="utf-8")
        (folder / "tracer").mkdir()
        (folder / "tracer" / "sitecustomize.py").write_text(TRACER, encoding="utf-8")
        log = folder / "walk.log"
        package = source.resolve() / "hone"
        environment = os.environ | {
            "PYTHONPATH": os.pathsep.join([str(folder / "tracer"), str(source.resolve())]),
            "WALK_SOURCE": f"{package}{os.sep}",
            "WALK_LOG": str(log),
            "HONE_CONFIG": str(folder / "config"),
        }
        done = subprocess.run(
            [sys.executable, "-m", "hone.cli.main", *arguments],
            check=False,
            cwd=folder,
            env=environment,
            capture_output=True,
            text=True,
        )
        if done.returncode:
            raise SystemExit(f"{source}: hone {' '.join(arguments)} failed: {done.stderr[-800:]}")
        seen = {Path(line).relative_to(package).as_posix() for line in log.read_text().splitlines()}
    return sorted(file for file in seen if file.split("/")[0] not in SHARED)


def main(sources: list[str]) -> None:
    """Print a line for each walk: files and rooms by source, then the files of the last source."""
    folders = [Path(source) for source in sources] or [HERE]
    print("| walk | " + " | ".join(map(str, folders)) + " |\n|---|" + "---|" * len(folders))
    last = {}
    for title, arguments in WALKS.items():
        found = [walk(folder, arguments) for folder in folders]
        cells = (f"{len(files)} files, {len({file.split('/')[0] for file in files})} rooms" for files in found)
        print(f"| {title} | " + " | ".join(cells) + " |", flush=True)
        last[title] = found[-1]
    for title, files in last.items():
        print(f"\n{title}: {', '.join(files)}")


if __name__ == "__main__":
    main(sys.argv[1:])
