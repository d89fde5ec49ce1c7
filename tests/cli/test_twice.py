"""Every command typed twice in the same folder: the second time ends as the first did, and nothing is lost."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from hone.cli.main import cli
from hone.project import Project
from tests.cli.conftest import Hone
from tests.cli.test_bench import script as solver
from tests.cli.test_judge import written as rated_and_judged
from tests.cli.test_own_judge import RUBRIC as RIGHT
from tests.cli.test_own_judge import scripts
from tests.export.tiny import tiny_adapter, tiny_model
from tests.measuring.planted import votes_and_texts
from tests.training.small import chats_file, small_base

BY_HAND = {"chat", "rate", "serve"}
"""Those that run until a person ends them; tests of their own start them."""
REFUSED = ("init ", "feedback forget ")
"""What can be done once: the second time is one line."""
SHUT = ("rubric refine ",)
"""What ends with 3 here, both times: a judge that gives everything the same is not mended by showing it examples."""

WALK = """\
doctor
templates
init {new} --template study-plan-student
rubric draft -p {project}
rubric compare --items 2 -p {project}
rubric advise -p {project}
rubric merge --accept all -p {project}
rubric show -p {project}
rubric lint -p {project}
rubric finalise --note first -p {project}
rubric diff v0 v1 -p {project}
reply -p {project}
label -p {project}
rubric test -p {project}
rubric refine {asked} --resamples 400 -p {project}
label {table} --out {labels} --people {people} -p {project}
audit --items 2 -p {project}
show label -p {project}
feedback import {ratings} -p {project}
feedback export {exported} -p {project}
feedback status -p {project}
agree {ratings} --html {page} --figures {figures} --resamples 100 -p {project}
estimate {ratings} --judged {judged} -p {project}
rubric weights {whole} -p {project}
judge calibrate {lenient} --out {maps} -p {project}
rate invite Ann -p {project}
rate raters -p {project}
rate revoke Ann -p {project}
feedback backup {backup} -p {project}
feedback restore {backup} -p {project}
feedback forget Ann -p {project}
bench sums --limit 4 --model {solver} -p {project}
judge tune {rated} --judged {wording} --judged {other} --resamples 200 --curve 0 -p {project}
judge cascade {rated} --judged {wording} --first small --then small --html {page} -p {project}
judge tune {rated} --judged {wording} --judge {voter} --rubric {right} --into {own} --resamples 200 -p {project}
label {wording} --rubric {right} --judge own:{own} --out {labels} -p {project}
report -p {project}
demo --folder {project}"""
FAST = "--max-length 96 --set row=96 --set step_tokens=192 --set precision=fp32 --backend trl --max-steps 2"
HEAVY = f"""\
tune data {{chats}} --out {{examples}}
tune run {{chats}} --base hf:{{base}} --runs {{runs}} {FAST}
export {{model}}+{{adapter}} --out {{gguf}} --quant bf16 --prompts 2"""


def commands(group: click.Group, before: str = "") -> Iterator[str]:
    """Each command that can be typed, with the words before it."""
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if isinstance(command, click.Group):
            yield from commands(command, f"{before}{name} ")
        else:
            yield f"{before}{name}"


def twice(hone: Hone, lines: str, **names: object) -> None:
    """Type each line twice; what it makes in the folder of the first time is there in full after the second."""
    for line in lines.splitlines():
        words = [word.format_map(names) for word in line.split()]
        first, second = hone(*words), hone(*words)
        usual = 3 if line.startswith(SHUT) else 0
        assert first.code == usual, (line, first.err)
        assert second.code == (1 if line.startswith(REFUSED) else usual), (line, second.err)
        assert "Traceback" not in second.err, line
        assert len(second.err.splitlines()) == 1 or not line.startswith(REFUSED), line


def test_all_commands_are_typed() -> None:
    typed = (WALK + "\n" + HEAVY).splitlines()
    for name in commands(cli):
        assert name in BY_HAND or any(line.startswith(name) for line in typed), name


def test_every_command_can_be_typed_twice(bare: Hone, project: Path, tmp_path: Path) -> None:
    table, ratings, judged = (tmp_path / name for name in ("table.csv", "ratings.csv", "judged.csv"))
    table.write_text("id,prompt,reply\n" + "".join(f"r{n},Please plan week {n}.,Plan {n}.\n" for n in range(3)))
    people = [f"i{n},Be Adaptable,{who},{n % 3 - 1},human\n" for n in range(8) for who in ("ann", "ben")]
    scores = [f"i{n},Be Adaptable,near,{(n + n // 4) % 3 - 1}" for n in range(30)]
    judge = [f"{line},judge\n" for line in scores[:8]]
    ratings.write_text("item,criterion,rater,score,kind\n" + "".join(people + judge))
    judged.write_text("item,criterion,rater,score,kind\n" + "".join(f"{line},judge\n" for line in scores))
    asked = tmp_path / "asked.csv"
    said = [
        f"i{n},Be Adaptable,{who},{n % 3 - 1},Please plan week {n}.,Plan {n}.\n" for n in range(12) for who in "ab"
    ]
    asked.write_text("item,criterion,rater,score,prompt,reply\n" + "".join(said))
    whole = tmp_path / "whole.csv"
    overall = [line.replace("Be Adaptable", "overall") for line in people]
    whole.write_text("item,criterion,rater,score,kind\n" + "".join(people + overall))
    lenient = tmp_path / "lenient.csv"
    both = [("ann", n % 2, "human") for n in range(80)], [("near", 1 + n % 2, "judge") for n in range(80)]
    rows = [f"i{n},c,{who},{score},{kind}\n" for side in both for n, (who, score, kind) in enumerate(side)]
    lenient.write_text("item,criterion,rater,score,kind\n" + "".join(rows))
    (tmp_path / "rated").mkdir()
    golden = "replies:\n  - {id: g, prompt: Plan., reply: Ten minutes., levels: {Be Adaptable: at least 0}}\n"
    (project / "rubric-tests.yaml").write_text(golden)
    planted = votes_and_texts()
    rated, (wording, other) = rated_and_judged(planted, tmp_path / "rated")
    voter, _ = scripts(planted, tmp_path)
    (tmp_path / "right.yaml").write_text(RIGHT)
    twice(
        bare, WALK, rated=rated, wording=wording, other=other, project=project,
        voter=voter, right=tmp_path / "right.yaml", own=tmp_path / "own",
        asked=asked,
        table=table, ratings=ratings, whole=whole, judged=judged, lenient=lenient, maps=tmp_path / "maps.json",
        new=tmp_path / "new",
        labels=tmp_path / "labels.csv", people=tmp_path / "people.csv", exported=tmp_path / "exported.csv",
        backup=tmp_path / "backup.jsonl",
        page=tmp_path / "page.html", figures=tmp_path / "figures", solver=solver(tmp_path / "solver.jsonl", range(3)),
    )  # fmt: skip


@pytest.mark.slow
@pytest.mark.engine
def test_what_makes_models_can_be_typed_twice(bare: Hone, tmp_path: Path) -> None:
    base = small_base(tmp_path / "base")
    model = tiny_model("Llama", tmp_path / "model")
    tiny_adapter(model, tmp_path / "adapter")
    twice(
        bare, HEAVY, chats=chats_file(tmp_path), base=base, model=model, adapter=tmp_path / "adapter",
        runs=tmp_path / "runs", examples=tmp_path / "examples.jsonl", gguf=tmp_path / "x.gguf",
    )  # fmt: skip


def test_advice_that_was_merged_is_merged_and_another_decision_is_refused(
    hone: Hone, advised: Path, tmp_path: Path
) -> None:
    first = hone("rubric", "merge", "--accept", "all", "--json").data
    log = Project(advised).decisions
    again = hone("rubric", "merge", "--accept", "all", "--json")
    assert (again.code, again.data) == (0, first)
    assert "was decided on before" in again.err
    asked = hone("rubric", "merge")  # would ask for each piece of advice, had it not been decided on
    assert asked.code == 0
    assert asked.out.splitlines()[0] == "a1: modify Be Detailed → accept"
    other = hone("rubric", "merge", "--accept", "none")
    assert other.code == 1
    assert "start with: hone rubric compare" in other.err
    assert Project(advised).decisions == log
