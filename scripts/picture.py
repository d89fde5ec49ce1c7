"""Draws docs/images/demo.svg for the quick start from the project that `make demo` left.

python scripts/picture.py [demo]
"""

from __future__ import annotations

import sys
from pathlib import Path

from rich.console import Console

from hone.domain.evidence import Advice, Comparison, Judgement
from hone.files import write_whole
from hone.project import Project
from hone.report import terminal
from hone.rubrics.compare import summary

PICTURE = Path(__file__).parent.parent / "docs" / "images" / "demo.svg"


def main() -> None:
    """Draw the picture."""
    project = Project(Path(sys.argv[1] if sys.argv[1:] else "demo"))
    runs = {verb: project.latest_run(verb) for verb in ("compare", "advise", "label")}
    if any(run is None for run in runs.values()):
        raise SystemExit(f"{project.folder} has no finished demo; run: make demo")
    start, version = project.versions[0].rubric, project.versions[-1]
    with Path("/dev/null").open("w") as nowhere:
        console = Console(record=True, width=104, file=nowhere, force_terminal=True, highlight=False)
        console.print("[bold green]$[/] hone rubric compare")
        comparisons = runs["compare"].read(Comparison) if runs["compare"] else []
        console.print(terminal.comparison_summary(summary(comparisons)), markup=False)
        console.print("\n[bold green]$[/] hone rubric advise")
        for piece in (runs["advise"].read(Advice) if runs["advise"] else [])[-2:]:
            console.print(terminal.advice_block(piece, start, comparisons))
        console.print("\n[bold green]$[/] hone rubric finalise")
        console.print(terminal.version_line(version), markup=False)
        console.print(terminal.rubric_table(version.rubric))
        console.print("\n[bold green]$[/] hone label")
        judgements = runs["label"].read(Judgement) if runs["label"] else []
        console.print(terminal.judgement_table(judgements, version.rubric))
        # The built-in format loads a font from elsewhere; the reader's own monospace font does as well.
        svg = console.export_svg(title="Hone", theme=None)
    lines = [line for line in svg.splitlines() if "url(" not in line or "clip-path" in line]
    write_whole(PICTURE, "\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
