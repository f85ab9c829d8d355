"""What a file would bring, found out without keeping anything of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Protocol

from reviews.formats.columns import Columns, Mapped, is_header
from reviews.formats.containers import Container
from reviews.formats.hashing import content_hash
from reviews.formats.model import Format, ParsedRecord, RowProblem
from reviews.formats.reading import Reading, columns_of
from reviews.formats.text import Readable

PROBLEMS = 1_000
SAMPLE = 10
# Beyond that many different records repetitions are no longer looked for: the rest are counted as different.
HASHES = 500_000
_RAW_SHOWN = 2_000


@dataclass(frozen=True, slots=True)
class Inspection:
    """What a file holds.

    Parameters
    ----------
    name : str
        The file's name.
    format : Format or None
        Of its content; None for a table whose columns are not known and were not told.
    container : str
        ``gzip``, ``zip``, or "".
    members : tuple of str
        The files of a zip that were read.
    encoding : str
        As found, such as ``utf-8 and cp1252``; empty for workbooks.
    line_ends : str
        ``LF``, ``CRLF`` or ``CR``, joined by "and"; empty for XML and workbooks.
    records : int
        How many would be imported.
    refused : int
        Problems with something that cannot be read and would be left out.
    rows_with_problems : int
        Rows with one problem or more, refused or kept.
    problem_counts : dict of str to int
        By code, all of them.
    problems : tuple of RowProblem
        The first of them.
    repeats : int
        Records that say the same as one before them.
    repeats_complete : bool
        False where there were too many different records to remember.
    sample : tuple of ParsedRecord
        The first records, their source cut short.
    columns : Columns or None
        Of a table; None for other formats.
    needs_mapping : bool
        The table can be read only when somebody says which column is the title, the DOI or the PMID.
    """

    name: str
    format: Format | None
    container: Container
    members: tuple[str, ...]
    encoding: str
    line_ends: str
    records: int
    refused: int
    rows_with_problems: int
    problem_counts: dict[str, int]
    problems: tuple[RowProblem, ...]
    repeats: int
    repeats_complete: bool
    sample: tuple[ParsedRecord, ...]
    columns: Columns | None
    needs_mapping: bool = False


class Inspector:
    """Looks at a file while it passes: iterate over it for the items, then ask for the `result`.

    Parameters
    ----------
    stream : Readable
        A binary stream at its beginning.
    name : str
        The file's name.
    mapping : mapping of str to int or str, optional
        For tables: field to the index or the name of its column.
    problems : int, optional
        How many problems to keep; all are counted.

    Raises
    ------
    UnknownFormat
        At once, where the content is of no known format.
    UnreadableFile
        At once or while iterating, where the file as a whole cannot be read.
    """

    def __init__(
        self, stream: Readable, name: str, *, mapping: Mapped | None = None, problems: int = PROBLEMS
    ) -> None:
        self._reading = Reading(stream, name, mapping=mapping)
        self._limit = problems
        self._hashes: set[bytes] = set()
        self._repeats_complete = True
        self._counts: Counter[str] = Counter()
        self._kept: list[RowProblem] = []
        self._sample: list[ParsedRecord] = []
        self._faulty_row = 0
        self.records = 0
        self.refused = 0
        self.rows_with_problems = 0
        self.repeats = 0

    def __iter__(self) -> Iterator[ParsedRecord | RowProblem]:
        for item in self._reading:
            if isinstance(item, ParsedRecord):
                self._count(item)
            else:
                self._note(item)
            yield item

    def _count(self, record: ParsedRecord) -> None:
        self.records += 1
        if len(self._sample) < SAMPLE:
            self._sample.append(replace(record, raw=record.raw[:_RAW_SHOWN]))
        # Eight bytes of it: among half a million records two are alike by chance once in a hundred million.
        digest = bytes.fromhex(content_hash(record)[:16])
        if digest in self._hashes:
            self.repeats += 1
        elif len(self._hashes) < HASHES:
            self._hashes.add(digest)
        else:
            self._repeats_complete = False

    def _note(self, problem: RowProblem) -> None:
        self._counts[problem.code] += 1
        self.refused += not problem.kept
        self.rows_with_problems += problem.row != self._faulty_row
        self._faulty_row = problem.row
        if len(self._kept) < self._limit:
            self._kept.append(problem)

    def result(self, columns: Columns | None = None) -> Inspection:
        """Return what was found in the items that were iterated over.

        Parameters
        ----------
        columns : Columns, optional
            Of the table, from `columns_of`, which needs the file once more.

        Returns
        -------
        Inspection
            Of the whole file, if it was read to its end.
        """
        return Inspection(
            name=self._reading.name,
            format=self._reading.format,
            container=self._reading.container,
            members=tuple(self._reading.members),
            encoding=self._reading.encoding,
            line_ends=self._reading.line_ends,
            records=self.records,
            refused=self.refused,
            rows_with_problems=self.rows_with_problems,
            problem_counts=dict(sorted(self._counts.items())),
            problems=tuple(self._kept),
            repeats=self.repeats,
            repeats_complete=self._repeats_complete,
            sample=tuple(self._sample),
            columns=columns,
        )

    @property
    def is_table(self) -> bool:
        """Tell whether the file has columns."""
        return self._reading.format in ("csv", "xlsx")


class Seekable(Readable, Protocol):
    """A stream that can be read again."""

    def seek(self, offset: int, /) -> int:
        """Go to a place, counted from the beginning."""
        ...


def inspect(
    stream: Seekable, name: str, *, mapping: Mapped | None = None, problems: int = PROBLEMS
) -> Inspection:
    """Say what a file would bring.

    Parameters
    ----------
    stream : seekable binary stream
        At its beginning; a table is begun twice, to show its columns.
    name : str
        The file's name.
    mapping : mapping of str to int or str, optional
        For tables: field to the index or the name of its column; guessed from the header where absent.
    problems : int, optional
        How many problems to keep; all are counted.

    Returns
    -------
    Inspection
        Of the whole file. A table with unknown columns has no records, and `needs_mapping` is true.

    Raises
    ------
    UnknownFormat
        The content is of no known format.
    UnreadableFile
        The file as a whole cannot be read.
    """
    inspector = Inspector(stream, name, mapping=mapping, problems=problems)
    columns: Columns | None = None
    if inspector.is_table:
        stream.seek(0)
        columns = columns_of(stream, name)
        stream.seek(0)
        inspector = Inspector(stream, name, mapping=mapping, problems=problems)
    if columns is not None and mapping is None and not is_header(columns.mapping):
        return replace(inspector.result(columns), needs_mapping=True)
    for _ in inspector:
        pass
    return inspector.result(columns)
