"""Do other packages get from `hone serve` what System One gives them? And does Hone's own door read it back?

    python -m venv CLIENTS && CLIENTS/bin/pip install typesafe-sdk deepeval autorubric
    CLIENTS/bin/pip install --no-deps kiln-ai
    CLIENTS/bin/python benchmarks/systemone_clients.py --hone .venv/bin/hone --model smollm2

Run with the Python that has the packages, as they come from the index; Hone runs as its own command. It serves a
model with a rubric of two criteria and asks it through each package that is installed; then `hone label` scores the
same replies twice, by the model itself and by ``systemone:`` over the server. The two need not be equal to the last
digit, because llama.cpp's sums depend on what is computed together. Prints Markdown; exits 1 where a package refuses
an answer, or a reply has a score in one labelling alone.
"""

from __future__ import annotations

import argparse
import asyncio
import importlib.metadata
import importlib.util
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

RUBRIC = """\
criteria:
  - "Be Detailed: Each session of the plan has a task."
  - "Be Polite: The reply is kind to the reader."
scale: "0..1"
"""
STATE = {"message": "I was charged twice for one order. Please help me today.", "subject": "Duplicate charge"}
ROWS = [
    ("1", "Plan my day.", "Morning: ten tasks of algebra. Evening: revise two of them. You can do this!"),
    ("2", "Plan my day.", "No."),
    ("3", "Plan my week.", "Monday: read. Tuesday: write. Rest on the other days, you have earned it."),
]


def by_typesafe(url: str) -> list[tuple[str, str]]:
    """Every type of question through `typesafe-sdk`."""
    import typesafe_sdk as sdk  # noqa: PLC0415

    client = sdk.TypeSafeClient(api_key="none", base_url=url, timeout=300)
    questions = {
        "billing": sdk.Noul(instructions="Is this message about billing?"),
        "tone": sdk.Choice(criteria={"angry": "An upset or hostile message", "calm": "A polite message"}),
        "urgency": sdk.Score(
            instructions="How urgent is it?", criteria=["Can wait", "Needs attention this week", "Needs it today"]
        ),
    }
    answer = client.system_one(STATE, questions, model="served")
    names = ", ".join(model.name for model in client.models.list().models)
    try:
        client.system_one(STATE, {"a": {"type": "choice", "criteria": {f"c{n}": None for n in range(300)}}})
        refused = "300 choices were taken"
    except sdk.TypeSafeBadRequestError as error:
        refused = str(error).partition(": ")[2]
    return [
        ("models.list()", names),
        ("noul", f"yes {answer.nouls['billing'].noul:.2f}"),
        ("choice", f"{answer.choices['tone'].choice}, confidence {answer.choices['tone'].confidence:.2f}"),
        ("score", f"{answer.scores['urgency'].score:.2f} of 2"),
        ("usage", f"{answer.usage.input_tokens} in, {answer.usage.output_tokens} out"),
        ("300 choices", refused),
    ]


def by_deepeval(url: str) -> list[tuple[str, str]]:
    """`deepeval`'s own System One model, which goes through the SDK and checks each answer again."""
    os.environ.setdefault("DEEPEVAL_TELEMETRY_OPT_OUT", "YES")
    from deepeval.models import system_one as theirs  # noqa: PLC0415

    model = theirs.TypeSafeModel(model="jev-latest", api_key="none", base_url=url, timeout=300)
    answers, cost = model.decide(
        STATE,
        {
            "billing": theirs.NoulQuestion(instructions="Is this message about billing?", true="It names a charge."),
            "tone": theirs.ChoiceQuestion(instructions="Which tone?", options={"angry": None, "calm": None}),
            "urgency": theirs.ScoreQuestion(instructions="How urgent?", levels=["Can wait", "This week", "Today"]),
        },
    )
    try:
        model.decide("word " * 6000, {"long": theirs.NoulQuestion(instructions="Is it long?")})
        long = "a request beyond the context was answered"
    except theirs.SystemOneContextLimitError as error:
        long = f"SystemOneContextLimitError: {str(error)[:60]}…"
    return [
        ("noul", f"yes {answers.nouls['billing'].probability:.2f}"),
        ("choice", f"{answers.choices['tone'].choice}"),
        ("score", f"{answers.scores['urgency'].score:.2f}, normalised {answers.scores['urgency'].normalized:.2f}"),
        ("least confidence", f"{answers.min_confidence():.2f}"),
        ("cost", f"{float(cost or 0):.6f} (its price list, not Hone's)"),
        ("6,000 words", long),
    ]


def by_autorubric(url: str) -> list[tuple[str, str]]:
    """`autorubric` grades a submission by a rubric of its own with a decision model at the address."""
    os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")
    import autorubric  # noqa: PLC0415
    from autorubric.decision import DecisionModelConfig  # noqa: PLC0415
    from autorubric.graders import CriterionGrader  # noqa: PLC0415

    config = DecisionModelConfig(model="served", api_base=url, api_key="none", timeout=300)
    rubric = autorubric.Rubric(
        [
            autorubric.Criterion(name="billing", requirement="The answer speaks of the charge.", weight=1.0),
            autorubric.Criterion(name="kind", requirement="The answer is kind.", weight=1.0),
        ]
    )
    report = asyncio.run(
        rubric.grade(
            to_grade="I am sorry for the double charge. I have sent it back.",
            grader=CriterionGrader(judge_model_config=config),
            query=STATE["message"],
        )
    )
    if report.error:
        raise RuntimeError(report.error)
    votes = [f"{one.criterion.name} {one.final_verdict.value}" for one in report.report]
    return [("score", f"{report.score:.2f}"), ("verdicts", ", ".join(votes))]


