"""Packed files: what is read, what is refused, and with which words."""

from __future__ import annotations

import gzip
import io
import zipfile
from typing import BinaryIO, cast

import pytest

from reviews.formats import ParsedRecord, RowProblem, UnknownFormat, UnreadableFile, containers, inspect, read
from reviews.formats.text import Readable
from tests.reviews.formats.hostile import CSV, RIS, WOS, workbook, zipped


def _read(data: bytes | Readable, name: str = "file") -> tuple[list[ParsedRecord], list[RowProblem]]:
    items = list(read(io.BytesIO(data) if isinstance(data, bytes) else data, name=name))
    return (
        [item for item in items if isinstance(item, ParsedRecord)],
        [item for item in items if isinstance(item, RowProblem)],
    )


class OneWay:
    """A stream that cannot seek and gives a little at a time."""

    def __init__(self, data: bytes) -> None:
        self._inner = io.BytesIO(data)

    def read(self, size: int = -1, /) -> bytes:
        return self._inner.read(min(size, 999) if size >= 0 else 999)


def test_gzip_is_read_also_in_parts_and_with_padding() -> None:
    packed = gzip.compress(RIS.encode()) + gzip.compress(RIS.encode()) + b"\x00" * 600

    records, problems = _read(OneWay(packed))

    assert ([record.row for record in records], problems) == ([1, 2, 3, 4], [])


def test_the_files_of_a_zip_are_read_one_after_the_other_and_rows_are_counted_through() -> None:
    data = zipped(
        ("one.ris", RIS.encode()),
        ("__MACOSX/._one.ris", b"\x00\x05"),
        ("folder/two.csv", b"title,doi\nMarsh,10.5555/2\n,10.5555/3\n"),
        ("three.xlsx", workbook()),
    )

    records, problems = _read(data)
    found = inspect(io.BytesIO(data), "all.zip")

    assert [record.row for record in records] == [1, 2, 3, 4, 5, 6]
    assert [(p.row, p.code, p.detail) for p in problems] == [(4, "no_title", "folder/two.csv: 10.5555/3")]
    assert (found.container, found.members, found.records) == (
        "zip", ("one.ris", "folder/two.csv", "three.xlsx"), 6,
    )  # fmt: skip


def test_a_zip_is_read_from_a_stream_that_cannot_seek() -> None:
    records, _ = _read(OneWay(zipped(("one.ris", RIS.encode()))))

    assert len(records) == 2


def test_what_is_no_file_of_references_in_a_zip_is_named() -> None:
    records, problems = _read(
        zipped(("read me.pdf", b"%PDF-1.7"), ("one.ris", RIS.encode()), ("last.txt", b"hello"))
    )

    assert len(records) == 2
    assert [(p.code, p.detail, p.kept) for p in problems] == [
        ("member_not_read", "read me.pdf: it looks like: pdf", False),
        ("member_not_read", "last.txt: it looks like: plain text", False),
    ]


def test_a_zip_without_references_is_refused_by_what_it_holds() -> None:
    with pytest.raises(UnknownFormat, match="a zip of pdf"):
        _read(zipped(("a.pdf", b"%PDF-1.7")))
    with pytest.raises(UnknownFormat, match="zip archive without files"):
        _read(zipped())


@pytest.mark.parametrize(
    "data",
    [
        zipped(("inner.zip", zipped(("one.ris", RIS.encode())))),
        zipped(("inner.ris.gz", gzip.compress(RIS.encode()))),
        gzip.compress(zipped(("one.ris", RIS.encode()))),
        gzip.compress(gzip.compress(RIS.encode())),
    ],
)
def test_archives_in_archives_are_refused(data: bytes) -> None:
    with pytest.raises(UnreadableFile, match="another archive"):
        _read(data)


def test_a_workbook_may_be_packed() -> None:
    assert len(_read(gzip.compress(workbook()))[0]) == 2


def test_a_protected_archive_is_refused() -> None:
    data = bytearray(zipped(("one.ris", RIS.encode())))
    data[6] |= 1
    data[data.rindex(b"PK\x01\x02") + 8] |= 1

    with pytest.raises(UnreadableFile, match="password"):
        _read(bytes(data))


def test_an_office_document_is_refused_by_name() -> None:
    data = zipped(("[Content_Types].xml", b"<x/>"), ("word/document.xml", b"<x/>"))

    with pytest.raises(UnknownFormat, match="Word document"):
        _read(data)


def test_a_bomb_is_refused_before_it_bursts() -> None:
    bomb = b"TY  - JOUR\nTI  - a\nAB  - " + (b"0" * 4_000 + b"\n") * 6_000

    for data in (gzip.compress(bomb), zipped(("one.ris", bomb))):
        with pytest.raises(UnreadableFile, match="200 times its size"):
            _read(data)


def test_too_many_files_are_refused() -> None:
    data = zipped(*((f"{number}.ris", b"") for number in range(containers.MAX_MEMBERS + 1)))

    with pytest.raises(UnreadableFile, match="1000 is the most"):
        _read(data)


def test_a_damaged_archive_keeps_what_came_before_and_says_so() -> None:
    packed = bytearray(gzip.compress(b"".join(RIS.encode() for _ in range(2_000)), mtime=0))
    cut = bytes(packed[: len(packed) // 2])
    packed[-6] ^= 0xFF

    for data in (cut, bytes(packed)):
        records, problems = _read(data)
        assert records
        assert problems[-1].code == "damaged_archive"
        assert not problems[-1].kept


def test_a_damaged_member_costs_no_other() -> None:
    data = bytearray(zipped(("one.ris", RIS.encode()), ("two.ciw", WOS.encode()), method=zipfile.ZIP_STORED))
    data[data.index(b"marsh fever")] ^= 0x20

    records, problems = _read(bytes(data))

    assert len(records) >= 2
    assert any(p.code in {"damaged_archive", "member_not_read"} and "one.ris" in p.detail for p in problems)
    assert records[-1].title == "Marsh and malaria"


def test_names_in_a_zip_are_only_names() -> None:
    data = zipped(("../../etc/passwd\n<b>.csv", CSV.encode() + b",x,,,,,\n"))

    records, (problem,) = _read(data)

    assert len(records) == 3
    assert problem.detail.startswith("../../etc/passwd")
    assert "\n" not in problem.detail.removeprefix("../../etc/passwd\n")


def test_the_stream_is_not_closed() -> None:
    stream: BinaryIO = io.BytesIO(zipped(("one.ris", RIS.encode())))

    list(read(cast(Readable, stream), name="a.zip"))

    assert not stream.closed
