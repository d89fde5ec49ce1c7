"""Arrays in, figures with intervals out. Imports nothing of ours but the errors.

    agree                       people among each other, judges against people, the ceiling, the verdict
    paired_agreement, _means    two judges, rubric versions or models on the same items, with a permutation test
    estimate_mean, _difference  means corrected with the items that people rated (PPI++)
    corrected_share             the same for yes and no (Rogan-Gladen)
    alternative_annotator_test  may a judge take a person's place?
    krippendorff_alpha          alpha alone, in a tenth of a second
    wilson, mcnemar, holm, benjamini_yekutieli, items_for_…

Nothing here reads files, prints or draws. A statistic that is undefined is a `Figure` without a value and with a
reason.
"""

from hone.stats.agreement import agree
from hone.stats.alpha import Level
from hone.stats.alternative import AgainstPerson, AlternativeTest, alternative_annotator_test
from hone.stats.bootstrap import Options
from hone.stats.figure import FEW_ITEMS, Figure
from hone.stats.mcnemar import McNemar, mcnemar
from hone.stats.multiplicity import benjamini_yekutieli, holm
from hone.stats.paired import PairedDifference, paired_agreement, paired_means
from hone.stats.power import items_for_difference, items_for_half_width, items_for_share, power_of_difference
from hone.stats.ppi import Estimate, Evidence, estimate_difference, estimate_mean
from hone.stats.proportion import wilson
from hone.stats.ratings import Ratings
from hone.stats.reliability import krippendorff_alpha
from hone.stats.results import Agreement, CriterionAgreement, JudgeAgreement, PeopleAgreement
from hone.stats.rogan_gladen import CorrectedShare, corrected_share
from hone.stats.scale import guess_level
from hone.stats.verdict import Rule, Verdict

__all__ = [
    "FEW_ITEMS",
    "AgainstPerson",
    "Agreement",
    "AlternativeTest",
    "CorrectedShare",
    "CriterionAgreement",
    "Estimate",
    "Evidence",
    "Figure",
    "JudgeAgreement",
    "Level",
    "McNemar",
    "Options",
    "PairedDifference",
    "PeopleAgreement",
    "Ratings",
    "Rule",
    "Verdict",
    "agree",
    "alternative_annotator_test",
    "benjamini_yekutieli",
    "corrected_share",
    "estimate_difference",
    "estimate_mean",
    "guess_level",
    "holm",
    "items_for_difference",
    "items_for_half_width",
    "items_for_share",
    "krippendorff_alpha",
    "mcnemar",
    "paired_agreement",
    "paired_means",
    "power_of_difference",
    "wilson",
]
