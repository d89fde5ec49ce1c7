"""A whole project as one page: where it stands, what to do next, then every part with its figures and source."""

from __future__ import annotations

from markupsafe import Markup

from hone.domain.rule import RULES
from hone.export.results import KeptAccuracy
from hone.judging.audit import moved_by
from hone.report.page import fill
from hone.report.sections.agreement import agreement_values
from hone.report.sections.audit import audit_values
from hone.report.sections.bench import bench_values, judged_values
from hone.report.sections.comparing import comparison_values
from hone.report.sections.export import export_values
from hone.report.sections.rubric import history_values, rubric_values
from hone.report.sections.scores import scores_values
from hone.report.sections.tuning import tuning_values
from hone.report.strictness import strictness_of
from hone.report.view import JudgedPart, ProjectView
from hone.report.wording import intervals_in_words, percent_cell, verdict_in_plain_words
from hone.rubrics.compare import summary

PARTS = (
    "task",
    "rubric",
    "history",
    "comparison",
    "scores",
    "agreement",
    "audit",
    "tuning",
    "bench",
    "export",
)
"""The parts of the page, in their order; each is a template in ``templates/sections``."""


def project_page(view: ProjectView) -> str:
    """The page."""
    return fill(
        "project.html",
        {
            "title": f"{view.name}: {view.settings.task.subject}",
            "view": view,
            "parts": PARTS,
            "glance": [(_linked(title, name), words) for name, title, words in standing(view)],
            "rubric": rubric_values(view),
            "history": history_values(view),
            "comparison": comparison_values(view),
            "scores": scores_values(view),
            "agreement": agreement_values(view),
            "strict": strictness_of(view.agreed.agreement) if view.agreed else [],
            "agreement_intervals": intervals_in_words(view.agreed.agreement) if view.agreed else "",
            "audit": audit_values(view),
            "tuning": tuning_values(view),
            "bench": bench_values(view),
            "judged": judged_values(view),
            "exported": export_values(view),
        },
    )


def _linked(title: str, name: str) -> Markup:
    """A link to a part of the page."""
    return Markup('<a href="#{}">{}</a>').format(name, title)


def standing(view: ProjectView) -> list[tuple[str, str, str]]:
    """Where each part of the journey stands: its name in the page, its title, and one line."""
    return [
        ("rubric", "rubric", _rubric_line(view)),
        ("comparison", "comparison", _comparison_line(view)),
        ("scores", "scores", _scores_line(view)),
        ("agreement", "agreement", _agreement_line(view)),
        ("audit", "audit of the judge", _audit_line(view)),
        ("tuning", "tuned model", _tuning_line(view)),
        ("bench", "base against tuned", _bench_line(view)),
        ("export", "exported files", _export_line(view)),
    ]


def _rubric_line(view: ProjectView) -> str:
    final, criteria = view.finalised, len(view.shown.criteria)
    if final is None:
        return f"{criteria} criteria in rubric.yaml, not finalised yet" if criteria else "no criteria yet"
    changed = "; rubric.yaml has changed since" if final.hash != view.rubric.digest else ""
    return f"version {final.version} with {criteria} criteria, by {final.by}, {final.created:%Y-%m-%d}{changed}"


def _comparison_line(view: ProjectView) -> str:
    if view.compared is None:
        return "nothing compared yet"
    found = summary(view.compared.comparisons)
    unread = f"; {found.unread} could not be read" if found.unread else ""
    return f"with the rubric {found.won} won, {found.tied} tied, {found.lost} lost of {found.pairs} pairs{unread}"


def _scores_line(view: ProjectView) -> str:
    if view.scored is None:
        return f"{view.replies:,} replies, not scored yet" if view.replies else "no replies yet"
    means = (f"{name} {mean.value:.2f}" for name, mean in view.scored.means.items() if mean.value is not None)
    return f"{len(view.scored.judgements):,} replies; {', '.join(means) or 'none could be scored'}"


def _agreement_line(view: ProjectView) -> str:
    if view.agreed is None:
        return "nobody has rated yet"
    said = [
        f"{name}{', by its rule' if who == RULES else ''}: {verdict_in_plain_words(judge)}"
        for name, one in view.agreed.agreement.criteria.items()
        for who, judge in one.judges.items()
        if judge.items
    ]
    return "; ".join(said) or "people rated, no judge scored the same replies"


def _audit_line(view: ProjectView) -> str:
    if view.audited is None:
        return "not audited yet"
    moved = moved_by(view.audited.findings)
    return f"the judge is moved by {moved}" if moved else "no sign that anything but the criteria moves it"


def _tuning_line(view: ProjectView) -> str:
    if view.tuned is None:
        return "none yet"
    held, scale = [look["loss"] for look in view.tuned.result["held_out"]], view.tuned.result["scale"]
    loss = f", loss on examples kept back from it {held[0]:.2f} before and {held[-1]:.2f} after" if held else ""
    kept = (
        "nothing that helps was learnt" if scale == 0 else f"what it learnt is applied at {scale:.0%} of its strength"
    )
    return f"{view.tuned.base.removeprefix('hf:')}: {kept}{loss}"


def _bench_line(view: ProjectView) -> str:
    if view.benched is None:
        return "not tested yet" if view.matched is None else _matched_line(view.matched)
    scores = view.benched.report.scores
    shares = ", ".join(f"{view.benched.names[one.model]} {percent_cell(one.flexible)}" for one in scores)
    last = view.benched.report.comparisons[-1] if view.benched.report.comparisons else None
    if last is None:
        return shares
    passed, points = last.not_worse(view.benched.margin), f"{100 * view.benched.margin:g} points"
    return f"{shares}; {'is not' if passed else 'may be'} worse by more than {points}"


def _matched_line(found: JudgedPart) -> str:
    means = ", ".join(
        f"{found.names[one.model]} {'–' if one.mean is None else f'{one.mean:.1%}'}" for one in found.report.scores
    )
    return f"by the rubric's judge: {means}"


def _export_line(view: ProjectView) -> str:
    if view.exported is None:
        return "none yet"
    return "; ".join(f"{one.file}, {one.bytes / 1e6:.0f} MB{_right(one.benchmark)}" for one in view.exported.files)


def _right(found: KeptAccuracy | None) -> str:
    if found is None or found.exported.value is None or found.source.value is None:
        return ""
    return f", {found.exported.value:.1%} right on {found.name} (its source {found.source.value:.1%})"
