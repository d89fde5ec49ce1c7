"""`hone agree` and `hone estimate`, through the command: figures, words, files, and the published tables."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.published import SETS, folder, write

Hone = Callable[..., Any]
QUICK = ("--resamples", "200")
FIGURE = {"value", "low", "high", "n"}


def simulated(path: Path, items: int = 160, criteria: tuple[str, ...] = ("Be Clear", "Be Kind")) -> Path:
    """Two people near to the truth, a judge that knows it and one that guesses, on 1 to 5."""
    generator = np.random.default_rng(0)
    with path.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream)
        writer.writerow(["item", "criterion", "rater", "score", "kind", "group"])
        for item in range(items):
            for criterion in criteria:
                truth = generator.integers(1, 6)
                for rater in ("ann", "ben"):
                    score = int(np.clip(truth + generator.integers(-1, 2), 1, 5))
                    writer.writerow([item, criterion, rater, score, "human", item // 2])
                writer.writerow([item, criterion, "near", truth, "judge", item // 2])
                writer.writerow([item, criterion, "far", generator.integers(1, 6), "judge", item // 2])
    return path


def figures(data: Any) -> list[dict[str, Any]]:
    """Every figure in a JSON document."""
    if isinstance(data, dict):
        found = [data] if data.keys() >= FIGURE else []
        return found + [one for part in data.values() for one in figures(part)]
    return [one for part in data for one in figures(part)] if isinstance(data, list) else []


def test_json_has_the_stated_form(bare: Hone, tmp_path: Path) -> None:
    found = bare("agree", simulated(tmp_path / "r.csv"), "--json", *QUICK).data
    assert found["level"] == "ordinal"
    assert set(found["criteria"]) == {"Be Clear", "Be Kind"}
    one = found["criteria"]["Be Clear"]
    assert (one["items"], one["raters"]) == (160, ["ann", "ben"])
    assert one["people"].keys() >= {"percent_agreement", "fleiss_kappa", "krippendorff_alpha", "gwet_ac1", "icc_2_1"}
    assert one["people"]["cohen_kappa"].keys() == one["people"]["weighted_kappa"].keys() == {"ann|ben"}
    against = {"accuracy", "cohen_kappa", "weighted_kappa", "pearson", "spearman", "kendall_tau"}
    assert one["ceiling"].keys() >= against
    judge = one["judges"]["near"]
    assert judge["consensus"].keys() >= {*against, "mean_error"}
    assert set(judge["people"]) == {"ann", "ben"}
    assert judge["people"]["ann"].keys() >= {*against, "mean_error"}
    assert judge["verdict"].startswith("better than a person")
    assert one["judges"]["far"]["verdict"].startswith("worse than a person")
    assert one["baselines"]["majority_class"].keys() >= against
    assert found["overall"]["judges"].keys() == {"near", "far"}
    every = figures(found)
    assert len(every) > 200
    assert all(one["value"] is not None or one["reason"] for one in every)


def test_the_table_says_it_in_words(bare: Hone, tmp_path: Path) -> None:
    result = bare("agree", simulated(tmp_path / "r.csv"), *QUICK)
    said = ("a person (the ceiling)", "worse than a person", "better than a person", "always the commonest score")
    for words in (*said, "all criteria (their mean)", "Krippendorff's alpha"):
        assert words in result.out
    assert "level: ordinal, guessed from few whole numbers; to choose another, use --level" in result.err
    assert max(map(len, result.out.splitlines())) <= 120


def test_few_items_come_with_a_warning(bare: Hone, tmp_path: Path) -> None:
    result = bare("agree", simulated(tmp_path / "r.csv", items=6), *QUICK)
    assert "only 6 items: these figures say next to nothing" in result.out
    assert "not shown to be as good as a person" in result.out


def test_one_person_has_no_ceiling(bare: Hone, tmp_path: Path) -> None:
    path = tmp_path / "r.csv"
    path.write_text(
        "item,criterion,rater,score,kind\n"
        + "".join(f"{n},c,ann,{n % 3},\n{n},c,j,{n % 3},judge\n" for n in range(20))
    )
    result = bare("agree", path, *QUICK)
    assert "one person (ann) rated" in result.out
    assert "no ceiling" in result.out


def test_two_judges_are_compared_on_the_same_items(bare: Hone, tmp_path: Path) -> None:
    path = simulated(tmp_path / "r.csv")
    found = bare("agree", path, "--compare", "near", "far", "--json", *QUICK).data["comparison"]
    one = found["criteria"]["Be Kind"]
    assert one["words"] == "near agrees better with people"
    assert one["difference"]["low"] > 0
    assert one["p_holm"] == pytest.approx(2 * one["p_value"])
    assert "p (Holm)" in bare("agree", path, "--compare", "near", "far", *QUICK).out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--compare", "near", "nobody"), "no judge 'nobody' in the ratings; the judges are: near, far"),
        (("--rubric", "v9"), "there is no rubric 'v9'"),
        (("--rubric", "study-plan-student"), "is not on the rubric's scale"),
    ],
)
def test_what_does_not_fit_is_one_line(bare: Hone, tmp_path: Path, arguments: tuple[str, ...], message: str) -> None:
    result = bare("agree", simulated(tmp_path / "r.csv"), *arguments)
    assert result.code == 1
    last = result.err.strip().splitlines()[-1]
    assert last.startswith("hone: ")
    assert message in last


def test_a_missing_file_is_one_line(bare: Hone, tmp_path: Path) -> None:
    assert "there is no such file" in bare("agree", tmp_path / "none.csv").err


class _Links(HTMLParser):
    """Everything that a page would fetch or run."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.tags: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        for name, value in attrs:
            link = name.rpartition(":")[2] in {"href", "src", "srcset", "data", "action"}
            if (link and not str(value).startswith("#")) or name.startswith("on"):
                self.found.append(f"{tag} {name}={value}")


