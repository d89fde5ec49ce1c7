"""The second half of `hone demo --full`: a small model tuned, tested, exported and talked to.

The demo types what a person would type in the project's folder: nothing here does what a command does not.
"""

from __future__ import annotations

import contextlib
import shlex
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from rich.console import Console

from hone.cli.chat import show_reply
from hone.cli.codes import GATE
from hone.cli.screen import SCREEN
from hone.domain.settings import ModelSettings
from hone.errors import MissingExtraError, RunError
from hone.export.converter import converter_folder
from hone.journey.gathering import tuned_in
from hone.journey.machine import missing_modules
from hone.journey.talking import opened
from hone.project import Project
from hone.serving.conversation import Conversation

QUESTION = "Anna has 12 apples, gives 5 to Ben and buys 4 more. How many has she?"
_EXTRAS = ("tune", "export")

Title = Callable[[Console, str], None]


@dataclass(frozen=True)
class Recipe:
    """What is tuned on what, and how it is tested. The default is what `benchmarks/tune_sums.py` measures."""

    tune: Sequence[str] = ("--base", "smollm2", "--epochs", "1")
    """Options of `hone tune`."""
    examples: int = 440
    """The fewest sums that make SmolLM2 solve a third of them, on a processor."""
    problems: int = 100
    exported: int = 40
    """Problems that the exported file is tested on."""
    file: str = "sums.gguf"


def check_extras() -> None:
    """See that all packages of the second half are there, and llama.cpp's converter, before minutes of work go by.

    Raises:
        MissingExtraError: Packages are missing.
        ExportError: The converter cannot be had.
    """
    missing = [module for name in _EXTRAS for module in missing_modules(name)]
    if missing:
        raise MissingExtraError(
            f"hone demo --full also tunes and exports; missing here: {', '.join(missing)}; install it with: "
            "pip install 'hone-llm[export]' (in a clone: make demo-full)"
        )
    converter_folder()


def walk_model(console: Console, project: Project, title: Title, recipe: Recipe | None = None) -> bool:
    """Tune, test, export, talk.

    Returns:
        Whether the tuned model passed its gate; one that did not is not exported.

    Raises:
        HoneError: A command cannot do its work; the same demo goes on where it was.
    """
    made = recipe or Recipe()
    here = Project(project.folder.resolve())
    with contextlib.chdir(here.folder):
        title(
            console, "7. A small model learns from examples; how much of the change is best is tried on held-out ones"
        )
        _type(console, ("tune", "sums", *made.tune, "--limit", f"{made.examples}"))
        run = here.latest_run("tune")
        if run is None:
            raise RunError("the tune left no finished run; type the same command to go on")
        tuned = tuned_in(here, run)
        title(console, "8. Base against tuned, on problems that neither has seen, and a gate that can refuse")
        models = ("--model", tuned.base, "--model", tuned.spec)
        if _type(console, ("bench", "sums", *models, "--limit", f"{made.problems}", "--gate")) == GATE:
            return False
        title(console, "9. One file for laptop and phone, compared with its source")
        model = tuned.spec.removeprefix("hf:")
        if _exported(here, model, made.file):
            console.print(f"{made.file} is there already, made of this model.", markup=False)
        else:
            _type(console, ("export", model, "--out", made.file, "--bench", "sums", "--items", f"{made.exported}"))
        title(console, "10. One turn with it")
        console.print(f"$ hone chat gguf:{made.file}\n> {QUESTION}", markup=False)
        with opened(ModelSettings(model=f"gguf:{made.file}", concurrency=1), watch=SCREEN) as who:
            show_reply(Conversation(who).say(QUESTION))
    return True


def _type(console: Console, words: Sequence[str]) -> int:
    """Say what is typed, and run it in this process; gives its exit code."""
    from hone.cli.main import cli  # noqa: PLC0415 - it finds this module in turn

    console.print(f"$ hone {shlex.join(words)}", markup=False)
    try:
        cli.main(args=list(words), prog_name="hone", standalone_mode=False)
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else 1
    return 0


def _exported(project: Project, model: str, file: str) -> bool:
    run = project.latest_run("export")
    return run is not None and run.config.get("model") == model and (project.folder / file).is_file()
