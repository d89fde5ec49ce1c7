"""The project folder: hone.yaml, rubric.yaml, rubrics/, items.jsonl, prompts/ and runs/."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from hone.domain.evidence import Decision, RubricVersion, VersionRef
from hone.domain.language import ENGLISH, LANGUAGES
from hone.domain.rubric import Criterion, Rubric, plain_number
from hone.domain.settings import ModelRoles, Settings
from hone.domain.task import Item, Task
from hone.errors import FileFormatError, ProjectError
from hone.files import copy_whole, disk_errors, make_folder, write_whole
from hone.project import runs
from hone.project.examples import name_what_is_gone
from hone.project.files import read_lines, read_text, read_yaml, update_yaml, write_yaml
from hone.project.links import refuse_links_out
from hone.project.templates import DEFAULT, find_template
from hone.prompts import Prompts, in_language, load_prompts
from hone.spelling import option
from hone.trust import check_database, check_models, sqlite_file

SETTINGS, RUBRIC, ITEMS, GUIDELINES = "hone.yaml", "rubric.yaml", "items.jsonl", "guidelines.md"
LONGEST_GUIDELINES = 10_000
"""Characters that raters are shown."""
ROOM = 1500
"""Tokens that a writer of one's own may take: a study plan needs more than a step's own default."""


class Project:
    """A project folder. Every property reads its file anew, so edits by hand count at once.

    Args:
        folder: The folder that holds ``hone.yaml``.

    Raises:
        ProjectError: It holds none, or a link in it leads out of it.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        if not (folder / SETTINGS).exists():
            raise ProjectError(
                f"{folder} is not a Hone project (it has no {SETTINGS}); make one with: hone init FOLDER"
            )
        refuse_links_out(folder)

    @classmethod
    def find(cls, start: Path) -> Project:
        """The project that a folder is, or lies in.

        Raises:
            ProjectError: There is none from here upwards.
        """
        found = cls.around(start)
        if found is None:
            raise ProjectError(f"no Hone project in {start.resolve()} or above it; make one with: hone init FOLDER")
        return found

    @classmethod
    def around(cls, start: Path) -> Project | None:
        """The project that a folder is, or lies in; none where there is none.

        Raises:
            ProjectError: There is one, and a link in it leads out of it.
        """
        start = start.resolve()
        folder = next((one for one in (start, *start.parents) if (one / SETTINGS).exists()), None)
        return None if folder is None else Project(folder)

    @classmethod
    def create(
        cls,
        folder: Path | str,
        template: str = DEFAULT,
        *,
        finalised: bool = False,
        task: Task | None = None,
        items: Sequence[Item] = (),
        criteria: Sequence[Criterion] = (),
        model: str | None = None,
    ) -> Project:
        """A new project from a template.

        Args:
            folder: Where; made where it is missing.
            template: The template's name; `blank` has no items and no criteria.
            finalised: Start from the library's finalised rubric, not from the template's starting criteria.
            task: In place of the template's task.
            items: In place of the template's items.
            criteria: In place of the template's criteria, and of its scored examples.
            model: The spec of writer, expert and judge; a file in it lies where the project's folder says.

        Raises:
            ProjectError: There is no such template or finalised rubric, or the folder already holds something.
        """
        folder, source = Path(folder), find_template(template)
        if finalised and source.finalised is None:
            raise ProjectError(f"the template {template!r} has no finalised rubric; leave {option('finalised')} out")
        check_free(folder)
        make_folder(folder)
        for name in (SETTINGS, RUBRIC, ITEMS):
            copy_whole(source.folder / name, folder / name)
        if finalised and source.finalised:
            copy_whole(source.finalised, folder / RUBRIC)
        if task:
            update_yaml(folder / SETTINGS, {"task": task.model_dump()})
        if model:
            roles: dict[str, Any] = dict.fromkeys(ModelRoles.model_fields, model)
            update_yaml(folder / SETTINGS, {"models": roles | {"writer": {"model": model, "max_tokens": ROOM}}})
        if items:
            write_whole(folder / ITEMS, "".join(one.model_dump_json(exclude_none=True) + "\n" for one in items))
        if criteria:
            rubric = read_yaml(folder / RUBRIC, Rubric)
            update_yaml(folder / RUBRIC, _rubric_data(Rubric(criteria=tuple(criteria), scale=rubric.scale)))
        write_whole(folder / ".gitignore", "feedback.db*\nruns/index.db*\n.*.part\n.*.lock\n")
        return cls(folder)

    @property
    def with_task(self) -> Project | None:
        """The project, where it has a task that models may be told; a working folder has none."""
        return self

    @property
    def settings(self) -> Settings:
        """What ``hone.yaml`` holds."""
        return read_yaml(self.folder / SETTINGS, Settings)

    @property
    def prompts(self) -> Prompts:
        """The prompts, the project's own in place of the built-in ones; they ask for the project's language."""
        prompts, language = load_prompts(self.folder / "prompts"), LANGUAGES[self.settings.language or "en"]
        return prompts if language == ENGLISH else in_language(prompts, language.name)

    @property
    def database(self) -> Path | str:
        """Where people's feedback is kept: a file, or an SQLAlchemy URL."""
        named = self.settings.database
        return named if "://" in named else self.folder / named

    @property
    def agreed_database(self) -> Path | str:
        """Where people's feedback is kept, once the user has agreed to a place outside the project.

        Raises:
            TrustError: ``hone.yaml`` names such a place, and the user has not agreed to it.
        """
        where = self.database
        file = where if isinstance(where, Path) else sqlite_file(where)
        if file is None or self.folder.resolve() not in Path(file).resolve().parents:
            check_database(where if isinstance(where, str) else str(where.resolve()), self._yaml)
        return where

    def check_models(self, *specs: str) -> None:
        """See that the user agreed to the hosts of models, as far as ``hone.yaml`` names them; others were given.

        Raises:
            TrustError: The user did not agree.
        """
        roles = self.settings.models
        named = {part.model for part in (roles.writer, roles.expert, roles.judge)}
        check_models([spec for spec in specs if spec in named], self._yaml)

    @property
    def _yaml(self) -> Path:
        return self.folder / SETTINGS

    @property
    def rubric(self) -> Rubric:
        """The working rubric; an empty one where there is no file yet.

        Raises:
            FileFormatError: It does not read; where examples score criteria that are gone, it says which.
        """
        path = self.folder / RUBRIC
        try:
            return read_yaml(path, Rubric) if path.exists() else Rubric()
        except FileFormatError as error:
            raise name_what_is_gone(path, error) from error

    @property
    def items(self) -> list[Item]:
        """The items.

        Raises:
            FileFormatError: The file is empty, a line does not fit, or an id stands twice.
        """
        return read_items(self.folder / ITEMS)

    @property
    def guidelines(self) -> str:
        """What the owner tells raters, in Markdown; empty where there is no such file.

        Raises:
            FileFormatError: The file is not UTF-8.
        """
        path = self.folder / GUIDELINES
        return read_text(path)[:LONGEST_GUIDELINES].strip() if path.exists() else ""

    def save_guidelines(self, text: str) -> None:
        """Keep what raters are told; an empty text takes the file away.

        Raises:
            ProjectError: It is too long, or cannot be written.
        """
        if len(text) > LONGEST_GUIDELINES:
            raise ProjectError(f"guidelines have at most {LONGEST_GUIDELINES:,} characters; these have {len(text):,}")
        path = self.folder / GUIDELINES
        if text.strip():
            write_whole(path, text.strip() + "\n")
        else:
            with disk_errors(path, ProjectError):
                path.unlink(missing_ok=True)

    def save_rubric(self, rubric: Rubric) -> None:
        """Write the working rubric; comments at the top level of the file stay."""
        path = self.folder / RUBRIC
        if path.exists():
            update_yaml(path, _rubric_data(rubric))
        else:
            write_yaml(path, _rubric_data(rubric))

    @property
    def versions(self) -> list[RubricVersion]:
        """The frozen versions, oldest first.

        Raises:
            FileFormatError: One does not read, or was edited after it was frozen.
        """
        paths = (self.folder / "rubrics").glob("v*.yaml")
        return sorted((read_yaml(path, RubricVersion) for path in paths), key=lambda version: version.version)

    def save_version(self, version: RubricVersion) -> Path:
        """Freeze a version.

        Raises:
            ProjectError: The version is there already.
        """
        path = self._version(version)
        if path.exists():
            raise ProjectError(f"{path} exists already; a frozen version is never overwritten")
        return self._write_version(version)

    def rename_person(self, is_name: Callable[[str], bool], alias: str) -> list[Path]:
        """Put an alias where a person is named as who decided: in the decisions and in frozen versions.

        Args:
            is_name: Whether a name is the person's.
            alias: What stands there then.

        Returns:
            The files that changed.
        """

        def renamed(decision: Decision) -> Decision:
            return decision.model_copy(update={"by": alias}) if is_name(decision.by) else decision

        changed, decisions = [], self.decisions
        if (now := [renamed(one) for one in decisions]) != decisions:
            write_whole(self._decisions, "".join(one.model_dump_json() + "\n" for one in now))
            changed.append(self._decisions)
        for version in self.versions:
            update = {"decisions": tuple(map(renamed, version.decisions))}
            new = version.model_copy(update=update | ({"by": alias} if is_name(version.by) else {}))
            if new != version:
                changed.append(self._write_version(new))
        return changed

    def _version(self, version: RubricVersion) -> Path:
        return self.folder / "rubrics" / f"v{version.version}.yaml"

    def _write_version(self, version: RubricVersion) -> Path:
        path = self._version(version)
        data = version.model_dump(mode="json", exclude={"rubric"}, exclude_defaults=True)
        data |= {"version": version.version, "parent": data.get("parent")}
        data["decisions"] = [decision.model_dump(mode="json") for decision in version.decisions]
        write_yaml(path, data | {"rubric": _rubric_data(version.rubric)}, comment="Frozen by Hone. Do not edit.")
        return path

    @property
    def decisions(self) -> list[Decision]:
        """Every decision that was taken, oldest first."""
        path = self._decisions
        return [decision for _, decision in read_lines(path, Decision)] if path.exists() else []

    def save_decisions(self, decisions: Iterable[Decision]) -> None:
        """Add the decisions of one sitting to the log; a sitting that is there already is not added again.

        The log is written before the rubric, so a crash between the two leaves the log ahead: the same decisions,
        taken again on the same rubric, must then not count twice.
        """
        new, kept = list(decisions), self.decisions
        same = {"at"}
        if new and [one.model_dump(exclude=same) for one in kept[-len(new) :]] == [
            one.model_dump(exclude=same) for one in new
        ]:
            return
        lines = [decision.model_dump_json() for decision in (*kept, *new)]
        write_whole(self._decisions, "".join(line + "\n" for line in lines))

    def keep_start(self, rubric: Rubric, by: str) -> VersionRef:
        """The latest version, made from this rubric as version 0 where there is none yet."""
        versions = self.versions
        if versions:
            return VersionRef(version=versions[-1].version, hash=versions[-1].hash)
        start = RubricVersion(
            version=0,
            hash=rubric.digest,
            parent=None,
            created=datetime.now(UTC).replace(microsecond=0),
            by=by,
            note="the rubric before the first decision",
            rubric=rubric,
        )
        self.save_version(start)
        return VersionRef(version=0, hash=start.hash)

    @property
    def runs_folder(self) -> Path:
        """The folder of its runs."""
        return self.folder / "runs"

    def open_run(self, verb: str, config: Mapping[str, Any], *, fresh: bool = False) -> runs.Run:
        """The run to go on with, or a new one; see `runs.open_run`."""
        return runs.open_run(self.runs_folder, verb, config, fresh=fresh)

    def latest_run(self, verb: str) -> runs.Run | None:
        """The latest finished run of a verb, or none."""
        return runs.latest_run(self.runs_folder, verb, finished=True)

    @property
    def _decisions(self) -> Path:
        return self.folder / "rubrics" / "decisions.jsonl"


