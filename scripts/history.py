"""Walks a task of one's own from `hone init` to the report, on a real model, and writes docs/history.md of it.

    python scripts/history.py SPEC --folder FOLDER [--page docs/history.md] [--asked-only]

What is typed is what the README tells a stranger to type. The requests were written for this walk. Two people's
ratings are typed into Chromium by this program, by rules that the page states: they show where ratings come from and
what becomes of them, and say nothing about how well the model judges. Stopped, the same command goes on where it was;
`--asked-only` stops before the browser, so that what asks the model can run on another machine, and the folder, with
what lies beside it, be brought back.
"""

from __future__ import annotations

import argparse
import csv
import datetime as dt
import json
import os
import platform
import random
import re
import shlex
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from hone.domain.task import Reply
from hone.files import whole_path, write_whole
from hone.people.store import open_store
from hone.project import Project

ROOT = Path(__file__).resolve().parents[1]
IMAGES = ROOT / "docs" / "images"
CHROMIUM = "/usr/bin/chromium"
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
FLAGS += ["--disable-sync", "--no-first-run"]
MOST_LINES = 46
"""Lines of one command's output that the page shows."""

SUBJECT = "feedback"
ROLE = "You are a history teacher who gives feedback to pupils of fourteen."
INSTRUCTION = (
    "You are given a question and a pupil's answer. Write two or three sentences of feedback to the pupil: what is "
    "right, what is wrong or missing, and one thing to do next. Do not answer the question for the pupil."
)
CRITERIA = (
    "Be Accurate: What the feedback says about the pupil's answer and about history is true.",
    "Be Kind: The feedback speaks to the pupil with respect and names something that was done right.",
    "Be Actionable: The feedback names one thing that the pupil can do next to improve the answer.",
)
ANSWERS = (
    ("Why was the Berlin Wall built in 1961?", "So that people from the West could not come and steal things."),
    ("Name two causes of the French Revolution.", "The king was poor and the bread was very expensive."),
    ("What did the Romans use aqueducts for?", "For water, for the baths and fountains and for drinking."),
    ("Why did the Black Death spread so fast?", "Because people had no doctors and the rats had fleas."),
    ("What was the Hanseatic League?", "A group of towns that traded together and had an army."),
    ("Who could vote in Athens?", "Everybody who lived there, because it was a democracy."),
    ("Why did people emigrate to America after 1845?", "Because the potatoes were bad in Ireland. Also for gold."),
    ("What changed through the printing press?", "Books were cheaper and more people could read about new ideas."),
    (
        "Why was the Treaty of Versailles hated in Germany?",
        "They had to pay and lost land and it was not their fault.",
    ),
    ("What was a guild?", "A school for apprentices."),
    ("Why did Rome build roads?", "For the soldiers, so they come faster to the border. And for trade."),
    ("What was the Marshall Plan?", "America gave money after the war so Europe buys American things."),
)
PLANTED = (
    ("rude", "This is the most stupid answer I have read this year. Do it again, and think for once."),
    ("off topic", "Volcanoes form where plates meet. You can make a model with baking soda and vinegar."),
    ("ok", "ok"),
)
_PRAISE = re.compile(r"\b(right|good|well|correct|clear|great|nice|excellent|strong)\b", re.IGNORECASE)
_NEXT = re.compile(
    r"\b(add|look|find|try|compare|explain|mention|include|consider|think|name|write)\b", re.IGNORECASE
)
RULES = (
    "Ann gives Be Kind 1 where a word of praise stands in the feedback (right, good, well, …), else 0; Be Actionable "
    "1 where it asks for something to be done (add, look, find, …), else 0; Be Accurate 1 for feedback of at least "
    "twelve words, else 0. Ben gives the same, but one score in six another one, drawn with a fixed seed."
)


