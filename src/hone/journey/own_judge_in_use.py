"""A judge of one's own where it is used: whose hosts it asks, and what its certificate says of it."""

from __future__ import annotations

from pathlib import Path

from hone.domain.settings import ModelSettings
from hone.models.spec import own_folder
from hone.trust import check_models
from hone.weights.content import OWN_JUDGE, content


def agree_to_hosts(settings: ModelSettings, folder: Path | None) -> None:
    """See that the user agreed to the hosts that a judge's folder names, however the folder itself was named.

    A folder may come from somebody else. Any other model than a judge of one's own names its host itself.

    Raises:
        TrustError: The user did not agree.
        FileFormatError: The folder is damaged.
    """
    where = own_folder(settings, folder)
    if where is not None:
        from hone.judging.saved_judge import read_judge  # noqa: PLC0415 - scipy

        saved = read_judge(where)
        if saved.asks:
            check_models((part.model.model for part in saved.parts), where / OWN_JUDGE)


def own_judge_words(settings: ModelSettings, folder: Path | None) -> str:
    """What the certificate of a judge of one's own says of it, in one line.

    Args:
        settings: Whose model is ``own:FOLDER``.
        folder: Where relative names start.
    """
    from hone.measuring.own_certificate import own_certificate  # noqa: PLC0415 - scipy
    from hone.report.wording import STATISTICS  # noqa: PLC0415 - the same

    where = own_folder(settings, folder) or Path()
    found, why = own_certificate(where, content(settings.model, folder))
    if found is None:
        return f"{settings.model}: {why}, so nothing shows here how it agrees with people"
    parts = []
    for name, one in found.criteria.items():
        value = "no figure" if one.value is None else f"{one.value:.2f}"
        interval = "" if one.low is None or one.high is None else f" ({one.low:.2f} to {one.high:.2f})"
        unseen = {"reply": "replies"}.get(one.unseen, f"{one.unseen}s")
        statistic = STATISTICS.get(one.statistic, one.statistic)
        parts.append(f"{name}: {statistic} {value}{interval} with people on {unseen} that it had not seen")
    writers = [f"{name}: {one.new_writers}" for name, one in found.criteria.items() if not one.for_new_writers]
    most = max(one.rated for one in found.criteria.values())
    rests = f"fitted to {most:,} replies that {found.people} people rated, {found.made:%Y-%m-%d}"
    return "; ".join([f"{settings.model}: {parts[0]}", *parts[1:], rests, *writers])
