"""CSV and its relatives, by their column names."""

from __future__ import annotations

import csv
import re
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

from reviews.formats.cells import Row, read_row
from reviews.formats.columns import Columns, Mapped, chosen, is_header, recognise
from reviews.formats.errors import UnreadableFile
from reviews.formats.model import ParsedRecord, RowProblem
from reviews.formats.text import MAX_LINE_BYTES, squash

DELIMITERS = (",", ";", "\t", "|")
# Some databases write the query and the date above the header.
HEADER_WITHIN = 20
SAMPLE_ROWS = 5
# A row with more lines, or a file with that many broken rows, has a quote that nobody closes.
_ROW_LINES, _ROW_LINES_AFTER_TROUBLE, _TROUBLE = 3_000, 40, 20
_SEPARATOR_LINE = re.compile(r'"?sep=.?"?', re.IGNORECASE)
# Python's own limit is a size that the reference lists in Scopus' exports exceed. It is one for the process.
csv.field_size_limit(2 * MAX_LINE_BYTES)


class _Source:
    """Hands out lines and remembers those of the current row."""

    def __init__(self, lines: Iterable[str]) -> None:
        self._lines = iter(lines)
        self._again: deque[str] = deque()
        self._troubles = 0
        self._size = 0
        self.taken: list[str] = []
        self.broken = False

    def __iter__(self) -> _Source:
        return self

    def __next__(self) -> str:
        limit = _ROW_LINES if self._troubles < _TROUBLE else _ROW_LINES_AFTER_TROUBLE
        if self.taken and (len(self.taken) >= limit or self._size > MAX_LINE_BYTES):
            self.broken = True
            raise StopIteration
        line = self._again.popleft() if self._again else next(self._lines, None)
        if line is None:
            # The end within a row: its quote is open still.
            self.broken = bool(self.taken)
            raise StopIteration
        self.taken.append(line)
        self._size += len(line)
        return line + "\n"

    def take(self) -> str:
        """Return the source text of the row just read, and forget it."""
        text, self.taken, self._size = "\n".join(self.taken), [], 0
        return text

    def first_only(self) -> str:
        """Return the first line of a broken row; the others are handed out again."""
        self._troubles += 1
        self._again.extendleft(reversed(self.taken[1:]))
        first, self.taken, self._size, self.broken = self.taken[0], [], 0, False
        return first


def is_separator_line(line: str) -> bool:
    """Tell whether `line` is the ``sep=;`` that spreadsheets write before the header.

    Parameters
    ----------
    line : str
        One line, perhaps stripped, which takes a tab away.

    Returns
    -------
    bool
        True for that line only.
    """
    return bool(_SEPARATOR_LINE.fullmatch(line.strip()))


def find_delimiter(header: str) -> str:
    """Return the separator under which `header` shows the most known columns, or "".

    Parameters
    ----------
    header : str
        One line.

    Returns
    -------
    str
        One of `DELIMITERS`; "" unless there is a column for title, DOI or PMID.
    """
    best, found = "", 0
    for delimiter in DELIMITERS:
        known = recognise(_cells(header, delimiter))
        if is_header(known) and len(known) > found:
            best, found = delimiter, len(known)
    return best


def likely_delimiter(lines: Sequence[str]) -> str:
    """Return the separator of a table whose columns have names that nobody knows, or "".

    Parameters
    ----------
    lines : sequence of str
        The first lines that are not empty, the header first.

    Returns
    -------
    str
        The one that cuts the header and the rows into the same number of cells, two at least.
    """
    best, width = "", 1
    for delimiter in DELIMITERS:
        first = len(_cells(lines[0], delimiter)) if lines else 0
        rows = [len(row) for row in csv.reader([line + "\n" for line in lines[1:]], delimiter=delimiter)]
        if first > width and (not rows or rows.count(first) >= 0.5 * len(rows)):
            best, width = delimiter, first
    return best


def find_header(lines: Sequence[str]) -> tuple[int, str]:
    """Find the line that names the columns.

    Parameters
    ----------
    lines : sequence of str
        The first lines of the file.

    Returns
    -------
    index : int
        Of the header line; -1 where none names a title, DOI or PMID.
    delimiter : str
        Its separator.
    """
    seen = 0
    for index, line in enumerate(lines):
        if not line.strip() or is_separator_line(line):
            continue
        delimiter = find_delimiter(line)
        # Further down, prose with a known word in it must not be taken for a header.
        if delimiter and (not seen or len(recognise(_cells(line, delimiter))) >= 3):
            return index, delimiter
        seen += 1
        if seen >= HEADER_WITHIN:
            break
    return -1, ""


