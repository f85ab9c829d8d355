"""Fields of records brought to a form in which equal things are equal."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache

_TAG = re.compile(r"<[^<>]{1,80}>")
_NOT_WORD = re.compile(r"[^a-z0-9]+")
_LANGUAGES = (
    "chinese|czech|danish|dutch|english|finnish|french|german|greek|hebrew|hungarian|italian|japanese|korean|"
    "norwegian|persian|polish|portuguese|romanian|russian|serbian|slovak|spanish|swedish|turkish|ukrainian"
)
# What databases append to a title; it says something about the record and is no part of the title.
_NOTE = re.compile(
    rf"\s*[\[(](?:in\s+)?(?:(?:{_LANGUAGES})\b[^\])]*|erratum appears[^\])]*|see comments?|comments?|"
    r"corrected(?: and republished[^\])]*)?|review[^\])]*refs?|\d+ refs?|abstract no\.?[^\])]*)[\])]\.?\s*$",
    re.IGNORECASE,
)
_FIRST_NUMBER = re.compile(r"\d+")
_PAGE = re.compile(r"([a-z]*)0*(\d+)", re.IGNORECASE)
_INITIALS = re.compile(r"[^\W\d_]{1,3}\.?(?:[ -]?[^\W\d_]\.?)*")
# "Family G.H.", and also "Family G.Second A." where an export lost the mark between the names.
_BEFORE_INITIAL = re.compile(r"([^.]+?)\s+[^\W\d_]\.")
_SMALL_WORDS = frozenset(
    {"a", "an", "and", "der", "des", "die", "et", "for", "fur", "in", "la", "le", "of", "on", "the", "und"}
)
_BRACKETED = re.compile(r"\([^)]*\)|\[[^\]]*\]")

_MARKS: tuple[tuple[str, re.Pattern[str]], ...] = (
    (
        "erratum",
        re.compile(r"^\W*(?:published )?(?:errat(?:um|a)|corrigend(?:um|a)|corrections?)\b(?!\s+of\b)"),
    ),
    ("erratum", re.compile(r"\b(?:erratum|corrigendum) (?:to|in|for)\b")),
    ("retraction", re.compile(r"^\W*(?:(?:notice of )?retraction|retracted|withdrawn|withdrawal)\b")),
    ("retraction", re.compile(r"^\W*expression of concern\b")),
    ("reply", re.compile(r"\bauthors?\W{0,2}s?\W? (?:reply|response)|\breply to\b|\bin reply\b")),
    (
        "reply",
        re.compile(r"\bresponse to (?:the )?(?:letter|comment)|^\W*(?:reply|response)\W*$|: reply\W*$"),
    ),
    ("comment", re.compile(r"^\W*(?:invited )?comment(?:ary|s)?\b|\bcomment(?:ary)? on\b|\(comment\)")),
    ("letter", re.compile(r"\bletters? to the editor\b|^\W*letter\W*$")),
    ("editorial", re.compile(r"^\W*(?:editorial|preface|foreword)\b")),
)
_KIND_MARKS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("erratum", ("erratum", "corrigendum", "correction", "published erratum")),
    ("retraction", ("retraction of publication", "retraction notice", "expression of concern")),
    ("comment", ("comment",)),
    ("letter", ("letter",)),
    ("editorial", ("editorial",)),
    (
        "abstract",
        ("abstract", "conference abstract", "meeting abstract", "conference paper", "conference proceedings"),
    ),
    ("preprint", ("preprint",)),
)
_PREPRINT_JOURNAL = re.compile(
    r"^(?:medrxiv|biorxiv|arxiv|chemrxiv|psyarxiv|osf preprints|research square|ssrn|preprints)\b"
)
_PREPRINT_DOI = (
    "10.1101/",
    "10.21203/",
    "10.2139/ssrn",
    "10.48550/",
    "10.20944/preprints",
    "10.31234/",
    "10.31219/",
)
_SUPPLEMENT = re.compile(r"\bsuppl?(?:ement)?\b|\bs\d+\b", re.IGNORECASE)


def plain(text: str) -> str:
    """Return the words of `text`: lower case, unaccented, letters and digits, one space between.

    Parameters
    ----------
    text : str
        Any field.

    Returns
    -------
    str
        "" where nothing Latin is left.

    Examples
    --------
    >>> plain("Naïve  CD19<sup>+</sup> T-cells")
    'naive cd19 t cells'
    """
    bare = unicodedata.normalize("NFKD", _TAG.sub("", text).replace("&", " and "))
    unaccented = "".join(letter for letter in bare.casefold() if not unicodedata.combining(letter))
    words = _NOT_WORD.sub(" ", unaccented).strip()
    # Titles in other scripts keep their letters: without them they would all be equal.
    return words if words or not text.strip() else " ".join(unaccented.split())


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
    shorter = text
    while (cut := _NOTE.sub("", shorter)) != shorter and cut.strip():
        shorter = cut
    return plain(shorter)


def family(authors: Sequence[str]) -> str:
    """Return the family name of the first author, from any usual way of writing it.

    Parameters
    ----------
    authors : sequence of str
        "Family, Given", "Family G", "Family G.H." or "G. Family".

    Returns
    -------
    str
        See `plain`; "" without authors.

    Examples
    --------
    >>> family(["van der Berg J.-P."]), family(["Jiang, Hua"]), family(["P. Kogge"])
    ('van der berg', 'jiang', 'kogge')
    """
    first = authors[0].strip() if authors else ""
    if "," in first:
        return plain(first.split(",", 1)[0])
    before_initial = _BEFORE_INITIAL.match(first)
    if before_initial:
        return plain(before_initial.group(1))
    words = first.split()
    while len(words) > 1 and words[-1].isupper() and _INITIALS.fullmatch(words[-1]):
        words.pop()
    while len(words) > 1 and words[0].endswith(".") and _INITIALS.fullmatch(words[0]):
        words.pop(0)
    return plain(" ".join(words))


def number(text: str) -> str:
    """Return the first number in a volume or issue, or its words where there is none.

    Parameters
    ----------
    text : str
        Such as ``13 (2) (no pagination)`` or ``1)``.

    Returns
    -------
    str
        Without leading zeros.
    """
    match = _FIRST_NUMBER.search(text)
    return match.group().lstrip("0") or "0" if match else plain(text)


def first_page(text: str) -> str:
    """Return the first page or the article number.

    Parameters
    ----------
    text : str
        Such as ``1606-15``, ``S12`` or ``e000148``.

    Returns
    -------
    str
        Lower case, without leading zeros.
    """
    match = _PAGE.search(text)
    return f"{match.group(1).lower()}{match.group(2)}" if match else ""


def journal(text: str) -> str:
    """Return the words of a journal's name, without what stands in brackets or after a colon.

    Parameters
    ----------
    text : str
        Full or abbreviated.

    Returns
    -------
    str
        Without articles and prepositions.
    """
    main = _BRACKETED.sub(" ", text).split(":")[0].split(" = ")[0]
    return " ".join(word for word in plain(main).split() if word not in _SMALL_WORDS)


@lru_cache(maxsize=65_536)
def same_journal(one: str, other: str) -> bool:
    """Tell whether two normalised names mean one journal.

    Parameters
    ----------
    one, other : str
        From `journal`.

    Returns
    -------
    bool
        True where they are equal, one abbreviates the other word by word, or one is the other's acronym.

    Examples
    --------
    >>> same_journal(journal("Am J Hematol"), journal("American Journal of Hematology"))
    True
    >>> same_journal("blood", "blood cancer j")
    False
    """
    if not one or not other:
        return False
    # Transliterated names differ in where the words end: "zhongguo zhenjiu", "zhongguo zhen jiu".
    if one.replace(" ", "") == other.replace(" ", ""):
        return True
    short, long = sorted((one.split(), other.split()), key=len)
    if len(short) == len(long):
        return all(a.startswith(b) or b.startswith(a) for a, b in zip(short, long, strict=True))
    return len(short) == 1 and len(long) > 2 and short[0] == "".join(word[0] for word in long)


def marks(
    *, title: str, journal: str, issue: str, volume: str, doi: str, publication_types: Sequence[str]
) -> frozenset[str]:
    """Return what sets this record apart from an article with the same title.

    Parameters
    ----------
    title, journal, issue, volume, doi : str
        As found.
    publication_types : sequence of str
        As found.

    Returns
    -------
    frozenset of str
        Of ``erratum``, ``retraction``, ``reply``, ``comment``, ``letter``, ``editorial``, ``abstract``,
        ``preprint`` and ``supplement``.
    """
    lowered = title.lower()
    kinds = {kind.strip().lower() for kind in publication_types}
    found = {mark for mark, pattern in _MARKS if pattern.search(lowered)}
    found |= {mark for mark, names in _KIND_MARKS if kinds & set(names)}
    if _PREPRINT_JOURNAL.match(journal.strip().lower()) or doi.startswith(_PREPRINT_DOI):
        found.add("preprint")
    if _SUPPLEMENT.search(issue) or _SUPPLEMENT.search(volume):
        found.add("supplement")
    return frozenset(found)
