"""Names of people in BibTeX's form."""

from __future__ import annotations

import re

from reviews.formats.latex import plain
from reviews.formats.text import squash

_AND = re.compile(r"\s+and\s+", re.IGNORECASE)
_BRACES = re.compile(r"[{}]")
_COLLECTIVE = re.compile(r"\s*\{([^{}]*)\}\s*")
# The parts of a name by their names, as biblatex has them beside BibTeX's form.
_KEYED = re.compile(r"\s*\{?\s*(?:family|given|prefix|suffix|useprefix)(?:-i)?\s*=", re.IGNORECASE)
_INITIAL = re.compile(r"(?:[A-Z]\.-?){1,3}|[A-Z]")


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
    if _KEYED.match(written):
        return _keyed(written.strip())
    if collective := _COLLECTIVE.fullmatch(written):
        return _text(collective.group(1))
    pieces = [text for piece in _parted(written.strip(), _COMMA) if (text := _text(piece))]
    if len(pieces) == 2:
        return f"{pieces[0]}, {pieces[1]}"
    if len(pieces) > 2:
        return f"{pieces[0]} {pieces[1]}, {' '.join(pieces[2:])}"
    words = [word for word in _parted(written.strip(), _BLANK) if word]
    if len(words) < 2 or _is_inverted(words):
        return _text(written)
    family = _family_at(words)
    return f"{_text(' '.join(words[family:]))}, {_text(' '.join(words[:family]))}"


def _is_inverted(words: list[str]) -> bool:
    """Tell family and initials, as PubMed has them: nobody's family name is a letter."""
    return bool(_INITIAL.fullmatch(words[-1])) and len(words[0]) > 2 and not _INITIAL.fullmatch(words[0])


def _keyed(written: str) -> str:
    """Read ``family=Berg, given=Anna``, in braces or not."""
    inner = written[1:-1] if written.startswith("{") and written.endswith("}") else written
    told: dict[str, str] = {}
    for piece in _parted(inner, _COMMA):
        key, _, value = piece.partition("=")
        told[key.strip().lower()] = _text(value.strip(' "'))
    family = " ".join(filter(None, (told.get(part, "") for part in ("prefix", "family", "suffix"))))
    return ", ".join(filter(None, (family, told.get("given") or told.get("given-i", ""))))


def _family_at(words: list[str]) -> int:
    """Return where the family name begins: at the first small word, else at the last word."""
    small = (index for index, word in enumerate(words[1:-1], start=1) if word[:1].islower())
    return next(small, len(words) - 1)


def _text(value: str) -> str:
    return squash(plain(value))
