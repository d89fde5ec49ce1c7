"""A certificate of a judge: signed here, stale once its judge changes, untrusted where it comes from elsewhere."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from hone.errors import FileFormatError, ProjectError
from hone.files import config_folder
from hone.journey.agreement import agree
from hone.journey.certifying import certified_judge, certify
from hone.measuring.certificate import SUFFIX, fit_of, read_certificate, write_certificate
from hone.project import Project
from hone.stats import BootstrapOptions

from .conftest import Hone

JUDGE = "scripted:script.jsonl"


def _ratings(path: Path, *, right: bool = True) -> Path:
    lines = ["item,criterion,rater,score,kind"]
    for n in range(60):
        score = n % 3
        slips = {"a": n % 9 == 0, "b": n % 9 == 4}
        lines += [f"{n},c,{who},{(score + 1) % 3 if slip else score},human" for who, slip in slips.items()]
        lines.append(f"{n},c,{JUDGE},{score if right else (n * 7 + n // 5) % 3},judge")
    path.write_text("\n".join(lines))
    return path


def _certified(folder: Path, parts: dict[str, str], *, right: bool = True) -> Path:
    found = agree(_ratings(folder / "r.csv", right=right), options=BootstrapOptions(resamples=300))
    (path,) = certify(found, folder / "mine.json", margin=0.1)
    made, _ = read_certificate(path)
    assert made.criteria["c"].items == 60
    from hone.measuring.certificate import _own_key, _signature  # noqa: PLC0415 - what a project adds is added by hand

    known = made.model_copy(update={"parts": parts})
    write_certificate(path, known.model_copy(update={"signature": _signature(known, _own_key())}))
    return path


def test_a_certificate_of_ones_own_fits_until_the_judge_changes(tmp_path: Path) -> None:
    path = _certified(tmp_path, {"rubric": "1", "judge": "2"})
    assert path.name == f"mine{SUFFIX}"
    fits, words = fit_of(tmp_path, {"rubric": "1", "judge": "2"})
    assert fits
    assert words.startswith(f"its certificate fits: mine{SUFFIX}, 60 items, 2 people")
    fits, words = fit_of(tmp_path, {"rubric": "1", "judge": "3", "prompts": "4"})
    assert not fits
    assert "is of another judge, prompts" in words


def test_one_that_was_changed_or_made_elsewhere_is_not_trusted(tmp_path: Path) -> None:
    path = _certified(tmp_path, {"judge": "2"})
    told = json.loads(path.read_text())
    path.write_text(json.dumps(told | {"items": 6000}))
    assert read_certificate(path)[1] == "elsewhere"
    assert "not trusted until it is proved again from its ratings" in fit_of(tmp_path, {"judge": "2"})[1]
    path.write_text(json.dumps(told))
    assert read_certificate(path)[1] == "own"
    (config_folder() / "certificate.key").write_bytes(b"0" * 32)
    assert read_certificate(path)[1] == "elsewhere"


def test_the_key_is_its_owners_alone(tmp_path: Path) -> None:
    _certified(tmp_path, {})
    assert (config_folder() / "certificate.key").stat().st_mode & 0o077 == 0


def test_a_judge_that_is_not_shown_to_be_as_good_has_one_that_says_so(tmp_path: Path) -> None:
    _certified(tmp_path, {"judge": "2"}, right=False)
    assert "does not show that the judge is as good as a person" in fit_of(tmp_path, {"judge": "2"})[1]


def test_what_is_no_certificate_is_one_line(tmp_path: Path) -> None:
    path = tmp_path / f"x{SUFFIX}"
    path.write_text('{"judge": 1}')
    with pytest.raises(FileFormatError, match="not a certificate of a judge"):
        read_certificate(path)
    fits, words = fit_of(tmp_path, {})
    assert not fits
    assert "not a certificate" in words


def test_ratings_without_a_judge_cannot_be_certified(tmp_path: Path) -> None:
    path = tmp_path / "r.csv"
    path.write_text("item,criterion,rater,score\na,c,r,1\nb,c,r,2\n")
    with pytest.raises(ProjectError, match="no judge in these ratings to certify"):
        certify(agree(path, options=BootstrapOptions(resamples=100)), tmp_path / "c", margin=0.1)


def _judged_by(path: Path, people: dict[str, range], judges: dict[str, range]) -> Path:
    """Ratings of these items by each."""
    rows = [(who, "human", items) for who, items in people.items()]
    rows += [(who, "judge", items) for who, items in judges.items()]
    lines = ["item,criterion,rater,score,kind"]
    lines += [f"{n},c,{who},{(n + (n % 7 == 0)) % 3},{kind}" for who, kind, items in rows for n in items]
    path.write_text("\n".join(lines))
    return path


@pytest.mark.parametrize(
    ("people", "judges", "says"),
    [
        (
            {"a": range(40)},
            {"j": range(40)},
            "no certificate of j was written: it takes at least 2 people",
        ),
        ({"a": range(40), "b": range(40)}, {"j": range(50, 90)}, "no certificate of j was written: nobody rated"),
        ({"a": range(20), "b": range(20, 40)}, {"j": range(40)}, "no two people rated the same item"),
    ],
)
def test_a_judge_without_a_verdict_has_no_certificate_and_that_is_one_line(
    bare: Hone, tmp_path: Path, people: dict[str, range], judges: dict[str, range], says: str
) -> None:
    file = _judged_by(tmp_path / "r.csv", people, judges)
    result = bare("agree", file, "--resamples", 100, "--certify", tmp_path / "c.json")
    assert result.code == 1
    (line,) = [line for line in result.err.splitlines() if "certificate" in line]
    assert says in result.err.replace("\n", " ")
    assert line
    assert not list(tmp_path.glob(f"*{SUFFIX}"))


def test_a_judge_whose_scores_lie_elsewhere_is_not_certified_as_good(tmp_path: Path) -> None:
    lines = ["item,criterion,rater,score,kind"]
    for n in range(60):
        score = (n * 37 % 61) + 0.5
        lines += [
            f"{n},c,a,{score + n % 5},human",
            f"{n},c,b,{score - n % 7},human",
            f"{n},c,{JUDGE},{score + 45},judge",
        ]
    file = tmp_path / "r.csv"
    file.write_text("\n".join(lines))
    (path,) = certify(agree(file, options=BootstrapOptions(resamples=300)), tmp_path / "mine", margin=0.1)
    made, _ = read_certificate(path)
    assert made.criteria["c"].outcome == "other scores"
    assert not made.passed


def test_beside_a_judge_that_has_a_verdict_another_is_said_to_have_none(bare: Hone, tmp_path: Path) -> None:
    everybody = {"a": range(60), "b": range(60)}
    file = _judged_by(tmp_path / "r.csv", everybody, {"j": range(60), "k": range(80, 99)})
    result = bare("agree", file, "--resamples", 100, "--certify", tmp_path / "c.json")
    assert result.code == 0
    assert "no certificate of k was written: nobody rated what it scored" in result.err
    assert [path.name for path in tmp_path.glob(f"*{SUFFIX}")] == [f"c{SUFFIX}"]
    assert read_certificate(tmp_path / f"c{SUFFIX}")[0].judge == "j"


def test_label_refuses_a_judge_without_one_and_says_that_it_fits(hone: Hone, project: Path) -> None:
    data = project / "data.jsonl"
    data.write_text("".join(json.dumps({"prompt": f"Plan {n}?", "reply": f"Plan {n}."}) + "\n" for n in range(3)))
    refused = hone("label", data, "--require-certificate")
    assert refused.code == 1
    assert "the judge has no certificate" in refused.err
    assert "hone agree --certify certificates/NAME" in refused.err
    assert hone("report", "--json").data["certificate"] is None, "nothing was labelled"
    assert hone("label", data).code == 0
    missing = "The judge has no certificate; once people have rated, this writes one: hone agree --certify"
    assert hone("report", "--json").data["certificate"].startswith(missing)
    (project / "certificates").mkdir()
    found = agree(_ratings(project / "r.csv"), options=BootstrapOptions(resamples=300))
    labelled = replace(found, run=Project.find(project).latest_run("label"))
    certify(labelled, project / "certificates" / "judge", margin=0.1)
    page = project / "report.html"
    told = hone("report", "--json").data["certificate"]
    assert told.startswith(f"Its certificate fits: judge{SUFFIX}, 60 items, 2 people, ")
    assert told in page.read_text()
    passed = hone("label", data, "--require-certificate", "--fresh")
    assert passed.code == 0, passed.err
    assert f"its certificate fits: judge{SUFFIX}" in passed.err
    changed = hone("label", data, "--per-criterion", "--require-certificate")
    assert changed.code == 1
    assert "is of another judging" in changed.err
    assert hone("label", data, "--samples", 2).code == 0
    stale = "No certificate of the judge fits: judge.certificate.json is of another judging."
    assert hone("report", "--json").data["certificate"] == stale


def test_agree_writes_one_and_says_what_it_is_worth(bare: Hone, tmp_path: Path) -> None:
    result = bare("agree", _ratings(tmp_path / "r.csv"), "--resamples", 200, "--certify", tmp_path / "c.json")
    assert result.code == 0, result.err
    assert (tmp_path / f"c{SUFFIX}").exists()
    assert "to others it shows nothing without the ratings" in result.err


def test_bench_by_rubric_and_serve_ask_for_the_same_certificate(hone: Hone, project: Path) -> None:
    data = project / "data.jsonl"
    data.write_text(json.dumps({"prompt": "Plan?", "reply": "Plan."}) + "\n")
    assert hone("label", data).code == 0
    found = Project.find(project)
    own = (found, found.rubric, found.settings.models.judge)
    assert certified_judge(*own, required=False) == "", "nobody asked for certificates here"
    refused = hone("bench", "rubric", "--model", "recorded:a", "--model", "recorded:b", "--require-certificate")
    assert refused.code == 1
    assert "the judge has no certificate" in refused.err
    (project / "certificates").mkdir()
    made = agree(_ratings(project / "r.csv"), options=BootstrapOptions(resamples=300))
    certify(replace(made, run=found.latest_run("label")), project / "certificates" / "judge", margin=0.1)
    assert certified_judge(*own, required=True).startswith("its certificate fits")
    other = found.rubric.with_criteria(found.rubric.criteria[:1])
    with pytest.raises(ProjectError, match="is of another rubric"):
        certified_judge(found, other, found.settings.models.judge, required=True)


def test_a_wide_margin_is_no_certificate(hone: Hone, project: Path) -> None:
    data = project / "data.jsonl"
    data.write_text(json.dumps({"prompt": "Plan?", "reply": "Plan."}) + "\n")
    assert hone("label", data).code == 0
    (project / "certificates").mkdir()
    found = agree(_ratings(project / "r.csv"), margin=1, options=BootstrapOptions(resamples=300))
    labelled = replace(found, run=Project.find(project).latest_run("label"))
    certify(labelled, project / "certificates" / "judge", margin=1)
    refused = hone("label", data, "--require-certificate", "--fresh")
    assert refused.code == 1
    assert "was given at a margin of 1, wider than 0.1" in refused.err
