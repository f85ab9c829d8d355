"""The one entry for files: unpack, recognise, decode, read."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import IO, cast

from reviews.formats.bibtex import read_bibtex
from reviews.formats.columns import Columns, Mapped
from reviews.formats.containers import Part, is_workbook, opened
from reviews.formats.endnote_xml import read_endnote_xml
from reviews.formats.enw import read_enw
from reviews.formats.errors import UnknownFormat, UnreadableFile
from reviews.formats.markup import is_marked_up, plain, plain_line
from reviews.formats.model import Format, ParsedRecord, RowProblem
from reviews.formats.nbib import read_nbib
from reviews.formats.pubmed_xml import read_pubmed_xml
from reviews.formats.ris import read_ris
from reviews.formats.sniffing import HEAD_BYTES, sniff_content
from reviews.formats.tabular import columns_of_csv, read_csv
from reviews.formats.text import Lines, Readable, Rewound, clean
from reviews.formats.wos import read_wos
from reviews.formats.xlsx import columns_of_xlsx, read_xlsx
from reviews.formats.xml_stream import Utf8

Items = Iterator[ParsedRecord | RowProblem]


class Reading:
    """A file of references being read: an iterator over it, and what was found out about it so far.

    Parameters
    ----------
    stream : Readable
        A binary stream at its beginning; it need not be seekable, and is not closed.
    name : str
        The file's name, for messages.
    mapping : mapping of str to int or str, optional
        For tables: field to the index or the name of its column; guessed from the header where absent.

    Raises
    ------
    UnknownFormat
        At once, where the content is of no known format.
    UnreadableFile
        At once or while reading, where the file as a whole cannot be read.
    """

    def __init__(self, stream: Readable, name: str, *, mapping: Mapped | None = None) -> None:
        self.name = name
        self.row = 0
        self.members: list[str] = []
        self.format: Format | None = None
        self._mapping = mapping
        self._texts: list[Lines | Utf8] = []
        self._skipped: list[RowProblem] = []
        self.container, self._parts = opened(stream, name)
        self._first = self._next_part()
        self._items = self._read()

    @property
    def encoding(self) -> str:
        """The encodings met so far, joined by "and"; empty for workbooks."""
        return " and ".join(dict.fromkeys(text.encoding for text in self._texts))

    @property
    def line_ends(self) -> str:
        """``LF``, ``CRLF`` or ``CR``, joined by "and"; empty for XML and workbooks."""
        found = [text.line_ends for text in self._texts if isinstance(text, Lines) and text.line_ends]
        return " and ".join(sorted(dict.fromkeys(end for ends in found for end in ends.split(" and "))))

    def __iter__(self) -> Reading:
        return self

    def __next__(self) -> ParsedRecord | RowProblem:
        return next(self._items)

    def _next_part(self) -> tuple[Part, Format, Readable] | None:
        """Return the next file that can be read; what else is in a zip becomes a problem."""
        refused: UnknownFormat | None = None
        for part in self._parts:
            head = _head(part.stream)
            try:
                kind = _kind(part, part.name or self.name, head)
            except UnknownFormat as error:
                if self.container != "zip":
                    raise
                refused = refused or error
                fault = part.fault.fault if part.fault else ""
                self._skip(part.name, fault or f"it looks like: {error.parameters['found']}")
                continue
            self.format = self.format or kind
            self.members += [part.name] if part.name else []
            return part, kind, Rewound(head, part.stream)
        if not self.format and refused:
            raise UnknownFormat(name=self.name, found=f"a zip of {refused.parameters['found']}")
        return None

    def _skip(self, name: str, why: str) -> None:
        detail = clean(f"{name}: {why}")[:240]
        self._skipped.append(RowProblem(row=max(self.row, 1), code="member_not_read", detail=detail))

    def _read(self) -> Items:
        following = self._first
        empty = True
        while following is not None:
            part, kind, stream = following
            before = self.row
            for item in self._part(part, kind, stream):
                moved = replace(item, row=item.row + before) if before else item
                self.row = max(self.row, moved.row)
                empty = False
                yield moved
            yield from self._damage(part)
            following = self._next_part()
            yield from self._skipped
            self._skipped.clear()
        if empty:
            raise UnreadableFile(reason="it holds no records")

    def _damage(self, part: Part) -> Iterator[RowProblem]:
        if part.fault is not None and part.fault.fault:
            where = f"{part.name}: " if part.name else ""
            detail = clean(f"{where}{part.fault.fault}")[:240]
            yield RowProblem(row=max(self.row, 1), code="damaged_archive", detail=detail)

    def _part(self, part: Part, kind: Format, stream: Readable) -> Items:
        """Read one file; its problems name it where it is one of several."""
        for item in self._reader(kind, part, stream):
            if isinstance(item, RowProblem):
                yield replace(item, detail=f"{part.name}: {item.detail}") if part.name else item
                continue
            yield _without_markup(item)
            if "\ufffd" in item.raw:
                yield RowProblem(
                    row=item.row, code="unreadable_characters", detail=item.title[:120], kept=True
                )

    def _reader(self, kind: Format, part: Part, stream: Readable) -> Items:
        if kind == "xlsx":
            return read_xlsx(cast(IO[bytes], part.stream), self._mapping)
        if kind in ("pubmed_xml", "endnote_xml"):
            xml = Utf8(stream)
            self._texts.append(xml)
            if kind == "pubmed_xml":
                return read_pubmed_xml(xml)
            return read_endnote_xml(xml)
        lines = Lines(stream)
        self._texts.append(lines)
        reader = _TEXT_READERS.get(kind)
        return reader(lines) if reader else read_csv(lines, self._mapping)


_TEXT_READERS: dict[Format, Callable[[Lines], Items]] = {
    "ris": read_ris,
    "nbib": read_nbib,
    "wos": read_wos,
    "bibtex": read_bibtex,
    "enw": read_enw,
}


def _without_markup(item: ParsedRecord) -> ParsedRecord:
    if not is_marked_up(item.title) and not is_marked_up(item.abstract):
        return item
    return replace(item, title=plain_line(item.title) or item.title, abstract=plain(item.abstract))


def _head(stream: Readable) -> bytes:
    """Return the first bytes; a stream that gives a little at a time would hide what it is."""
    parts: list[bytes] = []
    size = 0
    while size < HEAD_BYTES and (part := stream.read(HEAD_BYTES - size)):
        parts.append(part)
        size += len(part)
        if size >= 4096:
            break
    return b"".join(parts)


def _kind(part: Part, name: str, head: bytes) -> Format:
    if head.startswith(b"PK") and not isinstance(part.stream, Rewound):
        whole = cast(IO[bytes], part.stream)
        if is_workbook(whole):
            return "xlsx"
    return sniff_content(name, head)


def read(stream: Readable, *, name: str, mapping: Mapped | None = None) -> Reading:
    """Read a file of references, record by record, in memory that does not grow with the file.

    Parameters
    ----------
    stream : Readable
        A binary stream at its beginning; it need not be seekable, and is not closed. Plain, or packed with
        gzip or zip: the files of a zip are read one after the other, and their rows are counted through.
    name : str
        The file's name, for messages.
    mapping : mapping of str to int or str, optional
        For tables: field to the index or the name of its column; guessed from the header where absent.

    Returns
    -------
    iterator of ParsedRecord or RowProblem
        Records in the order of the file; the problems of a record follow it.

    Raises
    ------
    UnknownFormat
        At once, where the content is of no known format.
    UnreadableFile
        At once or while reading, where the file as a whole cannot be read.
    """
    return Reading(stream, name, mapping=mapping)


def columns_of(stream: Readable, name: str) -> Columns | None:
    """Return the columns of a table, for choosing what each of them holds.

    Parameters
    ----------
    stream : Readable
        A binary stream at its beginning; packed or not.
    name : str
        The file's name.

    Returns
    -------
    Columns or None
        Of the first table inside; None where the file is no table.

    Raises
    ------
    UnknownFormat
        The content is of no known format. What is in a zip besides tables is left to `read`.
    UnreadableFile
        The file as a whole cannot be read.
    """
    container, parts = opened(stream, name)
    for part in parts:
        head = _head(part.stream)
        try:
            kind = _kind(part, part.name or name, head)
        except UnknownFormat:
            if container != "zip":
                raise
            continue
        if kind == "xlsx":
            return columns_of_xlsx(cast(IO[bytes], part.stream))
        if kind == "csv":
            return columns_of_csv(Lines(Rewound(head, part.stream)))
    return None
