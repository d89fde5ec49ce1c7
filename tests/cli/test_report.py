"""`hone report`: what lies in a project's folder, as one page that stands alone."""

from __future__ import annotations

import json
import re
import shlex
import sys
from copy import copy
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import pytest
from markupsafe import escape

from hone.bench import Result
from hone.bench.comparing import ComparisonChoices
from hone.cli.tune import run as tune_run
from hone.domain.evidence import Judgement
from hone.export.results import ExportRow
from hone.journey.retracing import tune_options
from hone.journey.showing import shown_calls
from hone.journey.testing import COMPARED, keep_comparison_choices
from hone.people.store import open_store
from hone.project import Project
from hone.training.job import TrainingJob
from hone.training.settings import TuneSettings
from hone.web.subjects import put_up
from tests.cli.conftest import Hone

VOID = {"meta", "link", "br", "img", "input", "hr", "circle", "line", "path", "rect", "polyline"}
HOSTILE = '<script>alert(1)</script><img src="http://evil.example/x" onerror=alert(1)>\x1b[2J'


class Shape(HTMLParser):
    """The headings in order, and the tags that were left open or closed twice."""

    def __init__(self) -> None:
        super().__init__()
        self.headings: list[int] = []
        self.open: list[str] = []
        self.tags: set[str] = set()

    def handle_starttag(self, tag: str, attrs: object) -> None:  # noqa: ARG002 - the parser's own signature
        self.tags.add(tag)
        if re.fullmatch(r"h[1-6]", tag):
            self.headings.append(int(tag[1]))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self.open.pop() == tag


def shape(page: str) -> Shape:
    found = Shape()
    found.feed(page)
    found.close()
    assert found.open == []
    return found


@pytest.fixture
def walked(hone: Hone, advised: Path) -> Path:
    """The project with a finalised rubric, replies, labels and an audit."""
    for command in (("rubric", "merge", "--accept", "none", "--by", "Ann"), ("rubric", "finalise", "--by", "Ann"),
                    ("reply",), ("label",), ("audit",)):  # fmt: skip
        result = hone(*command)
        assert result.code == 0, result.err
    return advised


def test_a_new_project_is_told_what_is_missing_and_how_to_make_it(hone: Hone, project: Path) -> None:
    result = hone("report")
    assert result.code == 0, result.err
    page = (project / "report.html").read_text()
    for command in ("hone rubric compare", "hone reply &amp;&amp; hone label", "hone rate", "hone audit",
                    "hone tune sums", "hone bench sums", "hone export"):  # fmt: skip
        assert f"<code>{command}" in page
    assert "1. See whether stating the criteria helps." in result.out
    assert shape(page).headings[0] == 1


def test_what_was_done_stands_on_the_page(hone: Hone, walked: Path) -> None:
    data = hone("report", "--json").data
    page = (walked / "report.html").read_text()
    assert data["standing"]["comparison"] == "with the rubric 0 won, 3 tied, 0 lost of 3 pairs"
    assert data["scores"]["Be Detailed"]["value"] == 1
    assert "The judge was not audited yet" not in page
    assert "no sign of it" in page
    assert "Ann" in page
    assert data["left_out"] == {}
    assert "hone rubric merge" not in [step["command"] for step in data["next"]]
    headings = shape(page).headings
    assert all(after - before <= 1 for before, after in pairwise(headings))


def test_the_first_call_of_the_judge_stands_whole_on_the_page(hone: Hone, walked: Path) -> None:
    assert hone("report").code == 0
    page = (walked / "report.html").read_text()
    run = Project(walked).latest_run("label")
    assert run is not None
    call = shown_calls(run, run.read(Judgement)[0].item)[0]
    for message in call.asked.messages:
        assert str(escape(message.content)) in page
    assert call.answer is not None
    assert str(escape(call.answer.text)) in page
    assert f"hone show {run.folder.name} ITEM" in page


def test_nothing_is_fetched_and_no_script_runs(hone: Hone, walked: Path) -> None:
    (walked / "rubric.yaml").write_text(
        (walked / "rubric.yaml").read_text().replace("Each session names its minutes.", json.dumps(HOSTILE)[1:-1])
    )
    rubric = (
        "criteria:\n  - Be Detailed: " + json.dumps(f"See {HOSTILE}") + "\n  - Be Short: One line.\nscale: -1..1\n"
    )
    (walked / "rubric.yaml").write_text(rubric)
    assert hone("rubric", "finalise", "--by", HOSTILE, "--note", HOSTILE).code == 0
    assert hone("report").code == 0
    page = (walked / "report.html").read_text()
    assert "&lt;script&gt;alert(1)" in page
    assert not shape(page).tags & {"script", "img", "link", "iframe", "object", "form", "base"}
    assert "\x1b" not in page
    assert "default-src 'none'" in page
    assert not re.search(r'(?:src|href)="(?!#)', page)


