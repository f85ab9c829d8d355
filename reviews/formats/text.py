"""From bytes of unknown encoding to clean lines of text, without holding the file."""

from __future__ import annotations

import codecs
import re
from collections import Counter, deque
from collections.abc import Iterator
from typing import Protocol

from reviews.formats.encoding import DEFAULT, SAMPLE_BYTES, is_multibyte, legacy_codec, wide_codec
from reviews.formats.errors import UnreadableFile

CHUNK_BYTES = 64 * 1024
# A longer line than this is no bibliographic field; the bound keeps one bad upload from taking the memory.
MAX_LINE_BYTES = 8 * 1024 * 1024

# Name of the error handler that reads bad bytes in UTF-8 as Windows-1252.
BYTE_BY_BYTE = "perennial-byte-by-byte"

_SURROGATES = range(0xD800, 0xE000)
# PostgreSQL refuses NUL and surrogates, browsers and XML refuse the rest. VT and FF stood for a break.
_CONTROLS: dict[int, str] = {
    code: "" for code in (*range(0x20), *range(0x7F, 0xA0)) if code not in (0x09, 0x0A)
}
_SPACES = (0xA0, 0x1680, *range(0x2000, 0x200B), 0x2028, 0x2029, 0x202F, 0x205F, 0x3000)
_CONTROLS |= dict.fromkeys((0x0B, 0x0C, 0x85, *_SPACES), " ") | {0xFEFF: ""}
_CONTROLS |= dict.fromkeys(_SURROGATES, "\ufffd")
_CLEANED = {chr(code): text for code, text in _CONTROLS.items()}
# Looking first is ten times faster than translating, and almost every block is clean.
_DIRTY = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff\ud800-\udfff]"
)
# The same in the bytes of UTF-8: what is no control of ASCII, and the others by their first byte, which is
# looked for at once. The hard space is left out: it is by far the most frequent.
_PLAIN = bytes([0x09, 0x0A, *range(0x20, 0x7F), *range(0x80, 0x100)])
_DIRTY_BYTES = {
    b"\xc2": re.compile(rb"\xc2[\x80-\x9f]"),
    b"\xe1": re.compile(rb"\xe1\x9a\x80"),
    b"\xe2": re.compile(rb"\xe2(?:\x80[\x80-\x8a\xa8\xa9\xaf]|\x81\x9f)"),
    b"\xe3": re.compile(rb"\xe3\x80\x80"),
    b"\xed": re.compile(rb"\xed[\xa0-\xbf][\x80-\xbf]"),
    b"\xef": re.compile(rb"\xef\xbb\xbf"),
}


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
    """Drop control characters and byte order marks; make every kind of hard space a space.

    Parameters
    ----------
    text : str
        One line, one value, or several lines: their ends stay.

    Returns
    -------
    str
        The same text, safe to store. Half a surrogate pair becomes U+FFFD, which the reader reports.
    """
    # All that is dirty is not printable, and that is told ten times faster than the pattern tells.
    if text.isprintable() or not _DIRTY.search(text):
        return text
    return _DIRTY.sub(_cleaned, text)


def _clean_block(text: str, data: bytes) -> str:
    """Clean many lines, which are `data` in UTF-8: bytes are looked at many times faster than letters."""
    if not text.isascii():
        if b"\xc2\xa0" in data:
            text = text.replace("\xa0", " ")
        for first, pattern in _DIRTY_BYTES.items():
            if first in data and (found := pattern.findall(data)):
                text = _replaced(text, {one.decode("utf-8", "surrogatepass") for one in set(found)})
    if controls := data.translate(None, _PLAIN):
        text = _replaced(text, set(controls.decode("ascii")))
    return text


def _replaced(text: str, dirty: set[str]) -> str:
    for letter in dirty:
        text = text.replace(letter, _CLEANED[letter])
    return text


def _cleaned(match: re.Match[str]) -> str:
    return _CLEANED[match.group()]


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
    # A long abstract is looked at many times faster than it is taken apart.
    if "  " not in text and text.isprintable():
        return text.strip()
    return " ".join(text.split())


def single_spaced(text: str) -> str:
    """Do as `squash` does with a line that is clean, several times faster.

    Parameters
    ----------
    text : str
        A line of `Lines`, or a part of one: its white space is spaces and tabs.

    Returns
    -------
    str
        One line.
    """
    while "  " in text:
        text = text.replace("  ", " ")
    return text.strip()


