"""A project whose models answer from a script, and the command line called in this process."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from hone.cli.main import main
from tests.models.loopback import Loopback, serving

INTERRUPTIBLE = (
    "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)\nfrom hone.cli.main import main\nmain()"
)
"""A shell that runs the tests in the background ignores Ctrl-C, and its children with it."""


@dataclass(frozen=True, slots=True)
class Result:
    """What a command did."""

    code: int
    out: str
    err: str

    @property
    def data(self) -> Any:
        """The JSON document on standard output."""
        return json.loads(self.out)


Hone = Callable[..., Result]

SETTINGS = """\
task:
  subject: study plan
  role: You are a tutor.
  instruction: Write a plan.
models:
  writer: scripted:script.jsonl
  expert: scripted:script.jsonl
  judge: scripted:script.jsonl
"""
RUBRIC = """\
# How we judge plans.
criteria:
  - Be Detailed: Each session names its minutes.
  - Be Adaptable: A missed session has a stated remedy.
scale: -1..1
"""


def _verdict(*names: str) -> str:
    return json.dumps({name: {"reason": "It says so.", "score": 1} for name in names})


def _entry(action: str, name: str = "", sentence: str = "") -> dict[str, Any]:
    return {"reason": "The measures say so.", "measures": [], "action": action, "name": name, "sentence": sentence}


ANSWERS: Mapping[str, str] = {
    "Propose 2 or 3 criteria": json.dumps(
        {
            "criteria": [
                {"name": "Be Specific", "sentence": "Each day names a topic."},
                {"name": "Be Realistic", "sentence": "Rest days are planned."},
            ]
        }
    ),
    "Two writers answered": json.dumps(
        {
            "measures": [{"name": "Be Detailed", "first_quote": "plan", "second_quote": "plan", "better": "first"}],
            "reason": "The first names minutes.",
            "winner": "first",
        }
    ),
    "You advise a person": json.dumps(
        {
            "criteria": {
                "Be Detailed": _entry("modify", "Be Precise", "Each session names its minutes and its topic."),
                "Be Adaptable": _entry("keep"),
            },
            "missing": [_entry("", "Be Warm", "The plan praises effort.")],
        }
    ),
    '"Be Warm");': _verdict("Be Precise", "Be Adaptable", "Be Warm"),
    "You score replies": _verdict("Be Detailed", "Be Adaptable"),
    "will be judged by these criteria": "Rich plan: 20 minutes a day.",
    "Please plan week": "Plain plan.",
}
"""What the scripted model answers to a request that contains the text; the first that fits wins."""


@pytest.fixture
def script() -> Callable[..., None]:
    """Writes the script of a project: the usual answers, with changes; none leaves an answer out."""

    def write(folder: Path, **changes: str | None) -> None:
        answers = changes | {key: text for key, text in ANSWERS.items() if key not in changes}
        lines = [json.dumps({"contains": key, "text": text}) for key, text in answers.items() if text is not None]
        (folder / "script.jsonl").write_text("\n".join(lines) + "\n")

    return write


@pytest.fixture
def project(tmp_path: Path, script: Callable[..., None]) -> Path:
    folder = tmp_path / "plans"
    folder.mkdir()
    (folder / "hone.yaml").write_text(SETTINGS)
    (folder / "rubric.yaml").write_text(RUBRIC)
    items = [{"id": f"i{n}", "prompt": f"Please plan week {n}."} for n in range(1, 5)]
    (folder / "items.jsonl").write_text("".join(json.dumps(item) + "\n" for item in items))
    script(folder)
    return folder


@pytest.fixture
def bare(capsys: pytest.CaptureFixture[str]) -> Hone:
    """Calls ``hone`` with these arguments."""

    def call(*arguments: object) -> Result:
        capsys.readouterr()
        with pytest.raises(SystemExit) as exit_:
            main([str(argument) for argument in arguments])
        out, err = capsys.readouterr()
        return Result(exit_.value.code if isinstance(exit_.value.code, int) else -1, out, err)

    return call


@pytest.fixture
def hone(bare: Hone, project: Path) -> Hone:
    """Calls ``hone … --project`` on the scripted project."""
    return lambda *arguments: bare(*arguments, "--project", project)


@pytest.fixture
def advised(hone: Hone, project: Path) -> Path:
    """The project once comparisons and advice are there."""
    assert hone("rubric", "compare").code == 0
    assert hone("rubric", "advise").code == 0
    return project


@pytest.fixture
def server() -> Iterator[Loopback]:
    """A real endpoint on loopback."""
    with serving() as running:
        yield running
