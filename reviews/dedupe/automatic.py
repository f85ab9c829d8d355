"""The rules by which a machine merges: the same title by the same authors in the same place.

Notes
-----
What is missing is forgiven, what contradicts is not, except where the rest leaves no doubt: a book of a
series has two names, and an issue can be mistyped where pages run on through a volume.
"""

from __future__ import annotations

from reviews.dedupe import fields
from reviews.dedupe.compare import Comparison, is_specific, swap_words
from reviews.dedupe.keys import Entry

# Where pages run on through a volume, few texts stand before this one.
_RUNNING_PAGE = 60
_HERE = frozenset({"same", "near"})
_BY_THEM = frozenset({"same", "shared"})
_TITLED = frozenset({"equal", "spelling"})


def rule_of(a: Entry, b: Entry, found: Comparison) -> str:
    """Return the rule by which two entries are the same record, or "".

    Parameters
    ----------
    a, b : Entry
        The two; their order does not matter.
    found : Comparison
        How they agree.

    Returns
    -------
    str
        ``same_pmid``, ``same_doi``, ``same_reference``, ``same_place`` or "".
    """
    if found.pmid:
        return "same_pmid" if _could_be_titles_of_one(found) else ""
    if found.author == "differ" or (found.year or 0) > 1:
        return ""
    if found.doi and _same_doi(a, b, found):
        return "same_doi"
    if found.title in _TITLED and _same_reference(a, b, found):
        return "same_reference"
    return "same_place" if _same_place(a, b, found) else ""


def is_printed_together(a: Entry, b: Entry, found: Comparison) -> bool:
    """Tell whether two texts stand on the same pages of the same volume.

    Parameters
    ----------
    a, b : Entry
        The two.
    found : Comparison
        How they agree.

    Returns
    -------
    bool
        False where a page or a volume is missing.
    """
    return found.volume == found.pages == "same" and found.journal != "differ" and a.pages.first > 0


def _could_be_titles_of_one(found: Comparison) -> bool:
    """Guard against a mistyped PMID; a translated title is carried by author and year."""
    if found.title in ("differ", "unknown"):
        return found.likeness is None or (found.author in _BY_THEM and found.year in (0, 1))
    return True


def _same_doi(a: Entry, b: Entry, found: Comparison) -> bool:
    """Titles must agree, with their numbers, or one be cut short: one DOI can cover a whole supplement."""
    if found.contradictions >= 2:
        return False
    if found.title in _TITLED:
        known = is_specific(a, b) or found.pages == "same"
        return known and (found.title == "equal" or found.pages != "differ")
    if found.author not in _BY_THEM or found.pages == "differ":
        return False
    return found.title == "contained" or (
        found.title == "close" and found.numbers and _is_one_under_doi(a, b, found)
    )


def _is_one_under_doi(a: Entry, b: Entry, found: Comparison) -> bool:
    """Of two abstracts on one page of a supplement one may be of men, the other of women."""
    if found.pages == "same" and not fields.is_leaf(a.pages):
        return True
    return not swap_words(a, b) and (found.pages == "same" or not found.contradictions)


def _same_reference(a: Entry, b: Entry, found: Comparison) -> bool:
    """The same title by the same authors in the same journal, and no place that contradicts."""
    if found.author not in _BY_THEM or not is_specific(a, b) or _is_other_issue(a, b, found):
        return False
    if found.journal != "same":
        return _same_in_proceedings(a, b, found)
    if found.volume == "same":
        return found.pages != "differ" or _is_one_abstract(a, b, found)
    if found.volume == "differ" or found.pages == "differ":
        return False
    return found.year == 0 or (found.pages == "same" and fields.is_narrow(a.pages))


def _same_in_proceedings(a: Entry, b: Entry, found: Comparison) -> bool:
    """Proceedings go by many names; pages or the number of the volume are what they have in common."""
    if found.volume == "differ":
        return False
    if found.pages == "same" and a.pages.last == b.pages.last and fields.is_narrow(a.pages):
        return found.journal != "differ" or (found.title == "equal" and "meeting" in a.marks | b.marks)
    sure = found.title == "equal" and found.author == "same" and found.year == 0
    return sure and found.journal == "near" and found.volume == "same" and found.pages == "unknown"


def _is_one_abstract(a: Entry, b: Entry, found: Comparison) -> bool:
    """One page was mistyped: several authors do not print two abstracts of one long title in one volume."""
    return (
        fields.is_leaf(a.pages)
        and fields.is_leaf(b.pages)
        and found.author == "same"
        and min(len(a.names), len(b.names)) >= 3
        and is_specific(a, b, 8)
        and found.year == 0
    )


def _same_place(a: Entry, b: Entry, found: Comparison) -> bool:
    """The same pages of the same volume hold one text, which nearly the same title and authors confirm."""
    if found.volume != "same" or found.pages not in _HERE or _is_other_issue(a, b, found):
        return False
    if found.title in _TITLED:
        return _is_titled_alike_there(a, b, found)
    if found.author not in _BY_THEM or found.journal not in _HERE:
        return False
    narrow = fields.is_narrow(a.pages) or fields.is_narrow(b.pages)
    if found.title == "contained":
        long = is_specific(a, b, 8) and found.pages == found.issue == "same"
        return narrow or long or (a.pages.first > 1 and found.numbers and not fields.is_leaf(a.pages))
    # Several abstracts stand on one page, and texts of an electronic journal all begin on page 1.
    if not narrow or found.pages != "same":
        return False
    return (found.title == "close" and found.numbers) or _is_translated_twice(a, b, found)


def _is_translated_twice(a: Entry, b: Entry, found: Comparison) -> bool:
    """Each database translates the titles of articles that are not in English for itself."""
    sure = found.author == found.journal == "same" and found.year == 0
    return sure and (a.translated or b.translated) and found.title in ("close", "loose")


def _is_titled_alike_there(a: Entry, b: Entry, found: Comparison) -> bool:
    if found.journal == "differ":
        return found.author in _BY_THEM and is_specific(a, b) and found.pages == "same"
    if found.author == "unknown":
        return found.journal == "same" and is_specific(a, b)
    return True


def _is_other_issue(a: Entry, b: Entry, found: Comparison) -> bool:
    """Issues that begin at page 1 repeat their pages; where pages run on, the same ones prove a misprint."""
    if found.issue != "differ":
        return False
    return not (a.pages == b.pages and a.pages.first > _RUNNING_PAGE and a.pages.last > 0)
