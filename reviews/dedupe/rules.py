"""When two records are one, when a person should look, and why.

Notes
-----
A machine merges by itself only what is the same record: a false merge hides a study and nobody notices,
while a missed one costs a person a glance. Whatever may be another report of the same study (an abstract, a
preprint, a correction, a letter with the title of its article) is left to people: that is a link between
reports and not a duplicate.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from rapidfuzz import fuzz

from reviews.dedupe.keys import Entry, KeyIndex
from reviews.dedupe.normalise import same_journal

Kind = Literal["same", "likely", "different"]
Evidence = dict[str, str | int | float | bool | None]

# Chosen on the stroke, haematology and neuroimaging sets so that no distinct study is lost.
SIMILAR_TITLE = 0.90
NEAR_EQUAL_TITLE = 0.97
LIKELY_TITLE = 0.85
LIKELY_SCORE = 0.80
# Titles of fewer words ("Reply", "Stroke in children") are shared by different works too often.
SPECIFIC_WORDS = 4
_NUMBER = re.compile(r"\b(?:\d+|i{1,3}|iv|vi{0,3})\b")
_WEIGHTS = {"title": 5.0, "author": 2.0, "year": 1.0, "journal": 1.0, "volume": 1.0, "page": 2.0}


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the rules say of two entries.

    Parameters
    ----------
    kind : {"same", "likely", "different"}
        Merge; ask a person; nothing.
    rule : str
        Name of the rule that decided.
    evidence : dict
        What agreed and what did not, fit for JSON.
    score : float
        Likeness from 0 to 1.
    """

    kind: Kind
    rule: str
    evidence: Evidence
    score: float


@dataclass(frozen=True, slots=True)
class Match:
    """A verdict other than "different", with the keys of its two entries."""

    first: int
    second: int
    verdict: Verdict


def judge(a: Entry, b: Entry) -> Verdict:
    """Compare two entries.

    Parameters
    ----------
    a, b : Entry
        In normal form; their order does not matter.

    Returns
    -------
    Verdict
        "same" only by the rules ``same_pmid``, ``same_doi`` and ``same_reference``.
    """
    evidence = _compare(a, b)
    score = _score(evidence)
    obstacle = _obstacle(a, b, evidence)
    rule = _automatic(a, b, evidence)
    if rule and (not obstacle or (rule == "same_pmid" and obstacle != "other_pmid")):
        return Verdict("same", rule, evidence, score)
    if rule or _is_likely(a, b, evidence, score):
        return Verdict("likely", obstacle or (f"{rule}_weak" if rule else "alike"), evidence, score)
    return Verdict("different", obstacle or "unlike", evidence, score)


def find(new: Iterable[Entry], index: KeyIndex) -> list[Match]:
    """Compare new entries with those in the index and with each other.

    Parameters
    ----------
    new : iterable of Entry
        Entries not in the index yet. They are added to it, each after it was compared.
    index : KeyIndex
        What is known already.

    Returns
    -------
    list of Match
        Pairs that are the same or likely so, the known entry first.
    """
    matches = []
    for item in new:
        for known in index.candidates(item):
            verdict = judge(known, item)
            if verdict.kind != "different":
                matches.append(Match(known.key, item.key, verdict))
        index.add(item)
    return matches


def clusters(entries: Sequence[Entry], matches: Iterable[Match]) -> list[list[int]]:
    """Join the entries that are the same, without ever joining two PMIDs.

    Parameters
    ----------
    entries : sequence of Entry
        All entries.
    matches : iterable of Match
        From `find`; only "same" counts.

    Returns
    -------
    list of list of int
        Keys of each group of two or more.

    Notes
    -----
    A record without PMID can be the same as two records with different ones. Chains must not make those one.
    """
    group = {item.key: [item] for item in entries}
    for match in matches:
        one, other = group[match.first], group[match.second]
        if match.verdict.kind != "same" or one is other:
            continue
        if len({item.pmid for item in one + other if item.pmid}) > 1:
            continue
        one.extend(other)
        group |= {item.key: one for item in other}
    distinct = {id(members): members for members in group.values() if len(members) > 1}
    return [[item.key for item in members] for members in distinct.values()]


def _compare(a: Entry, b: Entry) -> Evidence:
    """Say of each field whether it agrees; None where one side lacks it."""

    def equal(one: str, other: str) -> bool | None:
        return one == other if one and other else None

    return {
        "title": round(fuzz.ratio(a.title, b.title) / 100, 4) if a.title and b.title else None,
        "author": _same_family(a.author, b.author) if a.author and b.author else None,
        "year": abs(a.year - b.year) if a.year and b.year else None,
        "journal": same_journal(a.journal, b.journal) if a.journal and b.journal else None,
        "volume": equal(a.volume, b.volume),
        "page": equal(a.page, b.page),
        "doi": equal(a.doi, b.doi),
        "pmid": equal(a.pmid, b.pmid),
        "marks": ", ".join(sorted(a.marks ^ b.marks)),
    }


