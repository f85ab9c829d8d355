"""Looking among new records, and joining what is the same without chaining what is not."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from reviews.dedupe.keys import Entry, KeyIndex
from reviews.dedupe.rules import Verdict, contradicts, judge

# Members of two groups that are compared before the groups are joined.
_COMPARED = 6


@dataclass(frozen=True, slots=True)
class Match:
    """A verdict with the keys of its two entries."""

    first: int
    second: int
    verdict: Verdict


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
        Pairs that are the same, likely so or related, the known entry first.
    """
    matches = []
    for item in new:
        for known in index.meet(item):
            verdict = judge(known, item)
            if verdict is not None:
                matches.append(Match(known.key, item.key, verdict))
    return matches


def clusters(
    entries: Sequence[Entry], matches: Iterable[Match], *, accept: float | None = None
) -> list[list[int]]:
    """Join the entries that are the same, without ever joining two that contradict each other.

    Parameters
    ----------
    entries : sequence of Entry
        All entries.
    matches : iterable of Match
        From `find`; only "same" counts. Their order does not matter: the surest come first.
    accept : float, optional
        Take likely pairs of this score or more for the same, too, as a person does who accepts in bulk.

    Returns
    -------
    list of list of int
        Keys of each group of two or more, each in order, the groups in order of their first.

    Notes
    -----
    A record without PMID can be the same as two records with different ones. Chains must not make those one.
    """
    group = {item.key: [item] for item in entries}
    joined = [match for match in matches if match.verdict.kind == "same" or _is_accepted(match, accept)]
    joined.sort(key=_surest_first)
    for match in joined:
        one, other = group[match.first], group[match.second]
        if one is other or not _may_join(one, other):
            continue
        one.extend(other)
        for item in other:
            group[item.key] = one
    distinct = {id(members): members for members in group.values() if len(members) > 1}
    return sorted(sorted(item.key for item in members) for members in distinct.values())


def _surest_first(match: Match) -> tuple[bool, float, int, int]:
    low, high = sorted((match.first, match.second))
    return (match.verdict.kind != "same", -match.verdict.score, low, high)


def _is_accepted(match: Match, accept: float | None) -> bool:
    return accept is not None and match.verdict.kind == "likely" and match.verdict.score >= accept


def _may_join(one: Sequence[Entry], other: Sequence[Entry]) -> bool:
    if len({item.pmid for item in (*one, *other) if item.pmid}) > 1:
        return False
    if len(one) == len(other) == 1:
        return True
    return not any(contradicts(a, b) for a in one[:_COMPARED] for b in other[:_COMPARED])
