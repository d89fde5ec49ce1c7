"""The page of the ready tasks, written from the templates themselves."""

from __future__ import annotations

from hone.domain.language import LANGUAGES
from hone.domain.rubric import Criterion, Rubric
from hone.domain.settings import Settings
from hone.domain.task import Item
from hone.project import Template, finalised_rubrics, templates
from hone.project.files import read_lines, read_yaml


def templates_page() -> str:
    """The page."""
    found = templates()
    rows = ["| template | field | language | criteria | of them rules |", "|---|---|---|---|---|"]
    rows += [_row(one) for one in found]
    parts = [
        "# Templates",
        """\
Written by `make docs` from the templates themselves; do not edit. A template is a task with its instruction, requests
to try it on, and criteria to begin with, most of them with level anchors of their own. All of it is there to be
changed.\
""",
        """\
In a minute:

<!-- run -->
```sh
hone templates                                              # the list
hone init feedback --template history-feedback-pupil        # a project of it
hone rubric show --project feedback                         # its criteria
hone rubric lint --project feedback                         # nothing to look at
```\
""",
        "\n".join(rows),
        """\
None of them fits: `hone init FOLDER` asks for your own task, `hone init FOLDER --template blank` leaves everything
open, and `hone init FOLDER --template NAME --role "You are …"` changes a ready one as it is made. In a project whose
`hone.yaml` has a `language`, models are told to write in it, and names of criteria begin with its word for "Be".\
""",
        *(_section(one) for one in found),
        _shelf(),
    ]
    return "\n\n".join(parts) + "\n"


def _row(one: Template) -> str:
    rubric, settings = _rubric(one), _settings(one)
    rules = sum(criterion.rule is not None for criterion in rubric.criteria)
    language = LANGUAGES[settings.language or "en"].name
    return f"| [`{one.name}`](#{one.name}) | {one.field} | {language} | {len(rubric.criteria)} | {rules or ''} |"


def _section(one: Template) -> str:
    task, items = _settings(one).task, [item for _, item in read_lines(one.folder / "items.jsonl", Item)]
    also = " A finalised rubric comes along (`--finalised`)." if one.finalised else ""
    lines = [
        f"## {one.name}",
        f"**{one.title}.** {one.about}{also}",
        f"The writer is told: {task.role} {task.instruction}",
        "\n".join(_criterion_line(one) for one in _rubric(one).criteria),
        f"One of its {len(items)} requests:",
        "\n".join(f"> {line}".rstrip() for line in items[0].prompt.splitlines()),
    ]
    return "\n\n".join(lines)


def _criterion_line(criterion: Criterion) -> str:
    rule = f" (a rule: {'; '.join(criterion.rule.words)})" if criterion.rule else ""
    return f"- **{criterion.name}**: {criterion.sentence}{rule}"


def _shelf() -> str:
    lines = [f"- `{name}`: {', '.join(rubric.names)}" for name, rubric in finalised_rubrics().items()]
    lead = "For `--rubric NAME` anywhere, also outside a project:"
    return "\n\n".join(["## Finalised rubrics", lead, "\n".join(lines)])


def _rubric(one: Template) -> Rubric:
    return read_yaml(one.folder / "rubric.yaml", Rubric)


def _settings(one: Template) -> Settings:
    return read_yaml(one.folder / "hone.yaml", Settings)
