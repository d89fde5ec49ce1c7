"""Results as a person would like to read them in a terminal.

Everything that a model or a file wrote passes through `clean` and is put into `Text`, never into markup: it cannot
move the cursor, colour the screen, or hide what stands beside it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from hone.domain.evidence import Advice, Comparison, Decision, Judgement, RubricVersion
from hone.domain.rubric import Rubric
from hone.domain.task import Reply
from hone.judging.audit import AuditFinding
from hone.judging.label import LabelReport
from hone.rubrics.compare import Summary
from hone.rubrics.finalise import RubricChange
from hone.rubrics.lint import LintFinding
from hone.stats import Figure

_CONTROL = re.compile(
    r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)?"
    r"|[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]"
)
"""Terminal escape sequences, other control characters, and marks that turn the direction of writing."""


def clean(text: str) -> str:
    """Text without anything that a terminal would act on."""
    return _CONTROL.sub("", text.replace("\r\n", "\n"))


def short(text: str, limit: int = 160) -> str:
    """The beginning of a text on one line."""
    line = " ".join(clean(text).split())
    return line if len(line) <= limit else line[: limit - 1].rstrip() + "…"


def share_words(share: Figure) -> str:
    """A share with its interval in words: "67% (95% interval 21% to 94%)"."""
    if share.value is None or share.low is None or share.high is None:
        return "no share: nothing to count"
    return f"{share.value:.0%} (95% interval {share.low:.0%} to {share.high:.0%})"


def rubric_table(rubric: Rubric, title: str = "") -> RenderableType:
    """Criteria and scale."""
    table = Table(title=Text(clean(title)) if title else None, title_justify="left", show_lines=False, expand=False)
    table.add_column("criterion", style="bold", no_wrap=True)
    table.add_column("what a reader sees in a reply that meets it")
    for criterion in rubric.criteria:
        rule = f"\n(a rule, scored without a model: {'; '.join(criterion.rule.words)})" if criterion.rule else ""
        table.add_row(Text(clean(criterion.name)), Text(clean(criterion.sentence + rule)))
    levels = " · ".join(f"{level.value:g} {clean(level.label)}" for level in rubric.scale.levels)
    return Group(table, Text(f"scale: {levels}    examples: {len(rubric.examples)}", style="dim"))


def reply_panel(reply: Reply, title: str) -> RenderableType:
    """One reply under its request."""
    request = Text(short(reply.prompt, 400), style="italic")
    cut = Text("\n(cut at its length limit)", style="yellow") if reply.cut else Text("")
    return Panel(Group(request, Text(""), Text(clean(reply.text)), cut), title=Text(short(title)), title_align="left")


def comparison_table(comparisons: Sequence[Comparison]) -> RenderableType:
    """Each pair: who won in which order, and the measures."""
    table = Table(show_lines=True)
    for name in ("item", "without first", "with first", "result", "measures that decided"):
        table.add_column(name)
    for comparison in comparisons:
        first, second = comparison.verdicts
        result = Text(comparison.winner or "unread", style="bold")
        if comparison.flipped:
            result.append(" (flipped)", style="dim")
        if comparison.without.cut or comparison.with_.cut:
            result.append(" (a reply was cut)", style="yellow")
        names = dict.fromkeys(counting_measures(comparison))
        table.add_row(
            Text(clean(comparison.id)),
            Text(first.winner or f"unread: {short(first.unread or '', 60)}"),
            Text(second.winner or f"unread: {short(second.unread or '', 60)}"),
            result,
            Text(short(", ".join(names), 120)),
        )
    return table


def counting_measures(comparison: Comparison) -> list[str]:
    """The names of the measures with a quote that stands in its reply, of both orders."""
    return [measure.name for verdict in comparison.verdicts for measure in verdict.measures if measure.counts]


def comparison_summary(result: Summary) -> str:
    """The comparisons in one or two sentences."""
    if result.rate.n:
        text = f"Stating the rubric won {result.won} of {result.rate.n} pairs: {share_words(result.rate)}."
        parts = [f"{result.lost} lost", f"{result.tied} tied"]
        if result.flipped:
            parts.append(f"of these {result.flipped} because the verdict changed with the order")
        if result.unread:
            parts.append(f"{result.unread} could not be read")
        text = f"{text} {', '.join(parts)}."
    else:
        text = (
            f"Nothing is known of whether stating the rubric helps: none of the {result.pairs} pairs has a verdict "
            "that can be used. Try a stronger expert."
        )
    if result.cut:
        text += (
            f" In {result.cut} of {result.pairs} pairs a reply was cut at its length limit, so what it lacks may be "
            "what was cut off: raise `max_tokens` of the writer."
        )
    return text


def advice_block(advice: Advice, rubric: Rubric, comparisons: Sequence[Comparison] = ()) -> RenderableType:
    """One piece of advice: what it would change, why, and what it rests on.

    Args:
        advice: The piece.
        rubric: The criteria as they stand.
        comparisons: Those that it may rest on, for a quote from each; without them only their ids are shown.
    """
    head = Text(f"{advice.id}  {advice.action.upper()}  ", style="bold")
    head.append(clean(advice.criterion or (advice.proposal.name if advice.proposal else "")), style="bold cyan")
    lines = [head]
    old = next((criterion for criterion in rubric.criteria if criterion.name == advice.criterion), None)
    if old and advice.action != "keep":
        lines.append(Text(f"  - {clean(old.name)}: {clean(old.sentence)}", style="red"))
    if advice.proposal:
        lines.append(Text(f"  + {clean(advice.proposal.name)}: {clean(advice.proposal.sentence)}", style="green"))
    lines.append(Text(f"  why: {short(advice.reason, 300)}"))
    behind = ", ".join(advice.comparisons) or "no comparison"
    lines.append(Text(f"  rests on: {clean(behind)}", style="dim"))
    for pair in comparisons:
        quote = next((one for one in pair.found_quotes if one.side == pair.winner), None)
        if pair.id in advice.comparisons and quote:
            written = "with the criteria" if quote.side == "with" else "without them"
            lines.append(Text(f"    {clean(pair.id)}, better {written}: “{short(quote.text, 200)}”", style="dim"))
    return Group(*lines)


def decision_line(decision: Decision) -> RenderableType:
    """One decision on one line."""
    piece = decision.advice
    about = piece.criterion or (piece.proposal.name if piece.proposal else "")
    text = f"{piece.id}: {piece.action} {clean(about)} → {decision.action}"
    return Text(text + (f" ({clean(decision.note)})" if decision.note else ""))


def diff_block(changes: Iterable[RubricChange]) -> RenderableType:
    """What changed between two rubrics."""
    lines: list[Text] = []
    for change in changes:
        if change.kind == "same":
            lines.append(Text(f"  {clean(change.name)}: {clean(change.new)}", style="dim"))
            continue
        lines.append(Text(f"{change.kind} {clean(change.name)}".strip(), style="bold"))
        if change.old:
            lines.append(Text(f"- {clean(change.old)}", style="red"))
        if change.new:
            lines.append(Text(f"+ {clean(change.new)}", style="green"))
    return Group(*lines) if lines else Text("nothing changed")


def findings_table(findings: Sequence[LintFinding]) -> RenderableType:
    """What lint found."""
    table = Table()
    for name in ("criterion", "rule", "what to look at"):
        table.add_column(name)
    for finding in findings:
        table.add_row(Text(clean(finding.criterion)), finding.rule, Text(clean(finding.message)))
    return table


def version_line(version: RubricVersion) -> str:
    """A version on one line: number, hash, parent, who, when."""
    parent = f"parent v{version.parent.version}" if version.parent else "no parent"
    text = f"v{version.version} {version.hash} · {parent} · {clean(version.by)}, {version.created:%Y-%m-%d %H:%M}"
    return text + (f" · {clean(version.note)}" if version.note else "")


def judgement_table(judgements: Sequence[Judgement], rubric: Rubric) -> RenderableType:
    """One row a reply, one column a criterion; below, the means and what was not scored."""
    table = Table()
    table.add_column("item")
    for name in rubric.names:
        table.add_column(Text(clean(name)), justify="right")
    for judgement in judgements:
        if judgement.unscored is not None:
            cells = [Text(f"unscored: {short(judgement.unscored, 60)}", style="yellow")]
        else:
            cells = [Text(f"{score.value:g}") for score in judgement.scores]
        table.add_row(Text(clean(judgement.item)), *cells)
    scored = [judgement for judgement in judgements if judgement.unscored is None]
    if scored:
        means = [sum(j.scores[k].value for j in scored) / len(scored) for k in range(len(rubric.criteria))]
        table.add_section()
        table.add_row("mean", *(f"{mean:.2f}" for mean in means))
    return table


def label_report(report: LabelReport) -> list[str]:
    """What came of a data set: scored and unscored by reason, calls and tokens, and why it stopped."""
    unscored = report.unscored.total()
    lines = [f"{report.scored:,} scored, {unscored:,} unscored"]
    lines += [f"  {count:,} × {short(reason)}" for reason, count in report.unscored.most_common()]
    names = report.signs.rubric.names if report.signs else tuple(report.alone | report.asked)
    for name in (one for one in names if report.alone[one] or report.asked[one]):
        alone, every = report.alone[name], report.alone[name] + report.asked[name]
        lines.append(decided_alone(clean(name), alone, every))
    lines += [f"note: {count:,} × {short(reason)}" for reason, count in report.noted.most_common()]
    lines += [f"warning: {warning}" for warning in (report.signs.warnings() if report.signs else ())]
    tally = report.tally
    if tally.calls:
        lines.append(f"{tally.calls:,} calls, {tally.usage.prompt:,} + {tally.usage.completion:,} tokens")
    if report.stopped:
        lines.append(f"stopped: {report.stopped}; raise it and type the same command to go on")
    return lines


def decided_alone(criterion: str, alone: int, every: int) -> str:
    """How many of a criterion's scores the first judge of a cascade gave without asking the second."""
    return f"{criterion}: {alone:,} of {every:,} decided by the first judge alone, the rest by the second"


