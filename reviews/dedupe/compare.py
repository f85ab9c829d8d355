"""How two records agree, field by field."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from rapidfuzz import fuzz
from rapidfuzz.distance import Levenshtein

from reviews.dedupe import fields
from reviews.dedupe.abstracts import compare_abstracts
from reviews.dedupe.fields import Agreement
from reviews.dedupe.keys import Entry

TitleAgreement = Literal["equal", "spelling", "contained", "close", "loose", "differ", "unknown"]
AuthorAgreement = Literal["same", "shared", "weak", "differ", "unknown"]
Evidence = dict[str, str | int | float | bool | None]

# Titles of fewer words ("Reply", "Stroke in children") are shared by different works too often.
SPECIFIC_WORDS = 4
_SPELLING = 0.85  # of the words in which two titles differ: "haemolytic", "hemolytic"
_CLOSE = 0.85
_LONG_ENOUGH = 20  # letters, for a title to be known by its beginning
_LOOSE = 0.5
_SMALL = frozenset((
    "a", "an", "and", "as", "at", "by", "de", "der", "die", "for", "from", "in", "is", "la", "le", "of", "on",
    "or", "plus", "s", "the", "to", "using", "versus", "via", "vs", "with",
))  # fmt: skip
# Words of opposite sense look like misspellings of each other.
_OPPOSED = (
    ("hyper", "hypo"), ("pre", "post"), ("intra", "inter"), ("intra", "extra"), ("in", "out"), ("sys", "dia"),
    ("macro", "micro"), ("endo", "exo"), ("agonist", "antagonist"), ("up", "down"), ("uni", "bi"),
    ("mono", "poly"), ("short", "long"), ("early", "late"), ("under", "over"), ("ante", "post"),
)  # fmt: skip


# Letters before a word that make another: "asymptomatic", "emigration", "methanol", "neither".
_MAKES_ANOTHER = frozenset("aemn")


@dataclass(frozen=True, slots=True)
class Comparison:
    """The agreement of two entries.

    Parameters
    ----------
    title : str
        "equal" but for spaces and notation; "spelling" where only spelling differs; "contained" where one is
        the beginning or end of the other; "close" where words were exchanged; "loose" where half agrees.
    likeness : float or None
        Of the titles, from 0 to 1.
    numbers : bool
        Whether the numbers in the titles agree.
    author : str
        "same" first author and others; "shared" where only the names of all together agree; "weak" where
        only the first author does.
    year : int or None
        Years apart.
    journal, volume, issue, pages : str
        "same", "near", "unknown" or "differ".
    doi, pmid : bool or None
        Whether they are equal; None where one side has none.
    abstract : str
        "same", "near", "unknown" or "differ".
    """

    title: TitleAgreement
    likeness: float | None
    numbers: bool
    author: AuthorAgreement
    year: int | None
    journal: Agreement
    volume: Agreement
    issue: Agreement
    pages: Agreement
    doi: bool | None
    pmid: bool | None
    abstract: Agreement

    @property
    def contradictions(self) -> int:
        """In how many respects the two stand in different places."""
        return (self.journal == "differ") + (self.volume == "differ") + (self.pages == "differ")


def are_worth_comparing(a: Entry, b: Entry) -> bool:
    """Tell cheaply whether two entries can be one or belong together.

    Parameters
    ----------
    a, b : Entry
        In normal form; their order does not matter.

    Returns
    -------
    bool
        False where neither the titles nor an identifier nor the place agree: most pairs that share a key.
    """
    if (a.pmid and a.pmid == b.pmid) or (a.doi and a.doi == b.doi):
        return True
    if a.volume and a.volume == b.volume and a.pages.first == b.pages.first > 0:
        return True
    return _are_alike(a, b)


def _are_alike(a: Entry, b: Entry) -> bool:
    short, long = (a.packed, b.packed) if len(a.packed) <= len(b.packed) else (b.packed, a.packed)
    if len(short) >= _LONG_ENOUGH and (long.startswith(short) or long.endswith(short)):
        return True
    if not short or 1.4 * len(short) < len(long):
        return False
    if fuzz.ratio(short, long, score_cutoff=100 * _CLOSE):
        return True
    return a.author == b.author and bool(fuzz.token_sort_ratio(a.title, b.title, score_cutoff=90))


def compare(a: Entry, b: Entry) -> Comparison:
    """Compare two entries field by field.

    Parameters
    ----------
    a, b : Entry
        In normal form; their order does not matter.

    Returns
    -------
    Comparison
        What agrees.
    """
    title, likeness = compare_titles(a, b)
    volume, issue = _equal(a.volume, b.volume), _issues(a.issue, b.issue)
    pages = fields.compare_pages(a.pages, b.pages)
    if volume == "unknown" and (a.volume or b.volume):
        with_volume, without = (a, b) if a.volume else (b, a)
        # Some exports file the number of a volume as that of the issue, and that of the issue as the page.
        if with_volume.volume in without.issue:
            volume, issue = "same", "unknown"
            if str(without.pages.first) in with_volume.issue:
                pages = "unknown"
    return Comparison(
        title=title,
        likeness=likeness,
        numbers=a.numbers == b.numbers,
        author=compare_authors(a, b),
        year=abs(a.year - b.year) if a.year and b.year else None,
        journal=fields.compare_journals(a.journal, b.journal),
        volume=volume,
        issue=issue,
        pages=pages,
        doi=a.doi == b.doi if a.doi and b.doi else None,
        pmid=a.pmid == b.pmid if a.pmid and b.pmid else None,
        abstract=compare_abstracts(a.abstract, b.abstract),
    )


def _equal(one: str, other: str) -> Agreement:
    if not one or not other:
        return "unknown"
    return "same" if one == other else "differ"


def _issues(one: frozenset[str], other: frozenset[str]) -> Agreement:
    if not one or not other:
        return "unknown"
    return "same" if one & other else "differ"


def compare_titles(a: Entry, b: Entry) -> tuple[TitleAgreement, float | None]:
    """Tell how two titles agree.

    Parameters
    ----------
    a, b : Entry
        In normal form.

    Returns
    -------
    str
        See `Comparison`.
    float or None
        Likeness by edit distance.
    """
    if not a.title or not b.title:
        return "unknown", None
    if a.packed == b.packed:
        return "equal", 1.0
    likeness = float(fuzz.ratio(a.title, b.title)) / 100
    if likeness >= 0.8 and a.numbers == b.numbers and _differ_in_spelling(a.title, b.title):
        return "spelling", likeness
    if _is_contained(a, b):
        return "contained", likeness
    if likeness >= _CLOSE or (likeness >= 0.6 and fuzz.token_sort_ratio(a.title, b.title) >= 90):
        return "close", likeness
    return ("loose" if likeness >= _LOOSE else "differ"), likeness


def _differ_in_spelling(one: str, other: str) -> bool:
    """Whether the words of which only one title has them are the same words, spelled or split otherwise."""
    missing, added = _left_over(one, other)
    left, right = _without_small(missing), _without_small(added)
    if not (left or right) or _are_lettered(missing, added):
        return not (left or right)
    joined, rejoined = "".join(left), "".join(right)
    if joined == rejoined or sorted(joined) == sorted(rejoined):
        return True
    if not left or not right:
        # One letter more or less is a misprint; a word more or less is another title.
        return len(joined + rejoined) <= 1 and len(one) > 40 and not (joined + rejoined).isdigit()
    if fuzz.ratio(joined, rejoined) < 100 * _SPELLING:
        return False
    if len(left) == len(right):
        return all(_is_spelling(word, other_word) for word, other_word in zip(left, right, strict=True))
    return True


def _left_over(one: str, other: str) -> tuple[list[str], list[str]]:
    """Return the words of each that the other has not."""
    mine, yours = Counter(one.split()), Counter(other.split())
    return [*(mine - yours).elements()], [*(yours - mine).elements()]


def _without_small(words: Iterable[str]) -> list[str]:
    return [word for word in words if word not in _SMALL]


def swap_words(a: Entry, b: Entry) -> bool:
    """Tell whether each title has words in place of words of the other: men, women."""
    missing, added = _left_over(a.title, b.title)
    return bool(_without_small(missing) and _without_small(added)) or _are_lettered(missing, added)


def _are_lettered(missing: Sequence[str], added: Sequence[str]) -> bool:
    """Whether letters that stand alone tell the two apart: "hepatitis A", "vitamin D", "part B"."""
    one, other = ({word for word in words if len(word) == 1} - {"s"} for words in (missing, added))
    if one and other:
        return one != other
    # An article may be left out; parts of a word ("b cells", "bcells") stand beside what they are part of.
    return bool((one | other) - {"a"}) and not (missing and added)


def _is_spelling(one: str, other: str) -> bool:
    short, long = sorted((one, other), key=lambda word: (len(word), word))
    if long == f"o{short}":  # "oedema"
        return True
    if len(short) < 4:
        return len(short) > 1 and long.startswith(short)
    if _is_other_word(short, long):
        return False
    for first, second in _OPPOSED:
        if (one.startswith(first) and other.startswith(second)) or (
            one.startswith(second) and other.startswith(first)
        ):
            return False
    if len(short) <= 5:
        return one[0] == other[0] and bool(fuzz.ratio(one, other) >= 75)
    return bool(fuzz.ratio(one, other) >= 100 * _SPELLING)


def _is_other_word(short: str, long: str) -> bool:
    """Whether letters were put before a word or into it that make another one.

    "omeprazole" and "esomeprazole", "prednisone" and "prednisolone"; spellings ("oedema", "haemolytic") have
    one letter more in a place, and misprints lack one.
    """
    if long.endswith(short):
        before = long.removesuffix(short)
        return len(before) > 1 or before in _MAKES_ANOTHER
    return any(
        step.tag in ("insert", "delete")
        and max(step.src_end - step.src_start, step.dest_end - step.dest_start) > 1
        and step.src_end < len(short)
        for step in Levenshtein.opcodes(short, long)
    )


def _is_contained(a: Entry, b: Entry) -> bool:
    """A subtitle or a heading was left off, or a notice appended."""
    short, long = sorted((a, b), key=lambda item: (len(item.packed), item.packed))
    if len(short.title.split()) < SPECIFIC_WORDS or len(short.packed) < _LONG_ENOUGH:
        return False
    return long.packed.startswith(short.packed) or long.packed.endswith(short.packed)


def is_specific(a: Entry, b: Entry, words: int = SPECIFIC_WORDS) -> bool:
    """Tell whether both titles have so many words that other works hardly share them."""
    return min(a.title.count(" "), b.title.count(" ")) >= words - 1


def compare_authors(a: Entry, b: Entry) -> AuthorAgreement:
    """Tell how the authors of two entries agree.

    Parameters
    ----------
    a, b : Entry
        In normal form.

    Returns
    -------
    str
        See `Comparison`.
    """
    if not a.names or not b.names:
        return "unknown"
    smaller = min(len(a.names), len(b.names))
    common = len(a.names & b.names)
    overlap = common / smaller
    first = _same_family(a.author, b.author)
    # Where one gives initials and the other given names, these are words that cannot agree.
    if first and (overlap >= 0.5 or common >= min(a.people, b.people)):
        return "same"
    if overlap >= 0.6 and smaller > 1:
        return "shared"
    if first or overlap >= 0.5:
        return "weak"
    # Names in which letters were lost: "Hckerstedt" of "Höckerstedt".
    return "weak" if fuzz.token_sort_ratio(a.author, b.author) >= 75 else "differ"


def _same_family(one: str, other: str) -> bool:
    if one == other:
        return bool(one)
    if not one or not other:
        return False
    short, long = (one, other) if len(one) <= len(other) else (other, one)
    return long.startswith(f"{short} ") or long.endswith(f" {short}")


def evidence_of(a: Entry, b: Entry, found: Comparison) -> Evidence:
    """Put a comparison in a form fit for JSON.

    Parameters
    ----------
    a, b : Entry
        The two.
    found : Comparison
        From `compare`.

    Returns
    -------
    dict
        title (likeness), author, journal, volume, issue, page, doi, pmid, abstract (whether they agree; None
        where that cannot be told), year (how far apart), marks (those that only one has).
    """
    agreement: dict[Agreement, bool | None] = {"same": True, "near": True, "unknown": None, "differ": False}
    return {
        "title": None if found.likeness is None else round(found.likeness, 4),
        "author": None if found.author == "unknown" else found.author != "differ",
        "year": found.year,
        "journal": agreement[found.journal],
        "volume": agreement[found.volume],
        "issue": agreement[found.issue],
        "page": None if found.pages == "near" else agreement[found.pages],  # the pages are shown, and differ
        "doi": found.doi,
        "pmid": found.pmid,
        "abstract": None if found.abstract == "near" else agreement[found.abstract],
        "marks": ", ".join(sorted((a.marks ^ b.marks) - {"meeting"})),
    }
