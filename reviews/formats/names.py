"""Names of people in BibTeX's form."""

from __future__ import annotations

import re

from reviews.formats.latex import plain
from reviews.formats.text import squash

_AND = re.compile(r"\s+and\s+", re.IGNORECASE)
_BRACES = re.compile(r"[{}]")
_COLLECTIVE = re.compile(r"\s*\{([^{}]*)\}\s*")


def split_names(value: str) -> tuple[str, ...]:
    """Split a list of names.

    Parameters
    ----------
    value : str
        Names joined by ``and``, each as "First von Last", "von Last, First" or "von Last, Jr, First"; a name
        in braces is one word, such as that of a group. Still in LaTeX.

    Returns
    -------
    tuple of str
        "von Last, First", "von Last Jr, First", or the name as it stands. ``others`` is left out.

    Examples
    --------
    >>> split_names("Ludwig van Beethoven and Berg, Jr, Anna and {Fever Group}")
    ('van Beethoven, Ludwig', 'Berg Jr, Anna', 'Fever Group')
    """
    # Some exports part names by semicolons, which BibTeX does not know.
    parts = _parted(value, _AND)
    if len(parts) == 1 and ";" in value:
        parts = _parted(value, _SEMICOLON)
    names = (_name(part) for part in parts if part.strip().lower() != "others")
    return tuple(name for name in names if name)


_SEMICOLON = re.compile(r"\s*;\s*")
_COMMA = re.compile(r"\s*,\s*")
_BLANK = re.compile(r"[\s~]+")


def _parted(value: str, separator: re.Pattern[str]) -> list[str]:
    """Split at `separator` where it is not inside braces."""
    if "{" not in value:
        return separator.split(value)
    parts: list[str] = []
    depth, start, counted = 0, 0, 0
    for match in separator.finditer(value):
        for brace in _BRACES.finditer(value, counted, match.start()):
            depth += 1 if brace.group() == "{" else -1
        counted = match.start()
        if depth <= 0:
            parts.append(value[start : match.start()])
            start = match.end()
    return [*parts, value[start:]]


def _name(written: str) -> str:
    if collective := _COLLECTIVE.fullmatch(written):
        return _text(collective.group(1))
    pieces = [text for piece in _parted(written.strip(), _COMMA) if (text := _text(piece))]
    if len(pieces) == 2:
        return f"{pieces[0]}, {pieces[1]}"
    if len(pieces) > 2:
        return f"{pieces[0]} {pieces[1]}, {' '.join(pieces[2:])}"
    words = [word for word in _parted(written.strip(), _BLANK) if word]
    if len(words) < 2:
        return _text(written)
    family = _family_at(words)
    return f"{_text(' '.join(words[family:]))}, {_text(' '.join(words[:family]))}"


def _family_at(words: list[str]) -> int:
    """Return where the family name begins: at the first small word, else at the last word."""
    small = (index for index, word in enumerate(words[1:-1], start=1) if word[:1].islower())
    return next(small, len(words) - 1)


def _text(value: str) -> str:
    return squash(plain(value))
