"""Files inside gzip and zip, streamed, and no more of them than is sensible."""

from __future__ import annotations

import io
import lzma
import struct
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import PurePath
from typing import IO, Literal, cast

from reviews.formats.errors import UnknownFormat, UnreadableFile
from reviews.formats.text import CHUNK_BYTES, Readable, Rewound, clean

Container = Literal["", "gzip", "zip"]

GZIP, ZIP = b"\x1f\x8b", (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")
MAX_MEMBERS = 1_000
MAX_EXPANDED = 4 * 1024**3
# Text of references shrinks five to ten times; what grows two hundred times was made to fill a disk.
MAX_RATIO = 200
RATIO_FROM = 16 * 1024**2
SPOOLED = 4 * 1024**2
_HEAD = 32

_BROKEN = (
    zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, struct.error, OSError, NotImplementedError,
    RuntimeError, ValueError, IndexError,
)  # fmt: skip
# What other programs keep in archives beside the files.
_LITTER = ("__MACOSX/", ".DS_Store", "Thumbs.db", "desktop.ini")
_OFFICE = {
    "word/document.xml": "Word document",
    "ppt/presentation.xml": "PowerPoint presentation",
    "xl/workbook.bin": "binary Excel workbook",
    "content.xml": "OpenDocument file",
}
_WORKBOOK = "xl/workbook.xml"


class Unpacked:
    """One file of an archive: counts what comes out of it, and notes where it breaks.

    Parameters
    ----------
    stream : Readable
        The expanded content.
    packed : int
        Its size in the archive; 0 where unknown.
    budget : Budget
        What all files of the archive may take together.
    """

    def __init__(self, stream: Readable, *, packed: int, budget: Budget) -> None:
        self._stream = stream
        self._packed = packed
        self._budget = budget
        self._given = 0
        self.fault = ""

    def read(self, size: int = -1, /) -> bytes:
        """Return at most `size` bytes; none at the end, and none after damage, which `fault` names."""
        if self.fault:
            return b""
        try:
            data = self._stream.read(size if size >= 0 else MAX_EXPANDED)
        except _BROKEN as error:
            self.fault = str(error) or type(error).__name__
            return b""
        self._given += len(data)
        packed = self._stream.taken if isinstance(self._stream, _Gunzip) else self._packed
        self._budget.spend(len(data), expanded=self._given, packed=packed)
        return data


@dataclass(slots=True)
class Budget:
    """What may still come out of an archive."""

    left: int = MAX_EXPANDED

    def spend(self, size: int, *, expanded: int, packed: int) -> None:
        """Count `size` more bytes.

        Parameters
        ----------
        size : int
            Bytes that came just now.
        expanded, packed : int
            Bytes of this file so far, and the bytes in the archive that they came from.

        Raises
        ------
        UnreadableFile
            The archive expands without measure.
        """
        self.left -= size
        if self.left < 0:
            raise UnreadableFile(reason=f"it expands to more than {MAX_EXPANDED // 1024**3} GB")
        if expanded > RATIO_FROM and expanded > MAX_RATIO * max(packed, 1):
            raise UnreadableFile(reason=f"it expands to more than {MAX_RATIO} times its size")


class _Gunzip:
    """A gzip file, of one part or several; `taken` counts the packed bytes."""

    def __init__(self, stream: Readable) -> None:
        self._stream = stream
        self._inflate = zlib.decompressobj(wbits=31)
        self._packed = b""
        self.taken = 0

    def read(self, size: int = -1, /) -> bytes:
        while True:
            if self._inflate.eof and not self._next_part():
                return b""
            packed = self._packed or self._more()
            if not packed:
                raise EOFError("the file ends before its compressed content does")
            data = self._inflate.decompress(packed, max(size, 1))
            self._packed = self._inflate.unconsumed_tail
            if data:
                return data

    def _more(self) -> bytes:
        packed = self._stream.read(CHUNK_BYTES)
        self.taken += len(packed)
        return packed

    def _next_part(self) -> bool:
        rest = self._inflate.unused_data
        while not rest.strip(b"\x00"):
            if not (rest := self._more()):
                return False
        self._packed = rest.lstrip(b"\x00")
        self._inflate = zlib.decompressobj(wbits=31)
        return True


@dataclass(frozen=True, slots=True)
class Part:
    """One file to be read: `name` is empty where it is not inside a zip."""

    name: str
    stream: Readable
    fault: Unpacked | None = None


def opened(stream: Readable, name: str) -> tuple[Container, Iterator[Part]]:
    """Open what may be an archive.

    Parameters
    ----------
    stream : Readable
        A binary stream at its beginning; kept on disk for a while if it is a zip and cannot seek.
    name : str
        The file's name, for messages.

    Returns
    -------
    container : str
        ``gzip``, ``zip``, or "" for a file of its own, which an Excel workbook is, too.
    parts : iterator of Part
        The files inside, one after the other; each is to be read before the next is asked for.

    Raises
    ------
    UnknownFormat
        It is an office document of another kind, or an archive without files.
    UnreadableFile
        The archive is protected, broken, or too large; also while its parts are read.
    """
    head = _head(stream)
    if head.startswith(GZIP):
        unpacked = Unpacked(_Gunzip(Rewound(head, stream)), packed=0, budget=Budget())
        return "gzip", _single(unpacked, name.removesuffix(".gz"))
    if not head.startswith(ZIP):
        return "", iter([Part("", Rewound(head, stream))])
    whole = seekable(Rewound(head, stream), stream)
    try:
        return _zip(whole, name, own=whole is not stream)
    except (UnknownFormat, UnreadableFile):
        if whole is not stream:
            whole.close()
        raise


def _zip(whole: IO[bytes], name: str, *, own: bool) -> tuple[Container, Iterator[Part]]:
    archive = _archive(whole)
    names = set(archive.namelist())
    if _WORKBOOK in names:
        whole.seek(0)
        return "", _workbook(whole, own=own)
    for path, found in _OFFICE.items():
        if path in names and ("[Content_Types].xml" in names or "mimetype" in names):
            raise UnknownFormat(name=name, found=found)
    members = _members(archive)
    if not members:
        raise UnknownFormat(name=name, found="zip archive without files")
    return "zip", _parts(archive, members, whole, own=own)


def _workbook(whole: IO[bytes], *, own: bool) -> Iterator[Part]:
    try:
        yield Part("", cast(Readable, whole))
    finally:
        if own:
            whole.close()


def _head(stream: Readable) -> bytes:
    head = b""
    while len(head) < _HEAD and (more := stream.read(_HEAD - len(head))):
        head += more
    return head


def _single(unpacked: Unpacked, name: str) -> Iterator[Part]:
    with _not_nested(unpacked, name) as stream:
        yield Part("", stream, unpacked)


@contextmanager
def _not_nested(unpacked: Unpacked, name: str) -> Iterator[Readable]:
    """Give the stream from its beginning; a workbook, which is an archive, so that it can seek."""
    head = _head(unpacked)
    if not head.startswith((GZIP, *ZIP)):
        yield Rewound(head, unpacked)
        return
    with seekable(Rewound(head, unpacked)) as whole:
        if not is_workbook(whole):
            raise UnreadableFile(reason=f"it holds another archive, {clean(name)}; unpack that first")
        yield cast(Readable, whole)


def seekable(content: Readable, original: Readable | None = None) -> IO[bytes]:
    """Return a stream that can seek, at its beginning, on disk where it is large.

    Parameters
    ----------
    content : Readable
        What is to be read.
    original : Readable, optional
        The stream that `content` comes from: used itself if it can seek.

    Returns
    -------
    file
        To be read from its beginning.

    Raises
    ------
    UnreadableFile
        It is larger than any archive may expand to.
    """
    if original is not None and isinstance(original, io.IOBase) and original.seekable():
        original.seek(0)
        return cast(IO[bytes], original)
    copy = tempfile.SpooledTemporaryFile(max_size=SPOOLED)  # noqa: SIM115 # closed by the caller
    size = 0
    while chunk := content.read(CHUNK_BYTES):
        size += len(chunk)
        if size > MAX_EXPANDED:
            copy.close()
            raise UnreadableFile(reason=f"it is larger than {MAX_EXPANDED // 1024**3} GB")
        copy.write(chunk)
    copy.seek(0)
    return cast(IO[bytes], copy)


def _archive(whole: IO[bytes]) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(whole)
    except _BROKEN as error:
        raise UnreadableFile(reason=f"the archive is damaged ({error})") from error


def _members(archive: zipfile.ZipFile) -> list[zipfile.ZipInfo]:
    members = [
        info
        for info in archive.infolist()
        if not info.is_dir()
        and not info.filename.startswith(_LITTER)
        and PurePath(info.filename).name not in _LITTER
    ]
    if len(members) > MAX_MEMBERS:
        raise UnreadableFile(reason=f"it holds {len(members)} files; {MAX_MEMBERS} is the most at once")
    if any(info.flag_bits & 0x1 for info in members):
        raise UnreadableFile(reason="it is protected by a password; unpack it first")
    if sum(info.file_size for info in members) > MAX_EXPANDED:
        raise UnreadableFile(reason=f"it expands to more than {MAX_EXPANDED // 1024**3} GB")
    return members


def _parts(
    archive: zipfile.ZipFile, members: list[zipfile.ZipInfo], whole: IO[bytes], *, own: bool
) -> Iterator[Part]:
    budget = Budget()
    try:
        for info in members:
            name = clean(info.filename)
            try:
                inner = archive.open(info)
            except _BROKEN as error:
                yield _lost(name, str(error), budget)
                continue
            with inner:
                unpacked = Unpacked(inner, packed=info.compress_size, budget=budget)
                with _not_nested(unpacked, name) as stream:
                    yield Part(name, stream, unpacked)
    finally:
        if own:
            whole.close()


def _lost(name: str, fault: str, budget: Budget) -> Part:
    """A part that cannot even be opened: empty, with its fault."""
    unpacked = Unpacked(io.BytesIO(), packed=0, budget=budget)
    unpacked.fault = fault
    return Part(name, unpacked, unpacked)


def is_workbook(whole: IO[bytes]) -> bool:
    """Tell whether a zip is an Excel workbook.

    Parameters
    ----------
    whole : file
        A zip that can seek; it is put back to its beginning.

    Returns
    -------
    bool
        False also for a damaged archive.
    """
    try:
        with zipfile.ZipFile(whole) as archive:
            return _WORKBOOK in archive.namelist()
    except _BROKEN:
        return False
    finally:
        whole.seek(0)