class Walk:
    """The commands, what they printed, and the page that is made of them."""

    def __init__(self, folder: Path, spec: str) -> None:
        """Go on in the folder, or begin."""
        self.folder, self.spec = folder, spec
        self.done = folder.parent / f"{folder.name}-walk.json"
        kept = json.loads(self.done.read_text()) if self.done.exists() and folder.exists() else {}
        self.outputs: dict[str, tuple[str, float]] = {key: (text, seconds) for key, (text, seconds) in kept.items()}
        self.lines: list[str] = []

    def say(self, *paragraphs: str) -> None:
        """Words of the page."""
        for text in paragraphs:
            self.lines += [*textwrap.wrap(" ".join(text.split()), 118, break_long_words=False), ""]

    def once(self, name: str, do: Callable[[], str]) -> str:
        """What is done once in a walk, and kept."""
        if name not in self.outputs:
            self.keep(name, do(), 0)
        return self.outputs[name][0]

    def keep(self, name: str, text: str, seconds: float) -> None:
        """Keep what a step gave, so that the walk can go on from there."""
        self.outputs[name] = text, seconds
        write_whole(self.done, json.dumps(self.outputs))

    def type(self, *words: str, inside: bool = True, codes: tuple[int, ...] = (0,)) -> str:
        """One command, typed and shown; gives what it printed.

        Raises:
            SystemExit: It ended with another code than those that are expected.
        """
        shown = shlex.join(word.replace(self.spec, "gguf:qwen-1.5b.gguf") for word in words)
        if shown not in self.outputs:
            print(f"$ {shown}", file=sys.stderr, flush=True)
            started = time.monotonic()
            done = subprocess.run(
                [sys.executable, "-m", "hone.cli.main", *words[1:]],
                cwd=self.folder if inside else self.folder.parent,
                env={**os.environ, "COLUMNS": "110", "NO_COLOR": "1"},
                capture_output=True,
                text=True,
                check=False,
            )
            if done.returncode not in codes:
                raise SystemExit(f"{shown}: code {done.returncode}\n{done.stdout}\n{done.stderr}")
            self.keep(shown, done.stdout + done.stderr, time.monotonic() - started)
        text, seconds = self.outputs[shown]
        shown_lines = _tidy(text, self)
        cut = len(shown_lines) - MOST_LINES
        if cut > 0:
            shown_lines = [*shown_lines[: MOST_LINES - 8], f"… {cut} more lines …", *shown_lines[-8:]]
        typed = shown if len(shown) < 110 else shown.replace(" --", " \\\n    --")
        self.lines += ["```text", f"$ {typed}", *shown_lines, "```", "", f"({seconds:.0f} s)", ""]
        return text

    def picture(self, name: str, words: str) -> None:
        """A picture of the page."""
        self.lines += [f"![{words}](images/history-{name}.png)", ""]


def _tidy(text: str, walk: Walk) -> list[str]:
    """Output as it is read in the docs: no folders of this machine, no progress bars."""
    short = "gguf:qwen-1.5b.gguf"
    text = text.replace(f"{walk.spec}  ", f"{short.ljust(len(walk.spec))}  ")  # the columns of a table stay
    text = text.replace(walk.spec, short).replace(str(walk.folder), walk.folder.name)
    text = text.replace(str(walk.folder.parent), "…")
    lines = [line.rstrip() for line in text.splitlines()]
    return [line for line in lines if line and "━━━━━━━━━━━━━━━━━━━━━━━━" not in line]


@contextmanager
def pages(folder: Path) -> Iterator[str]:
    """The address that lets the owner in to the project's pages."""
    command = [sys.executable, "-m", "hone.cli.main", "rate", "--project", str(folder), "--port", "0", "--no-open"]
    with subprocess.Popen([*command, "--stop-after", "600"], stderr=subprocess.PIPE, text=True) as server:
        try:
            lines = server.stderr or ()
            yield next(found[0] for line in lines if (found := re.search(r"http://localhost:\d+/enter/[\w-]+", line)))
        finally:
            server.terminate()


def ann(criterion: str, reply: str) -> int:
    """What the first of the two gives, on 0 and 1."""
    if criterion == "Be Kind":
        return int(bool(_PRAISE.search(reply)))
    if criterion == "Be Actionable":
        return int(bool(_NEXT.search(reply)))
    return int(len(reply.split()) >= 12)


