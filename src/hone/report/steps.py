"""What to do next in a project: what is missing, and what is there but weak, each with the command that mends it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain

from hone.report.view import ProjectView
from hone.rubrics.compare import summary
from hone.rubrics.lint import lint

_FEW = 10
_UNSCORED = 0.1


@dataclass(frozen=True)
class NextStep:
    """One thing to do."""

    why: str
    command: str


def next_steps(view: ProjectView) -> list[NextStep]:
    """What to do, in the order of the journey."""
    return list(chain(_rubric(view), _finalise(view), _scores(view), _people(view), _judge(view), _model(view)))


def _rubric(view: ProjectView) -> Iterator[NextStep]:
    if not view.rubric.criteria:
        yield NextStep("There are no criteria yet: let the expert propose some.", "hone rubric draft")
        return
    if view.compared is None:
        yield NextStep("See whether stating the criteria helps.", "hone rubric compare")
        return
    found = summary(view.compared.comparisons)
    if found.flipped * 2 >= found.pairs:
        yield NextStep(
            f"The expert's verdict changed with the order in {found.flipped} of {found.pairs} pairs, so it is "
            "too weak: name a stronger “expert” in hone.yaml, and compare again.",
            "hone rubric compare --fresh",
        )
    elif not view.compared.current and view.finalised is None:
        yield NextStep("rubric.yaml has changed since it was compared.", "hone rubric compare")
    if view.advised is not None:
        yield NextStep("The expert's advice waits for your decision.", "hone rubric merge")


def _finalise(view: ProjectView) -> Iterator[NextStep]:
    final = view.finalised
    if view.rubric.criteria and (final is None or final.hash != view.rubric.digest):
        yield NextStep("rubric.yaml is not frozen as a version.", "hone rubric finalise")
    findings = lint(view.shown) if view.shown.criteria else []
    if findings:
        count = "One criterion" if len(findings) == 1 else f"{len(findings)} things in the rubric"
        yield NextStep(
            f"{count} will be read in different ways; change rubric.yaml, and finalise again.", "hone rubric lint"
        )


def _scores(view: ProjectView) -> Iterator[NextStep]:
    if view.shown.criteria and not view.replies:
        yield NextStep("Write replies under the rubric.", "hone reply")
    found = view.scored
    if found is None:
        if view.replies:
            yield NextStep("Let the judge score the replies.", "hone label")
        return
    if found.rubric.digest != view.shown.digest:
        yield NextStep("The scores are of another rubric than the latest one.", "hone reply && hone label")
        return
    unscored = sum(one.unscored is not None for one in found.judgements)
    if found.incomplete:
        yield NextStep("Labelling is not complete.", "hone label")
    elif unscored > _UNSCORED * len(found.judgements):
        yield NextStep(
            f"{unscored} of {len(found.judgements)} replies are unscored: try another judge.",
            "hone label --judge SPEC",
        )


def _people(view: ProjectView) -> Iterator[NextStep]:
    if view.scored is None:
        return
    if view.agreed is None:
        if any(where == "agreement" for where, _ in view.broken):
            return  # what is in the way stands at the top of the page
        yield NextStep(
            "Nobody has rated yet, so nobody knows how good the judge is. Rate some, and invite others.", "hone rate"
        )
        return
    criteria = view.agreed.agreement.criteria
    items = min((one.items for one in criteria.values()), default=0)
    alone = any(len(one.raters) < 2 for one in criteria.values())
    if alone:
        yield NextStep("One person alone gives no ceiling: invite a second one.", "hone rate invite NAME")
    elif items < _FEW:
        yield NextStep(f"{items} rated items are few; how many more it takes:", "hone feedback status")


def _judge(view: ProjectView) -> Iterator[NextStep]:
    verdicts = (
        []
        if view.agreed is None
        else [
            (name, judge, found.verdict)
            for name, one in view.agreed.agreement.criteria.items()
            for judge, found in one.judges.items()
            if found.items
        ]
    )
    worse = [f"{judge} on {name}" for name, judge, verdict in verdicts if verdict.outcome == "worse"]
    if worse:
        yield NextStep(
            f"Worse than a person: {', '.join(worse)}. Give the criterion anchors or scored examples in "
            "rubric.yaml, or try another judge.",
            "hone label --judge SPEC",
        )
    if view.scored is not None and view.audited is None:
        yield NextStep("See what moves the judge besides the criteria.", "hone audit")
    elif view.audited is not None and any(one.moved for one in view.audited.findings):
        moved = ", ".join(dict.fromkeys(one.name for one in view.audited.findings if one.moved))
        yield NextStep(f"The judge is moved by {moved}: try another one.", "hone audit --judge SPEC")


def _model(view: ProjectView) -> Iterator[NextStep]:
    tuned, benched, exported = view.tuned, view.benched, view.exported
    if tuned is None:
        yield NextStep(
            "Tune a small model: “sums” shows how on this machine; or name your own data.", "hone tune sums"
        )
        return
    if tuned.result["scale"] == 0:
        yield NextStep(
            "Nothing that helps was learnt: give it more or other examples, or a lower learning rate.",
            "hone tune DATA --learning-rate 0.0003",
        )
        return
    of_it = benched is not None and any(one.model == tuned.spec for one in benched.report.scores)
    if benched is None or not of_it:
        yield NextStep(
            "Test the tuned model against its base before anybody uses it.",
            f"hone bench sums --model {tuned.base} --model {tuned.spec} --gate",
        )
        return
    last = benched.report.comparisons[-1] if benched.report.comparisons else None
    if last is not None and not last.not_worse(benched.margin):
        yield NextStep("The gate is shut: look at what was lost, and tune on other examples.", "hone tune DATA")
    elif exported is None or exported.model.removeprefix("hf:") != tuned.spec.removeprefix("hf:"):
        yield NextStep(
            "Make a file of it for laptop and phone, compared with its source.",
            f"hone export {tuned.spec.removeprefix('hf:')} --out model.gguf --bench sums",
        )
    elif exported.files:
        yield NextStep("Talk to it.", f"hone chat gguf:{exported.files[-1].file}")
