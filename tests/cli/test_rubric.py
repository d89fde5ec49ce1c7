"""`hone rubric …` from the first comparison to the frozen version, and back again."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from hone.cli.rubric import rubric_command

Hone = Callable[..., Any]
FINAL = ["Be Precise", "Be Adaptable", "Be Warm"]


def names(hone: Hone, *arguments: str) -> list[str]:
    return [entry["name"] for entry in hone("rubric", "show", *arguments, "--json").data["criteria"]]


def test_the_whole_loop_leads_to_a_version_with_its_lineage(hone: Hone, project: Path) -> None:
    compared = hone("rubric", "compare")
    assert compared.code == 0
    assert "Stating the rubric won 0 of 3 pairs" in compared.out
    assert "of these 3 because the verdict changed" in compared.out
    assert "MODIFY" in hone("rubric", "advise").out
    merged = hone("rubric", "merge", "--accept", "all", "--by", "Ada")
    assert merged.code == 0
    assert "a1: modify Be Detailed → accept" in merged.out
    assert hone("rubric", "finalise", "--by", "Ada", "--note", "for spring").code == 0
    assert names(hone, "v1") == FINAL
    assert names(hone, "v0") == ["Be Detailed", "Be Adaptable"]
    assert (project / "rubrics" / "v1.yaml").exists()
    shown = hone("rubric", "show", "v1").out
    assert "parent v0" in shown
    assert "Ada" in shown
    assert "for spring" in shown
    again = hone("rubric", "finalise")
    assert again.code == 0
    assert "nothing to finalise" in again.err
    assert not (project / "rubrics" / "v2.yaml").exists()


def test_every_step_reports_in_json(hone: Hone, advised: Path) -> None:
    compared = hone("rubric", "compare", "--json").data
    assert compared["summary"]["pairs"] == 3
    assert compared["summary"]["rate"]["n"] == 3
    assert [verdict["first"] for verdict in compared["comparisons"][0]["verdicts"]] == ["without", "with"]
    advice = hone("rubric", "advise", "--json").data["advice"]
    assert [piece["action"] for piece in advice] == ["modify", "keep", "add"]
    assert advice[0]["comparisons"] == []  # the verdict flipped in all three pairs, and a flip is no evidence
    merged = hone("rubric", "merge", "--accept", "all", "--json").data
    assert [entry["name"] for entry in merged["rubric"]["criteria"]] == FINAL
    assert len(merged["decisions"]) == 3
    frozen = hone("rubric", "finalise", "--json").data
    assert (frozen["version"], frozen["parent"]["version"], len(frozen["decisions"])) == (1, 0, 3)
    shown = hone("rubric", "show", "v1", "--json").data
    assert (shown["version"], shown["hash"]) == (1, frozen["hash"])
    changes = hone("rubric", "diff", "v0", "v1", "--json").data
    assert {change["kind"] for change in changes} == {"same", "renamed", "added"}
    assert hone("rubric", "lint", "--json").data == []
    assert hone("rubric", "diff").out.count("\n") == 3


def test_json_holds_the_texts_of_models_letter_by_letter(
    hone: Hone, project: Path, script: Callable[..., None]
) -> None:
    text = "[red]x[/y] :heart: \x1b[31m \u202e ü\ttab"
    script(project, **{"will be judged by these criteria": text})
    data = hone("rubric", "compare", "--json").data
    assert data["comparisons"][0]["with"]["text"] == text


def test_criteria_are_drafted_where_there_are_none(hone: Hone, project: Path) -> None:
    (project / "rubric.yaml").write_text("scale: 1..5\n")
    assert hone("rubric", "draft").code == 0
    shown = hone("rubric", "show", "--json").data
    assert [entry["name"] for entry in shown["criteria"]] == ["Be Specific", "Be Realistic"]
    assert len(shown["scale"]["levels"]) == 5


def test_a_draft_keeps_the_criteria_that_a_person_has(hone: Hone, project: Path) -> None:
    before = (project / "rubric.yaml").read_bytes()
    result = hone("rubric", "draft", "--json")
    assert result.code == 0
    assert [entry["name"] for entry in result.data["criteria"]] == ["Be Detailed", "Be Adaptable"]
    assert "2 criteria already" in result.err
    assert (project / "rubric.yaml").read_bytes() == before
    assert not (project / "runs").exists()


def test_a_draft_beside_what_is_there_keeps_it_word_for_word(hone: Hone, project: Path) -> None:
    before = (project / "rubric.yaml").read_bytes()
    result = hone("rubric", "draft", "--more", "--json")
    assert result.code == 0
    names = "Be Detailed, Be Adaptable, Be Specific, Be Realistic".split(", ")
    assert [one["name"] for one in result.data["criteria"]] == names
    assert result.data["criteria"][0]["sentence"] == "Each session names its minutes."
    (kept,) = (project / "rubrics").glob("before-*.yaml")
    assert kept.read_bytes() == before
    assert kept.name in result.err


def test_a_draft_in_place_of_what_is_there_keeps_the_file_and_its_examples(hone: Hone, project: Path) -> None:
    before = (project / "rubric.yaml").read_text() + EXAMPLES
    (project / "rubric.yaml").write_text(before)
    result = hone("rubric", "draft", "--instead", "--json")
    assert result.code == 0
    assert [one["name"] for one in result.data["criteria"]] == ["Be Specific", "Be Realistic"]
    assert result.data["examples"] == []
    assert "2 scored examples were about criteria that are gone" in result.err
    (kept,) = (project / "rubrics").glob("before-*.yaml")
    assert kept.read_text() == before
    assert [one["name"] for one in hone("rubric", "show", kept, "--json").data["criteria"]] == [
        "Be Detailed",
        "Be Adaptable",
    ]
    assert hone("rubric", "draft", "--instead").code == 0, "no version is taken from the file that was kept"


def test_a_draft_cannot_be_beside_and_instead(hone: Hone, project: Path) -> None:
    result = hone("rubric", "draft", "--more", "--instead")
    assert result.code == 2
    assert "give --more or --instead, not both" in result.err


def test_a_full_rubric_has_no_room_for_a_draft(hone: Hone, project: Path) -> None:
    words = "Apt Bold Calm Deft Even Fair Glad".split()
    rows = "".join(f"  - Be {word}: {word} things stand there.\n" for word in words)
    (project / "rubric.yaml").write_text(f"criteria:\n{rows}scale: -1..1\n")
    before = (project / "rubric.yaml").read_bytes()
    result = hone("rubric", "draft", "--more")
    assert result.code == 1
    assert "has 7 criteria, and no room for more" in result.err
    assert (project / "rubric.yaml").read_bytes() == before
    assert not list((project / "rubrics").glob("*"))


EXAMPLES = """\
examples:
  # of last year
  - prompt: Plan it.
    reply: Day 1, 20 minutes.
    scores: {Be Detailed: 1, Be Adaptable: -1}
    reasons: {Be Detailed: It has minutes.}
  - prompt: Plan more.
    reply: Soon.
    scores: {Be Detailed: -1}
