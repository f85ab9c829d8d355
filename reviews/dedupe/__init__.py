"""Duplicates: which records are one, which may be, and why."""

from reviews.dedupe.groups import Match, clusters, conflict, find
from reviews.dedupe.keys import (
    MAX_BLOCK,
    Bibliographic,
    Entry,
    KeyIndex,
    block,
    entry,
    is_identifying,
    key_number,
    key_numbers,
    keys_of,
)
from reviews.dedupe.rules import Verdict, contradicts, judge
from reviews.dedupe.score import BULK_ACCEPT

__all__ = [
    "BULK_ACCEPT",
    "MAX_BLOCK",
    "Bibliographic",
    "Entry",
    "KeyIndex",
    "Match",
    "Verdict",
    "block",
    "clusters",
    "conflict",
    "contradicts",
    "entry",
    "find",
    "is_identifying",
    "judge",
    "key_number",
    "key_numbers",
    "keys_of",
]