def test_the_page_stands_alone_and_every_text_is_escaped(bare: Hone, tmp_path: Path) -> None:
    name = "Be <script>alert(1)</script> $x_1$ <td onload=x>"
    path = simulated(tmp_path / "r.csv", 40, (name, "Be Kind"))
    page = tmp_path / "deep" / "page.html"
    done = bare("agree", path, "--html", page, "--figures", tmp_path / "pictures", "--compare", "near", "far", *QUICK)
    assert done.code == 0, done.err
    text = page.read_text(encoding="utf-8")
    links = _Links()
    links.feed(text)
    assert links.found == []
    assert "script" not in links.tags
    assert links.tags >= {"svg", "table", "figure"}
    assert "prefers-color-scheme: dark" in text
    assert "@import" not in text
    assert "url(http" not in text
    assert text.count("<svg") == 7  # one of all criteria, and three a criterion
    assert text.count("<figure") == text.count("the same as")
    ids = re.findall(r'\bid="([^"]+)"', text)
    assert len(ids) == len(set(ids)) > 10
    assert {path.suffix for path in (tmp_path / "pictures").iterdir()} == {".svg", ".png"}
    assert len(list((tmp_path / "pictures").iterdir())) == 14


def test_the_page_is_the_same_each_time(bare: Hone, tmp_path: Path) -> None:
    path = simulated(tmp_path / "r.csv")
    pages = [tmp_path / "one.html", tmp_path / "two.html"]
    for page in pages:
        assert bare("agree", path, "--html", page, *QUICK).code == 0
    assert pages[0].read_bytes() == pages[1].read_bytes()


def test_verdicts_on_pairs_give_labels(bare: Hone, tmp_path: Path) -> None:
    path = tmp_path / "pairs.csv"
    lines = [
        f"{n},{rater},{order},{'A' if n % 3 else 'B'}" for n in range(30) for rater in "rs" for order in ("AB", "BA")
    ]
    path.write_text("item,rater,order,winner\n" + "\n".join(lines))
    found = bare("agree", path, "--json", *QUICK).data
    assert found["level"] == "nominal"
    assert found["criteria"]["preference"]["people"]["fleiss_kappa"]["value"] == 1
    assert found["input"]["positions"]["r"]["flips"] == 0


def test_estimate_shows_three_figures_and_plain_words(bare: Hone, tmp_path: Path) -> None:
    path = simulated(tmp_path / "r.csv")
    judged = tmp_path / "judged.jsonl"
    judged.write_text("".join(f'{{"id": {n}, "Be Clear": {n % 5 + 1}, "judge": "near"}}\n' for n in range(500)))
    found = bare("estimate", path, "--judged", judged, "--judge", "near", "--json").data
    one = found["criteria"]["Be Clear"]
    assert (found["judge"], one["rated"], one["labelled"]) == ("near", 160, 500)
    assert all(one[name]["low"] < one[name]["value"] for name in ("corrected", "people_only", "judge_only"))
    result = bare("estimate", path, "--judge", "far")
    assert result.code == 0
    assert all(words in result.out for words in ("judge only", "people only", "corrected"))
    against = bare("estimate", path, "--judge", "near", "--against", path)
    assert "r.csv minus r.csv" in against.out
    assert bare("estimate", path, "--against-judged", path).code == 2


