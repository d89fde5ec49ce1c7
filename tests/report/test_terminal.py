"""What models and files wrote reaches the terminal as plain text: no escape sequence, bidi mark or markup acts."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console, RenderableType

from hone.domain.evidence import Advice, Comparison, Decision, Judgement, RubricVersion
from hone.domain.rubric import Rubric
from hone.domain.task import Reply
from hone.report import terminal
from hone.rubrics.compare import Summary, summary
from hone.rubrics.finalise import RubricChange, finalise
from hone.rubrics.lint import LintFinding
from hone.stats.proportion import wilson

EVIL = "[red]bad[/red] [/x] \x1b[31mred\x1b[0m \x1b]0;title\x07 \u202egnp.exe\u2066 \x9b2J\x00 :heart:"
"""Rich markup (also unbalanced), colours, a window title, writing direction, C1 and NUL, an emoji code."""
FORBIDDEN = set("\x1b\x07\x00\x9b\x7f\r\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def shown(what: RenderableType, *, colour: bool = False) -> str:
    stream = io.StringIO()
    console = Console(file=stream, width=400, force_terminal=colour, color_system="standard" if colour else None)
    console.print(what)
    return stream.getvalue()


def evil(extra: str = "") -> dict[str, Any]:
    return {
        "id": EVIL + extra,
        "without": {"text": EVIL, "model": EVIL},
        "with": {"text": EVIL, "model": EVIL},
        "verdicts": [
            {"first": "without", "winner": "with", "reason": EVIL, "measures": [{"name": EVIL, "better": "tie"}]},
            {"first": "with", "winner": None, "unread": EVIL, "raw": EVIL},
        ],
    }


@pytest.fixture
def rubric() -> Rubric:
    return Rubric.model_validate(
        {
            "criteria": [f"Be Clear: It is {EVIL}", "Be Kind: It greets."],
            "scale": [
                {"value": 0, "label": "low\x1b[31m\u202e", "anchor": "no"},
                {"value": 1, "label": "yes", "anchor": "yes"},
            ],
        }
    )


@pytest.fixture
def advice() -> Advice:
    return Advice.model_validate(
        {
            "id": "a1",
            "action": "modify",
            "criterion": "Be Clear",
            "proposal": {"name": "Be Plain", "sentence": EVIL},
            "reason": EVIL,
            "comparisons": [EVIL],
        }
    )


def renderables(rubric: Rubric, advice: Advice) -> dict[str, RenderableType]:
    reply = Reply(item=EVIL, prompt=EVIL, text=EVIL, model=EVIL, cut=True)
    now = datetime.now(UTC)
    decision = Decision(advice=advice, action="reject", note=EVIL, by=EVIL, at=now, before="a", after="b")
    scores = [{"criterion": name, "value": 1, "reason": EVIL} for name in rubric.names]
    judged = Judgement.model_validate({"item": EVIL, "judge": EVIL, "rubric": "a", "scores": scores})
    unscored = Judgement(item=EVIL, judge=EVIL, rubric="a", unscored=EVIL, raw=EVIL)
    return {
        "rubric_table": terminal.rubric_table(rubric, EVIL),
        "reply_panel": terminal.reply_panel(reply, reply.item),
        "comparison_table": terminal.comparison_table([Comparison.model_validate(evil())]),
        "advice_block": terminal.advice_block(advice, rubric),
        "decision_line": terminal.decision_line(decision),
        "diff_block": terminal.diff_block(
            [
                RubricChange("reworded", EVIL, EVIL, EVIL),
                RubricChange("same", EVIL, EVIL, EVIL),
                RubricChange("scale", EVIL, EVIL),
            ]
        ),
        "findings_table": terminal.findings_table([LintFinding("vague", EVIL, EVIL)]),
        "judgement_table": terminal.judgement_table([judged, unscored], rubric),
    }


NAMES = ["rubric_table", "reply_panel", "comparison_table", "advice_block", "decision_line", "diff_block",
         "findings_table", "judgement_table"]  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_text_of_models_and_files_comes_out_as_plain_text(rubric: Rubric, advice: Advice, name: str) -> None:
    text = shown(renderables(rubric, advice)[name])
    assert not FORBIDDEN & set(text)
    assert "[red]bad[/red] [/x] red" in text
    assert ":heart:" in text or "…" in text


@pytest.mark.parametrize("name", NAMES)
def test_in_colour_the_only_escape_sequences_are_our_own(rubric: Rubric, advice: Advice, name: str) -> None:
    text = shown(renderables(rubric, advice)[name], colour=True)
    assert "\x1b[31mred\x1b[0m" not in text
    assert not (FORBIDDEN - {"\x1b"}) & set(text)
    assert "\x1b]" not in text


@given(st.text())
def test_cleaned_text_has_nothing_that_a_terminal_acts_on(text: str) -> None:
    cleaned = terminal.clean(text)
    assert not FORBIDDEN & set(cleaned)
    assert all(letter in "\n\t" or letter >= " " for letter in cleaned)
    assert terminal.clean(cleaned) == cleaned


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("plain ü 😀 Ω", "plain ü 😀 Ω"),
        ("a\r\nb\tc", "a\nb\tc"),
        ("\x1b[1;31mred\x1b[0m", "red"),
        ("\x1b[2J\x1b[Htop", "top"),
        ("\x1b]8;;http://evil\x1b\\link\x1b]8;;\x1b\\", "link"),
        ("over\rwritten", "overwritten"),
        ("\u202eevil\u202c", "evil"),
        ("half \x1b[", "half ["),
    ],
)
def test_cleaning_removes_what_acts_and_keeps_the_rest(text: str, cleaned: str) -> None:
    assert terminal.clean(text) == cleaned


def test_a_long_text_is_shortened_to_one_line() -> None:
    assert terminal.short("a\nb   c") == "a b c"
    long = terminal.short("word " * 100, 20)
    assert len(long) <= 20
    assert long.endswith("…")


def test_a_share_is_said_with_its_interval() -> None:
    assert terminal.share_words(wilson(2, 3)) == "67% (95% interval 21% to 94%)"
    assert terminal.share_words(wilson(0, 0)) == "no share: nothing to count"


def test_the_summary_of_comparisons_is_a_sentence() -> None:
    flipped = evil() | {"verdicts": [{"first": "without", "winner": "with"}, {"first": "with", "winner": "without"}]}
    made = [Comparison.model_validate(evil()), Comparison.model_validate(flipped)]
    assert terminal.comparison_summary(summary(made)) == (
        "Stating the rubric won 0 of 1 pairs: 0% (95% interval 0% to 79%). 0 lost, 1 tied, "
        "of these 1 because the verdict changed with the order, 1 could not be read."
    )


def test_the_means_are_of_what_was_scored(rubric: Rubric) -> None:
    def judged(value: float) -> Judgement:
        scores = [{"criterion": name, "value": value, "reason": "So."} for name in rubric.names]
        return Judgement.model_validate({"item": "i", "judge": "j", "rubric": "r", "scores": scores})

    unscored = Judgement(item="u", judge="j", rubric="r", unscored="cut")
    text = shown(terminal.judgement_table([judged(0), judged(1), judged(1), unscored], rubric))
    assert "0.67" in text
    assert "unscored: cut" in text
    assert "mean" not in shown(terminal.judgement_table([unscored], rubric))


def test_a_version_is_one_line(rubric: Rubric) -> None:
    version: RubricVersion = finalise(rubric, [], [], by=f"Ada{EVIL}", note="for\x1b[31m spring")
    line = terminal.version_line(version)
    assert line.startswith(f"v1 {rubric.digest} · no parent · Ada")
    assert not FORBIDDEN & set(line)


def test_no_change_is_said() -> None:
    assert shown(terminal.diff_block([])).strip() == "nothing changed"


def test_where_no_verdict_could_be_used_nothing_is_said_of_who_won() -> None:
    unread = Summary(pairs=3, won=0, lost=0, tied=0, flipped=0, unread=3, rate=wilson(0, 0))
    text = terminal.comparison_summary(unread)
    assert text.startswith("Nothing is known of whether stating the rubric helps: none of the 3 pairs has")
    assert "won 0" not in text
