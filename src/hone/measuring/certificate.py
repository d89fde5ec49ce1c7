"""What `agree` found of a judge, as a small signed file: whoever labels with the judge can see whether it still fits.

It is signed with a key of this user (HMAC-SHA-256, RFC 2104), which lies in Hone's settings folder and which they
alone can read. The signature shows that this user's Hone wrote it and that nobody changed it since; to anybody else
it shows nothing. A certificate from elsewhere is therefore not trusted: it is proved again from its ratings.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from pydantic import ValidationError

from hone.domain.base import Frozen, first_problem
from hone.domain.rule import RULES
from hone.errors import FileFormatError, ProjectError
from hone.files import config_folder, make_private, read_whole, reason, write_whole
from hone.measuring.collected import Collected
from hone.stats import Agreement, JudgeAgreement, VerdictRule

if TYPE_CHECKING:
    from hone.measuring.own_certificate import OwnJudgeCertificate

SUFFIX = ".certificate.json"
_KEY = "certificate.key"
_LARGEST = 1_000_000
Trust = Literal["own", "elsewhere"]


class CertifiedCriterion(Frozen):
    """One criterion, as `agree` said it."""

    outcome: str
    words: str
    statistic: str
    items: int
    gap: float | None
    low: float | None
    high: float | None


class Certificate(Frozen):
    """What was found of one judge."""

    judge: str
    """Its name in the ratings."""
    parts: dict[str, str]
    """Digests of all that its scores depend on, by name (rubric, judge, prompts, …); none where a file was read."""
    ratings: str
    """The digest of the ratings that it was found with."""
    people: int
    items: int
    groups: int | None
    margin: float
    confidence: float
    criteria: dict[str, CertifiedCriterion]
    made: datetime
    hone: str
    """The version of Hone."""
    signature: str = ""

    @property
    def passed(self) -> bool:
        """Whether it is as good as a person, or better, on every criterion, at a margin no wider than the default."""
        strict = self.margin <= VerdictRule.margin
        return (
            strict
            and bool(self.criteria)
            and all(one.outcome in {"better", "as good"} for one in self.criteria.values())
        )


def certificates_of(
    collected: Collected,
    agreement: Agreement,
    *,
    margin: float,
    confidence: float,
    parts: Mapping[str, Mapping[str, str]],
    version: str,
) -> list[Certificate]:
    """A certificate of each judge that has a verdict (`without_verdict`), signed.

    Args:
        collected: The ratings.
        agreement: What was found.
        margin: How far below a person still counts as being as good.
        confidence: Of the intervals.
        parts: By judge, digests of what its scores depend on, where they are known.
        version: Hone's.
    """
    clusters = collected.ratings.clusters
    made = []
    for judge in certifiable(collected):
        if without_verdict(agreement, judge):
            continue
        found = {name: one.judges[judge] for name, one in agreement.criteria.items() if one.judges[judge].items}
        plain = Certificate(
            judge=judge,
            parts=dict(parts.get(judge, {})),
            ratings=ratings_digest(collected),
            people=len(collected.ratings.raters),
            items=len(collected.items),
            groups=None if clusters is None else len(set(clusters)),
            margin=margin,
            confidence=confidence,
            criteria={name: _criterion(one) for name, one in found.items()},
            made=datetime.now(UTC).replace(microsecond=0),
            hone=version,
        )
        made.append(plain.model_copy(update={"signature": signature_of(plain)}))
    return made


def certifiable(collected: Collected) -> list[str]:
    """The judges that may have a certificate: all but rules, which need none."""
    return [name for name in collected.ratings.judge_names if name != RULES]


def without_verdict(agreement: Agreement, judge: str) -> str:
    """Why nothing can be certified of a judge; empty where there is a verdict on it on some criterion."""
    found = [one.judges[judge] for one in agreement.criteria.values() if one.judges[judge].items]
    if not found:
        return "nobody rated what it scored"
    if any(one.verdict.outcome != "no ceiling" and one.verdict.gap.value is not None for one in found):
        return ""
    said = [
        one.verdict.words.removeprefix("no ceiling: ")
        if one.verdict.outcome == "no ceiling"
        else one.verdict.words.partition(":")[0]
        for one in found
    ]
    return "; ".join(dict.fromkeys(said))


def ratings_digest(collected: Collected) -> str:
    """The digest of items, names and scores, whatever file they stood in."""
    ratings = collected.ratings
    found = hashlib.sha256()
    for names in (collected.items, ratings.raters, ratings.judge_names, ratings.clusters or ()):
        found.update(json.dumps([str(name) for name in names]).encode())
    for name in ratings.criteria:
        found.update(name.encode())
        for scores in (ratings.people[name], (ratings.judges or {}).get(name, ())):
            found.update(np.nan_to_num(np.asarray(scores, dtype=np.float64), nan=-1e300).tobytes())
    return found.hexdigest()[:32]


def write_certificate(path: Path, certificate: Certificate) -> None:
    """Write one file.

    Raises:
        ProjectError: It cannot be written.
    """
    write_whole(path, certificate.model_dump_json(indent=1) + "\n")


def read_certificate(path: Path) -> tuple[Certificate, Trust]:
    """A certificate, and whether it was made here and is unchanged.

    Returns:
        The certificate and `own`, or `elsewhere`: no key of this user signed it as it stands, because it was made
        elsewhere or because it was changed; the two cannot be told apart.

    Raises:
        FileFormatError: It is no certificate.
    """
    try:
        found = Certificate.model_validate_json(read_whole(path, _LARGEST))
    except OSError as error:
        raise FileFormatError(path, f"cannot be read ({reason(error)})") from error
    except ValidationError as error:
        raise FileFormatError(path, f"not a certificate of a judge: {first_problem(error)}") from error
    return found, "own" if is_signed_here(found) else "elsewhere"


def fit_of(folder: Path, parts: Mapping[str, str]) -> tuple[bool, str]:
    """Whether a judge has a certificate that fits, among those in a folder; and that in words.

    Args:
        folder: Where certificates lie.
        parts: Digests of what the judge's scores depend on.
    """
    files = sorted(folder.glob(f"*{SUFFIX}")) if folder.is_dir() else []
    told: list[str] = []
    for path in files:
        try:
            found, trust = read_certificate(path)
        except FileFormatError as error:
            told.append(str(error))
            continue
        unfit = _unfit(found, trust, parts)
        if not unfit:
            rests = f"{found.items:,} items, {found.people} people, margin {found.margin:g}, {found.made:%Y-%m-%d}"
            return True, f"its certificate fits: {path.name}, {rests}"
        told.append(f"{path.name} {unfit}")
    if not told:
        return False, f"the judge has no certificate in {folder.name}: nothing there shows how it agrees with people"
    return False, f"no certificate of the judge fits: {'; '.join(told)}"


def _unfit(found: Certificate, trust: Trust, parts: Mapping[str, str]) -> str:
    """Why a certificate does not speak for a judge; empty where it does."""
    if not found.parts:
        return "knows its judge by name alone, as it was made from a file"
    differs = sorted(name for name in parts.keys() | found.parts.keys() if parts.get(name) != found.parts.get(name))
    if differs:
        return f"is of another {', '.join(differs)}"
    if trust != "own":
        return "was made elsewhere or was changed, and is not trusted until it is proved again from its ratings"
    if found.margin > VerdictRule.margin:
        return f"fits, but was given at a margin of {found.margin:g}, wider than {VerdictRule.margin:g}"
    return "" if found.passed else "fits, but does not show that the judge is as good as a person"


def _criterion(one: JudgeAgreement) -> CertifiedCriterion:
    verdict = one.verdict
    gap = verdict.gap
    return CertifiedCriterion(
        outcome=verdict.outcome,
        words=verdict.words,
        statistic=verdict.statistic,
        items=one.items,
        gap=gap.value,
        low=gap.low,
        high=gap.high,
    )


def signature_of(certificate: Frozen) -> str:
    """This user's signature of a certificate, made over all but its field `signature`.

    Raises:
        ProjectError: The user's key cannot be made or read.
    """
    return _signature(certificate, _own_key())


def is_signed_here(certificate: Certificate | OwnJudgeCertificate) -> bool:
    """Whether this user signed a certificate as it stands."""
    key = _known_key()
    return key is not None and hmac.compare_digest(_signature(certificate, key), certificate.signature)


def _signature(certificate: Frozen, key: bytes) -> str:
    told: dict[str, Any] = certificate.model_dump(mode="json", exclude={"signature"})
    text = json.dumps(told, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hmac.new(key, text.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()


def _own_key() -> bytes:
    """This user's key, made where there is none."""
    path = config_folder(make=True) / _KEY
    make_private(path, secrets.token_bytes(32))
    key = _known_key()
    if key is None:
        raise ProjectError(f"{path}: the key of certificates cannot be read; remove it, and a new one is made")
    return key


def _known_key() -> bytes | None:
    try:
        key = (config_folder() / _KEY).read_bytes()
    except (OSError, ProjectError):
        return None
    return key if len(key) == 32 else None


def names_of(certificates: Sequence[Certificate], path: Path) -> list[Path]:
    """A file for each certificate: the one that was named, with a number where there are several."""
    stem = path.name.removesuffix(SUFFIX).removesuffix(".json")
    if len(certificates) == 1:
        return [path.with_name(f"{stem}{SUFFIX}")]
    return [path.with_name(f"{stem}-{place}{SUFFIX}") for place in range(1, len(certificates) + 1)]