def _same_family(one: str, other: str) -> bool:
    short, long = sorted((one, other), key=len)
    return short == long or long.startswith(f"{short} ") or long.endswith(f" {short}")


def _score(evidence: Evidence) -> float:
    """Weigh the agreement of the fields that both have."""
    title = evidence["title"]
    agreement: dict[str, float] = {"title": float(title)} if title is not None else {}
    year = evidence["year"]
    if year is not None:
        agreement["year"] = max(0.0, 1.0 - float(year) / 2)
    agreement |= {
        name: float(value)
        for name in ("author", "journal", "volume", "page")
        if (value := evidence[name]) is not None
    }
    total = sum(_WEIGHTS[name] for name in agreement)
    return (
        round(sum(_WEIGHTS[name] * value for name, value in agreement.items()) / total, 4) if total else 0.0
    )


def _obstacle(a: Entry, b: Entry, evidence: Evidence) -> str:
    """Return why these two must not be merged by a machine, or ""."""
    if evidence["pmid"] is False:
        return "other_pmid"
    if evidence["marks"] and not _only_supplement(a, b):
        return "other_kind"
    if evidence["doi"] is False:
        return "other_doi"
    return ""


def _only_supplement(a: Entry, b: Entry) -> bool:
    """One export names the supplement and the other does not: no sign of another work if the pages agree."""
    return a.marks ^ b.marks == {"supplement"} and bool(a.page) and a.page == b.page


def _automatic(a: Entry, b: Entry, evidence: Evidence) -> str:
    """Return the rule by which these two are the same record, or ""."""
    if evidence["pmid"] and _could_be_titles_of_one(a, b, evidence):
        return "same_pmid"
    specific = min(len(a.title.split()), len(b.title.split())) >= SPECIFIC_WORDS and not a.marks | b.marks
    if not (specific or evidence["page"]):
        return ""
    if evidence["doi"] and _similar_titles(a, b, evidence):
        return "same_doi"
    if (
        a.title == b.title != ""
        and a.author == b.author != ""
        and evidence["year"] == 0
        and evidence["journal"]
        and evidence["volume"]
    ):
        return "same_reference"
    return ""


def _could_be_titles_of_one(a: Entry, b: Entry, evidence: Evidence) -> bool:
    """Guard against a mistyped PMID; a translated title is carried by author and year."""
    title = evidence["title"]
    return title is None or float(title) >= 0.5 or bool(evidence["author"] and evidence["year"] in (0, 1))


def _similar_titles(a: Entry, b: Entry, evidence: Evidence) -> bool:
    """Titles must agree, with their numbers, or one be cut short: one DOI can cover a whole supplement."""
    title = evidence["title"]
    if title is None:
        return False
    if evidence["author"] is False and not (
        float(title) >= NEAR_EQUAL_TITLE and evidence["page"] is not False
    ):
        return False
    if float(title) >= SIMILAR_TITLE:
        return _numbers(a.title) == _numbers(b.title)
    short, long = sorted((a.title, b.title), key=len)
    return (
        len(short.split()) >= SPECIFIC_WORDS
        and long.startswith(f"{short} ")
        and evidence["page"] is not False
    )


def _numbers(title: str) -> list[str]:
    return sorted(_NUMBER.findall(title))


def _is_likely(a: Entry, b: Entry, evidence: Evidence, score: float) -> bool:
    title = evidence["title"]
    same_id = bool(evidence["pmid"] or evidence["doi"])
    same_place = bool(evidence["page"] and evidence["volume"] and evidence["author"])
    if title is None:
        return same_id or same_place
    alike = float(title) >= LIKELY_TITLE or _contained(a.title, b.title)
    if same_id:
        return alike or bool(evidence["author"])
    if evidence["author"] is False and float(title) < NEAR_EQUAL_TITLE:
        return False
    if alike and _numbers(a.title) != _numbers(b.title) and not evidence["page"]:
        return False
    same_hand = bool(evidence["author"]) and evidence["year"] in (0, 1, 2, None)
    return (alike and (score >= LIKELY_SCORE or same_hand)) or (float(title) >= 0.6 and same_place)


def _contained(one: str, other: str) -> bool:
    """A notice carries the title of its article: "Erratum to ..."."""
    short, long = sorted((one, other), key=len)
    return len(short.split()) >= SPECIFIC_WORDS + 1 and short in long
