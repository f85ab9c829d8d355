"""How one line of RIS is cut into tag and value, by the rule and as people change it."""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import product
from string import ascii_uppercase, digits

# The rule itself is met by slicing, many times faster than by a pattern.
RULE = "  - "
TAGS = frozenset(map("".join, product(ascii_uppercase, ascii_uppercase + digits)))
# Two spaces before the dash are the rule; one, three or none occur at the tags that frame a record.
_TAG = re.compile(r"\s?([A-Z][A-Z0-9])(?: {2,3}-|[ \t]{1,3}-[ \t])\s*(.*)")
_FRAME = re.compile(r"\s?(TY|ER)[ \t]{0,3}-\s*(.*)")
_DASH_WITHIN = 7  # of the line's letters: what both patterns allow
# Only in a record whose TY is written so, too: "US- and UK-based" begins a line of prose as well.
_TIGHT = re.compile(r"([A-Z][A-Z0-9])-\s+(.*)")

# What word processors make of the hyphen. After one space only it may be prose (“HF – heart failure”).
_DASHES = "\u2010\u2011\u2012\u2013\u2014\u2212\uff0d"
_DASHED = re.compile(rf"\s?([A-Z][A-Z0-9]) {{2,3}}[{_DASHES}](?:\s+(.*)|$)")
# The first line of a record that was indented or put in small letters: kind of publication and nothing else.
ODD_TYPE = rf"[ \t]*[Tt][Yy][ \t]{{1,3}}[-{_DASHES}][ \t]+[A-Za-z]{{2,12}}[ \t]*$"
_ODD_TYPE = re.compile(ODD_TYPE)
_SMALL_TAGS = frozenset(
    {
        *(f"A{digit}" for digit in digits), *(f"C{digit}" for digit in digits),
        *(f"L{digit}" for digit in digits), *(f"M{digit}" for digit in digits),
        *(f"U{digit}" for digit in digits), "AB", "AD", "AN", "AR", "AU", "AV", "BT", "CA", "CN", "CP", "CT",
        "CY", "DA", "DB", "DI", "DO", "DP", "ED", "EP", "ER", "ET", "ID", "IS", "J1", "J2", "JA", "JF", "JO",
        "KW", "LA", "LB", "LK", "N1", "N2", "NV", "OP", "PB", "PM", "PP", "PY", "RI", "RN", "RP", "SE", "SN",
        "SP", "ST", "T1", "T2", "T3", "TA", "TI", "TT", "TY", "UR", "VL", "VO", "Y1", "Y2",
    }
)  # fmt: skip


def is_tag_line(line: str) -> bool:
    """Tell whether `line` begins with a RIS tag.

    Parameters
    ----------
    line : str
        One clean line.

    Returns
    -------
    bool
        True for ``TI  - ...`` and its usual variations.
    """
    return bool(_FRAME.match(line) or _TAG.match(line))


def split(line: str) -> tuple[str, str]:
    """Return tag and value of a line.

    Parameters
    ----------
    line : str
        One clean line.

    Returns
    -------
    tag, value : str
        Two empty texts where it has no tag.
    """
    if line[2:6] == RULE and line[:2] in TAGS:
        return line[:2], _even(line[6:])
    return (
        _cut(_FRAME.match(line) or _TAG.match(line) or _DASHED.match(line)) if may_be_tag(line) else ("", "")
    )


def may_be_tag(line: str) -> bool:
    """Tell whether a line that breaks the rule may be meant to have a tag.

    Parameters
    ----------
    line : str
        One clean line.

    Returns
    -------
    bool
        True where a dash of any kind stands near its beginning.
    """
    head = line[:_DASH_WITHIN]
    return "-" in head or (not head.isascii() and any(dash in head for dash in _DASHES))


class Habit:
    """How the lines of one record are written, where that is not by the rule: its first line tells.

    Parameters
    ----------
    pattern : re.Pattern
        Of a line with a tag.
    small : bool
        Whether tags are in small letters, which only those that exist may be.
    """

    def __init__(self, pattern: re.Pattern[str], *, small: bool = False) -> None:
        self._pattern = pattern
        self._small = small

    def split(self, line: str) -> tuple[str, str]:
        """Return tag and value of a line, as `split` does."""
        tag, value = _cut(self._pattern.match(line))
        return (tag, value) if tag in (_SMALL_TAGS if self._small else TAGS) else ("", "")


def habit_of(line: str) -> Habit | None:
    """Return how a record is written that begins with `line`.

    Parameters
    ----------
    line : str
        One clean line.

    Returns
    -------
    Habit or None
        None where it begins no record, or by the rule.
    """
    if line.startswith("TY-"):
        return _TIGHT_HABIT
    if not _ODD_TYPE.match(line):
        return None
    name = line.strip()[:2]
    return _habit(line[:1].isspace(), name != "TY", line.strip()[2:4].isspace())


@lru_cache(maxsize=8)
def _habit(indented: bool, small: bool, far: bool) -> Habit:
    """Return the habit of a first line; `far` says that two spaces stand before its dash."""
    indent = r"[ \t]*" if indented else r"\s?"
    letters = "[A-Za-z][A-Za-z0-9]" if small else "[A-Z][A-Z0-9]"
    gap = "{2,3}" if far else "{1,3}"
    return Habit(
        re.compile(rf"{indent}({letters})[ \t]{gap}[-{_DASHES}](?:[ \t]+(.*)|[ \t]*$)"),
        small=small,
    )


_TIGHT_HABIT = Habit(_TIGHT)


def _cut(match: re.Match[str] | None) -> tuple[str, str]:
    return (match.group(1).upper(), _even(match.group(2) or "")) if match else ("", "")


def _even(text: str) -> str:
    return text.replace("\t", " ").strip()
