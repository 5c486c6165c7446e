"""Patterns of schemas, which come from authors and must not take long on any text."""

import re

#: The longest text that is compared with a pattern, in characters.
LONGEST_TEXT = 255
#: The longest pattern, and the most repetitions without a limit in it.
LONGEST_PATTERN = 200
MOST_REPETITIONS = 3
#: From this many on, a limited repetition counts as one without a limit.
MANY = 10

_PIECE = re.compile(
    r"""\\(?P<escaped>.)
    |\[\^?\]?(?:[^\]\\]|\\.)*+\]
    |(?P<group>\((?:\?[^:)]?)?)
    |(?P<end>\))
    |(?P<repetition>[*+]|\{\d*,?\d*\})
    |[^\\]""",
    re.VERBOSE | re.DOTALL,
)


def pattern_problem(pattern: str) -> str | None:
    """Return why a pattern cannot be used; None if it can.

    A regular expression can take time that grows exponentially with the length of the text, if a
    repetition contains a repetition. Such patterns are refused, which excludes harmless ones too.
    """
    if len(pattern) > LONGEST_PATTERN:
        return f"is a pattern with more than {LONGEST_PATTERN} characters"
    try:
        re.compile(pattern)
    except (re.error, RecursionError, OverflowError):
        return "is not a regular expression"
    pieces = list(_PIECE.finditer(pattern))
    return next((message for piece in pieces if (message := _refusal(piece))), _repeats(pieces))


def _refusal(piece: re.Match[str]) -> str | None:
    """Return why a piece of a pattern is not allowed."""
    if piece["group"] and piece["group"] not in {"(", "(?"}:
        return "is a pattern with (?…); only groups such as (…) and (?:…) are available"
    if piece["escaped"] and piece["escaped"].isdigit() and piece["escaped"] != "0":
        return "is a pattern that refers to a group"
    return None


def _repeats(pieces: list[re.Match[str]]) -> str | None:
    """Return why the repetitions of a pattern can take long."""
    # Whether each open group contains a repetition, and whether the piece before is such a group.
    opened = [False]
    closed = False
    total = 0
    for piece in pieces:
        if piece["repetition"] and _is_long(piece["repetition"]):
            if closed:
                return "is a pattern with a repetition in a repetition, which can take very long"
            total += 1
            opened[-1] = True
        closed = False
        if piece["group"]:
            opened.append(False)
        elif piece["end"]:
            closed = opened.pop()
            opened[-1] |= closed
    if total > MOST_REPETITIONS:
        return f"is a pattern with more than {MOST_REPETITIONS} repetitions"
    return None


def _is_long(repetition: str) -> bool:
    if repetition in {"*", "+"}:
        return True
    limit = repetition[1:-1].rpartition(",")[2] if "," in repetition else repetition[1:-1]
    return not limit or int(limit) >= MANY
