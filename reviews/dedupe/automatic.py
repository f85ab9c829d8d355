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
# Of a short title, so that it is none of those that every journal uses.
_LETTERS = 20
_ANSWERS = frozenset({"reply", "comment", "commenting", "letter", "editorial"})
# In a subtitle they say that this is another text than the one without it.
_OTHER_TEXT = frozenset((
    "answer", "appendix", "author", "authors", "comment", "commentary", "continued", "correction", "design",
    "discussion", "erratum", "extension", "final", "follow", "interim", "letter", "part", "pilot", "protocol",
    "rationale", "rejoinder", "reply", "response", "results", "second", "supplement", "update", "updated",
))  # fmt: skip
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
        ``same_pmid``, ``same_doi``, ``same_reference``, ``same_place``, ``same_text`` or "".
    """
    if found.pmid:
        return "same_pmid" if _could_be_titles_of_one(found) else ""
    if found.author == "differ" or ((found.year or 0) > 1 and not _is_year_mistyped(a, b, found)):
        return ""
    rules = (
        ("same_doi", _same_doi),
        ("same_reference", _same_reference),
        ("same_place", _same_place),
        ("same_text", _same_text),
    )
    return next((name for name, holds in rules if holds(a, b, found)), "")


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


def _is_year_mistyped(a: Entry, b: Entry, found: Comparison) -> bool:
    """A volume is of one year: several pages of it cannot be of another, and nor can one abstract."""
    return (
        found.title in _TITLED
        and found.author == found.journal == "same"
        and (
            (is_printed_together(a, b, found) and fields.is_narrow(a.pages) and fields.is_narrow(b.pages))
            or _same_text(a, b, found)
        )
    )


def _could_be_titles_of_one(found: Comparison) -> bool:
    """Guard against a mistyped PMID; a translated title is carried by author and year."""
    if found.title in ("differ", "unknown"):
        return found.likeness is None or (found.author in _BY_THEM and found.year in (0, 1))
    return True


def _same_doi(a: Entry, b: Entry, found: Comparison) -> bool:
    """Titles must agree, with their numbers, or one be cut short: one DOI can cover a whole supplement."""
    if not found.doi or found.contradictions >= 2:
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
    if found.pages == "same" and not _is_leaf(a, b):
        return True
    return not swap_words(a, b) and (found.pages == "same" or not found.contradictions)


def _same_reference(a: Entry, b: Entry, found: Comparison) -> bool:
    """The same title by the same authors in the same journal, and no place that contradicts."""
    if found.title not in _TITLED or _is_other_issue(a, b, found):
        return _is_cut(a, b, found)
    if not is_specific(a, b) or not (is_specific(a, b, 8) or a.marks.isdisjoint(_ANSWERS)):
        return _is_short_in_issue(a, b, found)
    if found.author not in _BY_THEM:
        return _same_without_authors(a, b, found)
    return _same_in_journal(a, b, found) if found.journal == "same" else _same_in_proceedings(a, b, found)


def _same_in_journal(a: Entry, b: Entry, found: Comparison) -> bool:
    if found.volume == "same":
        return found.pages != "differ" or _is_one_abstract(a, b, found)
    if found.volume == "differ" or found.pages == "differ":
        return False
    if found.year == 0 or (found.pages == "same" and _is_narrow(a, b)):
        return True
    # Ahead of print, in the year before.
    sure = found.title == "equal" and found.author == "same" and found.abstract != "differ"
    return sure and is_specific(a, b, 8)


def _is_short_in_issue(a: Entry, b: Entry, found: Comparison) -> bool:
    """Nobody prints two texts of one title in one issue, but replies ("Reply by the authors") and letters."""
    return (
        found.title == "equal"
        and len(a.packed) >= _LETTERS
        and found.author == found.journal == found.volume == found.issue == "same"
        and found.year == 0
        and found.pages != "differ"
        and (a.marks | b.marks).isdisjoint(_ANSWERS)
    )


def _is_cut(a: Entry, b: Entry, found: Comparison) -> bool:
    """A subtitle was left off, and the pages, in one volume; what is left off must not name another text."""
    if found.title != "contained" or found.year != 0 or not found.numbers:
        return False
    if not found.author == found.journal == found.volume == "same":
        return False
    if found.issue == "differ" or found.pages != "unknown" or bool(a.abstract) != bool(b.abstract):
        return False
    if found.abstract == "differ":
        return False
    short, long = sorted((a, b), key=lambda item: (len(item.packed), item.packed))
    left_off = long.title.removeprefix(short.title)
    return (
        is_specific(a, b, 5)
        and len(short.packed) >= _LETTERS
        and left_off != long.title
        and _OTHER_TEXT.isdisjoint(left_off.split())
    )


def _same_without_authors(a: Entry, b: Entry, found: Comparison) -> bool:
    """Reports of bodies, and notices; where only one lacks its authors, it must stand in the same issue."""
    if found.author != "unknown" or found.title != "equal" or found.journal != "same" or found.year != 0:
        return False
    if "differ" in (found.volume, found.pages, found.abstract):
        return False
    if found.volume == found.issue == "same":
        return is_specific(a, b, 5)
    return is_specific(a, b, 8) and not (a.names or b.names)


def _same_in_proceedings(a: Entry, b: Entry, found: Comparison) -> bool:
    """Proceedings go by many names; pages or the number of the volume are what they have in common."""
    if found.volume == "differ":
        return False
    if found.pages == "same" and a.pages.last == b.pages.last and _is_narrow(a, b):
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


def _same_text(a: Entry, b: Entry, found: Comparison) -> bool:
    """The same title and abstract by the same authors in one journal: what is missing tells nothing then."""
    if found.abstract != "same" or "differ" in (found.journal, found.volume, found.issue):
        return False
    if found.title == "contained":
        known = found.journal != "unknown" and found.pages != "differ"
        return known and (found.numbers or found.pages == "same")
    if found.title not in _TITLED:
        return False
    if found.journal == "unknown":
        return found.year == 0 and found.author in _BY_THEM and found.pages != "differ"
    # One page was mistyped: nobody prints one text twice in a volume, but in its supplement.
    return found.pages != "differ" or (found.volume == "same" and found.year == 0 and a.marks == b.marks)


def _same_place(a: Entry, b: Entry, found: Comparison) -> bool:
    """The same pages of the same volume hold one text, which nearly the same title and authors confirm."""
    if found.volume != "same" or found.pages not in _HERE or _is_other_issue(a, b, found):
        return False
    if found.title in _TITLED:
        return _is_titled_alike_there(a, b, found)
    if found.author not in _BY_THEM or found.journal not in _HERE:
        return False
    narrow = _is_narrow(a, b)
    if found.title == "contained":
        long = is_specific(a, b, 8) and found.pages == found.issue == "same"
        return narrow or long or (a.pages.first > 1 and found.numbers and not _is_leaf(a, b))
    # Several abstracts stand on one page, and texts of an electronic journal all begin on page 1.
    if not narrow or found.pages != "same":
        return False
    return (found.title == "close" and found.numbers) or _is_translated_twice(a, b, found)


def _is_narrow(a: Entry, b: Entry) -> bool:
    """Of one place only one may say where it ends."""
    return fields.is_narrow(a.pages) or fields.is_narrow(b.pages)


def _is_leaf(a: Entry, b: Entry) -> bool:
    return fields.is_leaf(a.pages) or fields.is_leaf(b.pages)


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