def test_damaged_runs_are_named_and_the_one_before_is_shown(hone: Hone, walked: Path) -> None:
    (good,) = (walked / "runs").glob("*-label-*")
    bad = walked / "runs" / "99990101T000000000-label-00000000"
    bad.mkdir()
    (bad / "config.yaml").write_text((good / "config.yaml").read_text())
    (bad / "results.jsonl").write_text('{"item": "i1", "jud')
    (walked / "runs" / "99990101T000000000-bench-00000000").mkdir()
    (walked / "runs" / "99990101T000000001-tune-00000000").mkdir()
    torn = walked / "runs" / "99990101T000000001-tune-00000000"
    (torn / "config.yaml").write_text("verb: tune\nconfig: {source: sums}\n")
    (torn / "results.jsonl").write_text("")
    (walked / "runs" / "notes").mkdir()
    result = hone("report", "--json")
    assert result.code == 0, result.err
    assert set(result.data["left_out"]) == {f"runs/{name}" for name in (bad.name, "99990101T000000000-bench-00000000",
                                                                        torn.name, "notes")}  # fmt: skip
    assert result.data["scores"]["Be Detailed"]["value"] == 1
    page = (walked / "report.html").read_text()
    assert "results.jsonl:1" in page
    assert result.err.count("left out:") == 4


def test_people_and_judge_are_compared_where_somebody_rated(hone: Hone, walked: Path) -> None:
    project = Project(walked)
    rubric = project.versions[-1].rubric
    with open_store(project.database) as store:
        list(put_up(project, store))
        for name, value in (("Ann", 1.0), ("Ben", 0.0)):
            rater = store.add_rater(name)
            while subject := store.next_subject(rater.id, rubric):
                store.rate(rater.id, subject.id, rubric, dict.fromkeys(rubric.names, value))
    data = hone("report", "--json").data
    assert set(data["agreement"]["criteria"]) == set(rubric.names)
    page = (walked / "report.html").read_text()
    assert "a person (the ceiling)" in page
    assert "Nobody has rated yet" not in page


def test_base_and_tuned_stand_side_by_side(hone: Hone, project: Path) -> None:
    base, tuned = "scripted:a.jsonl", "scripted:b.jsonl"
    task = {"about": "Sums", "data": "sums", "limit": 20, "max_tokens": 96}
    run = Project(project).open_run("bench", {"task": task, "models": {base: "1", tuned: "2"}})
    run.finish(
        Result(model=model, item=f"p{n}", right=right, strict=right, read="1", place="end", gold="7", cut=False,
               tokens=9, text=f"{HOSTILE} so {n}")
        for model, count in ((base, 4), (tuned, 16))
        for n in range(20)
        for right in [n < count]
    )  # fmt: skip
    data = hone("report", "--json").data
    assert data["bench"]["comparisons"][0]["difference"]["value"] == pytest.approx(0.6)
    page = (project / "report.html").read_text()
    assert "The gate is open." in page
    assert f"hone bench sums --model {base} --model {tuned} --limit 20 --gate" in page
    assert "The first problems that were gained" in page
    assert "share of right answers, 95% interval" in page
    assert "script" not in shape(page).tags
    keep_comparison_choices(run, ComparisonChoices(confidence=0.8, reading="strict"))
    again = hone("report", "--json").data["bench"]["comparisons"][0]
    assert again["difference"]["low"] > data["bench"]["comparisons"][0]["difference"]["low"]
    assert again["reading"] == "strict"
    page = (project / "report.html").read_text()
    assert "right (80% interval)" in page
    assert "in points (80% interval)" in page
    assert "share of right answers, 80% interval" in page
    section = page[page.index('id="bench"') : page.index('id="export"')]
    assert "95%" not in section
    assert "--reading strict --gate --confidence 0.8" in section
    keep_comparison_choices(run, ComparisonChoices(margin=0.9))
    assert "The gate is open." in (hone("report"), (project / "report.html").read_text())[1]
    keep_comparison_choices(run, ComparisonChoices(margin=0.0))
    section = (hone("report"), (project / "report.html").read_text())[1]
    assert "above -0 points" in section[section.index('id="bench"') : section.index('id="export"')]
    assert "--gate --margin 0" in section
    keep_comparison_choices(run, ComparisonChoices(models=(tuned, base)))
    turned = hone("report", "--json").data["bench"]["comparisons"][0]
    assert (turned["base"], turned["model"]) == (tuned, base), "the base is the one that was named first, last"
    assert turned["difference"]["value"] == pytest.approx(-0.6)
    (run.folder / COMPARED).write_text("{")
    assert "right (95% interval)" in (hone("report"), (project / "report.html").read_text())[1]


