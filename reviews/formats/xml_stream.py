"""Elements of an XML file one by one, through damage, and without anything that XML can be made to do."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass
from html.entities import html5
from typing import cast

from lxml import etree

from reviews.formats.encoding import DEFAULT, wide_codec
from reviews.formats.errors import UnreadableFile
from reviews.formats.text import BYTE_BY_BYTE, CHUNK_BYTES, Readable

_DECLARATION = re.compile(rb"\s*<\?xml\b[^>]*\?>")
_ENCODING = re.compile(rb"encoding\s*=\s*[\"']([A-Za-z0-9._-]+)[\"']")
_WIDE_DECLARATION = re.compile(r"\s*<\?xml\b[^>]*\?>")
# Other codecs of Python decode no text, or in ways that no file of references uses.
_TEXT_CODEC = re.compile(
    r"iso8859-\d+|cp\d+|mac-\w+|koi8-\w|shift_jis\w*|euc_\w+|gb\w+|big5\w*|iso2022_\w+|hz|tis-620"
)
_OWN = ("utf-8", "ascii", "utf-16", "utf-32", "utf-16-le", "utf-16-be")
# Forbidden in XML 1.0 even as references; some exports hold them.
_FORBIDDEN = bytes(code for code in range(0x20) if code not in (0x09, 0x0A, 0x0D))
_REFERENCES = re.compile(
    rb"&#(?:x0*(?:[0-8bcef]|1[0-9a-f]|d[89a-f][0-9a-f]{2}|fff[ef])|0*(?:[0-8]|1[124-9]|2\d|3[01]));",
    re.IGNORECASE,
)
_REFERENCE_BYTES = 12
_ELEMENT = re.compile(rb"<[A-Za-z]")
_ENTITY = re.compile(rb"<!ENTITY", re.IGNORECASE)
_NAMED = re.compile(rb"&(?!#\d+;|#x[0-9A-Fa-f]+;|(?:amp|lt|gt|quot|apos);)(?:([A-Za-z][A-Za-z0-9]{1,31});)?")
_MARKUP = re.compile(rb"<[^<>]*>")
# An element larger than this is no record; the rest of the file is given up, and named.
MAX_ELEMENT_BYTES = 32 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class XmlFault:
    """A place where the XML is broken: what is wrong, the text there, and what could be saved of it."""

    detail: str
    lost: str
    element: etree._Element | None = None
    at_end: bool = False


class Utf8:
    """An XML file as UTF-8 without declaration, marks, forbidden characters or entities.

    Parameters
    ----------
    stream : Readable
        XML in UTF-8, UTF-16, UTF-32 or the encoding that it declares.

    Raises
    ------
    UnreadableFile
        While reading, where the file declares entities or an encoding that is not known.
    """

    def __init__(self, stream: Readable) -> None:
        self._stream = stream
        self._started = False
        self._in_prolog = True
        self._prolog_end = b""
        self._held = b""
        self._cut_letter = b""
        self._decoder: codecs.IncrementalDecoder | None = None
        self.encoding = "utf-8"

    def read(self, size: int = -1, /) -> bytes:
        """Return some bytes, about as many as `size` where that is positive; none at the end."""
        wanted = size if size > 0 else CHUNK_BYTES
        while True:
            chunk = self._stream.read(wanted)
            if not self._started:
                while len(chunk) < 1024 and (more := self._stream.read(wanted)):
                    chunk += more
                data = self._begin(chunk)
            else:
                data = self._repaired(chunk, final=not chunk)
            data = self._permitted(self._held + data, final=not chunk)
            if self._in_prolog:
                self._refuse_entities(data)
            if data or not chunk:
                return data

    def _begin(self, chunk: bytes) -> bytes:
        """Take the first bytes, which say the encoding."""
        self._started = True
        if codec := wide_codec(chunk):
            self.encoding = codec
            self._decoder = codecs.getincrementaldecoder(codec)(errors="replace")
            text = self._decoder.decode(chunk).lstrip("\ufeff \t\r\n\x00")
            return _WIDE_DECLARATION.sub("", text, count=1).encode("utf-8", errors="replace")
        chunk = chunk.removeprefix(codecs.BOM_UTF8).translate(None, _FORBIDDEN).lstrip()
        if found := _DECLARATION.match(chunk):
            chunk = chunk[found.end() :].lstrip()
            if named := _ENCODING.search(found.group()):
                self._declare(named.group(1).decode("ascii"))
        return self._repaired(chunk, final=False)

    def _declare(self, name: str) -> None:
        try:
            codec = codecs.lookup(name).name
        except LookupError:
            codec = ""
        # A file of bytes cannot be UTF-16, whatever its first line says: a converter forgot to change it.
        if codec in _OWN:
            return
        if not _TEXT_CODEC.fullmatch(codec):
            raise UnreadableFile(reason=f"it says that its encoding is {name}, which is not known here")
        self.encoding = codec
        self._decoder = codecs.getincrementaldecoder(codec)(errors="replace")

    def _repaired(self, chunk: bytes, *, final: bool) -> bytes:
        """Return `chunk` as valid UTF-8; single bad bytes are taken as Windows-1252."""
        if self._decoder is not None:
            return self._decoder.decode(chunk, final=final).encode("utf-8", errors="replace")
        data, self._cut_letter = self._cut_letter + chunk, b""
        try:
            data.decode("utf-8")
        except UnicodeDecodeError as error:
            if not final and error.end == len(data) and len(data) - error.start < 4:
                self._cut_letter = data[error.start :]
                return data[: error.start]
            self.encoding = f"utf-8 and {DEFAULT}"
            return data.decode("utf-8", errors=BYTE_BY_BYTE).encode()
        return data

    def _permitted(self, data: bytes, *, final: bool) -> bytes:
        self._held = b""
        if not final:
            cut = data.rfind(b"&", max(0, len(data) - _REFERENCE_BYTES))
            if cut >= 0 and b";" not in data[cut:]:
                data, self._held = data[:cut], data[cut:]
        data = data.translate(None, _FORBIDDEN)
        return _REFERENCES.sub(b"", data) if b"&#" in data else data

    def _refuse_entities(self, data: bytes) -> None:
        seen = self._prolog_end + data
        found = _ELEMENT.search(seen)
        if _ENTITY.search(seen, 0, found.start() if found else len(seen)):
            raise UnreadableFile(reason="it declares entities, which no list of references needs")
        self._in_prolog = found is None
        self._prolog_end = seen[-8:]


def parser(tags: tuple[str, ...]) -> etree.XMLPullParser:
    """Return a parser that reads nothing but what it is fed.

    Parameters
    ----------
    tags : tuple of str
        The elements to stop at.

    Returns
    -------
    lxml.etree.XMLPullParser
        With libxml2's limits of depth (256) and of text (10 MB).
    """
    return etree.XMLPullParser(
        events=("end",), tag=tags, load_dtd=False, no_network=True, resolve_entities=False, huge_tree=False
    )


def _alone(*, recover: bool) -> etree.XMLParser:
    return etree.XMLParser(
        load_dtd=False, no_network=True, resolve_entities=False, huge_tree=False, recover=recover
    )


def _escaped(match: re.Match[bytes]) -> bytes:
    """Return the letter of an HTML entity; an ampersand that begins none stands for itself."""
    name = match.group(1)
    letter = html5.get(f"{name.decode()};", "") if name else ""
    return letter.encode() if letter else b"&amp;" + match.group()[1:]


Found = tuple[etree._Element, str]


def elements(stream: Readable, *, tag: str, root: bytes) -> Iterator[Found | XmlFault]:
    """Yield the elements of one name with their source, each to be used before the next is asked for.

    Parameters
    ----------
    stream : Readable
        UTF-8 without declaration, such as `Utf8`.
    tag : str
        Name of the elements.
    root : bytes
        The tags to open before an element, to go on after a broken one.

    Yields
    ------
    (lxml.etree._Element, str) or XmlFault
        A broken element is a fault; those after it are read.

    Raises
    ------
    UnreadableFile
        A single element exceeds 32 MB.
    """
    yield from _Elements(stream, tag=tag, root=root)


class _Elements:
    """The state of `elements`: what is pending is what no element was read from yet."""

    def __init__(self, stream: Readable, *, tag: str, root: bytes) -> None:
        self._stream = stream
        self._tag = tag
        self._root = root
        name = tag.encode()
        self._start = re.compile(rb"<" + name + rb"(?=[\s>/])")
        self._end = re.compile(rb"</" + name + rb"\s*>")
        self._parser: etree.XMLPullParser | None = parser((tag,))
        self._pending = bytearray()

    def __iter__(self) -> Iterator[Found | XmlFault]:
        while chunk := self._stream.read(CHUNK_BYTES):
            self._pending += chunk
            if len(self._pending) > MAX_ELEMENT_BYTES:
                raise UnreadableFile(reason=f"one element is longer than {MAX_ELEMENT_BYTES} bytes")
            yield from self._fed(chunk)
        yield from self._finished()

    def _fed(self, chunk: bytes) -> Iterator[Found | XmlFault]:
        if self._parser is None:
            if self._end.search(self._pending, max(0, len(self._pending) - len(chunk) - 64)):
                yield from self._in_pieces("malformed")
            return
        fault = ""
        try:
            self._parser.feed(chunk)
        except etree.XMLSyntaxError as error:
            fault = str(error)
        position = 0
        for _, found in self._parser.read_events():
            element = cast(etree._Element, found)
            begun = self._start.search(self._pending, position)
            ended = self._end.search(self._pending, begun.end() - 1 if begun else position)
            position = ended.end() if ended else len(self._pending)
            source = self._pending[begun.start() if begun else 0 : position]
            yield element, source.decode(errors="replace")
            forget(element)
        del self._pending[:position]
        if fault:
            yield from self._in_pieces(fault)

    def _in_pieces(self, fault: str) -> Iterator[Found | XmlFault]:
        """Read what is pending element by element, each by itself; go on with a new parser."""
        pending = bytes(self._pending)
        starts = [found.start() for found in self._start.finditer(pending)]
        before = pending[: starts[0]] if starts else pending
        if _MARKUP.sub(b"", before).strip():
            yield XmlFault(fault, before.decode(errors="replace"))
        self._pending.clear()
        for start, stop in zip(starts, [*starts[1:], len(pending)][: len(starts)], strict=True):
            found = self._end.search(pending, start, stop)
            if found is None and stop == len(pending):
                self._pending += pending[start:]
                break
            end = found.end() if found else stop
            yield self._single(pending[start:end])
            if _MARKUP.sub(b"", pending[end:stop]).strip():
                yield XmlFault("text outside of any record", pending[end:stop].decode(errors="replace"))
        self._restart()

    def _restart(self) -> None:
        """Begin a new parser with what is left; none where the record that began there is broken, too."""
        restarted = parser((self._tag,))
        try:
            restarted.feed(self._root + bytes(self._pending))
        except etree.XMLSyntaxError:
            self._parser = None
        else:
            self._parser = restarted

    def _single(self, piece: bytes) -> Found | XmlFault:
        try:
            return etree.fromstring(piece, _alone(recover=False)), piece.decode(errors="replace")
        except etree.XMLSyntaxError as error:
            fault = str(error)
        try:
            saved = etree.fromstring(_NAMED.sub(_escaped, piece), _alone(recover=True))
        except etree.XMLSyntaxError:
            saved = None
        return XmlFault(fault, piece.decode(errors="replace"), saved)

    def _finished(self) -> Iterator[XmlFault]:
        pending = bytes(self._pending)
        if found := self._start.search(pending):
            saved = self._single(pending[found.start() :])
            element = saved.element if isinstance(saved, XmlFault) else saved[0]
            lost = pending[found.start() :].decode(errors="replace")
            yield XmlFault("the file ends inside this record", lost, element, at_end=True)
        elif _MARKUP.sub(b"", pending).strip():
            yield XmlFault("text outside of any record", pending.decode(errors="replace"))


def forget(element: etree._Element) -> None:
    """Free an element that was read, and all before it.

    Parameters
    ----------
    element : lxml.etree._Element
        The element at which the parser stands.
    """
    element.clear()
    parent = element.getparent()
    while parent is not None and element.getprevious() is not None:
        del parent[0]


class Bounded:
    """A stream in which no element may be without end.

    Parameters
    ----------
    stream : Readable
        XML in UTF-8.
    ends : tuple of bytes
        The tags that end an element.

    Raises
    ------
    UnreadableFile
        While reading, where none of `ends` comes for 64 MB.
    """

    def __init__(self, stream: Readable, ends: tuple[bytes, ...]) -> None:
        self._stream = stream
        self._ends = ends
        self._since = 0

    def read(self, size: int = -1, /) -> bytes:
        """Return some bytes; none at the end."""
        data = self._stream.read(size)
        last = max(data.rfind(end) for end in self._ends)
        self._since = len(data) - last if last >= 0 else self._since + len(data)
        if self._since > 2 * MAX_ELEMENT_BYTES:
            raise UnreadableFile(reason=f"one element is longer than {2 * MAX_ELEMENT_BYTES} bytes")
        return data