def by_kiln(url: str) -> list[tuple[str, str]]:
    """Kiln's own client of the form, with its own models of requests and answers."""
    from kiln_ai.adapters.jev import JevClient  # noqa: PLC0415
    from kiln_ai.adapters.jev.jev_jsonschema import SystemOneRequest  # noqa: PLC0415

    request = SystemOneRequest.model_validate(
        {
            "model": "served",
            "state": STATE,
            "questions": {
                "billing": {"type": "noul", "instructions": "Is this message about billing?"},
                "tone": {"type": "choice", "criteria": {"angry": "An upset message", "calm": None}},
                "urgency": {"type": "score", "criteria": ["Can wait", "This week", "Today"]},
            },
        }
    )
    answer = asyncio.run(JevClient("none", base_url=url, timeout=300).system_one(request))
    said = answer.answers
    return [
        ("noul", f"yes {said['billing'].noul:.2f}"),
        ("choice", f"{said['tone'].choice}, confidence {said['tone'].confidence:.2f}"),
        ("score", f"{said['urgency'].score:.2f} of 2"),
        ("usage", f"{answer.usage.input_tokens} in, {answer.usage.output_tokens} out"),
    ]


CLIENTS: dict[str, tuple[str, Callable[[str], list[tuple[str, str]]]]] = {
    "typesafe-sdk": ("typesafe_sdk", by_typesafe),
    "deepeval": ("deepeval", by_deepeval),
    "autorubric": ("autorubric", by_autorubric),
    "kiln-ai": ("kiln_ai", by_kiln),
}


@contextmanager
def served(hone: str, model: str, folder: Path) -> Iterator[str]:
    """The address of `hone serve` with the rubric, without ``/v1``."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    (folder / "rubric.yaml").write_text(RUBRIC, encoding="utf-8")
    command = [hone, "serve", model, "--port", str(port), "--rubric", "rubric.yaml", "--name", "served"]
    process = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL)
    try:
        for _ in range(300):
            if process.poll() is not None:
                sys.exit("hone serve ended at once; its message stands above")
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=2).close()
                break
            except OSError:
                time.sleep(0.2)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(30)


def labelled(hone: str, judge: str, folder: Path, name: str) -> list[dict[str, Any]]:
    """The rows as `hone label` scores them by probabilities."""
    command = [hone, "label", "rows.jsonl", "--rubric", "rubric.yaml", "--judge", judge, "--out", f"{name}.jsonl"]
    subprocess.run([*command, "--mode", "expected"], cwd=folder, check=True, capture_output=True)
    return [json.loads(line) for line in (folder / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()]


def both_ways(hone: str, model: str, url: str, folder: Path) -> tuple[list[str], bool]:
    """The same replies scored by the model and by `systemone:` over the server, as rows of a table; whether alike."""
    rows = [{"id": key, "prompt": prompt, "reply": reply} for key, prompt, reply in ROWS]
    (folder / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    direct = labelled(hone, model, folder, "direct")
    over = labelled(hone, f"systemone:{url}#served", folder, "over")
    lines, alike = [], True
    for one, other in zip(direct, over, strict=True):
        for criterion in ("Be Detailed", "Be Polite"):
            there, here = one[criterion], other[criterion]
            alike &= (there is None) == (here is None)
            said = ["unscored" if score is None else f"{score:.3f}" for score in (there, here)]
            lines.append(f"| {one['id']} | {criterion} | {said[0]} | {said[1]} | {other['mode']} |")
    return lines, alike


def main() -> int:
    """Serve, ask, compare."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--hone", default="hone", help="the command")
    parser.add_argument("--model", default="smollm2", help="what is served")
    chosen = parser.parse_args()
    hone = str(Path(chosen.hone).absolute()) if Path(chosen.hone).exists() else chosen.hone
    failed = False
    with tempfile.TemporaryDirectory() as place, served(hone, chosen.model, Path(place)) as url:
        print(f"| package | what | came back from {chosen.model} |\n|---|---|---|")
        for package, (module, ask) in CLIENTS.items():
            if importlib.util.find_spec(module) is None:
                print(f"| {package} | – | not installed |")
                continue
            version = importlib.metadata.version(package)
            try:
                seen = ask(url)
            except Exception as error:
                failed, seen = True, [("failed", f"{type(error).__name__}: {error}"[:300])]
            for what, came in seen:
                print(f"| {package} {version} | {what} | {came} |")
        lines, alike = both_ways(hone, chosen.model, url, Path(place))
        print(f"\n| row | criterion | {chosen.model} | systemone: over it | mode |\n|---|---|---|---|---|")
        print("\n".join(lines))
    return int(failed or not alike)


if __name__ == "__main__":
    raise SystemExit(main())