"""


def test_examples_that_score_what_is_gone_are_named_and_taken_out(hone: Hone, project: Path) -> None:
    text = (project / "rubric.yaml").read_text().replace("Be Detailed", "Be Timed") + EXAMPLES
    (project / "rubric.yaml").write_text(text)
    refused = hone("rubric", "show")
    assert refused.code == 1
    assert len(refused.err.splitlines()) == 1
    assert "Be Detailed in example 1, Be Detailed in example 2; delete them, or run" in refused.err
    assert "--prune" in refused.err
    done = hone("rubric", "lint", "--prune", "--json")
    assert done.code == 0
    assert "taken out: example 1: Be Detailed, example 2: Be Detailed" in done.err
    assert "1 examples had no other score" in done.err
    (example,) = hone("rubric", "show", "--json").data["examples"]
    assert (example["scores"], example["reasons"]) == ({"Be Adaptable": -1.0}, {})
    (kept,) = (project / "rubrics").glob("before-*.yaml")
    assert kept.read_text() == text
    assert "no example scores a criterion that is gone" in hone("rubric", "lint", "--prune").err


def test_a_reason_without_a_score_is_taken_out_too(hone: Hone, project: Path) -> None:
    text = (project / "rubric.yaml").read_text() + EXAMPLES.replace("scores: {Be Detailed: 1, ", "scores: {")
    (project / "rubric.yaml").write_text(text)
    refused = hone("rubric", "show")
    assert refused.code == 1
    assert "--prune" in refused.err
    assert hone("rubric", "lint", "--prune").code == 0
    first, _ = hone("rubric", "show", "--json").data["examples"]
    assert (first["scores"], first["reasons"]) == ({"Be Adaptable": -1.0}, {})


def test_an_example_that_does_not_read_otherwise_is_explained_as_before(hone: Hone, project: Path) -> None:
    (project / "rubric.yaml").write_text((project / "rubric.yaml").read_text() + EXAMPLES.replace("-1}", "-4}"))
    refused = hone("rubric", "show")
    assert "-4 is not on the scale" in refused.err
    assert "--prune" not in refused.err


def test_a_reworded_criterion_with_old_scores_is_found_by_lint(hone: Hone, project: Path) -> None:
    (project / "rubric.yaml").write_text((project / "rubric.yaml").read_text() + EXAMPLES)
    assert hone("rubric", "finalise", "--by", "Ada").code == 0
    assert hone("rubric", "lint", "--json").data == []
    text = (project / "rubric.yaml").read_text().replace("names its minutes", "names its topic")
    (project / "rubric.yaml").write_text(text)
    found = hone("rubric", "lint", "--json").data
    assert [(one["rule"], one["criterion"]) for one in found] == [("examples", "Be Detailed")] * 2
    assert "example 1 has the score from before" in found[0]["message"]


def test_a_second_run_asks_nothing_again(hone: Hone, advised: Path) -> None:
    (advised / "script.jsonl").write_text("")
    for step in ("compare", "advise"):
        result = hone("rubric", step)
        assert result.code == 0
        assert "nothing was asked again" in result.err
    assert hone("rubric", "compare", "--fresh").code == 4
    assert len(list((advised / "runs").glob("*-compare-*"))) == 1, "nothing was answered, so nothing was begun"


def test_fresh_asks_again(hone: Hone, advised: Path, script: Callable[..., None]) -> None:
    script(advised, **{"will be judged by these criteria": "A new plan."})
    data = hone("rubric", "compare", "--fresh", "--json").data
    old = hone("rubric", "compare", "--json").data
    assert data["run"] == old["run"]
    assert len(list((advised / "runs").glob("*-compare-*"))) == 2


def test_the_number_of_items_can_be_chosen(hone: Hone, project: Path) -> None:
    assert hone("rubric", "compare", "--items", "1", "--json").data["summary"]["pairs"] == 1
    assert hone("rubric", "compare", "--items", "99", "--json").data["summary"]["pairs"] == 4


def test_rejecting_all_leaves_the_rubric_and_keeps_the_decisions(hone: Hone, advised: Path) -> None:
    before = names(hone)
    assert hone("rubric", "merge", "--accept", "none").code == 0
    assert names(hone) == before
    frozen = hone("rubric", "finalise", "--json").data
    assert [decision["action"] for decision in frozen["decisions"]] == ["reject"] * 3
    for name in ("v0", "v1"):
        assert f"v{hone('rubric', 'show', name, '--json').data['version']}" == name


def test_decisions_come_from_a_file(hone: Hone, advised: Path) -> None:
    file = advised / "decisions.yaml"
    file.write_text(
        "a1:\n  edit: >-\n    Be Exact: Each session names its minutes\n    and its page.\n  note: our words\n"
        "a2: {reject: true, note: fine as it is}\na3: accept\n"
    )
    merged = hone("rubric", "merge", "--decisions", file, "--by", "Ada", "--json").data
    assert [entry["name"] for entry in merged["rubric"]["criteria"]] == ["Be Exact", "Be Adaptable", "Be Warm"]
    assert [(one["action"], one["note"], one["by"]) for one in merged["decisions"]] == [
        ("edit", "our words", "Ada"), ("reject", "fine as it is", "Ada"), ("accept", "", "Ada"),
    ]  # fmt: skip
    frozen = hone("rubric", "finalise", "--json").data
    assert frozen["decisions"][0]["wording"]["sentence"] == "Each session names its minutes and its page."


FORM = "write accept, reject, or {edit:"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "decisions.yaml: the file is empty"),
        ("- a1\n", "decisions.yaml:1: write `key: value` pairs"),
        ("a1: accept\na2: maybe\na3: accept\n", f"decisions.yaml:2: a2: {FORM}"),
        ("a1: accept\na2: accept\na3:\n", f"decisions.yaml:3: a3: {FORM}"),
        ("a1: [accept]\n", f"decisions.yaml:1: a1: {FORM}"),
        ("a1: {accept: true, reject: true}\n", f"decisions.yaml:1: a1: {FORM}"),
        ("a1: {accept: true, edit: 'Be Aa: b'}\n", f"decisions.yaml:1: a1: {FORM}"),
        ("a1: {accept: false}\n", f"decisions.yaml:1: a1: {FORM}"),
        ("a1: {note: why}\n", f"decisions.yaml:1: a1: {FORM}"),
        ("a1: {edit: ''}\n", f"decisions.yaml:1: a1: {FORM}"),
        ("a1: {edit: 'Be Aa: b', notes: x}\n", f"decisions.yaml:1: a1: {FORM}"),
        ("a2: accept\na1: {edit: 'Exact: words'}\n", "decisions.yaml:2: a1.edit: 'Exact' is not a criterion name"),
        ("a1: {edit: [1]}\n", "decisions.yaml:1: a1.edit: "),
        ("a1: accept\na1: reject\n", "decisions.yaml:2: not valid YAML"),
        ("1: accept\n", "no decision on a1, a2, a3"),
        ("a1: accept\n", "no decision on a2, a3"),
        (
            "a1: accept\na2: accept\na3: accept\na4: accept\n",
            "'a4', which is not a piece of advice; there are a1",
        ),
        ("a1: {edit: 'Be Warm: Other words.'}\na2: accept\na3: accept\n", "two criteria called 'be warm'"),
        ("a1: {edit: 'Be Warm\n", "decisions.yaml:"),
    ],
)
def test_a_file_of_decisions_that_does_not_fit_is_one_line_and_changes_nothing(
    hone: Hone, advised: Path, text: str, why: str
) -> None:
    file, before = advised / "decisions.yaml", (advised / "rubric.yaml").read_bytes()
    file.write_text(text)
    result = hone("rubric", "merge", "--decisions", file)
    assert result.code == 1
    assert result.err.startswith("hone: ")
    assert why in result.err
    assert len(result.err.splitlines()) == 1
    assert (advised / "rubric.yaml").read_bytes() == before
    assert not (advised / "rubrics").exists()


def test_a_file_of_decisions_that_is_not_there_is_one_line(hone: Hone, advised: Path) -> None:
    result = hone("rubric", "merge", "--decisions", advised / "nowhere.yaml")
    assert (result.code, len(result.err.splitlines())) == (1, 1)
    assert "nowhere.yaml: there is no such file" in result.err


def test_decisions_and_accept_together_are_wrong_usage(hone: Hone, advised: Path) -> None:
    assert hone("rubric", "merge", "--decisions", "x.yaml", "--accept", "all").code == 2


def test_a_person_is_asked_for_each_piece_until_the_wording_fits(advised: Path) -> None:
    answers = "x\ne\nExact words\nExact: words\nBe Exact: Each session names its page.\nr\na\n"
    result = CliRunner().invoke(rubric_command, ["merge", "--project", str(advised), "--by", "Ada"], input=answers)
    assert result.exit_code == 0, result.output
    assert result.output.count("your wording") == 3
    assert "is not a criterion name" in result.output
    log = [json.loads(line) for line in (advised / "rubrics" / "decisions.jsonl").read_text().splitlines()]
    assert [(one["action"], one["by"]) for one in log] == [("edit", "Ada"), ("reject", "Ada"), ("accept", "Ada")]
    text = (advised / "rubric.yaml").read_text()
    assert "Be Exact: Each session names its page." in text
    assert "# How we judge plans." in text


def test_stopping_in_the_middle_of_the_questions_changes_nothing(advised: Path) -> None:
    before = (advised / "rubric.yaml").read_bytes()
    result = CliRunner().invoke(rubric_command, ["merge", "--project", str(advised)], input="a\n")
    assert result.exit_code == 1  # click's own code for an abort; `main` makes it 130
    assert (advised / "rubric.yaml").read_bytes() == before
    assert not (advised / "rubrics").exists()


def test_advice_on_a_rubric_that_changed_since_is_refused(hone: Hone, advised: Path) -> None:
    path = advised / "rubric.yaml"
    path.write_text(path.read_text().replace("names its minutes", "names its hours"))
    assert "compare again with: hone rubric compare" in hone("rubric", "advise").err
    result = hone("rubric", "merge", "--accept", "all")
    assert result.code == 1
    assert "rubric.yaml has changed since the latest advice" in result.err


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (["advise"], "there are no comparisons to rest advice on; make some with: hone rubric compare"),
        (["merge"], "there is no advice to decide on; get some with: hone rubric advise"),
        (["diff"], "no frozen version to compare with yet; make one with: hone rubric finalise"),
        (["show", "v7"], "there is no rubric 'v7'; there are working, a file, or a name from: hone templates"),
        (["diff", "v1", "v2"], "there is no rubric 'v1'"),
        (["lint", "nowhere"], "there is no rubric 'nowhere'"),
    ],
)
def test_a_step_before_its_time_says_what_comes_first(hone: Hone, arguments: list[str], why: str) -> None:
    result = hone("rubric", *arguments)
    assert (result.code, result.out, len(result.err.splitlines())) == (1, "", 1)
    assert why in result.err


def test_a_rubric_without_criteria_cannot_be_compared_or_finalised(hone: Hone, project: Path) -> None:
    (project / "rubric.yaml").write_text("scale: 0..1\n")
    assert "propose some with: hone rubric draft" in hone("rubric", "compare").err
    result = hone("rubric", "finalise")
    assert result.code == 1
    assert "the rubric has 0 criteria; a rubric has at least 2" in result.err


def test_a_frozen_version_that_was_edited_is_refused(hone: Hone, project: Path) -> None:
    assert hone("rubric", "finalise").code == 0
    path = project / "rubrics" / "v1.yaml"
    path.write_text(path.read_text().replace("names its minutes", "names its hours"))
    result = hone("rubric", "show", "v1")
    assert result.code == 1
    assert "a frozen version was edited" in result.err


def test_lint_names_what_to_look_at(hone: Hone, project: Path) -> None:
    (project / "rubric.yaml").write_text("criteria: ['Be Fit: The plan is good.', 'Be Kind: It greets.']\n")
    (finding,) = hone("rubric", "lint", "--json").data
    assert (finding["rule"], finding["criterion"]) == ("vague", "Be Fit")
    assert "vague" in hone("rubric", "lint").out
    assert hone("rubric", "lint", "study-plan-student").out.strip() == "nothing to look at"


def test_a_rubric_file_with_brackets_in_its_name_can_be_shown(hone: Hone, project: Path, tmp_path: Path) -> None:
    folder = tmp_path / "[red]x"
    (folder / "[").mkdir(parents=True)
    file = folder / "[" / "red].yaml"
    file.write_bytes((project / "rubric.yaml").read_bytes())
    result = hone("rubric", "show", file)
    assert result.code == 0
    assert "Be Detailed" in result.out


def test_an_answer_that_cannot_be_read_is_one_line_and_can_be_asked_again(
    hone: Hone, advised: Path, script: Callable[..., None]
) -> None:
    script(advised, **{"You advise a person": "I would \x1b[31mnot."})
    result = hone("rubric", "advise", "--fresh")
    assert result.code == 1
    last = result.err.splitlines()[-1]
    assert last.startswith("hone: the advice of scripted:")
    assert "cannot be read: no JSON object" in last
    assert "\x1b" not in last
