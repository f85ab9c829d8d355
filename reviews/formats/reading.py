"""The one entry for files: recognise, decode, read."""

from __future__ import annotations

from collections.abc import Iterator
from typing import assert_never

from reviews.formats.errors import UnreadableFile
from reviews.formats.model import Format, ParsedRecord, RowProblem
from reviews.formats.nbib import read_nbib
from reviews.formats.pubmed_xml import read_pubmed_xml
from reviews.formats.ris import read_ris
from reviews.formats.sniffing import HEAD_BYTES, sniff
from reviews.formats.tabular import read_csv
from reviews.formats.text import Readable, Rewound, lines


def read(stream: Readable, *, name: str) -> Iterator[ParsedRecord | RowProblem]:
    """Read a file of references, record by record, in memory that does not grow with the file.

    Parameters
    ----------
    stream : Readable
        A binary stream at its beginning; it need not be seekable, and is not closed.
    name : str
        The file's name, for messages.

    Returns
    -------
    iterator of ParsedRecord or RowProblem
        Records in the order of the file; the problems of a record follow it.

    Raises
    ------
    UnknownFormat
        At once, where the content is of no known format.
    UnreadableFile
        While reading, where the file as a whole cannot be read.
    """
    head = stream.read(HEAD_BYTES)
    kind = sniff(name, head)
    return _checked(_reader(kind, Rewound(head, stream)))


def _reader(kind: Format, stream: Readable) -> Iterator[ParsedRecord | RowProblem]:
    match kind:
        case "ris":
            return read_ris(lines(stream))
        case "nbib":
            return read_nbib(lines(stream))
        case "pubmed_xml":
            return read_pubmed_xml(stream)
        case "csv":
            return read_csv(lines(stream))
        case _:
            assert_never(kind)


def _checked(items: Iterator[ParsedRecord | RowProblem]) -> Iterator[ParsedRecord | RowProblem]:
    empty = True
    for item in items:
        empty = False
        yield item
        if isinstance(item, ParsedRecord) and "\ufffd" in item.raw:
            yield RowProblem(row=item.row, code="unreadable_characters", detail=item.title[:120], kept=True)
    if empty:
        raise UnreadableFile(reason="it holds no records")