def test_an_export_run_is_shown_with_its_parity(hone: Hone, project: Path) -> None:
    row = {"file": f"{project}/tuned.gguf", "quant": "q8_0", "bytes": 145_000_000, "checks": {"tokens": "the same"},
           "replies": {"n": 16, "same": 15, "ties": 1, "gaps": [], "kl": 1e-5, "places": 90}, "perplexity": 20.1,
           "source_perplexity": 20.0, "tokens_per_second": {"prompt": 300.0, "generation": 90.0},
           "benchmark": {"name": "sums", "p_value": 1.0,
                         **{name: {"value": 0.5, "low": 0.3, "high": 0.7, "n": 40}
                            for name in ("source", "exported", "difference")}}}  # fmt: skip
    config = {"model": f"smollm2+{project}/runs/x-tune-y/adapter", "out": f"{project}/tuned.gguf", "quants": ["q8_0"],
              "scale": 1.0, "task": "sums", "items": 40}  # fmt: skip
    Project(project).open_run("export", config).finish([ExportRow.model_validate(row)])
    assert hone("report").code == 0
    page = (project / "report.html").read_text()
    assert "15 of 16 (+1 ties)" in page
    command = "hone export smollm2+runs/x-tune-y/adapter --out tuned.gguf --quant q8_0 --bench sums --items 40"
    assert f"<code>{command}</code>" in page
    assert str(project) not in page


def test_a_page_that_cannot_be_written_gets_one_line(hone: Hone, project: Path) -> None:
    (project / "there").write_text("a file")
    result = hone("report", "--out", project / "there" / "page.html")
    assert result.code == 1
    assert "cannot be written" in result.err


def test_a_damaged_store_is_named_and_the_rest_is_shown(hone: Hone, walked: Path) -> None:
    (walked / "feedback.db").write_bytes(b"no database at all" * 100)
    (walked / "rubrics" / "decisions.jsonl").write_text("{")
    result = hone("report", "--json")
    assert result.code == 0, result.err
    assert set(result.data["left_out"]) == {"agreement", "decisions"}
    assert result.data["scores"]["Be Detailed"]["value"] == 1
    assert "hone rate" not in [step["command"] for step in result.data["next"]]


def test_the_command_of_a_tune_is_the_one_that_was_typed(project: Path) -> None:
    settings = TuneSettings(epochs=1, rank=8, precision="fp32", scales=(0.0, 1.0), gpus=2, sharding=True)
    job = TrainingJob(
        base="smollm2", weights="w", weights_digest="d", backend="trl", settings=settings, data="d", source="sums"
    )
    config = {"source": "my sums.jsonl", "limit": 440, "keep": ["Be Detailed >= 1"], "best": None}
    run = Project(project).open_run("tune", config)
    typed = shlex.split(tune_options(run, job).command_line())
    assert typed[:2] == ["hone", "tune"]
    context = copy(tune_run).make_context("run", typed[2:])  # click keeps what it made on the command itself
    assert context.params["data"] == "my sums.jsonl"
    assert (context.params["limit"], context.params["epochs"], context.params["rank"]) == (440, 1, 8)
    assert (context.params["gpus"], context.params["sharding"]) == (2, True)
    assert context.params["keep"] == ("Be Detailed >= 1",)
    assert context.params["set"] == ("precision=fp32", "scales=[0.0,1.0]")


def test_without_the_store_nothing_is_missed_until_somebody_has_rated(
    hone: Hone, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "sqlalchemy", None)
    assert hone("report", "--json").data["left_out"] == {}
    (project / "feedback.db").write_bytes(b"")
    left = hone("report", "--json").data["left_out"]
    assert "hone-llm[store]" in left["agreement"]


def test_a_benchmark_by_rubric_stands_on_the_page_with_its_command(hone: Hone, project: Path) -> None:
    def spec(name: str, text: str) -> str:
        (project / name).write_text(json.dumps({"contains": "e", "text": text}) + "\n")
        return f"scripted:{project / name}"

    verdict = {name: {"reason": HOSTILE, "score": 1} for name in ("Be Detailed", "Be Adaptable")}
    base, tuned = spec("base.jsonl", f"Week 1. {HOSTILE}"), spec("tuned.jsonl", "Week 2.")
    judge = spec("judge.jsonl", json.dumps(verdict))
    typed = ("bench", "rubric", "--model", base, "--model", tuned, "--limit", "2", "--judge", judge, "--gate")
    assert hone(*typed).code == 3  # two items are too few to open the gate
    data = hone("report", "--json").data
    assert data["standing"]["bench"].startswith("by the rubric's judge: ")
    assert [one["scored"] for one in data["bench_by_rubric"]["models"]] == [2, 2]
    page = (project / "report.html").read_text()
    (command,) = re.findall(r"<code>(hone bench rubric [^<]+)</code>", page)
    assert shlex.split(command)[1:] == [word.replace(f"{project}/", "") for word in typed]
    assert "script" not in shape(page).tags
    assert str(project) not in page
    narrower = (*typed, "--confidence", "0.8")
    assert hone(*narrower).code == 3  # nothing is asked again
    hone("report")
    page = (project / "report.html").read_text()
    assert "points of the scale&#39;s 100 (80% interval)" in page
    (command,) = re.findall(r"<code>(hone bench rubric [^<]+)</code>", page)
    assert shlex.split(command)[-2:] == ["--confidence", "0.8"]
