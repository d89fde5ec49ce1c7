"""Takes pictures of every page, desktop and phone, light and dark, from the project that `make demo` left.

    python scripts/pages.py [demo] [--out /tmp/pages] [--keep] [--report]

`--report` takes only the page of `hone report`, as it is: on screens, and on paper as a PDF. The other pages are
taken from a copy. The replies, the expert's comparisons and the judge's scores are SmolLM2's own; what Ann, Ben and
Cleo say is made up here, so that the pages have something to show. `--keep` writes the few pictures of the docs.
"""

from __future__ import annotations

import argparse
import random
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import sync_playwright

from hone.files import make_folder, temporary_folder, whole_path
from hone.people.store import open_store
from hone.people.store.store import Store
from hone.project import Project

IMAGES = Path(__file__).parent.parent / "docs" / "images"
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
SIZES = {"desktop": (1280, 860), "phone": (390, 844)}
PEOPLE = {"Ann": 0.2, "Ben": 0.35, "Cleo": 0.5}
"""How often each of them leaves the common opinion."""
KEPT = (
    "rate-desktop-light",
    "rate-phone-dark",
    "compare-desktop-light",
    "workshop-desktop-light",
    "results-desktop-dark",
    "played-desktop-light",
)


@contextmanager
def serving(folder: Path) -> Iterator[str]:
    """The address that lets the owner in to the project's pages."""
    command = [
        sys.executable,
        "-m",
        "hone.cli.main",
        "rate",
        "--project",
        str(folder),
        "--port",
        "0",
        "--no-open",
        "--per-item",
        "4",
        "--stop-after",
        "90",
    ]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as server:
        lines = server.stderr or ()
        yield next(found[0] for line in lines if (found := re.search(r"http://localhost:\d+/enter/[\w-]+", line)))
        server.terminate()


def rated(project: Project, store: Store) -> None:
    """Ratings and choices of made-up people."""
    rubric = project.versions[-1].rubric
    drawing, levels = random.Random(3), rubric.scale.values  # noqa: S311 - a picture, not a secret
    common: dict[tuple[str, str], float] = {}
    for name, stray in PEOPLE.items():
        rater = store.add_rater(name)
        while subject := store.next_subject(rater.id, rubric, per_item=4):
            if name == "Cleo" and len(store.mine(rater.id, rubric)) > 5:
                break
            for criterion in rubric.names:
                usual = common.setdefault((subject.id, criterion), drawing.choice(levels))
                value = drawing.choice(levels) if drawing.random() < stray else usual
                store.rate(rater.id, subject.id, rubric, {criterion: value})
        while pair := store.next_pair(rater.id, per_item=3):
            store.choose(rater.id, pair.id, drawing.choice(("left", "right", "tie")))


def prepare(source: Path, folder: Path) -> Project:
    """A copy of the project with labels of its latest replies, ratings, and advice to decide on."""
    shutil.copytree(source, folder, ignore=shutil.ignore_patterns("feedback.db*"))
    command = [sys.executable, "-m", "hone.cli.main", "label", "--project", str(folder)]
    subprocess.run(command, check=True, capture_output=True)
    project = Project(folder)
    with serving(folder), open_store(project.database) as store:  # the pages put the replies up for rating
        rated(project, store)
    return project


def take(link: str, project: Project, out: Path) -> None:
    """Every page in every size and scheme; the link lets in the owner."""
    address = link.partition("/enter/")[0]
    with open_store(project.database) as store:
        links = {name: store.invite(name) for name in ("Dora", "Ann")}
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
        for scheme in ("light", "dark"):
            for size, (width, height) in SIZES.items():
                options: dict[str, Any] = {
                    "viewport": {"width": width, "height": height},
                    "color_scheme": scheme,
                    "has_touch": size == "phone",
                    "is_mobile": size == "phone",
                }
                owner = browser.new_context(**options).new_page()
                rater = browser.new_context(**options).new_page()
                name = f"{size}-{scheme}"
                owner.goto(link)
                rater.goto(f"{address}/enter/{links['Dora']}")
                rater.locator(".level").nth(2).click()
                rater.locator("#status", has_text="Saved").wait_for()
                _picture(rater, out / f"rate-{name}.png")
                rater.goto(f"{address}/compare")
                _picture(rater, out / f"compare-{name}.png")
                rater.goto(f"{address}/enter/{links['Ann']}")
                _picture(rater, out / f"done-{name}.png")
                rater.goto(f"{address}/mine")
                _picture(rater, out / f"mine-{name}.png")
                for page in ("home", "workshop", "people", "data", "results", "playground"):
                    owner.goto(f"{address}/{page if page != 'home' else ''}")
                    _picture(owner, out / f"{page}-{name}.png")
                    _picture(owner, out / f"{page}-{name}-whole.png", whole=True)
                if name == "desktop-light":
                    owner.fill(
                        "#asked", "I am in grade 8 and have a test on linear equations on Friday. Please help me."
                    )
                    owner.click("form[data-stream] button")
                    owner.locator("[data-side=right] .scores > *").first.wait_for(timeout=300_000)
                    owner.locator("[data-side=left] .scores > *").first.wait_for(timeout=300_000)
                    _picture(owner, out / f"played-{name}.png")
                owner.context.close()
                rater.context.close()
        browser.close()


def take_report(folder: Path, out: Path) -> None:
    """The project's report on every screen, in every scheme, and on paper."""
    file = out / "report.html"
    command = [sys.executable, "-m", "hone.cli.main", "report", "--project", str(folder), "--out", str(file)]
    subprocess.run(command, check=True, capture_output=True)
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
        for scheme in ("light", "dark"):
            for size, (width, height) in SIZES.items():
                page = browser.new_page(viewport={"width": width, "height": height}, color_scheme=scheme)
                page.goto(file.resolve().as_uri())
                _picture(page, out / f"report-{size}-{scheme}.png")
                _picture(page, out / f"report-{size}-{scheme}-whole.png", whole=True)
                for name in ("tuning", "bench"):
                    page.locator(f"#{name}").screenshot(path=out / f"report-{name}-{size}-{scheme}.png")
                if (size, scheme) == ("desktop", "dark"):  # paper is light whatever the screen is
                    page.pdf(path=out / "report.pdf", format="A4", print_background=True)
                page.close()
        browser.close()


def _picture(page: Any, path: Path, *, whole: bool = False) -> None:
    page.screenshot(path=path, full_page=whole)


def main() -> None:
    """Take the pictures."""
    parser = argparse.ArgumentParser()
    parser.add_argument("project", type=Path, nargs="?", default=Path("demo"))
    parser.add_argument("--out", type=Path, default=Path("/tmp/pages"))  # noqa: S108 - pictures to look at
    parser.add_argument("--keep", action="store_true")
    parser.add_argument("--report", action="store_true")
    options = parser.parse_args()
    make_folder(options.out)
    if options.report:
        take_report(options.project, options.out)
        if options.keep:
            for name in ("report-desktop-light", "report-bench-desktop-light"):
                keep(options.out, name)
        return
    with temporary_folder("hone-pages-") as place:
        folder = place / "study-plans"
        project = prepare(options.project, folder)
        with serving(folder) as link:
            take(link, project, options.out)
    for name in KEPT if options.keep else ():
        keep(options.out, name)


def keep(out: Path, name: str) -> None:
    """A small copy of a picture for the docs."""
    picture = Image.open(out / f"{name}.png").convert("RGB").quantize(256)
    with whole_path(IMAGES / f"page-{name}.png") as part:
        picture.save(part, format="PNG", optimize=True)


if __name__ == "__main__":
    main()
