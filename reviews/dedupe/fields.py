"""Authors, journals, volumes and pages brought to forms that compare across databases."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Literal, NamedTuple

from rapidfuzz import fuzz

from reviews.dedupe.normalise import plain

Agreement = Literal["same", "near", "unknown", "differ"]

_INITIALS = re.compile(r"[^\W\d_]{1,3}\.?(?:[ -]?[^\W\d_]\.?)*")
# "Family G.H.", and also "Family G.Second A." where an export lost the mark between the names.
_BEFORE_INITIAL = re.compile(r"([^.]+?)\s+[^\W\d_]\.")
_NOBODY = frozenset({"anonymous", "anon", "null", "no authors listed", "unknown", "none"})
_NO_NAMES = frozenset({"et", "al", "and", "null", "anonymous", "jr", "sr", "phd", "md", "ieee"})
_OTHERS = frozenset({"et al", "others", "et"})
# Of very long author lists the beginning is enough, and is what all databases keep.
_AUTHORS_READ = 30

_FIRST_NUMBER = re.compile(r"\d+")
_CUT_VOLUME = re.compile(r"^[^()]*\)\s*$")
_MONTH_NAMES = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTHS = {name: number for number, name in enumerate(_MONTH_NAMES, start=1)}
_NAMES_OF_MONTHS = "|".join(_MONTHS)
# "6-10" after a spreadsheet made a date of it: "06-Oct" or "Oct-06"; and "1-30": "Jan-30".
_AS_DATE = re.compile(rf"(?:(\d+)-({_NAMES_OF_MONTHS})|({_NAMES_OF_MONTHS})-(\d+))", re.IGNORECASE)
_COUNT_OF_PAGES = re.compile(r"\d+\s*(?:p|pp|pages?)\.?\s*$", re.IGNORECASE)
_RANGE = re.compile(
    r"([a-z]{0,4})\.?\s*(\d{1,9})([a-z]?)(?:\s*[-–—−]+\s*[a-z]{0,4}\.?(\d{1,9}))?", re.IGNORECASE
)
_ROMAN = re.compile(r"[ivxlc]+(?:\s*[-–—−]\s*[ivxlc]+)?", re.IGNORECASE)
_ARTICLE_NUMBER = re.compile(r"\b(?:e\d{3,}|[a-z]{2}\d{5,}|\d{5,})\b", re.IGNORECASE)
# A range as long as a whole issue is the place of a supplement and not of one text in it.
_WHOLE_ISSUE = 60
_SMALLEST_ARTICLE_NUMBER = 10_000
_SMALLEST_E_NUMBER = 100

_SMALL_WORDS = frozenset((
    "a", "an", "and", "as", "at", "by", "da", "de", "dei", "del", "della", "den", "der", "des", "di", "die",
    "do", "du", "el", "et", "for", "from", "fur", "i", "in", "its", "la", "le", "les", "och", "of", "og",
    "on", "si", "sur", "the", "to", "und", "van", "voor", "with", "y", "zu", "zum", "zur",
))  # fmt: skip
_APOSTROPHE = re.compile(r"['’`](?=s\b)")  # "Alzheimer's", abbreviated "Alzheimers"
_BRACKETED = re.compile(r"\([^)]*\)|\[[^\]]*\]")
_TAIL = re.compile(r"[;=/:]|\.\s*conference|\bconference\s*:|\s-\s", re.IGNORECASE)
# By their letters alone "neurol" would be "neuroradiology", too.
_CONTRACTED = {"natl": "national", "intl": "international", "jpn": "japanese"}
_COCHRANE = re.compile(r"^cochrane database")


class Pages(NamedTuple):
    """Where a text stands: letters before the number, first and last page; 0 where unknown."""

    letters: str
    first: int
    last: int


class Journal(NamedTuple):
    """A journal's name: its main part without small words, and all its words."""

    main: str
    words: str


NO_PAGES = Pages("", 0, 0)


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
    name = plain(_family_part(first))
    return "" if name in _NOBODY else name


def _family_part(first: str) -> str:
    if "," in first:
        return first.split(",", 1)[0]
    before_initial = _BEFORE_INITIAL.match(first)
    if before_initial:
        return before_initial.group(1)
    words = first.split()
    while len(words) > 1 and words[-1].isupper() and _INITIALS.fullmatch(words[-1]):
        words.pop()
    while len(words) > 1 and _is_initial(words[0]):
        words.pop(0)
    return " ".join(words)


