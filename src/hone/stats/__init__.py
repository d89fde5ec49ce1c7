"""Arrays in, figures with intervals out. Imports nothing of ours but the errors.

    agree                       people among each other, judges against people, the ceiling, the verdict
    judge_verdicts              the verdicts alone, quickly
    paired_agreement, _means    two judges, rubric versions or models on the same items, with a permutation test
    estimate_mean, _difference  means corrected with the items that people rated (PPI++)
    corrected_share             the same for yes and no (Rogan-Gladen)
    alternative_annotator_test  may a judge take a person's place?
    pair_accuracy               verdicts on pairs in both orders: how often right, and consistently so
    krippendorff_alpha          alpha alone, in a tenth of a second
    deciding_alone              from which certainty a judge may decide alone, with an exact bound
    wilson, paired_shares, mcnemar, holm, benjamini_yekutieli, items_for_…

Nothing here reads files, prints or draws. A statistic that is undefined is a `Figure` without a value and with a
reason.
"""

# Loaded when first used: most commands need one share with its interval, and scipy takes a third of a second.

from __future__ import annotations

from typing import TYPE_CHECKING

from hone.lazily import lazy

if TYPE_CHECKING:
    from hone.stats.agreement import agreement_figures as agreement_figures
    from hone.stats.agreement import judge_verdicts as judge_verdicts
    from hone.stats.alpha import Level as Level
    from hone.stats.alternative import AgainstPerson as AgainstPerson
    from hone.stats.alternative import AlternativeTest as AlternativeTest
    from hone.stats.alternative import alternative_annotator_test as alternative_annotator_test
    from hone.stats.bootstrap import BootstrapOptions as BootstrapOptions
    from hone.stats.both_orders import BothOrders as BothOrders
    from hone.stats.both_orders import PairAccuracy as PairAccuracy
    from hone.stats.both_orders import pair_accuracy as pair_accuracy
    from hone.stats.both_orders import pair_baselines as pair_baselines
    from hone.stats.discordance import McNemar as McNemar
    from hone.stats.discordance import mcnemar as mcnemar
    from hone.stats.figure import FEW_ITEMS as FEW_ITEMS
    from hone.stats.figure import Figure as Figure
    from hone.stats.intervals import ScoreRange as ScoreRange
    from hone.stats.intervals import plain_mean as plain_mean
    from hone.stats.multiplicity import benjamini_yekutieli as benjamini_yekutieli
    from hone.stats.multiplicity import holm as holm
    from hone.stats.paired import PairedDifference as PairedDifference
    from hone.stats.paired import paired_agreement as paired_agreement
    from hone.stats.paired import paired_means as paired_means
    from hone.stats.power import items_for_difference as items_for_difference
    from hone.stats.power import items_for_half_width as items_for_half_width
    from hone.stats.power import items_for_share as items_for_share
    from hone.stats.power import power_of_difference as power_of_difference
    from hone.stats.ppi import Estimate as Estimate
    from hone.stats.ppi import Evidence as Evidence
    from hone.stats.ppi import estimate_difference as estimate_difference
    from hone.stats.ppi import estimate_mean as estimate_mean
    from hone.stats.proportion import wilson as wilson
    from hone.stats.random_draw import draw_p_value as draw_p_value
    from hone.stats.ratings import Ratings as Ratings
    from hone.stats.reliability import krippendorff_alpha as krippendorff_alpha
    from hone.stats.results import Agreement as Agreement
    from hone.stats.results import CriterionAgreement as CriterionAgreement
    from hone.stats.results import JudgeAgreement as JudgeAgreement
    from hone.stats.results import PeopleAgreement as PeopleAgreement
    from hone.stats.rogan_gladen import CorrectedShare as CorrectedShare
    from hone.stats.rogan_gladen import corrected_share as corrected_share
    from hone.stats.scale import guess_level as guess_level
    from hone.stats.share_difference import paired_shares as paired_shares
    from hone.stats.verdict import JudgeVerdict as JudgeVerdict
    from hone.stats.verdict import VerdictRule as VerdictRule

_HOMES = {
    "AgainstPerson": "hone.stats.alternative",
    "Agreement": "hone.stats.results",
    "AlternativeTest": "hone.stats.alternative",
    "CorrectedShare": "hone.stats.rogan_gladen",
    "CriterionAgreement": "hone.stats.results",
    "Estimate": "hone.stats.ppi",
    "Evidence": "hone.stats.ppi",
    "FEW_ITEMS": "hone.stats.figure",
    "Figure": "hone.stats.figure",
    "JudgeAgreement": "hone.stats.results",
    "Level": "hone.stats.alpha",
    "McNemar": "hone.stats.discordance",
    "BootstrapOptions": "hone.stats.bootstrap",
    "BothOrders": "hone.stats.both_orders",
    "PairAccuracy": "hone.stats.both_orders",
    "PairedDifference": "hone.stats.paired",
    "PeopleAgreement": "hone.stats.results",
    "Ratings": "hone.stats.ratings",
    "ScoreRange": "hone.stats.intervals",
    "VerdictRule": "hone.stats.verdict",
    "JudgeVerdict": "hone.stats.verdict",
    "agreement_figures": "hone.stats.agreement",
    "judge_verdicts": "hone.stats.agreement",
    "alternative_annotator_test": "hone.stats.alternative",
    "benjamini_yekutieli": "hone.stats.multiplicity",
    "corrected_share": "hone.stats.rogan_gladen",
    "draw_p_value": "hone.stats.random_draw",
    "estimate_difference": "hone.stats.ppi",
    "estimate_mean": "hone.stats.ppi",
    "guess_level": "hone.stats.scale",
    "holm": "hone.stats.multiplicity",
    "items_for_difference": "hone.stats.power",
    "items_for_half_width": "hone.stats.power",
    "items_for_share": "hone.stats.power",
    "krippendorff_alpha": "hone.stats.reliability",
    "mcnemar": "hone.stats.discordance",
    "pair_accuracy": "hone.stats.both_orders",
    "pair_baselines": "hone.stats.both_orders",
    "paired_agreement": "hone.stats.paired",
    "paired_means": "hone.stats.paired",
    "paired_shares": "hone.stats.share_difference",
    "plain_mean": "hone.stats.intervals",
    "power_of_difference": "hone.stats.power",
    "wilson": "hone.stats.proportion",
}

__all__ = sorted(_HOMES)  # noqa: PLE0605 - sorted at run time from one list
__getattr__ = lazy(__name__, _HOMES)
