"""When two records are one, when a person should look, and why.

Notes
-----
A machine merges by itself only what is the same record: a false merge hides a study and nobody notices,
while a missed one costs a person a glance. Another report of the same study (an abstract, a preprint, a
correction, a letter with the title of its article) is a relation and no duplicate, however alike the two are.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from reviews.dedupe import fields
from reviews.dedupe.automatic import is_printed_together, rule_of
from reviews.dedupe.compare import (
    Comparison,
    Evidence,
    are_worth_comparing,
    compare,
    evidence_of,
    is_specific,
)
from reviews.dedupe.keys import Entry
from reviews.dedupe.score import probability

Kind = Literal["same", "likely", "related"]
Relation = Literal["", "same_study", "abstract", "preprint", "correction", "comment"]

# Below this a pair is not worth a glance.
LIKELY_SCORE = 0.05
# Rules weigh together what the score adds up, and were right in all of 2,400 pairs: their word counts more.
CERTAIN = 0.99
# The most for a pair in which something contradicts; below what is accepted in bulk.
LOOKED_AT = 0.85
# Where one export names the meeting or the supplement and another does not.
_SETTING_MARKS = frozenset({"supplement", "meeting"})
# Labels that databases give to the same text; other marks mean another text even in the same place.
_SOFT_MARKS = _SETTING_MARKS | {"letter", "editorial", "conference", "commenting"}
_MEETING_MARKS = _SETTING_MARKS | {"abstract", "conference"}
# From here on a number names an article, whatever letter stands before it.
_ARTICLE_NUMBER = 1000
# Versions of a text: "10.1002/14651858.CD000001.pub2", "10.12688/f1000research.1.2".
_VERSION = re.compile(r"[./](?:pub|v)?\d{1,2}$")

_RELATIONS: tuple[tuple[str, Relation], ...] = (
    ("erratum", "correction"),
    ("retraction", "correction"),
    ("preprint", "preprint"),
    ("reply", "comment"),
    ("comment", "comment"),
    ("commenting", "comment"),
    ("letter", "comment"),
    ("editorial", "comment"),
    ("abstract", "abstract"),
)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the rules say of two entries.

    Parameters
    ----------
    kind : {"same", "likely", "related"}
        Merge; ask a person whether they are one; ask what they are to each other.
    rule : str
        Name of the rule that decided.
    evidence : dict
        What agreed and what did not, fit for JSON.
    score : float
        How probable it is that they are the same record.
    relation : str
        For "related": same_study, abstract, preprint, correction or comment; else "".
    """

    kind: Kind
    rule: str
    evidence: Evidence
    score: float
    relation: Relation = ""


def judge(a: Entry, b: Entry) -> Verdict | None:
    """Compare two entries.

    Parameters
    ----------
    a, b : Entry
        In normal form; their order does not matter.

    Returns
    -------
    Verdict or None
        "same" only by the rules of `reviews.dedupe.automatic`; None where the two have nothing to do with
        each other.
    """
    if not are_worth_comparing(a, b):
        return None
    found = compare(a, b)
    score = probability(a, b, found)
    obstacle = _obstacle(a, b, found)
    rule = rule_of(a, b, found)
    if rule and not obstacle:
        return Verdict("same", rule, evidence_of(a, b, found), max(score, CERTAIN))
    relation = _relation(a, b, found)
    if relation:
        return Verdict("related", obstacle or "other_place", evidence_of(a, b, found), score, relation)
    if rule or score >= LIKELY_SCORE:
        # What stops a rule is to be looked at, and not accepted among many, as are titles of other words.
        stopped = bool(obstacle) or found.issue == "differ" or _says_otherwise(found)
        asked = min(score, LOOKED_AT) if stopped else score
        return Verdict("likely", obstacle or "alike", evidence_of(a, b, found), asked)
    return None


def _says_otherwise(found: Comparison) -> bool:
    """Twins on one page of a supplement differ in a word: in men, in women; phase II, phase III."""
    return found.title in ("close", "loose", "differ") or (found.title == "contained" and not found.numbers)


