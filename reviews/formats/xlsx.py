"""Excel workbooks, streamed: values only, never formulas, macros or links.

Notes
-----
openpyxl keeps all text of a workbook in memory, and its size grows with the file; here the shared text waits
on disk, and the rows are read one by one.
"""

from __future__ import annotations

import csv
import io
import posixpath
import re
import tempfile
import zipfile
from array import array
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import islice
from typing import IO

from lxml import etree

from reviews.formats.cells import Row, read_row
from reviews.formats.columns import Columns, Mapped, chosen, is_header, recognise
from reviews.formats.containers import SPOOLED, Budget, Unpacked
from reviews.formats.errors import UnreadableFile
from reviews.formats.model import ParsedRecord, RowProblem
from reviews.formats.tabular import HEADER_WITHIN, SAMPLE_ROWS
from reviews.formats.text import Readable, clean, squash
from reviews.formats.xml_elements import MAX_ELEMENT_BYTES, forget
from reviews.formats.xml_stream import Utf8

_BOOK, _STRINGS, _STYLES = "xl/workbook.xml", "xl/sharedStrings.xml", "xl/styles.xml"
_LINKS = "xl/_rels/workbook.xml.rels"
_REFERENCE = re.compile(r"([A-Z]{1,3})\d+")
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")
_DATE_FORMAT = re.compile(r"(?<!\\)[dmyh]", re.IGNORECASE)
_QUOTED_FORMAT = re.compile(r"\"[^\"]*\"|\[[^\]]*\]|\\.")
# Numbers of the formats that every workbook has; ECMA-376 part 1, 18.8.30.
_DATE_IDS = frozenset({*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)})
_EPOCH, _EPOCH_1904 = datetime(1899, 12, 30), datetime(1904, 1, 1)
_MAX_COLUMNS = 16_384
_MAX_CELL = 1_000_000


class _Texts:
    """The shared text of a workbook: kept on disk, found by number."""

    def __init__(self) -> None:
        self._file = tempfile.SpooledTemporaryFile(max_size=SPOOLED)  # noqa: SIM115 # lives as long as this
        self._starts = array("Q", [0])

    def add(self, text: str) -> None:
        self._file.write(text.encode("utf-8", errors="replace"))
        self._starts.append(self._file.tell())

    def close(self) -> None:
        self._file.close()

    def __getitem__(self, number: int) -> str:
        if not 0 <= number < len(self._starts) - 1:
            return ""
        self._file.seek(self._starts[number])
        return self._file.read(self._starts[number + 1] - self._starts[number]).decode()


