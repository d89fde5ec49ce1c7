"""Label Studio's JSON (1.x: *Export → JSON*, and what its import takes): a list of tasks.

Scores are `choices` with a level's label; a rater is the annotation's `completed_by`, a judge's scores are a
prediction with its `model_version`. Stale ratings, pairs, invitations and the history have no place there.
Source of the form: https://labelstud.io/guide/task_format
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any
from xml.sax.saxutils import quoteattr

from hone.domain.base import digest
from hone.domain.rubric import Rubric
from hone.errors import FileFormatError
from hone.files import write_whole
from hone.interop.gathering import Gathered, Voice, replies_with_voices
from hone.people.exchange.entries import FeedbackEntry
from hone.people.store.store import Store
from hone.project.files import read_text
from hone.text import identifier
from hone.text import name as named


def write_tasks(store: Store, path: Path, rubric: Rubric) -> int:
    """Write one task a reply; gives how many."""
    tasks = [_task(number, one, rubric) for number, one in enumerate(replies_with_voices(store, rubric), 1)]
    write_whole(path, json.dumps(tasks, ensure_ascii=False, indent=1) + "\n")
    return len(tasks)


def interface(rubric: Rubric) -> str:
    """The labelling interface that goes with such tasks, for the project's settings in Label Studio."""
    lines = ["<View>", '  <Text name="prompt" value="$prompt"/>', '  <Text name="reply" value="$reply"/>']
    for criterion in rubric.criteria:
        lines.append(f"  <Header value={quoteattr(f'{criterion.name}: {criterion.sentence}')}/>")
        lines.append(f'  <Choices name={quoteattr(control_name(criterion.name))} toName="reply" choice="single">')
        lines += [
            f"    <Choice value={quoteattr(level.label)} hint={quoteattr(criterion.anchor(level))}/>"
            for level in rubric.scale.levels
        ]
        lines.append("  </Choices>")
    return "\n".join([*lines, '  <TextArea name="note" toName="reply"/>', "</View>"]) + "\n"


def read_tasks(path: Path, rubric: Rubric) -> Iterator[FeedbackEntry]:
    """Tasks as entries; `data` holds prompt, reply and, where it is known, item, group and writer.

    Raises:
        FileFormatError: The file is no list of tasks, or a task does not read.
    """
    tasks = json_list(path, "a list of tasks")
    names = {key: name for name in rubric.names for key in (name, control_name(name))}
    for number, task in enumerate(tasks, 1):
        place = f"task {number}"
        try:
            yield from _entries(place, task, names)
        except (KeyError, TypeError, AttributeError, ValueError, IndexError) as error:
            raise FileFormatError(
                path, f"{place} is not what a Label Studio file holds ({type(error).__name__}: {error})"
            ) from error


def control_name(name: str) -> str:
    """A criterion's name as the name of a control: "Be Clear" is ``be_clear``."""
    return re.sub(r"\W+", "_", name.lower()).strip("_")


def json_list(path: Path, what: str) -> list[Any]:
    """The JSON array in a file.

    Raises:
        FileFormatError: It holds something else.
    """
    try:
        found = json.loads(read_text(path))
    except (ValueError, RecursionError) as error:
        raise FileFormatError(path, f"not valid JSON ({error})") from error
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise FileFormatError(path, f"write {what}, as a JSON array of objects")
    return found


def _task(number: int, one: Gathered, rubric: Rubric) -> dict[str, Any]:
    data = {
        "item": one.item,
        "subject": one.id,
        "prompt": one.prompt,
        "reply": one.reply,
        "writer": ", ".join(one.writers),
    }
    people = [voice for voice in one.voices.values() if not voice.judge]
    judges = [voice for voice in one.voices.values() if voice.judge and voice.scores]
    return {
        "id": number,
        "data": data | ({"group": one.group} if one.group else {}),
        "annotations": [_annotation(place, voice, rubric) for place, voice in enumerate(people, 1)],
        "predictions": [
            {"model_version": voice.name, "created_at": voice.time, "result": _result(voice, rubric)}
            for voice in judges
        ],
    }


