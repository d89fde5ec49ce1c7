"""What refining offers, on the workshop page: shown as material, decided on once."""

from __future__ import annotations

from hone.project import Project
from hone.rubrics.refinement import CriterionChange, Difference, GateAnswer, Proposal, RefinedCase, Refinement
from hone.stats import Figure
from hone.web.site import Site
from tests.web.conftest import Browser
from tests.web.hostile import HOSTILE


def refined(project: Project, *, sentence: str = "Each session names its minutes and its topic.") -> Refinement:
    """A finished run that offers other words for the first criterion."""
    rubric = project.rubric
    new = rubric.criteria[0].model_copy(update={"sentence": sentence})
    offered = rubric.model_copy(update={"criteria": (new, *rubric.criteria[1:])})
    gain = Figure(0.3, 0.1, 0.5, 80)
    found = Refinement(
        rubric=rubric,
        judge="m",
        expert="e",
        way="prequential",
        items=100,
        people=2,
        margin=0.1,
        differences=(Difference(criterion=new.name, rated=100, differ=30, higher=20),),
        proposals=(
            Proposal(id="p0", kind="present", rubric=rubric),
            Proposal(id="p1", kind="wording", rubric=offered, reasons={new.name: "Topics count."}, made_from=20),
        ),
        chosen=("p1",),
        gate=GateAnswer(
            verdict="better",
            opening=1,
            significance=0.025,
            tested=80,
            difference=gain,
            changes=(CriterionChange(criterion=new.name, difference=gain, fell=False),),
        ),
        offered="p1",
        cases=(
            RefinedCase(
                item="i1", criterion=new.name, people=1, before=-1, after=1, request="<b>Q</b>", text=HOSTILE[0].text
            ),
            RefinedCase(item="i2", criterion=new.name, people=0, before=0, after=1, request="Q2", text="A2"),
        ),
    )
    project.open_run("rubric refine", {"n": sentence}).finish([found])
    return found


def test_the_owner_decides_on_what_refining_offers(site: Site, owner: Browser) -> None:
    assert "Refined by what people scored" not in owner.get("/workshop")
    found = refined(site.project)
    page = owner.get("/workshop")
    assert "Better: the judge agrees more with people" in page
    assert "Rated replies that it mends: 1" in page
    assert "People: meets. The judge: does not meet, with the new words meets." in page
    assert "<b>Q</b>" not in page
    assert "<script>" not in page
    rubric = site.project.rubric.digest
    for fields in ({"rubric": "0" * 16, "take": "yes"}, {"rubric": rubric, "take": "perhaps"}):
        owner.get("/workshop")
        owner.send("/workshop/refined", **fields)
        assert owner.code == 400
        assert site.project.rubric == found.rubric
    owner.get("/workshop")
    owner.send("/workshop/refined", rubric=rubric, take="yes", note="it is so")
    assert site.project.rubric == found.proposal.rubric
    assert site.project.decisions[-1].note == "it is so"
    assert "Refined by what people scored" not in owner.get("/workshop"), "that was about the rubric before"


def test_what_was_declined_is_not_asked_about_again(site: Site, owner: Browser) -> None:
    found = refined(site.project)
    owner.get("/workshop")
    owner.send("/workshop/refined", rubric=found.rubric.digest, take="no")
    assert site.project.rubric == found.rubric
    page = owner.get("/workshop")
    assert "This was decided on." in page
    assert 'action="/workshop/refined"' not in page
