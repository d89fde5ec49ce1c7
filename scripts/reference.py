"""The Python reference as one page, written from the public names, their signatures and their docstrings."""

from __future__ import annotations

import inspect
import re
from typing import Any

import hone

MINUTE = """\
## In a minute

<!-- run -->
```python
import hone

project = hone.Project.create("plans", template="study-plan-student")
journey = hone.Journey(project)  # journey.compare(), .advise(), .reply(), .label() ask models
print(journey.rubric().names, [finding.message for finding in hone.lint(project.rubric)])
print(hone.write_report(project))
```\
"""
"""What the page begins with."""
_SECTION = re.compile(r"^(Args|Returns|Raises|Example|Yields):$", re.MULTILINE)
_ITEM = re.compile(r"^    (\w[\w.\[\]]*): ", re.MULTILINE)
GROUPS = {
    "The journey": (
        "Journey",
        "Project",
        "label",
        "templates",
        "finalised_rubrics",
        "accept_all",
        "Choice",
        "write_report",
        "shown_run",
        "shown_calls",
    ),
    "The rubric's steps, one by one": (
        "draft",
        "write",
        "compare",
        "summary",
        "advise",
        "merge",
        "finalise",
        "diff",
        "lint",
        "check_golden_replies",
        "GoldenOutcome",
        "RubricTestOptions",
        "judge",
        "load_prompts",
    ),
    "People, agreement, estimates": (
        "rate",
        "import_feedback",
        "export_feedback",
        "feedback_status",
        "agree",
        "AgreementResult",
        "estimate",
        "Sources",
        "tune_judge",
        "OwnJudgeResult",
        "OwnJudgeRule",
        "VotesToAsk",
        "write_own_judge",
        "connect_own",
        "BootstrapOptions",
    ),
    "The small model": (
        "tune",
        "TuningResult",
        "write_examples",
        "OwnReplies",
        "benchmark",
        "BenchmarkResult",
        "export_gguf",
        "ModelCard",
        "ExportResult",
        "chat",
        "Conversation",
        "serve",
        "Endpoint",
    ),
    "Models, and how they are asked": (
        "connect",
        "ModelSettings",
        "Sampling",
        "Judging",
        "ScriptedModel",
        "Setup",
        "Journal",
        "Budget",
        "Watch",
        "doctor",
    ),
}
"""Names by what they are for; what stands in none of them is data."""


def python_page() -> str:
    """The whole page."""
    placed = {name for names in GROUPS.values() for name in names}
    groups = dict(GROUPS) | {"Data, and errors": tuple(name for name in hone.__all__ if name not in placed)}
    parts = [
        "# Python",
        """\
Written by `make docs` from the code; do not edit. Every name is loaded when it is first used: `import hone` costs
next to nothing. All functions are synchronous and work in a notebook; `Conversation.say`, a reply piece by piece, is
asynchronous.\
""",
        MINUTE,
    ]
    for title, names in groups.items():
        parts.append(f"## {title}")
        parts += [_entry(name, getattr(hone, name)) for name in names if name in hone.__all__]
    return "\n\n".join(parts) + "\n"


def _entry(name: str, thing: Any) -> str:
    lines = [f"### hone.{name}", _signature(name, thing), _prose(inspect.getdoc(thing) or "")]
    if inspect.isclass(thing):
        lines += [_member(thing, member) for member in _members(thing)]
    return "\n\n".join(line for line in lines if line)


def _signature(name: str, thing: Any) -> str:
    if inspect.isclass(thing) and issubclass(thing, BaseException):
        return ""
    try:
        signature = inspect.signature(thing)
    except (TypeError, ValueError):
        return ""
    given = [parameter.replace(annotation=parameter.annotation) for parameter in signature.parameters.values()]
    text = str(signature.replace(parameters=given, return_annotation=signature.return_annotation))
    text = re.sub(r"<factory>|<object object at 0x[0-9a-f]+>|PydanticUndefined", "…", text)
    text = re.sub(r"\b(?:[a-z_]+\.)+([A-Z]\w*)", r"\1", text).replace("'", "").replace("~", "")
    text = re.sub(r" at 0x[0-9a-f]+", "", text)
    text = re.sub(r"<function (\w+)>", r"\1", text)
    if inspect.isclass(thing):
        text = text.removesuffix(" -> None")
    return f"```text\n{name}{text}\n```" if len(text) < 90 else f"```text\n{name}{_folded(text)}\n```"


def _folded(text: str) -> str:
    """A long signature, one argument a line."""
    depth, lines, current = 0, [], ""
    inside, _, after = text[1:].rpartition(")")
    for letter in inside:
        depth += (letter in "([{") - (letter in ")]}")
        if letter == "," and depth == 0:
            lines.append(current.strip() + ",")
            current = ""
        else:
            current += letter
    lines.append(current.strip())
    return "(\n" + "\n".join(f"    {line}" for line in lines) + f"\n){after}"


def _members(kind: type) -> list[str]:
    """Public methods and properties that the class itself defines and explains."""
    own = [(name, value) for name, value in vars(kind).items() if not name.startswith("_")]
    wanted = (property, classmethod, staticmethod)
    return [
        name
        for name, value in own
        if (inspect.isfunction(value) or isinstance(value, wanted)) and inspect.getdoc(getattr(kind, name, None))
    ]


def _member(kind: type, name: str) -> str:
    value = vars(kind)[name]
    doc = inspect.getdoc(value if isinstance(value, property) else getattr(kind, name)) or ""
    first = doc.split("\n\n")[0].replace("\n", " ")
    call = "" if isinstance(value, property) else "()"
    return f"- **`{name}{call}`** {first}"


def _prose(doc: str) -> str:
    """A Google-style docstring as Markdown."""
    parts = _SECTION.split(doc)
    text = [parts[0].strip()]
    for title, body in zip(parts[1::2], parts[2::2], strict=True):
        block = inspect.cleandoc("\n" + body)
        if title == "Example":
            text.append(f"```text\n{block}\n```")
            continue
        folded = re.sub(r"\n +", " ", block)
        entries = [re.sub(r"^([\w.\[\]]+): ", r"`\1`: ", line) for line in folded.splitlines() if line.strip()]
        text.append(f"**{title}**\n\n" + "\n".join(f"- {entry}" for entry in entries))
    return "\n\n".join(text).replace("``", "`")
