"""Whether a text that reached its length limit has fallen into a loop: it says the same again and again to its end.

An answer that loops would not end at any limit, so that asking again with a higher one costs time and tells nothing.
"""

from __future__ import annotations

import re

_TAIL = 1200
"""Characters at the end that are looked at."""
_SHORTEST = 60
"""Characters that the repeats must fill."""
_COUNTING = 240
"""The same where the repeats differ in their numbers alone."""
_DIGITS = re.compile(r"\d+")


def has_looped(text: str) -> bool:
    """Whether the end of a text repeats itself: three times word for word, or six times but for its numbers.

    Args:
        text: An answer that was cut at its limit. Its last repeat may be torn.

    Example:
        >>> has_looped("He has 3 x 4 = 12. " * 9), has_looped("First 3 x 4 = 12, then 12 - 5 = 7. #### 7")
        (True, False)
    """
    tail = text.rstrip()[-_TAIL:]
    return _repeats(tail, 3, _SHORTEST) or _repeats(_DIGITS.sub("0", tail), 6, _COUNTING)


def _repeats(tail: str, times: int, least: int) -> bool:
    """Whether the tail ends in so many copies of one piece, which together have at least so many characters.

    The failure function of Knuth, Morris and Pratt (1977) on the reversed tail gives the shortest period of each of
    its ends in one pass.
    """
    turned = tail[::-1]
    border = [0] * len(turned)
    for place in range(1, len(turned)):
        known = border[place - 1]
        while known and turned[place] != turned[known]:
            known = border[known - 1]
        border[place] = known + (turned[place] == turned[known])
        length = place + 1
        period = length - border[place]
        if length >= least and length >= times * period:
            return True
    return False
