"""Certificates of judges where a project and a command meet: what a judge's scores depend on, and whether one fits.

What certificates need of the statistics is loaded when it is asked for: most labelling has nothing to do with it.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hone.domain.base import digest
from hone.domain.evidence import Judgement
from hone.domain.rubric import Rubric
from hone.domain.settings import ModelSettings
from hone.errors import ProjectError
from hone.journey.second_judge import SecondJudge
from hone.journey.step import step_config
from hone.journey.watching import Tell, nothing
from hone.judging.of_project import judge_sampling
from hone.project import Project, Run
from hone.spelling import option

if TYPE_CHECKING:
    from hone.journey.agreement import AgreementResult

CERTIFICATES = "certificates"
"""The folder of a project's certificates."""
_ASIDE = frozenset({"data"})
"""What a labelling run depends on beside the judge itself."""


def judge_parts(config: Mapping[str, Any]) -> dict[str, str]:
    """Digests of all that a judge's scores depend on, out of the config of a labelling run, by name."""
    return {name: digest(part) for name, part in config.items() if name not in _ASIDE}


def certify(found: AgreementResult, path: Path, *, margin: float, tell: Tell = nothing) -> list[Path]:
    """Write a signed certificate of each judge that has a verdict.

    Args:
        found: What `agree` found.
        path: The file; of several judges, numbers are put behind its name.
        margin: How far below a person still counts as being as good.
        tell: Told which judge has none beside others that have one, and why.

    Raises:
        ProjectError: There is no judge, none has a verdict, or a file cannot be written.
    """
    from hone.measuring.certificate import (  # noqa: PLC0415 - scipy
        certifiable,
        certificates_of,
        names_of,
        without_verdict,
        write_certificate,
    )

    parts: dict[str, dict[str, str]] = {}
    if found.run is not None:
        parts = {one.judge: judge_parts(found.run.config) for one in found.run.read(Judgement)}
    made = certificates_of(
        found.collected,
        found.agreement,
        margin=margin,
        confidence=found.confidence,
        parts=parts,
        version=version("hone-llm"),
    )
    judges = certifiable(found.collected)
    reasons = {judge: reason for judge in judges if (reason := without_verdict(found.agreement, judge))}
    told = [f"no certificate of {judge} was written: {reason}" for judge, reason in reasons.items()]
    if not made:
        raise ProjectError("; ".join(told) or "there is no judge in these ratings to certify")
    for line in told:
        tell(line)
    files = names_of(made, path)
    for file, one in zip(files, made, strict=True):
        write_certificate(file, one)
    return files


def certified(project: Project, config: Mapping[str, Any], *, required: bool) -> str:
    """Whether the judge of a labelling run has a certificate in the project that fits, in words.

    Empty where the project has no folder of certificates and none is required.

    Raises:
        ProjectError: It has none, and one is required.
    """
    from hone.measuring.certificate import fit_of  # noqa: PLC0415 - scipy

    if not required and not (project.folder / CERTIFICATES).is_dir():
        return ""  # nobody asked for certificates here
    fits, words = fit_of(project.folder / CERTIFICATES, judge_parts(config))
    if required and not fits:
        remedy = f"have replies rated, then: hone agree {option('certify', f'{CERTIFICATES}/NAME')}"
        raise ProjectError(f"{words}; {remedy}; or go on without {option('require_certificate')}")
    return words


def certificate_line(project: Project, run: Run | None) -> str:
    """Whether the judge of a labelling run has a certificate that still fits: one line for pages.

    Empty where nothing was labelled, or by rules alone, which no certificate is about.
    """
    from hone.journey.agreement import AgreeOptions  # noqa: PLC0415 - scipy
    from hone.measuring.certificate import SUFFIX, fit_of  # noqa: PLC0415 - the same

    if run is None or not run.finished or not run.config.get("judge"):
        return ""
    folder = project.folder / CERTIFICATES
    if not any(folder.glob(f"*{SUFFIX}")):
        command = AgreeOptions(certify=Path(CERTIFICATES) / "judge").command_line()
        return f"The judge has no certificate; once people have rated, this writes one: {command}"
    words = fit_of(folder, judge_parts(run.config))[1]
    return f"{words[0].upper()}{words[1:]}."


def certified_judge(
    project: Project, rubric: Rubric, judge: ModelSettings, *, required: bool, then: SecondJudge | None = None
) -> str:
    """The same for a judge that judges the project's way, as it would label.

    Args:
        project: The project.
        rubric: What is judged by.
        judge: The judge.
        required: Whether to refuse one without a certificate that fits.
        then: The second judge, where there is one: the certificate is of both together.

    Raises:
        ProjectError: It has none, and one is required.
    """
    config = step_config(
        project,
        rubric=rubric,
        judging=project.settings.judging,
        sampling=judge_sampling(judge, rubric),
        judge=judge,
        **(then.parts(rubric) if then else {}),
    )
    return certified(project, config, required=required)
