"""Looking among new records, and joining what is the same without chaining what is not."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from reviews.dedupe.keys import Entry, KeyIndex
from reviews.dedupe.rules import Verdict, contradicts, judge

# Members of either group that are compared before two are joined: as many as copies of one publication are in
# life, and few enough that two crowds under one identifier cost some milliseconds.
_COMPARED = 20


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
        if one is other or conflict(one, other):
            continue
        one.extend(other)
        for item in other:
            group[item.key] = one
    distinct = {id(members): members for members in group.values() if len(members) > 1}
    return sorted(sorted(item.key for item in members) for members in distinct.values())


def conflict(one: Sequence[Entry], other: Sequence[Entry]) -> tuple[Entry, Entry] | None:
    """Return two entries that stand against making one group of two groups.

    Parameters
    ----------
    one, other : sequence of Entry
        The members of either group; of larger groups the first members are compared, each with each.

    Returns
    -------
    tuple of Entry or None
        Two with different PMIDs, or two that contradict each other and would be chained over a third. None
        where nothing stands against it; two single entries were judged by whoever found them alike.
    """
    with_pmid = [item for item in (*one, *other) if item.pmid]
    for item in with_pmid[1:]:
        if item.pmid != with_pmid[0].pmid:
            return with_pmid[0], item
    if len(one) == len(other) == 1:
        return None
    return next(
        ((a, b) for a in one[:_COMPARED] for b in other[:_COMPARED] if contradicts(a, b)),
        None,
    )


def _surest_first(match: Match) -> tuple[bool, float, int, int]:
    low, high = sorted((match.first, match.second))
    return (match.verdict.kind != "same", -match.verdict.score, low, high)


def _is_accepted(match: Match, accept: float | None) -> bool:
    return accept is not None and match.verdict.kind == "likely" and match.verdict.score >= accept