def _annotation(number: int, voice: Voice, rubric: Rubric) -> dict[str, Any]:
    result = _result(voice, rubric)
    for name, text in (("note", voice.note), ("skipped", voice.skipped)):
        if text:
            result.append(
                {
                    "id": digest([voice.name, name]),
                    "type": "textarea",
                    "from_name": name,
                    "to_name": "reply",
                    "value": {"text": [text]},
                }
            )
    return {
        "id": number,
        "completed_by": {"id": number, "first_name": voice.name, "last_name": "", "email": voice.name},
        "was_cancelled": bool(voice.skipped),
        "created_at": voice.time,
        "updated_at": voice.time,
        "result": result,
    }


def _result(voice: Voice, rubric: Rubric) -> list[dict[str, Any]]:
    labels = {level.value: level.label for level in rubric.scale.levels}
    found = []
    for criterion, value in voice.scores.items():
        # A judge's score may lie between the levels; Label Studio shows it as a number then.
        kind, said = ("choices", {"choices": [labels[value]]}) if value in labels else ("number", {"number": value})
        found.append(
            {
                "id": digest([voice.name, criterion]),
                "type": kind,
                "from_name": control_name(criterion),
                "to_name": "reply",
                "value": said,
            }
        )
    return found


def _entries(place: str, task: Mapping[str, Any], names: Mapping[str, str]) -> Iterator[FeedbackEntry]:
    data = task["data"]
    known = (identifier(one) for one in (data.get("item"), data.get("id"), task.get("id")))
    item = next((one for one in known if one), digest(data))
    prompt, reply = str(data.get("prompt") or data.get("text") or ""), str(data.get("reply") or "")
    about: dict[str, Any] = {
        "prompt": prompt,
        "reply": reply,
        "writer": named(data.get("writer")),
        "group": named(data.get("group")) or None,
    }
    if "," in about["writer"]:
        about["writer"] = ""  # several wrote it, and the store that gave it away knows who
    for annotation in task.get("annotations") or []:
        yield from _said(place, item, about, _person(annotation), "human", annotation, names)
    for prediction in task.get("predictions") or []:
        judge = named(prediction.get("model_version")) or "prediction"
        yield from _said(place, item, about, judge, "judge", prediction, names)
    if not task.get("annotations") and not task.get("predictions"):
        return


def _said(
    place: str,
    item: str,
    about: Mapping[str, Any],
    rater: str,
    kind: str,
    annotation: Mapping[str, Any],
    names: Mapping[str, str],
) -> Iterator[FeedbackEntry]:
    when = annotation.get("updated_at") or annotation.get("created_at")
    time = datetime.fromisoformat(when) if when else None
    texts: dict[str, str] = {}
    for result in annotation.get("result") or []:
        name, value = result["from_name"], result["value"]
        if result["type"] == "textarea":
            texts[name] = "\n".join(value["text"]) if isinstance(value["text"], list) else str(value["text"])
            continue
        if result["type"] in ("choices", "number", "rating"):
            said = value["choices"][0] if result["type"] == "choices" else value[result["type"]]
            yield FeedbackEntry(place, item, rater, kind, names.get(name, name), said, **about, time=time)
    skipped = texts.get("skipped") or ("skipped in Label Studio" if annotation.get("was_cancelled") else "")
    if texts.get("note") or skipped:
        yield FeedbackEntry(place, item, rater, kind, note=texts.get("note"), skipped=skipped, **about, time=time)


def _person(annotation: Mapping[str, Any]) -> str:
    who = annotation.get("completed_by")
    if isinstance(who, dict):
        return named(who.get("email")) or named(who.get("first_name")) or named(who.get("id"))
    return named(who)
