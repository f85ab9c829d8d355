"""Duplicates: which records are one, which may be, and why."""

from reviews.dedupe.keys import Bibliographic, Entry, KeyIndex, block, entry, keys_of
from reviews.dedupe.rules import Match, Verdict, clusters, find, judge

__all__ = [
    "Bibliographic",
    "Entry",
    "KeyIndex",
    "Match",
    "Verdict",
    "block",
    "clusters",
    "entry",
    "find",
    "judge",
    "keys_of",
]