class Workbook:
    """An Excel workbook (.xlsx or .xlsm) as rows of text.

    Parameters
    ----------
    whole : file
        The workbook; it must be able to seek.

    Raises
    ------
    UnreadableFile
        It is damaged, protected, or expands without measure.
    """

    def __init__(self, whole: IO[bytes]) -> None:
        try:
            self._archive = zipfile.ZipFile(whole)
        except (zipfile.BadZipFile, OSError, ValueError) as error:
            raise UnreadableFile(reason=f"the workbook is damaged ({error})") from error
        self._names = set(self._archive.namelist())
        self._budget = Budget()
        self._texts = _Texts()
        self._epoch = _EPOCH
        self.faults: list[str] = []
        try:
            self._dates = self._date_styles()
            for element in self._elements(_STRINGS, "si"):
                self._texts.add(_text_of(element))
            self.sheets = self._sheets()
        except UnreadableFile:
            self._texts.close()
            raise

    def __enter__(self) -> Workbook:
        return self

    def __exit__(self, *_: object) -> None:
        self._texts.close()

    def _elements(self, path: str, *tags: str) -> Iterator[etree._Element]:
        """Yield the elements of one part of the workbook, each to be used before the next is asked for."""
        if path not in self._names:
            return
        info = self._archive.getinfo(path)
        if info.flag_bits & 0x1:
            raise UnreadableFile(reason="it is protected by a password")
        try:
            inner = self._archive.open(info)
        except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError, ValueError) as error:
            self.faults.append(f"{path}: {error}")
            return
        with inner:
            unpacked = Unpacked(inner, packed=info.compress_size, budget=self._budget)
            source = _Measured(Utf8(unpacked))
            found = etree.iterparse(
                source, events=("end",), tag=[f"{{*}}{tag}" for tag in tags],
                load_dtd=False, no_network=True, resolve_entities=False, huge_tree=False,
            )  # fmt: skip
            try:
                for _, element in found:
                    source.since = 0
                    yield element
                    forget(element)
            except etree.XMLSyntaxError as error:
                self.faults.append(f"{path}: {unpacked.fault or error}")

    def _date_styles(self) -> frozenset[int]:
        """Return the styles that show a number as a date."""
        formats: dict[str, str] = {}
        dates = []
        for found in self._elements(_STYLES, "numFmts", "cellXfs"):
            if _name(found) == "numFmts":
                formats = {each.get("numFmtId", ""): each.get("formatCode", "") for each in found}
            else:
                dates = [_is_date(each.get("numFmtId", "0"), formats) for each in found]
        return frozenset(index for index, is_date in enumerate(dates) if is_date)

    def _sheets(self) -> list[tuple[str, str]]:
        """Return name and path of each sheet, in the order of the workbook."""
        targets: dict[str, str] = {}
        for link in self._elements(_LINKS, "Relationship"):
            target = link.get("Target", "")
            path = target.lstrip("/") if target.startswith("/") else posixpath.join("xl", target)
            targets[link.get("Id", "")] = posixpath.normpath(path)
        sheets = []
        for element in self._elements(_BOOK, "workbookPr", "sheet"):
            if _name(element) == "workbookPr":
                self._epoch = _EPOCH_1904 if element.get("date1904") in ("1", "true") else _EPOCH
                continue
            number = next((value for key, value in element.attrib.items() if str(key).endswith("}id")), "")
            sheets.append((clean(element.get("name", "")), targets.get(str(number), "")))
        found = [(name, path) for name, path in sheets if path in self._names]
        return found or [
            (path, path) for path in sorted(self._names) if path.startswith("xl/worksheets/sheet")
        ]

    def rows(self, path: str) -> Iterator[list[str]]:
        """Yield the rows of a sheet that hold anything.

        Parameters
        ----------
        path : str
            From `sheets`.

        Yields
        ------
        list of str
            The cells as text; dates as year, month and day.
        """
        for element in self._elements(path, "row"):
            cells: list[str] = []
            size = 0
            for cell in element:
                reference = _REFERENCE.fullmatch(cell.get("r", ""))
                index = _column(reference.group(1)) if reference else len(cells)
                if index >= _MAX_COLUMNS or index < len(cells):
                    continue
                cells += [""] * (index - len(cells))
                cells.append(clean(self._value(cell))[:_MAX_CELL])
                # A text is kept once in the workbook, however many cells show it.
                size += len(cells[-1])
                if size > MAX_ELEMENT_BYTES:
                    raise UnreadableFile(reason=f"a row is longer than {MAX_ELEMENT_BYTES // 1024**2} MB")
            if any(cell and not cell.isspace() for cell in cells):
                yield cells

    def _value(self, cell: etree._Element) -> str:
        kind = cell.get("t", "n")
        parts = {_name(child): child for child in cell if isinstance(child.tag, str)}
        if kind == "inlineStr":
            return _text_of(parts["is"]) if "is" in parts else ""
        text = (parts["v"].text or "") if "v" in parts else ""
        if kind == "s":
            return self._texts[int(text)] if text.isdecimal() and len(text) < 12 else ""
        if kind == "str":
            return _unescaped(text)
        if kind == "n":
            style = cell.get("s", "")
            return self._number(text, is_date=style.isdecimal() and int(style) in self._dates)
        return "" if kind == "e" else text

    def _number(self, text: str, *, is_date: bool) -> str:
        try:
            number = float(text)
        except ValueError:
            return text
        if is_date and 0 < number < 2_958_466:
            day = self._epoch + timedelta(days=number)
            return f"{day:%Y-%m-%d}"
        return str(int(number)) if number.is_integer() and abs(number) < 1e15 else text


class _Measured:
    """A stream in which no element may be without end."""

    def __init__(self, stream: Readable) -> None:
        self._stream = stream
        self.since = 0

    def read(self, size: int = -1, /) -> bytes:
        data = self._stream.read(size)
        self.since += len(data)
        if self.since > MAX_ELEMENT_BYTES:
            raise UnreadableFile(reason=f"a row is longer than {MAX_ELEMENT_BYTES // 1024**2} MB")
        return data


