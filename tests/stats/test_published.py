from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pytest

from hone.stats import BootstrapOptions, CriterionAgreement, Level, Ratings, agreement_figures, paired_agreement
from hone.stats.consensus import consensus
from hone.stats.levels import codes_of

Floats = npt.NDArray[np.float64]
Khan = tuple[Floats, dict[tuple[str, str], Floats]]
Choose = Callable[[str, str], tuple[Floats, Floats]]
QUICK = BootstrapOptions(resamples=400)
pytestmark = pytest.mark.data


def criterion(
    people: Floats, judges: dict[str, Floats], level: Level, options: BootstrapOptions = QUICK
) -> CriterionAgreement:
    raters = [f"r{place + 1}" for place in range(people.shape[1])]
    scores = np.stack(list(judges.values()), axis=1) if judges else np.empty((len(people), 0))
    return agreement_figures(Ratings({"c": people}, raters, level, {"c": scores}, list(judges)), options).criteria[
        "c"
    ]


def test_khan_saq_people_have_the_published_fleiss_kappa(khan: Khan) -> None:
    people, _ = khan
    figure = criterion(people, {}, "nominal").people.together["fleiss_kappa"]
    assert figure.n == 800
    assert figure.value == pytest.approx(0.881, abs=5e-4)


@pytest.mark.parametrize(
    ("model", "published"),
    [("Llama 3.1 8b", (0.4679, 0.6366, 0.7056)), ("GPT-4o", (0.8078, 0.8800, 0.9099))],
)
def test_khan_saq_judges_have_the_published_kappas(khan: Khan, model: str, published: tuple[float, ...]) -> None:
    people, judges = khan
    rubrics = ("Empty", "Criteria Only", "Full")
    found = criterion(people, {rubric: judges[model, rubric] for rubric in rubrics}, "nominal").judges
    values = [found[rubric].consensus["cohen_kappa"].value for rubric in rubrics]
    assert values == pytest.approx(published, abs=5e-5)


def test_khan_saq_every_judge_under_every_rubric_has_a_verdict(khan: Khan) -> None:
    people, judges = khan
    assert len(judges) == 33
    found = criterion(people, {f"{model}/{rubric}": scores for (model, rubric), scores in judges.items()}, "nominal")
    outcomes = {name: judge.verdict.outcome for name, judge in found.judges.items()}
    assert set(outcomes.values()) <= {"better", "as good", "worse", "not shown"}
    assert outcomes["Llama 3.1 8b/Empty"] == "worse"
    assert outcomes["GPT-4o/Full"] in {"as good", "better"}
    assert all(judge.consensus["cohen_kappa"].low is not None for judge in found.judges.values())


def test_khan_saq_a_rubric_gains_over_none(khan: Khan) -> None:
    people, judges = khan
    full, empty = judges["Llama 3.1 8b", "Full"], judges["Llama 3.1 8b", "Empty"]
    gain = paired_agreement(full, empty, people, "nominal", options=QUICK)
    assert gain.difference.value == pytest.approx(0.7056 - 0.4679, abs=2e-3)
    assert gain.difference.low is not None
    assert gain.difference.low > 0.1
    assert gain.p_value == pytest.approx(1 / 401)


def test_pandalm_people_have_the_published_figures(pandalm: Floats) -> None:
    found = criterion(pandalm, {}, "nominal").people
    kappas = [figure.value for figure in found.pairs["cohen_kappa"].values()]
    assert sorted(value for value in kappas if value) == pytest.approx([0.852, 0.862, 0.879], abs=5e-4)
    assert found.together["krippendorff_alpha"].value == pytest.approx(0.8642, abs=5e-5)


def test_pandalm_majority_labels_are_the_published_ones(pandalm: Floats) -> None:
    levels = np.array([0.0, 1.0, 2.0])
    agreed = consensus(pandalm, codes_of(pandalm, levels), levels, "nominal")
    assert not agreed.tied.any()
    assert Counter(agreed.membership.argmax(axis=1).tolist()) == {0: 105, 1: 422, 2: 472}


@pytest.mark.parametrize(
    ("question", "prompt", "published"),
    [
        ("Q1", "naive_cot_1", (0.8815, 0.8713)),
        ("Q1", "naive_cot_2", (0.9297, 0.9350)),
        ("Q2", "detailed_compare", (0.6316, 0.6786)),
        ("Q2", "detailed_compare_2", (0.8082, 0.8496)),
    ],
)
def test_physics_judge_has_the_published_weighted_kappas(
    physics: Choose, question: str, prompt: str, published: tuple[float, float]
) -> None:
    people, judge = physics(question, prompt)
    found = criterion(people, {"gpt-4o": judge}, "ordinal").judges["gpt-4o"].people
    values = [found[rater]["weighted_kappa"].value for rater in ("r1", "r2")]
    assert values == pytest.approx(published, abs=5e-5)


UNIEVAL = [
    ("topical_chat", "naturalness", (0.443666, 0.513986, 0.373973)),
    ("topical_chat", "coherence", (0.595143, 0.612942, 0.465915)),
    ("topical_chat", "engagingness", (0.556510, 0.604739, 0.455941)),
    ("topical_chat", "groundedness", (0.536209, 0.574954, 0.451533)),
    ("topical_chat", "understandability", (0.380038, 0.467807, 0.360741)),
    ("topical_chat", "overall", (0.632796, 0.662583, 0.487272)),
    ("sfres", "naturalness", (0.367252, 0.333399, 0.247094)),
    ("sfres", "informativeness", (0.282079, 0.224918, 0.169297)),
    ("sfres", "overall", (0.370815, 0.291593, 0.214708)),
    ("sfhot", "naturalness", (0.397428, 0.319813, 0.237635)),
    ("sfhot", "informativeness", (0.357353, 0.249329, 0.191217)),
    ("sfhot", "overall", (0.406425, 0.320721, 0.236024)),
]


@pytest.mark.parametrize(("name", "what", "published"), UNIEVAL)
def test_unieval_judge_has_the_published_correlations(
    unieval: Choose, name: str, what: str, published: tuple[float, float, float]
) -> None:
    people, judge = unieval(name, what)
    found = (
        criterion(people[:, None], {"judge": judge}, "interval", BootstrapOptions(resamples=100))
        .judges["judge"]
        .consensus
    )
    figures = [found[statistic] for statistic in ("pearson", "spearman", "kendall_tau")]
    assert [figure.value for figure in figures] == pytest.approx(published, abs=5e-7)
    for figure in figures:
        assert figure.low is not None
        assert figure.high is not None
        assert figure.value is not None
        assert figure.low < figure.value < figure.high