class Lines:
    """The lines of a text file, decoded and cleaned, without their ends. To be iterated once.

    Parameters
    ----------
    stream : Readable
        UTF-8, UTF-16 or UTF-32 with or without mark, or an older encoding, which is found out from the first
        lines that are no UTF-8; LF, CRLF and CR line ends. Encodings and line ends may be mixed, as in files
        put together from several exports.

    Raises
    ------
    UnreadableFile
        While iterating, where a single line exceeds 8 MB.
    """

    def __init__(self, stream: Readable) -> None:
        self._stream = stream
        self._ahead: deque[bytes] = deque()
        self._legacy = ""
        self._wide = ""
        self._seen: dict[str, None] = {}
        self._ends: Counter[str] = Counter()

    @property
    def encoding(self) -> str:
        """The encodings met so far, joined by "and"; ``ascii`` where nothing else was needed."""
        return " and ".join(self._seen) or self._wide or "ascii"

    @property
    def line_ends(self) -> str:
        """``LF``, ``CRLF`` or ``CR``, joined by "and" where they are mixed."""
        return " and ".join(sorted(self._ends))

    def __iter__(self) -> Iterator[str]:
        for text in self.blocks():
            found = text.split("\n")
            if not found[-1]:
                found.pop()
            yield from found

    def blocks(self) -> Iterator[str]:
        """Yield the same lines many at a time, each ended by LF (the last of the file perhaps not)."""
        blocks = self._blocks()
        while block := self._ahead.popleft() if self._ahead else next(blocks, b""):
            yield _clean_block(*self._decode(block, blocks))

    def _blocks(self) -> Iterator[bytes]:
        """Yield whole lines together, all ended by LF; the last one perhaps not."""
        parts: list[bytes] = []
        size = 0
        held = b""
        for chunk in self._eight_bit():
            data = held + chunk
            # A final CR may be the first half of CRLF: it waits for the next chunk.
            held = b"\r" if data.endswith(b"\r") else b""
            end = len(data) - len(held)
            cut = max(data.rfind(b"\n", 0, end), data.rfind(b"\r", 0, end)) + 1
            if cut:
                parts.append(data[:cut])
                yield self._unified(b"".join(parts))
                parts, size = [], 0
            parts.append(data[cut:end])
            size += end - cut
            if size > MAX_LINE_BYTES:
                raise UnreadableFile(reason=f"a line is longer than {MAX_LINE_BYTES // 1024**2} MB")
        parts.append(held)
        if last := b"".join(parts):
            yield self._unified(last)

    def _unified(self, block: bytes) -> bytes:
        if b"\r" not in block:
            if b"\n" in block:
                self._ends["LF"] += 1
            return block
        pairs = block.count(b"\r\n")
        counts = {"CRLF": pairs, "CR": block.count(b"\r") - pairs, "LF": block.count(b"\n") - pairs}
        self._ends.update({name: count for name, count in counts.items() if count})
        return block.replace(b"\r\n", b"\n").replace(b"\r", b"\n")

    def _eight_bit(self) -> Iterator[bytes]:
        first = _filled(self._stream)
        self._wide = wide_codec(first)
        if first.startswith(codecs.BOM_UTF8):
            self._seen["utf-8"] = None
        decoder = codecs.getincrementaldecoder(self._wide)(errors="replace") if self._wide else None
        chunk = first
        while chunk:
            yield decoder.decode(chunk).encode() if decoder else chunk
            chunk = self._stream.read(CHUNK_BYTES)
        if decoder:
            yield decoder.decode(b"", final=True).encode()

    def _decode(self, block: bytes, more: Iterator[bytes]) -> tuple[str, bytes]:
        """Return the text of a block, and the same in UTF-8."""
        if block.isascii():
            return block.decode("ascii"), block
        if not is_multibyte(self._legacy):
            try:
                text = block.decode("utf-8")
            except UnicodeDecodeError:
                pass
            else:
                self._seen[self._wide or "utf-8"] = None
                return text, block
        if not self._legacy:
            self._look_ahead(block, more)
        text = "\n".join(self._decode_line(line) for line in block.split(b"\n"))
        return text, text.encode("utf-8", "surrogatepass")

    def _look_ahead(self, block: bytes, more: Iterator[bytes]) -> None:
        """Decide about the old encoding on enough text, keeping what was read for that."""
        sample = [line for line in block.split(b"\n") if not _mostly_utf8(line)]
        while sum(map(len, sample)) < SAMPLE_BYTES and len(self._ahead) < 8:
            following = next(more, None)
            if following is None:
                break
            self._ahead.append(following)
            sample += [line for line in following.split(b"\n") if not _mostly_utf8(line)]
        self._legacy = legacy_codec(sample)

    def _decode_line(self, line: bytes) -> str:
        if line.isascii():
            return line.decode("ascii")
        if is_multibyte(self._legacy):
            try:
                text = line.decode(self._legacy)
            except UnicodeDecodeError:
                pass
            else:
                self._seen[self._legacy] = None
                return text
        if _mostly_utf8(line):
            # One bad byte in a line of good ones: the good ones are kept.
            self._seen["utf-8"] = None
            return line.decode("utf-8", errors=BYTE_BY_BYTE)
        self._seen[self._legacy] = None
        return line.decode(self._legacy, errors="replace")


def _filled(stream: Readable) -> bytes:
    """Read enough to tell the encoding: a stream may give less than was asked for."""
    parts: list[bytes] = []
    size = 0
    while size < 1024 and (part := stream.read(CHUNK_BYTES - size)):
        parts.append(part)
        size += len(part)
    return b"".join(parts)


def _mostly_utf8(line: bytes) -> bool:
    """Tell UTF-8, with a few bad bytes or none, from another encoding."""
    try:
        line.decode("utf-8")
    except UnicodeDecodeError:
        pass
    else:
        return True
    wrong = line.decode("utf-8", errors="replace").count("\ufffd")
    right = sum(letter > "\x7f" for letter in line.decode("utf-8", errors="ignore"))
    return right > 2 * wrong


def _one_byte(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return error.object[error.start : error.end].decode(DEFAULT, errors="replace"), error.end


codecs.register_error(BYTE_BY_BYTE, _one_byte)


def decode(line: bytes) -> str:
    """Decode one line as UTF-8, else as Windows-1252.

    Parameters
    ----------
    line : bytes
        One line, perhaps cut.

    Returns
    -------
    str
        Bytes that mean nothing in either become U+FFFD, which the reader reports.
    """
    try:
        return line.decode("utf-8")
    except UnicodeDecodeError:
        return line.decode(DEFAULT, errors="replace")


def lines(stream: Readable) -> Iterator[str]:
    """Yield the lines of a text file, as `Lines` does.

    Parameters
    ----------
    stream : Readable
        Text in any usual encoding.

    Yields
    ------
    str
        One line.

    Raises
    ------
    UnreadableFile
        A single line exceeds 8 MB.
    """
    yield from Lines(stream)