class WorkingFolder(Project):
    """A folder without a project, for a verb that is told all that it needs: runs go to its ``runs``.

    Relative model files start in it and prompts are the built-in ones. There is no task: `with_task` is none, so that
    no model is told of one.

    Args:
        folder: The folder.
    """

    def __init__(self, folder: Path) -> None:  # nothing is looked for: there is no hone.yaml
        self.folder = folder

    @property
    def with_task(self) -> Project | None:
        """None: nobody has said what the task is."""
        return None

    @property
    def settings(self) -> Settings:
        """The defaults; their task is a placeholder, which no model is told."""
        return Settings(task=Task(subject="reply", role="-", instruction="-"))

    @property
    def prompts(self) -> Prompts:
        """The built-in prompts."""
        return load_prompts()

    @property
    def rubric(self) -> Rubric:
        """There is none.

        Raises:
            ProjectError: Always.
        """
        raise ProjectError(
            f"there is no project here, so name a rubric: a file or a library name, with {option('rubric')}"
        )

    @property
    def versions(self) -> list[RubricVersion]:
        """There are none."""
        return []

    def check_models(self, *specs: str) -> None:
        """Every model was named by the user, so each is agreed to."""


def check_free(folder: Path) -> None:
    """Refuse a folder for a new project that holds something.

    Raises:
        ProjectError: It does, or it is a file.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise ProjectError(f"{folder} already exists and is not empty; name another folder")


def read_items(path: Path) -> list[Item]:
    """The items of a JSON Lines file.

    Raises:
        FileFormatError: The file is empty, a line does not fit, or an id stands twice.
    """
    items: dict[str, Item] = {}
    for line, item in read_lines(path, Item):
        if item.id in items:
            raise FileFormatError(path, f"the id {item.id!r} stands twice", line=line, key="id")
        items[item.id] = item
    if not items:
        raise FileFormatError(path, 'the file has no items; write one {"id": "…", "prompt": "…"} a line')
    return list(items.values())


def _rubric_data(rubric: Rubric) -> dict[str, Any]:
    """The rubric as it is written in YAML: criteria the way a person says them."""
    scale: Any = rubric.scale.name or {"levels": [_tidy(level.model_dump()) for level in rubric.scale.levels]}
    data: dict[str, Any] = {"criteria": [_criterion_data(criterion) for criterion in rubric.criteria], "scale": scale}
    if rubric.examples:
        data["examples"] = [
            {key: _tidy(value) if isinstance(value, dict) else value for key, value in example.model_dump().items()}
            for example in rubric.examples
        ]
    else:
        data["examples"] = []
    return data


def _criterion_data(criterion: Criterion) -> dict[str, Any]:
    if not criterion.anchors and criterion.rule is None:
        return {criterion.name: criterion.sentence}
    data: dict[str, Any] = {"name": criterion.name, "sentence": criterion.sentence}
    if criterion.anchors:
        data["anchors"] = {plain_number(anchor.value): anchor.text for anchor in criterion.anchors}
    if criterion.rule is not None:
        data["rule"] = criterion.rule.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    return data


def _tidy(data: Mapping[str, Any]) -> dict[str, Any]:
    return {key: plain_number(value) if isinstance(value, float) else value for key, value in data.items()}
