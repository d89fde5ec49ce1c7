"""Whether an answer has fallen into a loop: it says the same again and again to its end.

An answer that loops would not end at any limit, so that asking again with a higher one costs time and tells nothing.
Steps that differ in their numbers are no loop, however alike they read: a long sum is worked out like that. Of a text
that reached its limit four repeats are enough (`has_looped`). An answer that is still being written is given up later
(`STUCK_TIMES`, `STUCK_LEAST`): a table may hold the same row several times and then go on.
"""

from __future__ import annotations

from collections.abc import Sequence

STUCK_TIMES, STUCK_LEAST = 6, 96
"""Repeats, and tokens that they fill together, after which an answer is not waited for any longer."""
STUCK_LONGEST = 128
"""Tokens of the longest piece whose repeats are looked for in an answer that is being written."""
_STUCK_CHARACTERS = 240
"""What so many repeats fill where an engine hands over text and not tokens."""
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
    return ends_in_repeats(text.rstrip()[-_TAIL:], _TIMES, _SHORTEST)


def has_ended(text: str) -> bool:
    """Whether a higher limit adds nothing to a text that was cut: it loops, or nothing but white space follows."""
    return has_looped(text) or trails_off(text)


def trails_off(text: str) -> bool:
    """Whether nothing but white space follows what was said: the answer has ended, and can be read."""
    return len(text) - len(text.rstrip()) >= _BLANK


def is_stuck(tokens: Sequence[int]) -> bool:
    """Whether an answer that is being written has fallen into a loop, by its tokens.

    Args:
        tokens: The tokens so far. The last repeat may be torn.

    Example:
        >>> is_stuck([5, 1, *[2, 3, 4] * 32]), is_stuck([*[2, 3, 4] * 32, 5])
        (True, False)
    """
    return ends_in_repeats(tokens[-STUCK_TIMES * STUCK_LONGEST :], STUCK_TIMES, STUCK_LEAST)


def is_stuck_text(text: str) -> bool:
    """The same by its text, for engines that hand over no tokens."""
    return ends_in_repeats(text[-3 * _TAIL :], STUCK_TIMES, _STUCK_CHARACTERS)


def ends_in_repeats(tail: Sequence[object], times: int, least: int) -> bool:
    """Whether a sequence ends in so many copies of one piece, which together have at least so many places.

    The failure function of Knuth, Morris and Pratt (1977) on the reversed sequence gives the shortest period of each
    of its ends in one pass.
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