def rate_in_chromium(project: Project) -> str:
    """Two people rate every reply in the browser, by keys; pictures are taken on the way."""
    project = Project(project.folder)
    run = project.latest_run("reply")
    if run is None:
        raise SystemExit("the replies are not written yet")
    replies = {reply.text.strip(): reply for reply in run.read(Reply)}
    rubric = project.versions[-1].rubric
    drawing = random.Random(7)  # noqa: S311 - a second opinion, not a secret
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 - the machine that asks the model has none

    with pages(project.folder) as link, sync_playwright() as driver:
        address = link.partition("/enter/")[0]
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        owner = browser.new_context(viewport={"width": 1280, "height": 800}).new_page()
        owner.goto(link)
        _picture(owner, "home")
        with open_store(project.database) as store:
            links = {name: store.invite(name) for name in ("Ann", "Ben")}
        for name, key in links.items():
            page = browser.new_context(viewport={"width": 1280, "height": 800}).new_page()
            page.goto(f"{address}/enter/{key}")
            for place in range(len(replies)):
                page.goto(f"{address}/rate")
                shown = _letters(page.inner_text("section.reply"))
                reply = next(one for one in replies.values() if _letters(one.text)[:60] in shown)
                for criterion in rubric.names:
                    value = ann(criterion, reply.text)
                    if name == "Ben" and drawing.random() < 1 / 6:
                        value = 1 - value
                    page.keyboard.press(str(rubric.scale.values.index(value) + 1))
                    page.locator("#status", has_text=re.compile("^Saved")).wait_for()
                if (name, place) == ("Ann", 1):
                    _picture(page, "rate")
            page.context.close()
        owner.goto(f"{address}/results")
        _picture(owner, "results")
        browser.close()
    return "Ann and Ben"


def draw(walk: Walk) -> None:
    """What the judge gives to real replies and to planted ones, as a picture for the README."""
    from rich.console import Console  # noqa: PLC0415 - for the picture alone

    outputs = {key: _tidy(text, walk) for key, (text, _) in walk.outputs.items()}
    scores = [line for line in outputs["hone label --out labelled.jsonl"] if line[:1] in "┏┃┡│├└"]
    said = [line for line in outputs["hone audit"] if line.startswith("This judge gives")]
    with Path("/dev/null").open("w") as nowhere:
        console = Console(record=True, width=104, file=nowhere, force_terminal=True, highlight=False)
        console.print("[bold green]$[/] hone label")
        console.print("\n".join(scores), markup=False)
        console.print("\n[bold green]$[/] hone audit")
        console.print("\n".join(said), markup=False)
        # The built-in format loads a font from elsewhere; the reader's own monospace font does as well.
        svg = console.export_svg(title="Hone", theme=None)
    lines = [line for line in svg.splitlines() if "url(" not in line or "clip-path" in line]
    write_whole(IMAGES / "history.svg", "\n".join(lines) + "\n")


def _letters(text: str) -> str:
    """What typesetting leaves as it is."""
    return "".join(character for character in text if character.isalnum())


def _picture(page: Any, name: str) -> None:
    from PIL import Image  # noqa: PLC0415 - the machine that asks the model has none

    with whole_path(IMAGES / f"history-{name}.png") as part:
        page.screenshot(path=part, type="png")
        # A palette of 256 colours makes a third of the size of them, and no reader sees the difference.
        Image.open(part).convert("RGB").quantize(256).save(part, format="png", optimize=True)


def picture_of_report(folder: Path) -> None:
    """The first screen of the report."""
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 - the machine that asks the model has none

    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page = browser.new_context(viewport={"width": 1280, "height": 1000}).new_page()
        page.goto((folder / "report.html").resolve().as_uri())
        _picture(page, "report")
        browser.close()


