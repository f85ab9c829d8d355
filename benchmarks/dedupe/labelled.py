"""Labelled sets of records, read from folders, and how well groups of them agree with the labels.

A folder holds ``records_pre_merged*.csv`` (or ``.csv.gz``), one row a record, and ``merged_record_ids.csv``,
one line a study of several records, their identifiers joined by semicolons.
"""

import csv
import gzip
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.dedupe.made import Reference
from reviews.formats import normalise_doi, normalise_pmid

_RECORDS = "records_pre_merged*.csv*"
_LABELS = "merged_record_ids.csv"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What is left when one record of each group is kept.

    Attributes
    ----------
    records : int
    removed : int
        Records taken away whose study is still there: true positives.
    lost : int
        Studies that vanish in a group with another study: false positives. Every study of a group but one is
        counted, also where it has records elsewhere.
    left : int
        Redundant records still there: false negatives.
    """

    records: int
    removed: int
    lost: int
    left: int

    @property
    def precision(self) -> float:
        return _ratio(self.removed, self.removed + self.lost)

    @property
    def sensitivity(self) -> float:
        return _ratio(self.removed, self.removed + self.left)

    @property
    def specificity(self) -> float:
        negatives = self.records - self.removed - self.left
        return _ratio(negatives - self.lost, negatives)

    @property
    def f1(self) -> float:
        return _ratio(2 * self.removed, 2 * self.removed + self.lost + self.left)


def _ratio(part: int, whole: int) -> float:
    return part / whole if whole else 1.0


@dataclass(frozen=True, slots=True)
class Labelled:
    """One set: its name, where it lies, its records, and the identifier of each; `work` numbers the study."""

    name: str
    folder: Path
    records: tuple[Reference, ...]
    ids: tuple[str, ...]


def folders(data: Path) -> list[Path]:
    """The folders of labelled sets in `data`, or `data` itself."""
    return [each for each in (data, *sorted(data.iterdir())) if (each / _LABELS).is_file()]


def load(folder: Path) -> Labelled:
    """Read one set."""
    rows = _rows(next(iter(sorted(folder.glob(_RECORDS)))))
    study = {row["ID"]: number for number, row in enumerate(rows)}
    for row in _rows(folder / _LABELS):
        members = [each.strip() for each in row["merged_ids"].split(";") if each.strip() in study]
        study |= dict.fromkeys(members, study[members[0]]) if members else {}
    return Labelled(
        name=folder.name,
        folder=folder,
        records=tuple(_reference(study[row["ID"]], row) for row in rows),
        ids=tuple(row["ID"] for row in rows),
    )


def _rows(path: Path) -> list[dict[str, str]]:
    data = path.read_bytes()
    text = (gzip.decompress(data) if path.suffix == ".gz" else data).decode("utf-8-sig", errors="replace")
    csv.field_size_limit(10_000_000)
    return list(csv.DictReader(io.StringIO(text, newline="")))


def _reference(study: int, row: dict[str, str]) -> Reference:
    def text(*names: str) -> str:
        return next((found for name in names if (found := (row.get(name) or "").strip())), "")

    year = text("year").removesuffix(".0")
    authors = text("author", "authors")
    return Reference(
        work=study,
        title=text("title"),
        authors=tuple(authors.split(" and ")) if authors else (),
        year=int(year) if year.isdigit() else None,
        journal=text("journal", "booktitle", "container_title"),
        volume=text("volume").removesuffix(".0"),
        issue=text("number", "issue").removesuffix(".0"),
        pages=text("pages"),
        doi=normalise_doi(text("doi")),
        pmid=normalise_pmid(text("pmid", "pubmed_id")),
        abstract=text("abstract"),
    )


def outcome(works: Sequence[int], groups: Iterable[Sequence[int]]) -> Outcome:
    """Score groups of positions in `works`."""
    removed = lost = 0
    for group in groups:
        studies = len({works[key] for key in group})
        lost += studies - 1
        removed += len(group) - studies
    redundant = len(works) - len(set(works))
    return Outcome(records=len(works), removed=removed, lost=lost, left=redundant - removed)


def mixed(works: Sequence[int], groups: Iterable[Sequence[int]]) -> list[Sequence[int]]:
    """The groups in which studies are lost."""
    return [group for group in groups if len({works[key] for key in group}) > 1]
