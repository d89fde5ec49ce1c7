"""The report in real Chromium: on screens, for everybody, and on paper."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from hone.bench import Result
from hone.domain.evidence import Comparison, Judgement, Score
from hone.journey.reporting import write_report
from hone.judging.audit import AuditFinding, FindingRow
from hone.people.store import open_store
from hone.project import Project
from hone.stats import Figure
from hone.training.job import TrainingJob
from hone.training.settings import TuneSettings
from hone.web.subjects import put_up
from tests import browser
from tests.web.conftest import make_project
from tests.web.hostile import HOSTILE

pytestmark = browser.marks
TEXTS = [one.text.encode("utf-8", "replace").decode() for one in HOSTILE]


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    with browser.launched() as one:
        yield one


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report of a project in which every part is there, with hostile texts wherever a model or a person wrote."""
    project = make_project(tmp_path_factory.mktemp("made") / "plans")
    _labelled(project)
    _rated(project)
    _tuned(project)
    _benched(project)
    return write_report(project)[1]


def _labelled(project: Project) -> None:
    rubric = project.rubric
    config = {"rubric": rubric.model_dump(mode="json"), "judge": {"model": "scripted:script.jsonl"}}
    project.open_run("label", config).finish(
        Judgement(item=f"i{n}", judge="scripted:script.jsonl", rubric=rubric.digest,
                  scores=tuple(Score(criterion=name, value=n % 3 - 1, reason=TEXTS[n % len(TEXTS)])
                               for name in rubric.names))
        for n in range(1, 5)
    )  # fmt: skip
    project.open_run("audit", config).finish(
        FindingRow(AuditFinding(name, TEXTS[0], "share", Figure(0.4, 0.3, 0.5, 30), still))
        for name, still in (("repeat", 1.0), ("length", 0.4))
    )


def _rated(project: Project) -> None:
    with open_store(project.database) as store:
        list(put_up(project, store))
        for place, name in enumerate(("Ann <b>", "Ben")):
            rater = store.add_rater(name)
            while subject := store.next_subject(rater.id, project.rubric):
                store.rate(rater.id, subject.id, project.rubric, dict.fromkeys(project.rubric.names, 1.0 - place))


def _tuned(project: Project) -> None:
    run = project.open_run("tune", {"source": "sums", "limit": 440})
    source = "sums, 418 examples and 22 held out"
    job = TrainingJob(
        base="smollm2",
        weights="w",
        weights_digest="d",
        backend="trl",
        settings=TuneSettings(),
        data="d",
        source=source,
    )
    job.write(run.folder, [], [])
    looks = [{"event": "look", "step": n, "loss": 2.1 / (n + 1)} for n in range(0, 60, 20)]
    history = [{"event": "step", "step": n, "loss": 2 / n} for n in range(1, 60)] + looks
    (run.folder / "history.jsonl").write_text("".join(json.dumps(one) + "\n" for one in history))
    scales = [{"scale": scale, "loss": 1 - scale / 2, "accuracy": scale / 3} for scale in (0.0, 0.5, 1.0)]
    result = {"method": "lora", "steps": 59, "tokens": 50_000, "seconds": 260.0, "stopped": None, "scale": 1.0,
              "scales": scales, "held_out": looks}  # fmt: skip
    (run.folder / "tuned.json").write_text(json.dumps(result))
    run.finish([])


def _benched(project: Project) -> None:
    specs = ("hf:smollm2", "hf:smollm2+runs/x-tune-y/adapter")
    run = project.open_run("bench", {"task": {"data": "sums"}, "models": dict.fromkeys(specs, "")})
    run.finish(
        Result(model=spec, item=f"p{n}", right=n < count, strict=n < count, read="1", place="end", gold="7",
               cut=False, tokens=9, text=TEXTS[n % len(TEXTS)])
        for spec, count in zip(specs, (2, 14), strict=True)
        for n in range(40)
    )  # fmt: skip


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [(1280, 800), (360, 740)])
def test_the_report_is_accessible_and_loads_nothing(
    chromium: Any, report: Path, scheme: str, size: tuple[int, int]
) -> None:
    context = chromium.new_context(color_scheme=scheme, viewport={"width": size[0], "height": size[1]})
    page = context.new_page()
    said: list[str] = []
    asked: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("request", lambda one: asked.append(one.url))
    page.on("dialog", lambda one: pytest.fail(f"a text opened a dialogue: {one.message}"))
    page.goto(report.as_uri())
    assert page.locator("figure svg").count() == 6
    assert browser.violations(page) == []
    assert browser.too_wide(page) <= 0
    assert page.locator(":is(img, script, iframe, form, input, object)").count() == 0
    assert said == []
    assert asked == [report.as_uri()]
    context.close()


def test_every_chart_has_its_table_and_its_command(chromium: Any, report: Path) -> None:
    page = chromium.new_page()
    page.goto(report.as_uri())
    sections = page.locator("section:has(figure)").all()
    assert len(sections) == 5
    for section in sections:
        assert section.locator("figure").count() <= section.locator("table").count()
        assert section.locator(".made code").count() >= 1
        assert all(section.locator("svg > title").all_text_contents())
    assert page.locator("table:not(:has(caption))").count() == 0
    page.close()


def test_on_paper_nothing_is_folded_cut_or_dark(chromium: Any, report: Path) -> None:
    page = chromium.new_page(color_scheme="dark", viewport={"width": 700, "height": 1000})  # A4 between its margins
    page.goto(report.as_uri())
    page.emulate_media(media="print", color_scheme="dark")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    hidden = "[...document.querySelectorAll('table, figure')].filter(one => !one.checkVisibility()).length"
    assert page.evaluate(hidden) == 0
    beyond = """[...document.querySelectorAll('td, th, svg')]
        .filter(one => one.getBoundingClientRect().right > innerWidth + 1).map(one => one.outerHTML.slice(0, 200))"""
    assert page.evaluate(beyond) == []
    page.close()


def test_verdicts_that_nobody_could_read_are_counted_and_lead_to_a_stronger_expert(tmp_path: Path) -> None:
    project = make_project(tmp_path / "plans")
    run = project.latest_run("compare")
    assert run
    unread = [
        one.model_copy(
            update={
                "verdicts": tuple(
                    verdict.model_copy(update={"winner": None, "reason": "", "measures": (), "unread": "no quote"})
                    for verdict in one.verdicts
                )
            }
        )
        for one in run.read(Comparison)
    ]
    project.open_run("compare", {"rubric": project.rubric.model_dump(mode="json"), "again": 1}).finish(unread)
    page = write_report(project)[1].read_text(encoding="utf-8")
    assert "0 lost of 3 pairs; 3 could not be read" in page
    assert "In 3 of 3 pairs the expert&#39;s verdict could not be read" in page