def audit_table(findings: Sequence[AuditFinding]) -> RenderableType:
    """What moves a judge: one row a question, with its interval and what a judge that is not moved would show."""
    table = Table(show_lines=True)
    for name in ("what", "changed or compared", "measured", "figure (95% interval)", "if not moved", "n", "moved?"):
        table.add_column(name, no_wrap=name == "what")
    words = {True: Text("yes", style="bold yellow"), False: Text("no sign of it"), None: Text("cannot be told")}
    for finding in findings:
        figure = _figure(finding.figure)
        if finding.people is not None:
            figure += f"; people {_figure(finding.people)}"
        table.add_row(
            finding.name,
            finding.asked,
            finding.measured,
            figure,
            f"{finding.still:g}",
            str(finding.figure.n),
            words[finding.moved],
        )
    return table


def planted_lines(findings: Sequence[AuditFinding], rubric: Rubric) -> list[str]:
    """What the judge gives to replies that are no answer, in words, one sentence a kind."""
    low, high = rubric.scale.values[0], rubric.scale.values[-1]
    lines = []
    for one in findings:
        given, share = one.planted, one.figure
        if given is None or given.value is None:
            continue
        interval = "" if given.low is None or given.high is None else f"; 95% {given.low:.2f} to {given.high:.2f}"
        line = (
            f"This judge gives {one.asked} {given.value:.2f} on a scale from {low:g} to {high:g} "
            f"(mean of {given.n}{interval})"
        )
        if share.value is not None:
            line += f", and {round(share.value * share.n)} of {share.n} replies above {low:g} get more"
        lines.append(line + ".")
    return lines


def _figure(figure: Figure) -> str:
    if figure.value is None:
        return figure.reason or "undefined"
    if figure.low is None or figure.high is None:
        return f"{figure.value:.2f} ({figure.reason or 'no interval'})"
    return f"{figure.value:.2f} ({figure.low:.2f} to {figure.high:.2f})"
