"""What to do next in a project: the one place that decides it, for the report, the first page and the commands.

Values in, a list of steps out: why, and what to type. What a caller does not know it leaves out of the view, and then
nothing follows from it: the first page knows less than the report, and shows fewer steps by the same rules.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from hone.journey.labelling import LabelOptions
from hone.journey.loop import (
    AdviseOptions,
    CompareOptions,
    DraftOptions,
    FinaliseOptions,
    LintOptions,
    MergeOptions,
    ReplyOptions,
)
from hone.journey.options import VerbOptions
from hone.journey.people import InviteOptions, RateOptions, StatusOptions
from hone.rubrics.compare import Summary, summary
from hone.rubrics.lint import lint

if TYPE_CHECKING:  # they load the statistics and the engines, which the rubric's commands do without
    from hone.journey.auditing import AuditOptions
    from hone.journey.exporting import ExportOptions
    from hone.journey.talking import ChatOptions
    from hone.journey.testing import BenchOptions
    from hone.report.view import ProjectView

Part = Literal["criteria", "comparison", "version", "replies", "scores", "people", "judge", "model"]

_FEW = 10
_UNSCORED = 0.1


@dataclass(frozen=True)
class NextStep:
    """One thing to do."""

    part: Part
    """The part of the journey that it belongs to."""
    why: str
    typed: tuple[VerbOptions, ...]
    """The verbs that do it, with their options, one after the other."""

    @property
    def command(self) -> str:
        """What a person types."""
        return command_of(*self.typed)


def command_of(*verbs: VerbOptions) -> str:
    """Verbs as a person types them, one after the other."""
    return " && ".join(verb.command_line() for verb in verbs)


def after(done: VerbOptions) -> VerbOptions:
    """What usually comes after a verb of the rubric's life.

    Raises:
        KeyError: It is another verb.
    """
    if isinstance(done, LabelOptions):
        from hone.journey.auditing import AuditOptions  # noqa: PLC0415 - see above

        return AuditOptions(data=done.data, rubric=done.rubric, judge=done.judge[0] if done.judge else None)
    return _AFTER[type(done)]


def after_audit(done: AuditOptions, moved: str) -> NextStep:
    """What comes after an audit.

    Args:
        done: Its options.
        moved: What moves the judge, in words; empty where nothing was seen to.
    """
    if moved:
        other = done.model_copy(update={"judge": "SPEC"})
        return NextStep("judge", f"The judge is moved by {moved}: try another one.", (other,))
    return NextStep(
        "people", "No sign that anything but the criteria moves the judge: have people rate.", (RateOptions(),)
    )


_LOOK = "See what the judge gives to an empty reply, “ok” and other planted ones, and what else moves it."

_AFTER: dict[type[VerbOptions], VerbOptions] = {
    DraftOptions: CompareOptions(),
    CompareOptions: AdviseOptions(),
    AdviseOptions: MergeOptions(),
    MergeOptions: FinaliseOptions(),
    ReplyOptions: LabelOptions(),
}


def bench_against(base: str, model: str, task: str = "sums", judge: str = "") -> BenchOptions:
    """The test that a tuned model has to pass, beside its base.

    Args:
        base: The base's spec.
        model: The tuned model's.
        task: The benchmark; `rubric` is the project's own.
        judge: The project's judge. One that would score its own replies is left to be named.
    """
    from hone.journey.testing import BenchOptions  # noqa: PLC0415 - see above

    own = task == "rubric" and judge in {base, model}
    return BenchOptions(task=task, model=(base, model), judge="SPEC" if own else None, gate=True)


def export_base(base: str, prompt: str) -> ExportOptions:
    """The base as a file, with the prompt under which it does best; shots are no part of a file.

    Args:
        base: Its spec.
        prompt: The prompt's label, such as "boxed, 2 shots".
    """
    from hone.journey.exporting import ExportOptions  # noqa: PLC0415 - see above

    name = prompt.partition(",")[0]
    built_in = name if name in {"solve", "boxed"} else "none"
    return ExportOptions(model=base.removeprefix("hf:"), out=Path("base.gguf"), prompt=built_in)


def talk_to(file: Path | str) -> ChatOptions:
    """A conversation with an exported file."""
    from hone.journey.talking import ChatOptions  # noqa: PLC0415 - see above

    return ChatOptions(model=f"gguf:{file}")


def makes(view: ProjectView) -> dict[str, str]:
    """What makes each part of a project that is not there yet, as it is typed, by the part's name in the report."""
    from hone.journey.auditing import AuditOptions  # noqa: PLC0415 - see above
    from hone.journey.exporting import ExportOptions  # noqa: PLC0415 - see above
    from hone.journey.tuning import TuneOptions  # noqa: PLC0415 - see above

    tuned = view.tuned
    base, model = (tuned.base, tuned.spec) if tuned else ("BASE", "TUNED")
    source = tuned.spec.removeprefix("hf:") if tuned else "MODEL+ADAPTER"
    scores = (LabelOptions(),) if view.replies else (ReplyOptions(), LabelOptions())
    made: dict[str, tuple[VerbOptions, ...]] = {
        "rubric": (DraftOptions(),),
        "comparison": (CompareOptions(),),
        "decision": (MergeOptions(),),
        "version": (FinaliseOptions(),),
        "scores": scores,
        "agreement": (RateOptions(),),
        "audit": (AuditOptions(),),
        "tuning": (TuneOptions(data="sums"),),
        "bench": (bench_against(base, model),),
        "export": (ExportOptions(model=source, out=Path("model.gguf")),),
    }
    return {name: command_of(*verbs) for name, verbs in made.items()}