@pytest.fixture
def published(bare: Hone, tmp_path: Path) -> Callable[..., Any]:
    """What `hone agree --json` says of a public set."""

    def run(name: str, *more: str) -> Any:
        if not folder().is_dir():
            pytest.skip(f"no ratings at {folder()}; set HONE_TEST_DATA to their folder")
        path = write(name, tmp_path / "set.csv", folder())
        done = bare("agree", path, "--level", SETS[name][2], "--json", "--resamples", "300", *more)
        assert done.code == 0, done.err
        return done.data

    return run


@pytest.mark.data
def test_khan_saq_gives_the_published_kappas(published: Callable[..., Any]) -> None:
    found = published("khan_saq", "--compare", "Llama 3.1 8b / Full", "Llama 3.1 8b / Empty")
    one = found["criteria"]["correct"]
    assert one["items"] == one["people"]["fleiss_kappa"]["n"] == 800
    assert one["people"]["fleiss_kappa"]["value"] == pytest.approx(0.881, abs=5e-4)
    table = {"Llama 3.1 8b": (0.4679, 0.6366, 0.7056), "GPT-4o": (0.8078, 0.8800, 0.9099)}
    for model, kappas in table.items():
        judges = [one["judges"][f"{model} / {rubric}"] for rubric in ("Empty", "Criteria Only", "Full")]
        assert [judge["consensus"]["cohen_kappa"]["value"] for judge in judges] == pytest.approx(kappas, abs=5e-5)
    assert len(one["judges"]) == 33
    for judge in one["judges"].values():
        kappa = judge["consensus"]["cohen_kappa"]
        assert kappa["low"] < kappa["value"] < kappa["high"]
        assert judge["outcome"] in {"better", "as good", "worse", "not shown"}
    assert one["judges"]["Llama 3.1 8b / Empty"]["verdict"].startswith("worse than a person")
    assert one["judges"]["GPT-4o / Full"]["verdict"].startswith("as good as a person")
    gain = found["comparison"]["criteria"]["correct"]
    assert gain["difference"]["value"] == pytest.approx(0.7056 - 0.4679, abs=2e-3)
    assert gain["difference"]["low"] > 0.1


@pytest.mark.data
def test_pandalm_gives_the_published_figures(published: Callable[..., Any]) -> None:
    found = published("pandalm")
    one = found["criteria"]["preference"]
    kappas = sorted(figure["value"] for figure in one["people"]["cohen_kappa"].values())
    assert kappas == pytest.approx([0.852, 0.862, 0.879], abs=5e-4)
    assert one["people"]["krippendorff_alpha"]["value"] == pytest.approx(0.8642, abs=5e-5)
    people = np.array(one["judges"]["pandalm-7b"]["confusion"]).sum(axis=0)
    assert dict(zip(one["levels"], people, strict=True)) == {-1: 422, 0: 105, 1: 472}  # A, tie, B
    assert (one["ties"], found["input"]["missing"]) == (0, 25)
    assert one["judges"]["gpt-3.5-turbo"]["items"] == 974


@pytest.mark.data
def test_physics_gives_the_published_weighted_kappas(published: Callable[..., Any]) -> None:
    found = published("physics")["criteria"]
    table = {
        ("Q1", "naive_cot_1"): (0.8815, 0.8713),
        ("Q1", "naive_cot_2"): (0.9297, 0.9350),
        ("Q2", "detailed_compare"): (0.6316, 0.6786),
        ("Q2", "detailed_compare_2"): (0.8082, 0.8496),
    }
    for (question, prompt), kappas in table.items():
        people = found[question]["judges"][f"gpt-4o {prompt}"]["people"]
        values = [people[f"grader {grader}"]["weighted_kappa"]["value"] for grader in (1, 2)]
        assert values == pytest.approx(kappas, abs=5e-5)


