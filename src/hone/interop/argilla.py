"""Argilla's JSON (2.x: ``dataset.records.to_json``): a list of records.

A question is a criterion; people's scores are `responses`, one judge's are `suggestions` with their `agent`. Argilla
knows its users by UUID, so names stand in `metadata`; it holds one suggestion a question, so of several judges the
first by name goes in. Skips, stale ratings, pairs, invitations and the history have no place there.
Source of the form: `Record.to_dict` of argilla 2.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from hone.domain.rubric import Rubric
from hone.errors import FileFormatError
from hone.files import write_whole
from hone.interop.gathering import Gathered, replies_with_voices
from hone.interop.label_studio import control_name, json_list
from hone.people.exchange.entries import FeedbackEntry
from hone.people.store.raters import user_id
from hone.people.store.store import Store
from hone.text import identifier, name

NOTE = "note"


def write_records(store: Store, path: Path, rubric: Rubric) -> tuple[int, list[str]]:
    """Write one record a reply; gives how many, and what did not go in."""
    gathered = replies_with_voices(store, rubric)
    records = [_record(one) for one in gathered]
    write_whole(path, json.dumps(records, ensure_ascii=False, indent=1) + "\n")
    voices = [voice for one in gathered for voice in one.voices.values()]
    judges = sorted({voice.name for voice in voices if voice.judge})
    skips = sum(bool(voice.skipped) for voice in voices)
    notes = [f"one judge a record goes in: {judges[0]}, not {', '.join(judges[1:])}"] if len(judges) > 1 else []
    return len(records), notes + ([f"{skips:,} skips have no place in Argilla's records"] if skips else [])


def read_records(path: Path, rubric: Rubric) -> Iterator[FeedbackEntry]:
    """Records as entries.

    Raises:
        FileFormatError: The file is no list of records, or one does not read.
    """
    names = {key: name for name in rubric.names for key in (name, control_name(name))}
    for number, record in enumerate(json_list(path, "a list of records"), 1):
        place = f"record {number}"
        try:
            yield from _entries(place, record, names)
        except (KeyError, TypeError, AttributeError, ValueError) as error:
            raise FileFormatError(
                path, f"{place} is not what an Argilla file holds ({type(error).__name__}: {error})"
            ) from error


def _record(one: Gathered) -> dict[str, Any]:
    people = [voice for voice in one.voices.values() if not voice.judge]
    judges = sorted((v for v in one.voices.values() if v.judge and v.scores), key=lambda voice: voice.name)
    responses: dict[str, list[dict[str, Any]]] = {}
    for voice in people:
        for criterion, value in voice.scores.items():
            responses.setdefault(control_name(criterion), []).append({"value": value, "user_id": user_id(voice.name)})
        if voice.note:
            responses.setdefault(NOTE, []).append({"value": voice.note, "user_id": user_id(voice.name)})
    suggestions = {
        control_name(criterion): {"value": value, "score": None, "agent": voice.name}
        for voice in judges[:1]
        for criterion, value in voice.scores.items()
    }
    metadata = {"item": one.item, "writer": ", ".join(one.writers)} | ({"group": one.group} if one.group else {})
    return {
        "id": one.id,
        "fields": {"prompt": one.prompt, "reply": one.reply},
        "metadata": metadata | {f"user {user_id(voice.name)}": voice.name for voice in people},
        "suggestions": suggestions,
        "responses": responses,
        "vectors": {},
        "_server_id": None,
    }


def _entries(place: str, record: Mapping[str, Any], names: Mapping[str, str]) -> Iterator[FeedbackEntry]:
    fields, metadata = record["fields"], record.get("metadata") or {}
    writer = name(metadata.get("writer"))
    about: dict[str, Any] = {
        "prompt": str(fields.get("prompt") or fields.get("instruction") or ""),
        "reply": str(fields.get("reply") or fields.get("response") or ""),
        "writer": "" if "," in writer else writer,
        "group": name(metadata.get("group")) or None,
    }
    item = identifier(metadata.get("item")) or identifier(record.get("id"))
    for question, given in (record.get("responses") or {}).items():
        for response in given:
            user = identifier(response["user_id"])
            rater = name(metadata.get(f"user {user}")) or name(user)
            value = response["value"]
            if question == NOTE:
                yield FeedbackEntry(place, item, rater, "human", note=str(value), **about)
            else:
                yield FeedbackEntry(place, item, rater, "human", names.get(question, question), value, **about)
    for question, suggestion in (record.get("suggestions") or {}).items():
        agent = name(suggestion.get("agent")) or "suggestion"
        yield FeedbackEntry(place, item, agent, "judge", names.get(question, question), suggestion["value"], **about)
