"""Names of people as services write them, in the one form that records have: "Family, Given"."""

from __future__ import annotations

import re

_PARTICLE = re.compile(
    r"al|bin|d[aei]|das|del|della|de[nr]|dos?|du|el|l[aeo]|te[nr]|van|vande|vander|von|y|zu", re.IGNORECASE
)
_GROUP = re.compile(
    r"\b(?:groups?|collaborat\w+|consorti\w+|investigators?|network|committee|society|association|team|"
    r"institute|university|hospital|cent(?:er|re)|foundation|organi[sz]ation|initiative|inc|ltd|gmbh)\b",
    re.IGNORECASE,
)
_DEGREES = re.compile(r",\s*(?:[A-Z][A-Za-z.]*\.?[A-Z][A-Za-z.]*|Prof\w*|Dr)\b.*$")
_SUFFIXES = frozenset({"jr", "jr.", "sr", "sr.", "ii", "iii", "iv"})


def family_first(name: str) -> str:
    """Return "Jane A. van der Doe" as "van der Doe, Jane A.".

    Parameters
    ----------
    name : str
        One name, given names first; or "Family, Given", or the name of a group: both stay as they are.

    Returns
    -------
    str
        The name.

    Examples
    --------
    >>> family_first("Jan van der Berg"), family_first("The ZINC Study Group")
    ('van der Berg, Jan', 'The ZINC Study Group')
    """
    words = name.split()
    if "," in name or len(words) < 2 or _GROUP.search(name):
        return " ".join(words)
    end = len(words) - 1
    if words[end].casefold() in _SUFFIXES and end > 1:
        end -= 1
    while end > 1 and _PARTICLE.fullmatch(words[end - 1]):
        end -= 1
    return f"{' '.join(words[end:])}, {' '.join(words[:end])}"


def without_degrees(name: str) -> str:
    """Return "Jane Doe, MD, PhD" as "Jane Doe".

    Parameters
    ----------
    name : str
        One name, given names first.

    Returns
    -------
    str
        The name alone.
    """
    return _DEGREES.sub("", name).strip()


def named(family: str, given: str, collective: str = "") -> str:
    """Return a name from its parts.

    Parameters
    ----------
    family, given : str
        Either may be empty.
    collective : str
        Name of a group, or the whole name; used where there is no family name.

    Returns
    -------
    str
        "Family, Given", or what there is.
    """
    if family:
        return f"{family}, {given}" if given else family
    return collective or given


def split_names(line: str) -> tuple[str, ...]:
    """Return the names in "Doe J, Roe R." one by one.

    Parameters
    ----------
    line : str
        Family names with initials after them, separated by commas.

    Returns
    -------
    tuple of str
        "Doe J" and "Roe R".
    """
    return tuple(name for part in line.rstrip(". ").split(",") if (name := part.strip()))