def contradicts(a: Entry, b: Entry) -> bool:
    """Tell whether two entries cannot be one, so that no chain over a third may make them one.

    Parameters
    ----------
    a, b : Entry
        In normal form.

    Returns
    -------
    bool
        True for two PMIDs; for two DOIs, numbers or places of texts that no rule takes for one.
    """
    if a.pmid and b.pmid:
        return a.pmid != b.pmid
    found = compare(a, b)
    apart = (
        found.contradictions > 0
        or found.issue == "differ"
        or found.doi is False
        or (found.year or 0) > 1
        or (a.numbers != b.numbers and found.title not in ("equal", "contained"))
        or bool((a.marks ^ b.marks) - _SOFT_MARKS)
    )
    return apart and not (rule_of(a, b, found) and not _obstacle(a, b, found))


def _obstacle(a: Entry, b: Entry, found: Comparison) -> str:
    """Return why these two must not be merged by a machine, or ""."""
    if found.pmid is not None:
        return "" if found.pmid else "other_pmid"
    if _is_other_kind(a, b, found):
        return "other_kind"
    if found.doi is False and not _outweighs_doi(a, b, found):
        return "other_doi"
    if _is_bare(a, b) or _is_bare(b, a):
        return "no_place"
    return "other_version" if _is_update(a, b, found) else ""


def _is_other_kind(a: Entry, b: Entry, found: Comparison) -> bool:
    differing = a.marks ^ b.marks
    if differing - _SETTING_MARKS and not (differing <= _SOFT_MARKS and is_printed_together(a, b, found)):
        return True
    if found.pages not in ("differ", "unknown") or found.doi is not None:
        return False
    return _only_one_is_of_meeting(a, b) or _is_abstract_of_unplaced(a, b) or _is_abstract_of_unplaced(b, a)


def _is_abstract_of_unplaced(a: Entry, b: Entry) -> bool:
    """Page S289 is in a supplement, whether the issue says so or not; a text without pages need not be."""
    lettered = fields.is_leaf(a.pages) and a.pages.letters not in ("", "e")
    return lettered and a.pages.first < _ARTICLE_NUMBER and b.pages == fields.NO_PAGES and not b.volume


def _only_one_is_of_meeting(a: Entry, b: Entry) -> bool:
    """An abstract and its article; a single page goes with either."""
    one, other = (not item.marks.isdisjoint(_MEETING_MARKS) for item in (a, b))
    return one != other and not fields.is_leaf((b if one else a).pages)


def _is_bare(a: Entry, b: Entry) -> bool:
    """A correction may have the title of its article and nothing else that tells the two apart.

    Where abstracts are exported, a text without one, without a place and without an identifier may be that.
    """
    said = a.volume or a.pages != fields.NO_PAGES or a.doi or a.pmid or a.abstract
    return not said and bool(b.abstract) and (bool(b.volume) or b.pages != fields.NO_PAGES)


def _outweighs_doi(a: Entry, b: Entry, found: Comparison) -> bool:
    """Publishers renew DOIs and exports mistype them; one page of one volume holds one text of one title."""
    return (
        _VERSION.sub("", a.doi) != _VERSION.sub("", b.doi)
        and found.title == "equal"
        and found.author == "same"
        and found.year == 0
        and found.journal == "same"
        and is_printed_together(a, b, found)
        and a.pages.first > 1
    )


def _is_update(a: Entry, b: Entry, found: Comparison) -> bool:
    """Updates of a Cochrane review have its title, authors and number."""
    if not (fields.is_cochrane(a.journal) and fields.is_cochrane(b.journal)) or found.doi:
        return False
    return found.year != 0 or found.issue == "differ"


def _relation(a: Entry, b: Entry, found: Comparison) -> Relation:
    """Return what two reports are to each other that are not one, or ""."""
    if found.title in ("differ", "unknown") or found.author == "differ":
        return ""
    alike = found.title in ("equal", "spelling", "contained", "close")
    differing = a.marks ^ b.marks
    for mark, relation in _RELATIONS:
        if mark in differing and alike:
            return relation
    if not alike or found.author not in ("same", "shared") or not found.numbers or not is_specific(a, b):
        return ""
    elsewhere = found.contradictions >= 2 or (found.pages == found.issue == "differ")
    if not (elsewhere or found.pmid is False or _is_update(a, b, found)):
        return ""
    of_meeting = differing & _MEETING_MARKS or fields.is_leaf(a.pages) != fields.is_leaf(b.pages)
    return "abstract" if of_meeting else "same_study"
