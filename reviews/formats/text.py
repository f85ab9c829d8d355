"""From bytes of unknown encoding to clean lines of text, without holding the file."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from typing import Protocol

from reviews.formats.errors import UnreadableFile

CHUNK_BYTES = 64 * 1024
# A longer line than this is no bibliographic field; the bound keeps one bad upload from taking the memory.
MAX_LINE_BYTES = 8 * 1024 * 1024

_LINE_END = re.compile(rb"\r\n|\r|\n")
_SPACES = re.compile(r"\s+")
# PostgreSQL refuses NUL, browsers and XML refuse the rest. Tab stays; VT and FF stood for a break.
_CONTROLS: dict[int, str | None] = {code: None for code in (*range(0x20), *range(0x7F, 0xA0)) if code != 0x09}
_CONTROLS |= {0x0B: " ", 0x0C: " ", 0x85: " ", 0xA0: " ", 0x2028: " ", 0x2029: " ", 0xFEFF: None}
# Looking first is ten times faster than translating, and almost every line is clean.
_DIRTY = re.compile(f"[{re.escape(''.join(map(chr, _CONTROLS)))}]")


class Readable(Protocol):
    """The one method of a binary stream that the readers need."""

    def read(self, size: int = -1, /) -> bytes:
        """Return at most `size` bytes; none at the end."""
        ...


class Rewound:
    """A stream whose first bytes were already taken, put back in front; needs no seeking.

    Parameters
    ----------
    head : bytes
        What was read to recognise the format.
    stream : Readable
        Where the rest comes from.
    """

    def __init__(self, head: bytes, stream: Readable) -> None:
        self._head = head
        self._stream = stream

    def read(self, size: int = -1, /) -> bytes:
        """Return at most `size` bytes (all that is left where negative)."""
        if not self._head:
            return self._stream.read(size)
        if size < 0:
            data, self._head = self._head + self._stream.read(), b""
            return data
        data, self._head = self._head[:size], self._head[size:]
        return data


def clean(text: str) -> str:
    """Drop control characters and byte order marks; make every kind of break or hard space a space.

    Parameters
    ----------
    text : str
        One line, or one value.

    Returns
    -------
    str
        The same text, safe to store.
    """
    return text.translate(_CONTROLS) if _DIRTY.search(text) else text


def squash(text: str) -> str:
    """Return `text` with every run of white space as one space, and none at the ends.

    Parameters
    ----------
    text : str
        Any value.

    Returns
    -------
    str
        One line.
    """
    return _SPACES.sub(" ", text).strip()


def utf16_codec(head: bytes) -> str:
    """Return the codec if `head` begins a UTF-16 text, else "".

    Parameters
    ----------
    head : bytes
        The first bytes of the file.

    Returns
    -------
    str
        ``utf-16`` where a byte order mark says so, ``utf-16-le`` or ``utf-16-be`` where the zero bytes of
        Latin letters do.
    """
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    sample = head[:200]
    half = len(sample) // 2
    if half >= 8 and sample[1::2].count(0) > 0.8 * half and sample[0::2].count(0) < 0.2 * half:
        return "utf-16-le"
    if half >= 8 and sample[0::2].count(0) > 0.8 * half and sample[1::2].count(0) < 0.2 * half:
        return "utf-16-be"
    return ""


def decode(line: bytes) -> str:
    """Decode one line as UTF-8, else as Windows-1252.

    Parameters
    ----------
    line : bytes
        One line. Deciding line by line also reads files that were put together from several exports.

    Returns
    -------
    str
        Bytes that mean nothing in either become U+FFFD, which the reader reports.
    """
    try:
        return line.decode("utf-8")
    except UnicodeDecodeError:
        return line.decode("cp1252", errors="replace")


def lines(stream: Readable) -> Iterator[str]:
    """Yield the lines of a text file, decoded and cleaned, without their ends.

    Parameters
    ----------
    stream : Readable
        UTF-8 with or without mark, UTF-16, or Windows-1252; LF, CRLF and CR line ends, mixed too.

    Yields
    ------
    str
        One line.

    Raises
    ------
    UnreadableFile
        A single line exceeds 8 MB.
    """
    for line in _byte_lines(_eight_bit_chunks(stream)):
        yield clean(decode(line))


def _eight_bit_chunks(stream: Readable) -> Iterator[bytes]:
    first = stream.read(CHUNK_BYTES)
    codec = utf16_codec(first)
    decoder = codecs.getincrementaldecoder(codec)(errors="replace") if codec else None
    chunk = first
    while chunk:
        yield decoder.decode(chunk).encode() if decoder else chunk
        chunk = stream.read(CHUNK_BYTES)
    if decoder:
        yield decoder.decode(b"", final=True).encode()


def _byte_lines(chunks: Iterator[bytes]) -> Iterator[bytes]:
    parts: list[bytes] = []
    held = b""
    for chunk in chunks:
        data = held + chunk
        # A final CR may be the first half of CRLF: it waits for the next chunk.
        held = b"\r" if data.endswith(b"\r") else b""
        first, *others = _LINE_END.split(data[: len(data) - len(held)])
        parts.append(first)
        if others:
            yield b"".join(parts)
            yield from others[:-1]
            parts = others[-1:]
        elif sum(map(len, parts)) > MAX_LINE_BYTES:
            raise UnreadableFile(reason=f"a line is longer than {MAX_LINE_BYTES} bytes")
    if last := b"".join(parts):
        yield last
