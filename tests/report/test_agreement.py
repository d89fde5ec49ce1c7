from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

from hone.errors import MissingExtraError
from hone.report.agreement import agreement_report, p_value
from hone.report.agreement_page import AgreementView, agreement_page, pictures
from hone.report.drawing import check_drawing, inline, save_picture
from hone.report.figures import agreement_picture
from hone.report.wording import leaning, with_interval
from hone.stats import Agreement, BootstrapOptions, Figure, Level, Ratings, agreement_figures


def agreed(level: Level = "ordinal", name: str = "Be Clear", judges: int = 1) -> Agreement:
    generator = np.random.default_rng(0)
    truth = generator.integers(0, 3, (60, 1))
    people = np.clip(truth + generator.integers(-1, 2, (60, 2)), 0, 2).astype(float)
    scores = np.clip(truth + generator.integers(0, 2, (60, judges)), 0, 2).astype(float)
    names = [f"{name} judge {place}" for place in range(judges)]
    return agreement_figures(
        Ratings({name: people}, ("r", "s"), level, {name: scores}, names), BootstrapOptions(resamples=200)
    )


def printed(agreement: Agreement) -> str:
    console = Console(width=120, record=True, file=Path("/dev/null").open("w", encoding="utf-8"))  # noqa: SIM115
    console.print(agreement_report(agreement))
    console.file.close()
    return console.export_text()


def test_figures_are_written_as_people_read_them() -> None:
    assert with_interval(Figure(0.7123, 0.66, 0.758, 40)) == "0.71 (0.66 to 0.76)"
    assert with_interval(Figure(0.9, None, None, 40), "accuracy") == "90%"
    assert with_interval(Figure(0.1, -0.02, 0.2, 40), "gap") == "+0.10 (-0.02 to +0.20)"
    assert with_interval(Figure(None, None, None, 0, "one level only")) == "–"
    assert p_value(0.00001) == "<0.001"


def test_a_lenient_judge_is_called_lenient() -> None:
    judge = agreed().overall.judges["Be Clear judge 0"]
    assert leaning(judge).startswith("lenient +0.")


def test_labels_have_no_scatter_and_no_leaning() -> None:
    agreement = agreed("nominal")
    assert leaning(agreement.overall.judges["Be Clear judge 0"]) == "–"
    names = [picture.name for picture in pictures(AgreementView("f.csv", agreement))]
    assert names == ["agreement", "confusion-1-be-clear"]


def test_the_terminal_is_sent_no_control_characters() -> None:
    out = printed(agreed(name="Be \x1b[31mRed\x1b]0;title\x07"))
    assert "\x1b" not in out
    assert "Be Red" in out


def test_a_name_with_dollars_is_no_mathematics(tmp_path: Path) -> None:
    agreement = agreed(name="Be $\\frac{1}{0$ <b>&")
    for picture in pictures(AgreementView("f.csv", agreement)):
        for path in save_picture(picture, tmp_path):
            assert path.stat().st_size > 1000
    svg = inline(agreement_picture(agreement), "x")
    assert "<b>" not in svg
    assert "&lt;b&gt;&amp;" in svg


def test_a_name_in_another_script_draws(tmp_path: Path) -> None:
    assert save_picture(agreement_picture(agreed(name="清楚")), tmp_path)


def test_an_inline_picture_refers_to_nothing_outside() -> None:
    svg = inline(agreement_picture(agreed()), "one")
    assert svg.startswith('<svg class="chart" role="img"')
    assert "</title><desc>" in svg
    assert "http" not in svg
    assert "style" not in svg
    assert "<metadata" not in svg
    assert "DOCTYPE" not in svg
    assert 'id="figure' not in svg
    assert "var(--ink)" in svg
    assert "#1b1f24" not in svg


def test_more_judges_than_panels_are_said(tmp_path: Path) -> None:
    view = AgreementView("f.csv", agreed(judges=14))
    titles = [picture.title for picture in pictures(view)]
    assert "Be Clear: where judges and people differ (the first 12 of 14 judges)" in titles
    page = agreement_page(view)
    assert page.count("says ↓, people →") == 14


def test_without_matplotlib_the_remedy_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(MissingExtraError, match=r'pip install "hone-llm\[figures\]"'):
        check_drawing()
