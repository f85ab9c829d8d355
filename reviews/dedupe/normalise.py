"""Words and titles brought to a form in which equal things are equal."""

from __future__ import annotations

import html
import re
import unicodedata

_TAG = re.compile(
    r"</?(?:sup|sub|inf|su[bp]script|italic|bold|[iub]|em|strong|sc|scp|span|p|br|jats:\w+|mml:\w+)\b[^<>]{0,80}>"
)
_CODE_POINT = re.compile(r"<U\+([0-9A-Fa-f]{4,5})>")
# UTF-8 that was read as Latin-1 or as Windows-1252: a lead byte and one or two that follow.
_MOJIBAKE = re.compile("[\u00c2-\u00cf\u00e2][\u0080-\u00bf\u0152-\u0192\u02c6\u02dc\u2013-\u2122]{1,2}")
_NOT_WORD = re.compile(r"[^a-z0-9]+")
_GREEK_NAMES = {
    "alpha": "αΑ", "beta": "βΒϐ", "gamma": "γΓ", "delta": "δΔ", "epsilon": "εΕ", "zeta": "ζΖ", "eta": "ηΗ",
    "theta": "θΘϑ", "kappa": "κΚ", "lambda": "λΛ", "mu": "μΜµ", "pi": "πΠ", "sigma": "σςΣ", "tau": "τΤ",
    "phi": "φϕΦ", "chi": "χΧ", "psi": "ψΨ", "omega": "ωΩ",
}  # fmt: skip
_GREEK = {ord(letter): f" {name} " for name, letters in _GREEK_NAMES.items() for letter in letters}
_LETTERS = str.maketrans(
    {"ø": "o", "Ø": "o", "ł": "l", "Ł": "l", "đ": "d", "Đ": "d", "ı": "i", "æ": "ae", "Æ": "ae"}
)
_LANGUAGES = (
    "chinese|czech|danish|dutch|english|finnish|french|german|greek|hebrew|hungarian|italian|japanese|korean|"
    "norwegian|persian|polish|portuguese|romanian|russian|serbian|slovak|spanish|swedish|turkish|ukrainian"
)
_APPENDED = (
    r"(?:published )?(?:erratum|corrigendum|retraction|comment|update|reprint|corrections?|republished)"
    r"[^\])]*"
    r"\b(?:appears?|in|from|of)\b"
)
# What databases append to a title; it says something about the record and is no part of the title.
_NOTE = re.compile(
    rf"\s*\[{_APPENDED}[^\[\]]*\]\.?\s*$|"
    rf"\s*[\[(](?:in\s+)?(?:(?:{_LANGUAGES})\b[^\])]*|{_APPENDED}[^\])]*|see comments?|comments?|"
    r"corrected(?: and republished[^\])]*)?|review[^\])]*(?:refs?)?|\d+ refs?|abstract no\.?[^\])]*|"
    r"multiple letters|letter|electronic resource|reprint(?:ed)?|\d)[\])]\.?\s*$",
    re.IGNORECASE,
)
# How Web of Science and Embase name the text that a correction corrects.
CORRECTED = re.compile(
    r"\s*\((?:vol(?:ume)?\.? \w+, (?:pgs?|pages?|p|art\w*)\b[^()]*|"
    r"[^()]+\(\d{4}\)[^()]*(?:\([^()]*\)[^()]*)*)\)\.?\s*$",
    re.IGNORECASE,
)
# What a notice puts before the title of the text that it belongs to; `marks` remembers it.
_HEADING = re.compile(
    r"^\W*(?:(?:(?:published|author|publisher) )?(?:errat(?:um|a)|corrigend(?:um|a)|correction)|"
    r"retraction(?: note| notice)?|retracted(?: article)?|withdrawn|expression of concern|"
    r"editorial|comment(?:ary)?|reply|response)"
    r"(?:\s*[:.–—-]\s*(?:to:?|on:?|in:?|for:?)?\s+|\s+(?:to|on|for):\s*|\s+(?:to|on|for)\s+(?=[\"'“‘]))",
    re.IGNORECASE,
)
_LANGUAGE_NOTE = re.compile(rf"[\[(](?:in\s+)?(?:{_LANGUAGES})\b[^\])]*[\])]\.?\s*$", re.IGNORECASE)
_OPEN_NOTE = re.compile(rf"\s*[\[(]{_APPENDED}[^\])]*$", re.IGNORECASE)
# What stands after so many letters tells no titles apart, and cannot make the patterns slow.
_LONGEST = 1000
_DIGITS = re.compile(r"\d+")