def main() -> None:
    """Walk, and write the page."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("spec")
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--asked-only", action="store_true")
    parser.add_argument("--page", type=Path, default=ROOT / "docs" / "history.md")
    given = parser.parse_args()
    folder = given.folder.resolve()
    folder.parent.mkdir(parents=True, exist_ok=True)
    with (folder.parent / "answers.csv").open("w", newline="") as file:
        table = csv.writer(file)
        table.writerow(("id", "prompt"))
        table.writerows(
            (f"answer-{place:02}", f"Question: {question} Pupil's answer: {answer}")
            for place, (question, answer) in enumerate(ANSWERS, 1)
        )
    walk = Walk(folder, given.spec)
    _asked(walk)
    if given.asked_only:
        return
    _rated(walk)
    draw(walk)
    write_whole(given.page, "\n".join(walk.lines).rstrip() + "\n")


def _asked(walk: Walk) -> None:
    folder = walk.folder
    where = walk.once("where", lambda: f"{dt.date.today():%d %B %Y} on {os.cpu_count()} cores ({platform.machine()})")
    walk.say(
        "# A task of your own, from the first command to the report",
        f"""
        A history teacher wants feedback on pupils' answers. This is the whole way, as it was typed: every output is
        what Hone printed. The answers came on {where}, without a GPU, from Qwen2.5-Coder-1.5B-Instruct (Q4_K_M) as
        writer, expert and judge; the times beside them are of that machine, shared with other work. It is a small
        model that can speak; a stronger expert and judge is one line in `hone.yaml`. Made by
        `python scripts/history.py`.
        """,
        "## 1. The task",
        """
        Twelve answers of pupils stand in a table, `answers.csv`, with the columns `id` and `prompt`. On a terminal
        `hone init history` asks for the rest; here it is said in options.
        """,
    )
    criteria = [word for text in CRITERIA for word in ("--criterion", text)]
    task = ("--subject", SUBJECT, "--role", ROLE, "--instruction", INSTRUCTION)
    init = ("hone", "init", folder.name, "--model", walk.spec, "--from", "answers.csv", *task, *criteria)
    walk.type(*init, inside=False)
    walk.say(
        "## 2. Do the criteria help?",
        """
        The writer answers three requests with and without the criteria. The expert compares each pair blind, in both
        orders; a verdict counts only where both orders agree and its quotes stand in the replies.
        """,
    )
    walk.type("hone", "rubric", "compare", codes=(0, 4))
    walk.say(
        "## 3. Advice, with evidence",
        """
        Each piece of advice names the items it rests on, with quotes that were found in them. Where what the expert
        says cannot be used, the criterion stays as it is, and the reason is told. A person decides; here all advice
        is accepted that leaves two to seven criteria.
        """,
    )
    walk.type("hone", "rubric", "advise", codes=(0, 4))
    walk.type("hone", "rubric", "merge", "--accept", "all")
    walk.type("hone", "rubric", "finalise", "--note", "the first round")
    walk.say("## 4. Replies, and what the judge makes of them")
    walk.type("hone", "reply")
    walk.type("hone", "label", codes=(0, 4))
    walk.say("Asked for one criterion at a time, the judge is slower, and no criterion colours another.")
    settings = folder / "hone.yaml"
    if "per_criterion" not in settings.read_text(encoding="utf-8"):
        with settings.open("a", encoding="utf-8") as file:
            file.write("judging:\n  per_criterion: true\n")
    walk.lines += [
        "<!-- not run: it belongs to the walk above -->",
        "```sh",
        "printf 'judging:\\n  per_criterion: true\\n' >> hone.yaml",
        "```",
        "",
    ]
    walk.type("hone", "label", "--out", "labelled.jsonl", codes=(0, 4))
    walk.say(
        "## 5. Is this judge to be trusted?",
        """
        `hone audit` plants an empty reply, one of another item, a shuffled one and `ok` beside each reply, and looks
        at what the judge gives them.
        """,
    )
    walk.type("hone", "audit", codes=(0, 3, 4))
    walk.say(
        """
        Three replies that a teacher would never send, written by hand, are labelled as well: a rude one, one that is
        off topic, and `ok`, to three of the questions.
        """
    )
    rows = [
        {"id": f"{kind}-{place}", "prompt": f"Question: {question} Pupil's answer: {answer}", "reply": text}
        for place, (question, answer) in enumerate(ANSWERS[:3], 1)
        for kind, text in PLANTED
    ]
    write_whole(folder / "planted.jsonl", "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows))
    walk.type("hone", "label", "planted.jsonl", "--out", "planted-labels.jsonl", codes=(0, 4))


def _rated(walk: Walk) -> None:
    walk.say(
        "## 6. What people say",
        f"""
        `hone rate` opens pages for people. Two raters, Ann and Ben, rated all twelve replies in Chromium. A program
        typed their ratings, by these rules: {RULES} So the figures below show how a judge is measured; they are not a
        finding about this one.
        """,
    )
    walk.once("rated", lambda: rate_in_chromium(Project(walk.folder)))
    walk.picture("home", "The owner's page: what to do next, and how far the raters are")
    walk.picture("rate", "A rater's page: the pupil's answer, the feedback, the criteria with their levels")
    walk.type("hone", "agree")
    walk.picture("results", "The results page")
    walk.say("## 7. All of it on one page")
    walk.type("hone", "report")
    picture_of_report(walk.folder)
    walk.picture("report", "The report: what to do next, where the project stands")


if __name__ == "__main__":
    main()
