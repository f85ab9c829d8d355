"""How far the rules get on labelled sets of records."""

from __future__ import annotations

import csv
import gzip
import io
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from reviews.dedupe import Entry, KeyIndex, clusters, entry, find
from reviews.formats import ParsedRecord, normalise_doi


@dataclass(frozen=True, slots=True)
class Score:
    """Records merged rightly, studies lost, duplicates left, those of them suggested; all suggestions."""

    removed: int
    lost: int
    left: int
    suggested: int
    suggestions: int


def score(folder: Path) -> Score:
    """Judge a labelled set as one import, and compare with its labels."""
    entries, study = _load(folder)
    matches = find(entries, KeyIndex())
    groups = clusters(entries, matches)
    removed, lost = 0, 0
    for group in groups:
        studies = {study[key] for key in group}
        lost += len(studies) - 1
        removed += len(group) - len(studies)
    redundant = len(entries) - len({study[item.key] for item in entries})
    asked = [(match.first, match.second) for match in matches if match.verdict.kind == "likely"]
    return Score(
        removed=removed,
        lost=lost,
        left=redundant - removed,
        suggested=_reachable(groups, [pair for pair in asked if study[pair[0]] == study[pair[1]]]),
        suggestions=len(asked),
    )


def _reachable(groups: Iterable[list[int]], pairs: list[tuple[int, int]]) -> int:
    """Count the merges that remain to be made by a person who follows the right suggestions."""
    parent = {key: group[0] for group in groups for key in group}

    def root(key: int) -> int:
        while (above := parent.get(key, key)) != key:
            key = above
        return key

    count = 0
    for first, second in pairs:
        if (one := root(first)) != (other := root(second)):
            parent[other] = one
            count += 1
    return count


def _load(folder: Path) -> tuple[list[Entry], dict[int, str]]:
    path = next(folder.glob("records_pre_merged.csv*"))
    text = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    rows = list(csv.DictReader(io.StringIO(text.decode())))
    entries = [entry(number, _record(row, number)) for number, row in enumerate(rows)]
    label = {row["ID"]: row["ID"] for row in rows}
    for line in csv.DictReader(io.StringIO((folder / "merged_record_ids.csv").read_text())):
        members = line["merged_ids"].split(";")
        label |= dict.fromkeys(members, members[0])
    return entries, {number: label[row["ID"]] for number, row in enumerate(rows)}


def _record(row: dict[str, str], number: int) -> ParsedRecord:
    authors = tuple(row["author"].split(" and ")) if row["author"] else ()
    return ParsedRecord(
        external_id="",
        title=row["title"],
        abstract="",
        authors=authors,
        year=int(row["year"]) if row["year"].isdigit() else None,
        journal=row["journal"],
        volume=row["volume"],
        issue=row["number"],
        pages=row["pages"],
        doi=normalise_doi(row.get("doi", "")),
        pmid="",
        language="",
        publication_types=(),
        keywords=(),
        url="",
        raw="",
        row=number + 1,
    )