def _name(element: etree._Element) -> str:
    return str(element.tag).rpartition("}")[2]


def _text_of(element: etree._Element) -> str:
    """Return the text of runs; the phonetic reading of East Asian text stands beside it, not in it."""
    texts = []
    for child in element:
        if _name(child) == "t":
            texts.append(child.text or "")
        elif _name(child) == "r":
            texts += [inner.text or "" for inner in child if _name(inner) == "t"]
    return _unescaped("".join(texts))


def _unescaped(text: str) -> str:
    return _ESCAPED.sub(lambda match: chr(int(match.group(1), 16)), text) if "_x" in text else text


def _is_date(number: str, formats: dict[str, str]) -> bool:
    if number in formats:
        return bool(_DATE_FORMAT.search(_QUOTED_FORMAT.sub("", formats[number])))
    return number.isdecimal() and int(number) in _DATE_IDS


def _column(letters: str) -> int:
    index = 0
    for letter in letters:
        index = index * 26 + ord(letter) - 64
    return index - 1


class _Sheet:
    """The sheet of a workbook that is read: the first with a header that is known, else the first."""

    def __init__(self, book: Workbook) -> None:
        headers = [_header(book, path) for _, path in book.sheets]
        known = [index for index, found in enumerate(headers) if found is not None]
        filled = next((i for i, (_, path) in enumerate(book.sheets) if any(book.rows(path))), None)
        if filled is None:
            raise UnreadableFile(reason="; ".join(book.faults)[:300] or "it is empty")
        chosen_one = known[0] if known else filled
        self.name, path = book.sheets[chosen_one]
        self.others = [book.sheets[index][0] for index in known[1:]]
        self.rows = book.rows(path)
        self.above = [next(self.rows) for _ in range(headers[chosen_one] or 0)]
        self.header = next(self.rows)


def _header(book: Workbook, path: str) -> int | None:
    """Return how many rows stand above the header of a sheet; None where no header is known."""
    for index, cells in enumerate(islice(book.rows(path), HEADER_WITHIN)):
        known = recognise(cells)
        if is_header(known) and (index == 0 or len(known) >= 3):
            return index
    return None


def read_xlsx(whole: IO[bytes], mapping: Mapped | None = None) -> Iterator[ParsedRecord | RowProblem]:
    """Read a table of references from a workbook.

    Parameters
    ----------
    whole : file
        The workbook; it must be able to seek.
    mapping : mapping of str to int or str, optional
        Field to the index or the name of its column; guessed from the header where absent.

    Yields
    ------
    ParsedRecord or RowProblem
        Each row of the first sheet with a header, followed by its problems; ``sheet_not_read`` for each other
        sheet with references, ``damaged_archive`` where the workbook is broken.

    Raises
    ------
    UnreadableFile
        No column is known as title, DOI or PMID, or the workbook cannot be read at all.
    """
    with Workbook(whole) as book:
        sheet = _Sheet(book)
        columns = chosen(sheet.header, mapping)
        row = 0
        for cells in sheet.above:
            yield RowProblem(row=1, code="stray_text", detail=squash(" ".join(cells))[:120])
        for row, cells in enumerate(sheet.rows, start=1):
            yield from read_row(Row(cells, _line(cells)), columns, width=len(sheet.header), row=row)
        for name in sheet.others:
            yield RowProblem(row=max(row, 1), code="sheet_not_read", detail=name)
        for fault in dict.fromkeys(book.faults):
            yield RowProblem(row=max(row, 1), code="damaged_archive", detail=clean(fault)[:240])


def _line(cells: list[str]) -> str:
    buffer = io.StringIO()
    csv.writer(buffer).writerow(cells)
    return buffer.getvalue().rstrip("\r\n")


def columns_of_xlsx(whole: IO[bytes]) -> Columns:
    """Return the columns of a workbook's table, with the cells of its first rows.

    Parameters
    ----------
    whole : file
        The workbook; it must be able to seek.

    Returns
    -------
    Columns
        With an empty mapping where nothing was recognised.
    """
    with Workbook(whole) as book:
        sheet = _Sheet(book)
        samples = tuple(tuple(cells) for cells in islice(sheet.rows, SAMPLE_ROWS))
    return Columns(tuple(sheet.header), recognise(sheet.header), samples)