def _cells(line: str, delimiter: str) -> list[str]:
    return next(csv.reader([line], delimiter=delimiter), [])


class Table:
    """A delimited text after its header was found.

    Parameters
    ----------
    lines : iterable of str
        Clean lines, from `reviews.formats.text.lines`.

    Raises
    ------
    UnreadableFile
        There is no line at all.
    """

    def __init__(self, lines: Iterable[str]) -> None:
        rest = iter(lines)
        head = list(islice(rest, 4 * HEADER_WITHIN))
        index, self.delimiter = find_header(head)
        if index < 0:
            index = next(
                (i for i, line in enumerate(head) if line.strip() and not is_separator_line(line)), -1
            )
            if index < 0:
                raise UnreadableFile(reason="it is empty")
            filled = [line for line in head[index:] if line.strip()]
            self.delimiter = likely_delimiter(filled) or ","
        self.above = tuple(line for line in head[:index] if line.strip() and not is_separator_line(line))
        self.header = _cells(head[index], self.delimiter)
        # Web of Science writes tab separated values without ever quoting them.
        tagged = self.delimiter == "\t" and {"PT", "AU", "TI"} <= set(self.header)
        self._quoting = csv.QUOTE_NONE if tagged else csv.QUOTE_MINIMAL
        self._source = _Source(_chained(head[index + 1 :], rest))

    def rows(self) -> Iterator[Row]:
        """Yield the rows that hold anything.

        Yields
        ------
        Row
            A row whose quote is never closed ends with its line, with the fault ``unclosed_quote``.
        """
        while True:
            # A new reader each time one is broken: it would go on inside the quote.
            reader = csv.reader(
                self._source,
                delimiter=self.delimiter,
                quoting=self._quoting,  # type: ignore[arg-type]  # one of two constants
            )
            for cells in reader:
                if self._source.broken or self._runs_on():
                    break
                raw = self._source.take()
                if any(cell and not cell.isspace() for cell in cells):
                    yield Row(cells, raw)
            if not self._source.taken:
                return
            first = self._source.first_only()
            yield Row([cell.strip(' "') for cell in first.split(self.delimiter)], first, "unclosed_quote")

    def _runs_on(self) -> bool:
        """Tell whether a row of several lines holds other rows: its quote was closed by one of theirs."""
        lines = self._source.taken
        width = len(self.header)
        if len(lines) < 2 or len(lines[0].split(self.delimiter)) != width:
            return False
        if len(_cells(lines[-1], self.delimiter)) != width:
            return False
        rows = csv.reader((f"{line}\n" for line in lines), delimiter=self.delimiter, strict=True)
        try:
            next(rows)
        except csv.Error:
            return True
        return False


def _chained(head: list[str], rest: Iterator[str]) -> Iterator[str]:
    yield from head
    yield from rest


def read_csv(lines: Iterable[str], mapping: Mapped | None = None) -> Iterator[ParsedRecord | RowProblem]:
    """Read a table of references.

    Parameters
    ----------
    lines : iterable of str
        Clean lines, from `reviews.formats.text.lines`. Columns are separated by comma, semicolon, tab or bar;
        lines above the header are passed over, ``sep=;`` among them.
    mapping : mapping of str to int or str, optional
        Field to the index or the name of its column; guessed from the header where absent.

    Yields
    ------
    ParsedRecord or RowProblem
        Each row that holds anything, followed by its problems; first ``stray_text`` for each line above the
        header.

    Raises
    ------
    UnreadableFile
        No column is known as title, DOI or PMID, or a column of `mapping` does not exist.
    """
    table = Table(lines)
    columns = chosen(table.header, mapping)
    width = len(table.header)
    for line in table.above:
        yield RowProblem(row=1, code="stray_text", detail=squash(line)[:120])
    for row, source in enumerate(table.rows(), start=1):
        yield from read_row(source, columns, width=width, row=row)


def columns_of_csv(lines: Iterable[str]) -> Columns:
    """Return the columns of a delimited text, with the cells of its first rows.

    Parameters
    ----------
    lines : iterable of str
        Clean lines.

    Returns
    -------
    Columns
        With an empty mapping where nothing was recognised.
    """
    table = Table(lines)
    samples = tuple(tuple(row.cells) for row in islice(table.rows(), SAMPLE_ROWS))
    return Columns(tuple(table.header), recognise(table.header), samples)