def next_steps(view: ProjectView) -> list[NextStep]:
    """What to do, in the order of the journey: what is missing, and what is there but weak."""
    return list(
        chain(_rubric(view), _finalise(view), _scores(view), _audit(view), _people(view), _judge(view), _model(view))
    )


def _rubric(view: ProjectView) -> Iterator[NextStep]:
    if not view.rubric.criteria:
        yield NextStep("criteria", "There are no criteria yet: let the expert propose some.", (DraftOptions(),))
        return
    if view.compared is None:
        yield NextStep("comparison", "See whether stating the criteria helps.", (CompareOptions(),))
        return
    if why := _weak_expert(summary(view.compared.comparisons)):
        stronger = f"{why}: name a stronger “expert” in hone.yaml, and compare again."
        yield NextStep("comparison", stronger, (CompareOptions(fresh=True),))
    elif not view.compared.current and view.finalised is None:
        yield NextStep("comparison", "rubric.yaml has changed since it was compared.", (CompareOptions(),))
    if view.advised is not None:
        yield NextStep("comparison", "The expert's advice waits for your decision.", (MergeOptions(),))


def _weak_expert(found: Summary) -> str:
    """Why the expert's comparisons show nothing; empty where they may."""
    if found.unread * 2 >= found.pairs:
        unread = f"{found.unread} of {found.pairs} pairs"
        return f"In {unread} the expert's verdict could not be read, so nothing was shown"
    if found.flipped * 2 >= found.pairs:
        flipped = f"{found.flipped} of {found.pairs} pairs"
        return f"The expert's verdict changed with the order in {flipped}, so it is too weak"
    return ""


def _finalise(view: ProjectView) -> Iterator[NextStep]:
    final = view.finalised
    if view.rubric.criteria and (final is None or final.hash != view.rubric.digest):
        yield NextStep("version", "rubric.yaml is not frozen as a version.", (FinaliseOptions(),))
    findings = lint(view.shown) if view.shown.criteria else []
    if findings:
        count = "One criterion" if len(findings) == 1 else f"{len(findings)} things in the rubric"
        why = f"{count} will be read in different ways; change rubric.yaml, and finalise again."
        yield NextStep("criteria", why, (LintOptions(),))


def _scores(view: ProjectView) -> Iterator[NextStep]:
    if view.shown.criteria and not view.replies:
        yield NextStep("replies", "Write replies under the rubric.", (ReplyOptions(),))
    found = view.scored
    if found is None:
        if view.replies:
            yield NextStep("scores", "Let the judge score the replies.", (LabelOptions(),))
        return
    if found.rubric.digest != view.shown.digest:
        why = "The scores are of another rubric than the latest one."
        yield NextStep("scores", why, (ReplyOptions(), LabelOptions()))
        return
    unscored = sum(one.unscored is not None for one in found.judgements)
    if found.incomplete:
        yield NextStep("scores", "Labelling is not complete.", (LabelOptions(),))
    elif unscored > _UNSCORED * len(found.judgements):
        why = f"{unscored} of {len(found.judgements)} replies are unscored: try another judge."
        yield NextStep("scores", why, (LabelOptions(judge=("SPEC",)),))


