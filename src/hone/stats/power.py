"""How many items it takes.

Normal approximations (J. M. Lachin, Control. Clin. Trials 2 (1981), 93-113): an interval narrows with the square
root of the number of items, and a paired difference is seen when it is large against its standard error.
"""

from __future__ import annotations

import math

from scipy.special import ndtr, ndtri

from hone.errors import StatsError
from hone.stats.figure import Figure


def items_for_half_width(figure: Figure, half_width: float) -> int | None:
    """About how many items would narrow a figure's interval to this half width; none where it has no interval.

    Raises:
        StatsError: The half width is not above 0.
    """
    _positive(half_width, "half width")
    if figure.half_width is None:
        return None
    return math.ceil(figure.n * (figure.half_width / half_width) ** 2)


def items_for_share(share: float, half_width: float, confidence: float = 0.95) -> int:
    """How many items give a share an interval of this half width.

    Raises:
        StatsError: The share is outside 0 to 1, or the half width not above 0.
    """
    _positive(half_width, "half width")
    if not 0 <= share <= 1:
        raise StatsError(f"{share:g} is not a share; write 0 to 1")
    z = float(ndtri((1 + confidence) / 2))
    return math.ceil(z * z * share * (1 - share) / half_width**2)


def items_for_difference(deviation: float, difference: float, power: float = 0.8, significance: float = 0.05) -> int:
    """How many paired items show a true mean difference this often.

    Args:
        deviation: The standard deviation of the paired differences.
        difference: The true mean difference worth finding, in the same unit.
        power: How often it is to be found.
        significance: How often a difference is to be claimed where there is none (two-sided).

    Raises:
        StatsError: The deviation or the difference is not above 0, or a rate not between 0 and 1.
    """
    _positive(deviation, "deviation")
    _positive(abs(difference), "difference")
    if not (0 < power < 1 and 0 < significance < 1):
        raise StatsError("power and significance lie between 0 and 1")
    z = float(ndtri(1 - significance / 2)) + float(ndtri(power))
    return max(2, math.ceil((z * deviation / difference) ** 2))


def power_of_difference(n: int, deviation: float, difference: float, significance: float = 0.05) -> float:
    """How often n paired items show a true mean difference.

    Raises:
        StatsError: n or the deviation is not above 0.
    """
    _positive(n, "number of items")
    _positive(deviation, "deviation")
    shift = abs(difference) / deviation * math.sqrt(n)
    z = float(ndtri(1 - significance / 2))
    return float(ndtr(shift - z) + ndtr(-shift - z))


def _positive(value: float, name: str) -> None:
    if not value > 0:
        raise StatsError(f"the {name} is {value:g}; it must be above 0")