def _is_initial(word: str) -> bool:
    return len(word) == 1 or (word.endswith(".") and bool(_INITIALS.fullmatch(word)))


def names(authors: Sequence[str]) -> frozenset[str]:
    """Return the words of all authors' names, without initials.

    Parameters
    ----------
    authors : sequence of str
        As found, in any order of the names.

    Returns
    -------
    frozenset of str
        Which of them are family names is often not to be told.

    Examples
    --------
    >>> sorted(names(["Wu, Ching-yi", "Yang C.-L."]))
    ['ching', 'wu', 'yang', 'yi']
    """
    words = plain(" ".join(authors[:_AUTHORS_READ])).split()
    return frozenset([word for word in words if len(word) > 1 and word not in _NO_NAMES])


def people(authors: Sequence[str], words: frozenset[str]) -> int:
    """Return how many authors are named, at least.

    Parameters
    ----------
    authors : sequence of str
        As found.
    words : frozenset of str
        From `names`.

    Returns
    -------
    int
        Where an export lost the marks between the names, so many as the words suggest.
    """
    listed = authors[:_AUTHORS_READ]
    others = sum(name.strip(" .").lower() in _OTHERS for name in listed[-1:])
    return max(len(listed) - others, -(-len(words) // 4))


def volume(text: str) -> str:
    """Return the number of a volume.

    Parameters
    ----------
    text : str
        Such as ``13 (2) (no pagination)``. Of ``28 (SUPPL. 1)`` some exports leave ``1)``, which is none, and
        of ``37 (9-10)`` they leave ``9-10)``.

    Returns
    -------
    str
        Without leading zeros; "" where there is none.
    """
    match = _FIRST_NUMBER.search(text)
    if match is None or _CUT_VOLUME.match(text):
        return ""
    return match.group().lstrip("0") or "0"


def issue(text: str) -> frozenset[str]:
    """Return the numbers in an issue: "Pt 4" and "4" are one, and so are "3-4" and "03-Apr".

    An article number is none: some exports file it there.

    Parameters
    ----------
    text : str
        As found.

    Returns
    -------
    frozenset of str
        Without leading zeros; empty where there are none.
    """
    if text.isdigit() and len(text) < len(str(_SMALLEST_ARTICLE_NUMBER)):
        return frozenset((text.lstrip("0") or "0",))
    bare = _undated(_ARTICLE_NUMBER.sub(" ", text))
    return frozenset([found.lstrip("0") or "0" for found in _FIRST_NUMBER.findall(bare)])


def _undated(text: str) -> str:
    match = _AS_DATE.fullmatch(text.strip())
    if match is None:
        return text
    if match.group(1):
        return f"{int(match.group(1))}-{_MONTHS[match.group(2).lower()]}"
    return f"{_MONTHS[match.group(3).lower()]}-{int(match.group(4))}"


def pages(text: str, issue: str = "") -> Pages:
    """Return the place of a text in its volume.

    Parameters
    ----------
    text : str
        Such as ``1606-15``, ``S12-S14``, ``e000148`` or, after a spreadsheet, ``06-Oct``.
    issue : str
        Searched for an article number where there are no pages.

    Returns
    -------
    Pages
        ``NO_PAGES`` for a count of pages, such as ``215 p``.

    Examples
    --------
    >>> pages("1606-15"), pages("06-Oct"), pages("S12"), pages("iv-vii")
    (Pages(letters='', first=1606, last=1615), Pages(letters='', first=6, last=10), \
Pages(letters='s', first=12, last=0), Pages(letters='iv', first=0, last=0))
    """
    if not text:
        found = _ARTICLE_NUMBER.search(issue)
        return pages(found.group()) if found else NO_PAGES
    shown = text.strip()
    if _COUNT_OF_PAGES.match(shown):
        return NO_PAGES
    if _ROMAN.fullmatch(shown):
        return Pages(re.split(r"\s*[-–—−]", shown.lower(), maxsplit=1)[0], 0, 0)
    match = _RANGE.search(_undated(shown))
    if match is None:
        return NO_PAGES
    first, last = match.group(2), match.group(4) or ""
    if last and len(last) < len(first):
        last = first[: len(first) - len(last)] + last
    return Pages((match.group(1) or match.group(3)).lower(), int(first), int(last or 0))


def compare_pages(one: Pages, other: Pages) -> Agreement:
    """Tell whether two texts stand in the same place of their volume.

    Parameters
    ----------
    one, other : Pages
        From `pages`.

    Returns
    -------
    {"same", "near", "unknown", "differ"}
        "near" where the ranges overlap, or one has the number of the other in letters.
    """
    if NO_PAGES in (one, other):
        return "unknown"
    if one.first == other.first:
        if one.letters != other.letters and one.letters and other.letters:
            return "differ"
        return "same" if one.last == other.last or not (one.last and other.last) else "near"
    # An article number, and the pages of its file.
    if (one.first == 1 < one.last and not other.last) or (other.first == 1 < other.last and not one.last):
        return "unknown"
    if one.last == other.last and one.first != one.last != other.first:
        return "near" if one.last else "differ"
    # Strictly: where one text ends, the next begins on the same page.
    overlap = one.first < (other.last or other.first) and other.first < (one.last or one.first)
    short = _length(one) + _length(other) < _WHOLE_ISSUE
    return "near" if overlap and one.first and other.first and short else "differ"


def _length(place: Pages) -> int:
    return place.last - place.first if place.last else 0


def is_leaf(place: Pages) -> bool:
    """Whether a text fills one page or two, as abstracts of meetings do."""
    if place.last:
        return place.last - place.first in (0, 1)
    return bool(place.letters and place.first) and not _is_article_number(place)


def _is_article_number(place: Pages) -> bool:
    return place.first >= (_SMALLEST_E_NUMBER if place.letters == "e" else _SMALLEST_ARTICLE_NUMBER)


def is_narrow(place: Pages) -> bool:
    """Whether only one text can stand there: on several pages after the first, or under a number."""
    if not place.last:
        return _is_article_number(place)
    return place.first > 1 and 0 < _length(place) < _WHOLE_ISSUE


@lru_cache(maxsize=16_384)
def journal(text: str) -> Journal:
    """Return the words of a journal's name.

    Parameters
    ----------
    text : str
        Full or abbreviated, with what catalogues add: ``Stroke; a journal of cerebral circulation``,
        ``Stroke (00392499)``, ``Pediatric Nephrology.Conference: 44th Annual Scientific Meeting``.

    Returns
    -------
    Journal
        Its main part without articles and prepositions, and all words without what stands in brackets.
    """
    if not text.strip():
        return Journal("", "")
    bare = _APOSTROPHE.sub("", _BRACKETED.sub(" ", text.replace("&amp;", "&")))
    if not bare.strip(" .:;"):
        bare = text.strip("[]() ")
    head = _TAIL.split(bare, maxsplit=1)[0]
    main = " ".join([word for word in plain(head).split() if word not in _SMALL_WORDS])
    return Journal(main, plain(re.sub(r"[\[\]]", " ", text)) if main else "")


@lru_cache(maxsize=65_536)
def compare_journals(one: Journal, other: Journal) -> Agreement:
    """Tell whether two names mean one journal.

    Parameters
    ----------
    one, other : Journal
        From `journal`.

    Returns
    -------
    {"same", "near", "unknown", "differ"}
        "same" where they are equal, one abbreviates the other word by word, or one is the other's acronym;
        "near" where one begins like the other and goes on, which may be a subtitle or another journal.

    Examples
    --------
    >>> compare_journals(journal("Am J Hematol"), journal("American Journal of Hematology"))
    'same'
    >>> compare_journals(journal("Blood"), journal("Blood Cancer J"))
    'near'
    """
    if not one.main or not other.main:
        return "unknown"
    # Transliterated names differ in where the words end: "zhongguo zhenjiu", "zhongguo zhen jiu".
    if one.main.replace(" ", "") == other.main.replace(" ", "") or one.words == other.words:
        return "same"
    short, long = sorted((one.main.split(), other.main.split()), key=lambda words: (len(words), words))
    begins = all(_abbreviates(a, b) for a, b in zip(short, long, strict=False))
    if len(short) == len(long) and begins:
        return "same"
    if len(short) == 1 and len(long) > 2 and short[0] == "".join([word[0] for word in long]):
        return "same"
    if begins or fuzz.ratio(one.main, other.main) >= 85:
        return "near"
    return "near" if fuzz.token_set_ratio(one.words, other.words) >= 85 else "differ"


def _abbreviates(one: str, other: str) -> bool:
    """Whether one word is the other cut short ("psychol"), or drawn together ("natl")."""
    short, long = (one, other) if len(one) <= len(other) else (other, one)
    return long.startswith(short) or _CONTRACTED.get(short) == long


def is_cochrane(name: Journal) -> bool:
    """Whether each update of a text has the same title, authors and page there."""
    return bool(_COCHRANE.match(name.main)) or name.main == "cochrane db syst rev"