UNIEVAL = {
    "unieval topical_chat": {
        "naturalness": (0.443666, 0.513986, 0.373973),
        "coherence": (0.595143, 0.612942, 0.465915),
        "engagingness": (0.556510, 0.604739, 0.455941),
        "groundedness": (0.536209, 0.574954, 0.451533),
        "understandability": (0.380038, 0.467807, 0.360741),
        "overall": (0.632796, 0.662583, 0.487272),
    },
    "unieval sfres": {
        "naturalness": (0.367252, 0.333399, 0.247094),
        "informativeness": (0.282079, 0.224918, 0.169297),
        "overall": (0.370815, 0.291593, 0.214708),
    },
    "unieval sfhot": {
        "naturalness": (0.397428, 0.319813, 0.237635),
        "informativeness": (0.357353, 0.249329, 0.191217),
        "overall": (0.406425, 0.320721, 0.236024),
    },
}


@pytest.mark.data
@pytest.mark.parametrize("name", UNIEVAL)
def test_unieval_gives_the_published_correlations(published: Callable[..., Any], name: str) -> None:
    found = published(name)["criteria"]
    assert set(found) >= set(UNIEVAL[name])
    for criterion, correlations in UNIEVAL[name].items():
        judge = found[criterion]["judges"]["UniEval"]
        values = [judge["consensus"][key]["value"] for key in ("pearson", "spearman", "kendall_tau")]
        assert values == pytest.approx(correlations, abs=5e-7)
        assert judge["outcome"] == "no ceiling"


@pytest.mark.data
def test_mrbench_reads_its_labels(published: Callable[..., Any]) -> None:
    found = published("mrbench")
    assert len(found["criteria"]) == 8
    assert {one["items"] for one in found["criteria"].values()} == {1589}
    common = found["criteria"]["humanlikeness"]["baselines"]["majority_class"]["accuracy"]
    assert common["value"] == pytest.approx(1405 / 1589)
    assert "To some extent" in found["input"]["labels"].values()


def test_what_label_wrote_is_what_estimate_reads(bare: Hone, hone: Hone, tmp_path: Path) -> None:
    data, out, ratings = tmp_path / "data.jsonl", tmp_path / "scores.jsonl", tmp_path / "ratings.csv"
    data.write_text("".join(f'{{"prompt": "Plan {n}.", "reply": "Text {n}.", "id": "d{n}"}}\n' for n in range(5)))
    assert hone("label", data, "--out", out).code == 0
    rows = [f"d{n},Be Detailed,{rater},meets\n" for n in range(3) for rater in ("ann", "ben")]
    ratings.write_text("item,criterion,rater,score\n" + "".join(rows))
    found = bare("estimate", ratings, "--judged", out, "--json").data
    one = found["criteria"]["Be Detailed"]
    assert (one["rated"], one["labelled"]) == (3, 5)
    assert found["judge"].startswith("scripted:")
    assert [one[name]["value"] for name in ("judge_only", "people_only", "corrected")] == [1, 1, 1]


def test_who_is_strict_is_one_figure_wherever_it_is_told(bare: Hone, tmp_path: Path) -> None:
    rows = [f"i{n},C,{who},{(n + shift) % 3}" for n in range(12) for who, shift in (("ann", 0), ("ben", n % 2))]
    (tmp_path / "r.csv").write_text("item,criterion,rater,score\n" + "\n".join(rows) + "\n")
    data = bare("agree", tmp_path / "r.csv", "--json", "--resamples", 500).data
    told = data["further"]["C"]["people"]["ann"]["mean_difference"]
    assert told == data["criteria"]["C"]["ceiling_by_person"]["ann"]["mean_error"]


def test_weights_count_in_agreement_and_comparison_and_that_is_said(bare: Hone, tmp_path: Path) -> None:
    rows = [
        f"i{n},c,{who},{score},{kind},{3 if n < 20 else 1}"
        for n in range(40)
        for who, score, kind in (
            ("ann", n % 2, "human"),
            ("near", n % 2 if n < 20 else 1 - n % 2, "judge"),
            ("far", 1 - n % 2, "judge"),
        )
    ]
    path = tmp_path / "w.csv"
    path.write_text("\n".join(["item,criterion,rater,score,kind,weight", *rows]) + "\n")
    result = bare("agree", path, "--compare", "near", "far", "--json", *QUICK)
    judge = result.data["criteria"]["c"]["judges"]["near"]["consensus"]["accuracy"]
    assert judge["value"] == pytest.approx(60 / 80)
    assert result.data["comparison"]["criteria"]["c"]["first"]["value"] == pytest.approx(0.5)
    assert "the rated items stand for unequally many (column weight)" in result.err
