"""What `judge tune` found of a judge of one's own, signed, beside the judge in its folder.

It speaks of the very file that it was made with: where that changed, or another user signed it, it shows nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from pydantic import ValidationError

from hone.domain.base import Frozen, first_problem
from hone.files import read_whole, reason, write_whole
from hone.measuring.certificate import is_signed_here, signature_of
from hone.measuring.own_judge import OwnJudge
from hone.stats import Figure

CERTIFICATE = "certificate.json"
_LARGEST = 1_000_000


class CertifiedOwn(Frozen):
    """One criterion."""

    rated: int
    """How many rated replies there were."""
    statistic: str
    unseen: str
    """What was held out where it counts: reply, group or question."""
    units: int
    """How many of these."""
    value: float | None
    low: float | None
    high: float | None
    ceiling: float | None
    """What a person reaches against the others, on average."""
    ece: float
    """The calibration error of its probabilities on what was held out."""
    ece_floor: float
    """What a perfectly calibrated judge shows on average."""
    words: str
    for_new_writers: bool
    new_writers: str


class OwnJudgeCertificate(Frozen):
    """The figures of one judge of one's own."""

    judge: str
    """The digest of its file."""
    rubric: str
    people: int
    confidence: float
    margin: float
    criteria: dict[str, CertifiedOwn]
    made: datetime
    hone: str
    """The version of Hone."""
    signature: str = ""


def certified_own(
    criteria: Mapping[str, OwnJudge],
    *,
    judge: str,
    rubric: str,
    people: int,
    confidence: float,
    margin: float,
    version: str,
) -> OwnJudgeCertificate:
    """The certificate of a judge that was accepted on every criterion, signed.

    Args:
        criteria: What came of each.
        judge: The digest of its file.
        rubric: The digest of its criteria.
        people: How many people's ratings it was fitted to.
        confidence: Of the intervals, over all criteria together.
        margin: How far below the present judge counted as being as good.
        version: Hone's.
    """
    plain = OwnJudgeCertificate(
        judge=judge,
        rubric=rubric,
        people=people,
        confidence=confidence,
        margin=margin,
        criteria={name: _criterion(one) for name, one in criteria.items()},
        made=datetime.now(UTC).replace(microsecond=0),
        hone=version,
    )
    return plain.model_copy(update={"signature": signature_of(plain)})


def _criterion(one: OwnJudge) -> CertifiedOwn:
    held = one.held_out[one.unseen]
    own: Figure = held.own
    return CertifiedOwn(
        rated=one.rated,
        statistic=one.statistic,
        unseen=one.unseen,
        units=held.units,
        value=own.value,
        low=own.low,
        high=own.high,
        ceiling=None if one.ceiling is None else one.ceiling.value,
        ece=held.calibration.ece,
        ece_floor=held.calibration.floor,
        words=one.words,
        for_new_writers=one.for_new_writers,
        new_writers=one.new_writers,
    )


def write_own_certificate(folder: Path, certificate: OwnJudgeCertificate) -> None:
    """Write it beside the judge.

    Raises:
        ProjectError: It cannot be written.
    """
    write_whole(folder / CERTIFICATE, certificate.model_dump_json(indent=1) + "\n")


def own_certificate(folder: Path, judge: str) -> tuple[OwnJudgeCertificate | None, str]:
    """The certificate in a judge's folder, where it speaks of the judge as it stands; else none, and why.

    Args:
        folder: The judge's.
        judge: The digest of its file.
    """
    path = folder / CERTIFICATE
    try:
        found = OwnJudgeCertificate.model_validate_json(read_whole(path, _LARGEST))
    except FileNotFoundError:
        return None, "it has no certificate"
    except OSError as error:
        return None, f"{path}: cannot be read ({reason(error)})"
    except ValidationError as error:
        return None, f"{path}: not a certificate of a judge of one's own: {' '.join(first_problem(error).split())}"
    if found.judge != judge:
        return None, "its certificate is of another judge"
    if not is_signed_here(found):
        return None, "its certificate was made elsewhere or was changed, and is not trusted here"
    return found, ""
