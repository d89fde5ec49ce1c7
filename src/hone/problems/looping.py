"""Whether a text that reached its length limit has fallen into a loop: it says the same again and again to its end.

An answer that loops would not end at any limit, so that asking again with a higher one costs time and tells nothing.
Steps that differ in their numbers are no loop, however alike they read: a long sum is worked out like that.
"""

from __future__ import annotations

CUT_AT_MOST = 0.01
"""The share of answers that may be cut before they are asked again with a higher limit."""
_TAIL = 1200
"""Characters at the end that are looked at."""
_SHORTEST = 120
"""Characters that the repeats must fill."""
_TIMES = 4
"""Repeats that make a loop."""
_BLANK = 60
"""Characters of white space at the end from which nothing more is waited for."""


def has_looped(text: str) -> bool:
    """Whether the end of a text repeats itself word for word.

    Args:
        text: An answer that was cut at its limit. Its last repeat may be torn.

    Example:
        >>> has_looped("He has 3 x 4 = 12. " * 9), has_looped("First 3 x 4 = 12, then 12 - 5 = 7. #### 7")
        (True, False)
    """
    return _repeats(text.rstrip()[-_TAIL:], _TIMES, _SHORTEST)


def has_ended(text: str) -> bool:
    """Whether a higher limit adds nothing to a text that was cut: it loops, or nothing but white space follows."""
    return has_looped(text) or trails_off(text)


def trails_off(text: str) -> bool:
    """Whether nothing but white space follows what was said: the answer has ended, and can be read."""
    return len(text) - len(text.rstrip()) >= _BLANK


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