def _audit(view: ProjectView) -> Iterator[NextStep]:
    """Before people give their time: does the judge read the replies at all?"""
    if view.scored is not None and view.audited is None:
        yield NextStep("judge", _LOOK, (after(LabelOptions()),))


def _people(view: ProjectView) -> Iterator[NextStep]:
    if view.invited == 0:
        yield NextStep("people", "Nobody else is invited to rate yet.", (InviteOptions(name="NAME"),))
    if view.wanted:
        yield NextStep("people", f"{view.wanted:,} ratings are still wanted.", (RateOptions(),))
    if view.scored is None:
        return
    if view.agreed is None:
        if any(where == "agreement" for where, _ in view.broken):
            return  # what is in the way stands at the top of the page
        why = "Nobody has rated yet, so nobody knows how good the judge is. Rate some, and invite others."
        yield NextStep("people", why, (RateOptions(),))
        return
    criteria = view.agreed.agreement.criteria
    items = min((one.items for one in criteria.values()), default=0)
    alone = any(len(one.raters) < 2 for one in criteria.values())
    if alone:
        why = "One person alone cannot show how well people agree: invite a second one."
        yield NextStep("people", why, (InviteOptions(name="NAME"),))
    elif items < _FEW:
        why = f"{items} rated items are few; how many more it takes:"
        yield NextStep("people", why, (StatusOptions(),))


def _judge(view: ProjectView) -> Iterator[NextStep]:
    from hone.journey.auditing import AuditOptions  # noqa: PLC0415 - see above
    from hone.journey.refining import RefineOptions  # noqa: PLC0415 - see above
    from hone.judging.audit import moved_by  # noqa: PLC0415 - see above

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
            "judge",
            f"Worse than a person: {', '.join(worse)}. Refine the rubric from where people and judge differ, or try "
            "another judge.",
            (RefineOptions(),),
        )
    if view.audited is not None and (moved := moved_by(view.audited.findings)):
        yield after_audit(AuditOptions(), moved)


def _model(view: ProjectView) -> Iterator[NextStep]:
    from hone.journey.exporting import ExportOptions  # noqa: PLC0415 - see above
    from hone.journey.tuning import TuneOptions  # noqa: PLC0415 - see above

    tuned, benched, exported = view.tuned, view.benched, view.exported
    if tuned is None:
        if view.scored is not None:
            why = "Tune a small model on your own scored replies: name the file that hone label wrote."
            yield NextStep("model", why, (TuneOptions(data="LABELLED"),))
            return
        why = "Tune a small model: “sums” shows how on this machine; or name your own data."
        yield NextStep("model", why, (TuneOptions(data="sums"),))
        return
    if tuned.result["scale"] == 0:
        why = "Nothing that helps was learnt: give it more or other examples, or a lower learning rate."
        yield NextStep("model", why, (TuneOptions(data="DATA", learning_rate=0.0003),))
        return
    tested = view.matched if tuned.test == "rubric" else benched
    if tested is None or not any(one.model == tuned.spec for one in tested.report.scores):
        why = "Test the tuned model against its base before anybody uses it."
        if tuned.test == "rubric":
            why = "Test the tuned model against its base on the project's own items, by its rubric."
        yield NextStep(
            "model", why, (bench_against(tuned.base, tuned.spec, tuned.test, view.settings.models.judge.model),)
        )
        return
    last = tested.report.comparisons[-1] if tested.report.comparisons else None
    if last is not None and not last.not_worse(tested.margin):
        why = "It may be worse than its base: look at what was lost, and tune on other examples."
        yield NextStep("model", why, (TuneOptions(data="DATA"),))
    elif exported is None or exported.model.removeprefix("hf:") != tuned.spec.removeprefix("hf:"):
        export = ExportOptions(
            model=tuned.spec.removeprefix("hf:"),
            out=Path("model.gguf"),
            bench=None if tuned.test == "rubric" else "sums",
        )
        yield NextStep("model", "Make a file of it for laptop and phone, compared with its source.", (export,))
    elif exported.files:
        yield NextStep("model", "Talk to it.", (talk_to(exported.files[-1].file),))
