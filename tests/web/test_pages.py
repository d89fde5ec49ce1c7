"""The owner's pages without JavaScript: workshop, results, playground, home; and subjects out of runs."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from hone.domain.evidence import Judgement, Score
from hone.domain.rubric import Anchor, Criterion
from hone.domain.task import Reply
from hone.errors import ProjectError
from hone.journey.gathering import gather_view
from hone.people.store import NewSubject, open_store
from hone.project import Project
from hone.report.charts import shade
from hone.report.diffs import worded_diff
from hone.report.wording import strictness
from hone.stats import Figure
from hone.web.pages.results import heat
from hone.web.site import Site
from hone.web.subjects import collect, put_up
from hone.web.texts import texts_in
from tests.cli.conftest import ANSWERS, RUBRIC
from tests.web.conftest import Browser, Come


def rated(site: Site, *people: tuple[str, float]) -> None:
    """Everybody rates everything, each with one level."""
    for name, level in people:
        rater = site.store.add_rater(name)
        while subject := site.store.next_subject(rater.id, site.rubric, per_item=9):
            site.store.rate(rater.id, subject.id, site.rubric, dict.fromkeys(site.rubric.names, level))


def test_home_says_what_is_next(owner: Browser) -> None:
    html = owner.get("/")
    assert "4 replies" in html
    assert "nobody yet" in html
    assert "hone rate invite NAME" in html


def test_home_and_report_say_the_same_of_what_is_next(site: Site, owner: Browser) -> None:
    def both(command: str) -> tuple[bool, bool]:
        told = [step.command for step in gather_view(site.project, datetime.now(UTC)).todo]
        return f"<code>{command}</code>" in owner.get("/"), command in told

    assert both("hone rubric merge") == (True, True)
    (site.project.folder / "rubric.yaml").write_text("criteria: []\nscale: -1..1\n")
    assert both("hone rubric draft") == (True, True)
    assert both("hone rubric merge") == (False, False)


def test_the_workshop_shows_quotes_advice_as_a_diff_and_the_criteria(owner: Browser) -> None:
    html = owner.get("/workshop")
    assert '<q class="found">20 minutes</q>' in html
    assert "<del>Detailed</del><ins>Precise</ins>" in html
    assert "Topics were missing." in html
    assert "won <b>3</b> of 3" in html


def test_decisions_become_the_rubric_and_a_version(site: Site, owner: Browser) -> None:
    owner.get("/workshop")
    rubric = owner.field("rubric")
    owner.send(
        "/workshop/decide",
        **{"rubric": rubric, "do-a1": "edit", "wording-a1": "Be Exact: It names minutes.", "do-a2": "accept",
           "do-a3": "reject", "note-a3": "not ours"},
    )  # fmt: skip
    assert owner.code == 200
    assert site.project.rubric.names == ("Be Exact", "Be Adaptable")
    assert [one.action for one in site.store.decisions()] == ["edit", "accept", "reject"]
    owner.send("/workshop/finalise", note="first round")
    version = site.project.versions[-1]
    assert (version.version, version.by, version.note) == (1, "Olga", "first round")
    assert "edited by Olga" in owner.html
    assert site.rubric.names == ("Be Exact", "Be Adaptable")
    owner.send("/workshop/finalise", note="again")
    assert "nothing to freeze" in owner.html


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"do-a1": "accept"}, "decide on a2"),
        ({"do-a1": "edit", "wording-a1": "no form", "do-a2": "accept", "do-a3": "accept"}, "your wording of a1"),
        ({"do-a1": "nonsense", "do-a2": "accept", "do-a3": "accept"}, "decide on a1"),
    ],
)
def test_decisions_that_are_not_whole_change_nothing(
    site: Site, owner: Browser, fields: dict[str, str], problem: str
) -> None:
    owner.get("/workshop")
    before = site.project.rubric
    owner.send("/workshop/decide", rubric=owner.field("rubric"), **fields)
    assert owner.code == 400
    assert problem in owner.html
    assert site.project.rubric == before
    assert site.project.decisions == []


def test_decisions_on_a_rubric_that_changed_meanwhile_are_refused(site: Site, owner: Browser) -> None:
    owner.get("/workshop")
    owner.send("/workshop/decide", rubric="0" * 16)
    assert owner.code == 400
    assert "has changed" in owner.html


def test_ratings_of_words_that_changed_are_stale_and_kept(site: Site, owner: Browser, come: Come) -> None:
    ann = come()
    ann.rate(1, -1)
    owner.get("/workshop")
    owner.send("/workshop/decide", **{"rubric": owner.field("rubric"), "do-a1": "accept", "do-a2": "accept",
                                      "do-a3": "reject"})  # fmt: skip
    owner.send("/workshop/finalise")
    ann.get("/mine")
    rows = site.store.ratings(site.rubric, current_only=False)
    assert sorted(row.stale for row in rows) == [False, True]


def test_results_show_people_figures_and_a_table_for_every_chart(site: Site, owner: Browser) -> None:
    assert "Nobody has rated yet" in owner.get("/results")
    rated(site, ("Ann", 1), ("Ben", 0))
    html = owner.get("/results")
    assert "Ann" in html
    assert "Ben" in html
    assert html.count('class="chart"') == 4
    assert html.count("The same as a table") == 4
    assert "one person ↓, another →" in html
    assert "rate more replies" in html or "more ratings" in html


def test_who_is_strict_is_said_only_where_the_interval_supports_it() -> None:
    few, wide = Figure(-1.0, -1.0, -1.0, 4), Figure(0.2, -0.1, 0.5, 40)
    assert strictness("Ann", few) == "Ann: too few to say (-1.00 on average, on 4 replies)"
    shown = "(+0.20 on average, 95% interval -0.10 to +0.50, on 40 replies)"
    assert strictness("Ben", wide) == f"Ben: not shown to be stricter or milder {shown}"
    said = strictness("Cid", Figure(-0.5, -0.75, -0.25, 40))
    assert said.startswith("Cid: stricter than the others, 0.50 lower on average (95% interval -0.75 to -0.25")
    assert strictness("Dee", Figure(0.5, 0.25, 0.75, 40)).startswith("Dee: milder than the others, 0.50 higher")
    assert "cannot be known" in strictness("Eve", Figure(None, None, None, 0))


def test_few_replies_fold_the_charts_and_shades_are_explained(site: Site, owner: Browser) -> None:
    rated(site, ("Ann", 1), ("Ben", 0))
    html = owner.get("/results")
    assert html.count("with fewer than 10 replies they say next to nothing") == 2
    assert "Each row is shaded by itself" in html
    assert "Who is strict" in html
    assert "With two people one difference is the other" in html
    axes = [re.findall(r">(-?[\d.]+)<", one) for one in re.findall(r'<svg class="chart".*?</svg>', html, re.DOTALL)]
    assert axes[0] == axes[2], "one axis for all criteria"


def test_results_are_computed_anew_when_somebody_rates(site: Site, owner: Browser) -> None:
    rated(site, ("Ann", 1))
    assert "Ben" not in owner.get("/results")
    rated(site, ("Ben", 1))
    assert "Ben" in owner.get("/results")


def test_results_say_that_drawn_replies_are_weighed(site: Site, owner: Browser) -> None:
    for chance in (0.9, 0.2):
        site.store.draw_replies(site.rubric, 1, lambda replies, *_, chosen=chance: {replies[0]: chosen})
        rated(site, ("Ann", 1))
        weighed = "stand for unequally many (column weight)" in owner.get("/results")
    assert len({row.weight for row in site.store.ratings(site.rubric)}) == 2
    assert weighed


def test_a_disagreement_is_settled_by_name_and_the_ratings_stay(site: Site, owner: Browser) -> None:
    rated(site, ("Ann", 1), ("Ben", -1))
    owner.get("/results")
    before = site.store.ratings(site.rubric)
    fields = {name: owner.field(name) for name in ("subject", "criterion")}
    owner.send("/results/settle", value="0", reason="both have a point", **fields)
    assert "Settled by Olga" in owner.html
    assert site.store.ratings(site.rubric) == before
    owner.send("/results/settle", value="", reason="x", **fields)
    assert owner.code == 400


def test_the_judge_is_shown_where_its_labels_are_of_these_replies(site: Site, owner: Browser) -> None:
    rated(site, ("Ann", 1), ("Ben", 1))
    rubric, replies = site.project.rubric, site.project.latest_run("reply")
    assert replies is not None
    scores = tuple(Score(criterion=name, value=1, reason="It does.") for name in rubric.names)

    def judged(text: str) -> list[Judgement]:
        return [Judgement(item=one.item, reply=one.model_copy(update={"text": one.text + text}).digest,
                          judge="judge-9", rubric=rubric.digest, scores=scores)
                for one in replies.read(Reply)]  # fmt: skip

    config = {"rubric": rubric.model_dump(mode="json"), "data": "another"}
    site.project.open_run("label", config).finish(judged(" It was another one."))
    assert "judge-9" not in owner.get("/results")
    site.project.open_run("label", config | {"data": "these"}).finish(judged(""))
    html = owner.get("/results")
    assert "judge-9" in html
    assert "judge-9 ↓, the people" in html


def test_the_playground_waits_without_a_script(site: Site, owner: Browser) -> None:
    verdict = {name: {"reason": "It says so.", "score": 1} for name in site.rubric.names}
    answers = {"You score": json.dumps(verdict), "Plan my": "Day 1: $x^2$ & <b>"}
    lines = [json.dumps({"contains": words, "text": text}) for words, text in answers.items()]
    (site.project.folder / "script.jsonl").write_text("\n".join(lines))
    names = [line for line in owner.get("/playground").split("\n") if "<option" in line]
    assert "with the rubric" in names[0]
    left, right = "scripted:script.jsonl, with the rubric", "scripted:script.jsonl, the task alone"
    html = owner.send("/playground", request="Plan my week.", left=left, right=right, judged="yes")
    assert html.count("<msup>") == 2
    assert html.count("It says so.") == 4
    owner.send("/playground", request="Plan my week.", left="gguf:/etc/passwd", right=right)
    assert owner.code == 400


def test_the_playground_streams_what_comes_and_says_what_failed(site: Site, owner: Browser) -> None:
    (site.project.folder / "script.jsonl").write_text('{"contains": "nothing like it", "text": "x"}\n')
    owner.get("/playground")
    side = "scripted:script.jsonl, the task alone"
    fields = {"token": owner.token, "request": "Plan.", "left": side, "right": side}
    answer = owner.client.post("/playground", data=fields, headers={"Accept": "text/event-stream"})
    events = [json.loads(line.removeprefix("data: ")) for line in answer.text.split("\n\n") if line]
    assert {event["side"] for event in events} == {"left", "right"}
    assert all("no answer" in event["state"] for event in events)
    assert not site.busy.locked()


def test_the_expert_compares_and_advises_from_the_page(site: Site, owner: Browser) -> None:
    lines = [json.dumps({"contains": words, "text": text}) for words, text in ANSWERS.items()]
    folder = site.project.folder
    (folder / "script.jsonl").write_text("\n".join(lines))
    (folder / "rubric.yaml").write_text(RUBRIC.replace("its minutes", "its minutes and its topic"))
    assert "rubric.yaml has changed since" in owner.get("/workshop")
    owner.send("/workshop/ask", step="compare")
    owner.send("/workshop/ask", step="advise")
    assert owner.code == 200
    assert "The first names minutes." in owner.html
    assert "Add “Be Warm”" in owner.html
    owner.send("/workshop/ask", step="something else")
    assert owner.code == 404


def test_the_expert_proposes_criteria_beside_those_that_are_there(site: Site, owner: Browser) -> None:
    lines = [json.dumps({"contains": words, "text": text}) for words, text in ANSWERS.items()]
    (site.project.folder / "script.jsonl").write_text("\n".join(lines))
    assert "propose others beside them" in owner.get("/workshop")
    owner.send("/workshop/ask", step="draft")
    assert owner.code == 200
    assert "stand behind your criteria" in owner.html
    assert site.project.rubric.names == ("Be Detailed", "Be Adaptable", "Be Specific", "Be Realistic")
    assert len(list((site.project.folder / "rubrics").glob("before-*.yaml"))) == 1


def test_guidelines_stand_on_the_card_and_then_folded_above_each_reply(
    site: Site, owner: Browser, come: Come
) -> None:
    ann = come()
    assert "How to rate" not in ann.html
    owner.get("/people")
    owner.send("/people/guidelines", guidelines="Read the **task** first.\r\n<script>alert(1)</script>")
    assert (site.project.folder / "guidelines.md").read_text().startswith("Read the **task** first.\n<script>")
    assert "Read the **task** first." in owner.html
    html = ann.get("/rate")
    assert "<strong>task</strong>" in html
    assert "<script>alert" not in html
    assert html.count("How to rate") == 1
    ann.rate(1, -1)
    assert re.search(r'<details class="told guided"><summary>How to rate', ann.get("/rate"))
    owner.send("/people/guidelines", guidelines=" ")
    assert not (site.project.folder / "guidelines.md").exists()
    assert "How to rate" not in ann.get("/rate")
    owner.get("/people")
    owner.send("/people/guidelines", guidelines="x" * 10_001)
    assert "at most 10,000 characters" in owner.html


def test_a_rater_may_not_write_guidelines(site: Site, come: Come) -> None:
    ann = come()
    ann.send("/people/guidelines", guidelines="Mine.")
    assert ann.code == 403
    assert site.project.guidelines == ""


def test_the_judge_is_shown_before_anybody_has_rated(site: Site, owner: Browser) -> None:
    assert "What the judge says so far" not in owner.get("/results")
    rubric = site.rubric
    judged = [
        Judgement(
            item=f"i{n}",
            judge="judge-1",
            rubric=rubric.digest,
            scores=tuple(Score(criterion=name, value=level, reason="So.") for name in rubric.names),
        )
        for n, level in ((1, 1.0), (2, 1.0), (3, 0.4))
    ]
    judged.append(Judgement(item="i4", judge="judge-1", rubric=rubric.digest, unscored="no JSON"))
    site.project.open_run("label", {"n": 2}).finish(judged)
    html = owner.get("/results")
    assert "judge-1 scored 3 replies, and 1 more could not be scored" in html
    assert "Whether it is right nobody can tell before people have rated" in html
    assert "0.80" in html
    rated(site, ("Ann", 1), ("Ben", 1))
    assert "What the judge says so far" not in owner.get("/results")


def test_the_playground_says_what_it_is_for_and_offers_requests(site: Site, owner: Browser) -> None:
    html = owner.get("/playground")
    assert "One request shows what may happen, not how often" in html
    assert ">Please plan week 1.</textarea>" in html
    assert ">Please plan week 3.</textarea>" in owner.get("/playground?item=i3")
    assert ">Please plan week 1.</textarea>" in owner.get("/playground?item=none")
    (site.project.folder / "items.jsonl").write_text("")
    assert "></textarea>" in owner.get("/playground")


def test_models_play_one_part_at_a_time(site: Site, owner: Browser) -> None:
    owner.get("/workshop")
    with site.at_work(texts_in("en")):
        owner.send("/workshop/ask", step="compare")
    assert owner.code == 409
    assert "at work already" in owner.html


def test_replies_of_the_latest_runs_are_put_up_and_named_runs_instead(project: Project) -> None:
    found = collect(project)
    assert len(found.replies) == 4
    assert len(found.pairs) == 3
    (compare,) = [name for name in found.runs if "compare" in name]
    assert collect(project, [compare]).replies == []
    for name in ("none", "../plans", "20200101-reply-1"):
        with pytest.raises(ProjectError, match="no finished run"):
            collect(project, [name])


def test_putting_up_again_changes_nothing(project: Project) -> None:
    with open_store(project.database) as store:
        for _ in range(2):
            list(put_up(project, store))
        assert store.progress(project.rubric).subjects == 4


def test_empty_replies_are_not_put_up(project: Project) -> None:
    project.open_run("reply", {"n": 2}).finish([Reply(item="i1", prompt="p", text=" ", model="m")])
    assert collect(project).replies == []


def test_a_project_without_runs_says_what_to_do(project: Project, tmp_path: Path) -> None:
    bare = Project.create(tmp_path / "bare")
    with open_store(bare.database) as store:
        assert "hone reply" in " ".join(put_up(bare, store))
        store.add_subjects([NewSubject("a", "Plan my day.", "Ten tasks.")])
        assert list(put_up(bare, store)) == ["1 replies to rate, which were imported"]


def test_a_diff_names_what_went_and_what_came() -> None:
    assert worded_diff("Be Kind: a <b>.", "Be Warm: a <b>.") == "Be <del>Kind</del><ins>Warm</ins>: a &lt;b&gt;."


def test_colours_are_of_the_whole_range() -> None:
    assert [shade(level, 3) for level in range(3)] == [0, 2, 4]
    assert [heat(share) for share in (0, 0.2, 0.5, 1.0)] == ["heat-0", "heat-1", "heat-2", "heat-4"]


def test_criteria_are_edited_added_reordered_and_removed_in_the_page(site: Site, owner: Browser) -> None:
    owner.get("/workshop")
    fields = {
        "rubric": owner.field("rubric"),
        "name-0": "Be Detailed",
        "sentence-0": "Each session names its minutes.",
        "place-0": "2",
        "name-1": "Be Adaptable",
        "sentence-1": "A missed session has a stated remedy.",
        "remove-1": "yes",
        "name-2": "Be  Kind",
        "sentence-2": "The plan praises\n what was done.",
        "place-2": "1",
        "anchor-2-0": "It blames.",
    }
    owner.send("/workshop/edit", **fields)
    assert "Your changes are kept" in owner.html
    kind, detailed = site.project.rubric.criteria
    assert (kind.name, kind.sentence) == ("Be Kind", "The plan praises what was done.")
    assert [(one.value, one.text) for one in kind.anchors] == [(-1, "It blames.")]
    assert detailed.name == "Be Detailed"
    assert "# How we judge plans." in (site.project.folder / "rubric.yaml").read_text()
    assert site.project.versions[0].rubric.names == ("Be Detailed", "Be Adaptable"), "what it began as is kept"
    owner.send("/workshop/edit", **fields)
    assert "has changed since this page was made" in owner.html


def test_edits_that_make_no_rubric_change_nothing_and_say_which(site: Site, owner: Browser) -> None:
    before = site.project.rubric
    row = {"name-0": "Be Detailed", "sentence-0": "Each session names its minutes."}
    for fields, said in (
        ({"name-1": "Adaptable", "sentence-1": "It is."}, "criterion 2 (Adaptable)"),
        ({"name-1": "Be Warm"}, "criterion 2 (Be Warm)"),
        ({"name-1": "be detailed", "sentence-1": "It is."}, "criterion 2"),
        ({"name-1": "Be Detailed", "sentence-1": "It is."}, "two criteria are called"),
        ({"name-1": "Be Warm", "sentence-1": "It is.", "place-1": "first"}, "its place as a number"),
    ):
        owner.get("/workshop")
        owner.send("/workshop/edit", rubric=owner.field("rubric"), **row, **fields)
        assert owner.code == 400
        assert said in owner.html
    assert site.project.rubric == before


def test_a_form_that_was_only_looked_at_changes_no_criterion(site: Site, owner: Browser) -> None:
    criteria = tuple(
        Criterion(
            name=f"Be Good {chr(97 + place)}x",
            sentence="Two  spaces\nand a line.",
            anchors=(Anchor(value=1, text="One\ntwo."), Anchor(value=-1, text="No.")),
        )
        for place in range(14)
    )
    site.project.save_rubric(site.project.rubric.with_criteria(criteria))
    before = site.project.rubric
    owner.get("/workshop")
    fields = {"rubric": owner.field("rubric")}
    for place, one in enumerate(criteria[:12]):
        fields |= {
            f"name-{place}": one.name,
            f"sentence-{place}": "Two spaces and a line.",
            f"place-{place}": str(place + 1),
        }
        fields |= {f"anchor-{place}-2": "One\r\ntwo.", f"anchor-{place}-0": "No."}
    owner.send("/workshop/edit", **fields)
    assert owner.code == 200
    assert site.project.rubric == before, "those that have no row are kept, too"


def test_results_say_whether_the_judge_has_a_certificate(site: Site, owner: Browser) -> None:
    assert "certificate" not in owner.get("/results"), "nothing was labelled"
    rubric = site.project.rubric
    config = {"rubric": rubric.model_dump(mode="json"), "judge": {"model": "j"}}
    scores = tuple(Score(criterion=name, value=1, reason="r") for name in rubric.names)
    site.project.open_run("label", config).finish(
        [Judgement(item="i1", judge="j", rubric=rubric.digest, scores=scores)]
    )
    assert "The judge has no certificate; once people have rated, this writes one: hone agree" in owner.get(
        "/results"
    )
    (site.project.folder / "certificates").mkdir()
    (site.project.folder / "certificates" / "old.certificate.json").write_text("{")
    assert "No certificate of the judge fits: " in owner.get("/results")


def test_results_draw_who_is_strict_on_one_axis(site: Site, owner: Browser) -> None:
    site.store.add_subjects([NewSubject(f"n{n}", f"Plan {n}.", f"Week {n}.", "m") for n in range(12)])
    rated(site, ("Ann", 1), ("Ben", 0), ("Cid", 0))
    html = owner.get("/results")
    assert "Ann: milder than the others" in html
    strict = html[html.index('id="strict"') : html.index("criterion-result")]
    assert strict.count('class="chart"') == strict.count("The same as a table") == len(site.rubric.names)