def plain(text: str) -> str:
    """Return the words of `text`: lower case, unaccented, letters and digits, one space between.

    Parameters
    ----------
    text : str
        Any field.

    Returns
    -------
    str
        The text itself in lower case where nothing Latin is left.

    Examples
    --------
    >>> plain("Naïve  CD19<sup>+</sup> T-cells &amp; IFN-γ")
    'naive cd19 t cells and ifn gamma'
    """
    bare = text
    if "&" in bare:
        bare = html.unescape(html.unescape(bare)).replace("&", " and ")
    if "<" in bare:
        bare = _TAG.sub("", _CODE_POINT.sub(lambda code: chr(int(code.group(1), 16)), bare))
    if not bare.isascii():
        bare = _unaccented(bare)
    words = _NOT_WORD.sub(" ", bare.lower()).strip()
    # Titles in other scripts keep their letters: without them they would all be equal.
    return words if words or not text.strip() else " ".join(bare.casefold().split())


def _unaccented(text: str) -> str:
    """Latin letters without their accents, Greek ones by name, and what was decoded wrongly put right."""
    right = _MOJIBAKE.sub(_decoded, text).translate(_GREEK).translate(_LETTERS)
    spread = unicodedata.normalize("NFKD", right).casefold()
    return "".join(letter for letter in spread if not unicodedata.combining(letter))


def _decoded(match: re.Match[str]) -> str:
    found = match.group()
    try:
        data = b"".join(
            bytes([ord(letter)]) if ord(letter) < 256 else letter.encode("cp1252") for letter in found
        )
        return data.decode()
    except UnicodeError:
        return found


def title(text: str) -> str:
    """Return the words of a title, without the notes that databases append.

    Parameters
    ----------
    text : str
        As found.

    Returns
    -------
    str
        See `plain`.

    Examples
    --------
    >>> title("Effect of batroxobin. [Chinese]")
    'effect of batroxobin'
    """
    shorter = text = text[:_LONGEST]
    if "[" in text or "(" in text:
        shorter = CORRECTED.sub("", shorter) or text
        shorter = _OPEN_NOTE.sub("", shorter) or shorter
        while (cut := _NOTE.sub("", shorter)) != shorter and cut.strip():
            shorter = cut
    heading = _HEADING.match(shorter)
    if heading and shorter.count(" ", heading.end()) >= 2:
        shorter = shorter[heading.end() :]
    return plain(shorter)


def is_translated(text: str) -> bool:
    """Tell whether a title is a database's translation: it stands in brackets, or the language is named.

    Parameters
    ----------
    text : str
        As found.

    Returns
    -------
    bool
        Guessed from how MEDLINE and Embase mark it.
    """
    return "[" in text and (text.startswith("[") or bool(_LANGUAGE_NOTE.search(text)))


def numbers(words: str) -> tuple[str, ...]:
    """Return the numbers in a title, sorted: what tells part 1 from part 2.

    Parameters
    ----------
    words : str
        From `title`.

    Returns
    -------
    tuple of str
        Arabic ones without leading zeros, and Roman ones that stand alone.

    Examples
    --------
    >>> numbers("phase iii trial of 21st and 018")
    ('18', '21', 'iii')
    """
    roman = [word for word in words.split() if word in _ROMAN]
    return tuple(sorted([found.lstrip("0") or "0" for found in _DIGITS.findall(words)] + roman))


_ROMAN = frozenset({"i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix", "x"})
