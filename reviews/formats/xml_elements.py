"""Elements of an XML file one by one, through damage."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from html.entities import html5
from typing import cast

from lxml import etree

from reviews.formats.errors import UnreadableFile
from reviews.formats.model import RowProblem
from reviews.formats.text import CHUNK_BYTES, Readable, clean, squash

_NAMED = re.compile(rb"&(?!#\d+;|#x[0-9A-Fa-f]+;|(?:amp|lt|gt|quot|apos);)(?:([A-Za-z][A-Za-z0-9]{1,31});)?")
_MARKUP = re.compile(rb"<[^<>]*>")
_TAG_END = re.compile(rb"\s*>")
# More than any tag that is looked for.
_TAG_BYTES = 32
# More than any tag that is taken out.
_TAG_BYTES_HELD = 1024
# An element larger than this is no record; the rest of the file is given up, and named.
MAX_ELEMENT_BYTES = 32 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class XmlFault:
    """A place where the XML is broken.

    Parameters
    ----------
    detail : str
        What is wrong.
    lost : str
        The text there.
    element : lxml.etree._Element, optional
        What could be saved of it.
    is_whole : bool
        Whether `element` is all of it: only signs that stand for letters were wrong, such as a bare ``&``.
    at_end : bool
        The file ends here, before it should.
    """

    detail: str
    lost: str
    element: etree._Element | None = None
    is_whole: bool = False
    at_end: bool = False

    def problem(self, *, row: int, kept: bool, name: str = "") -> RowProblem:
        """Return the fault as a problem of a row; `name` says whose record it was, where that is known.

        A file that ends between records has no row for that: it is told at the last record.
        """
        words = [name, self.detail, self.lost[:200]]
        detail = squash(clean(": ".join(filter(None, words))))[:240]
        if self.at_end and not self.lost:
            return RowProblem(row=max(row - 1, 1), code="cut_short", detail=detail, kept=kept)
        code = "truncated" if self.at_end else "malformed_xml"
        return RowProblem(row=row, code=code, detail=detail, kept=kept)


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


Found = tuple[etree._Element, bytes]


def elements(
    stream: Readable, *, tags: tuple[str, ...], root: bytes, unread: bytes = b""
) -> Iterator[Found | XmlFault]:
    """Yield the elements of some names with their source, each to be used before the next is asked for.

    Parameters
    ----------
    stream : Readable
        UTF-8 without declaration, such as `Utf8`.
    tags : tuple of str
        Names of the elements.
    root : bytes
        The tags to open before an element, to go on after a broken one.
    unread : bytes, optional
        Name of an element of which only the content counts; it may be there or be left out.

    Yields
    ------
    (lxml.etree._Element, bytes) or XmlFault
        A broken element is a fault; those after it are read. The last is a fault where the file ends inside
        an element, or before the tag that closes the list of them.

    Raises
    ------
    UnreadableFile
        A single element exceeds 32 MB.
    """
    yield from _Elements(stream, tags=tags, root=root, without=_Without(unread))


class _Without:
    """Takes the tags of one name out of what the parser is fed: half of EndNote's markup says nothing.

    A parser that need not build those elements is twice as fast. Where text may only look like a tag, in
    sections of CDATA, nothing more is taken out: what was taken before is then read in pieces.
    """

    def __init__(self, name: bytes) -> None:
        self._begin, self._end = b"<" + name, b"</" + name + b">"
        self._any = re.compile(b"</?" + name + rb"(?:\s[^<>]*)?>")
        self._on = bool(name)
        self._held = b""

    def again(self) -> None:
        """Forget what was held back of the text before."""
        self._held = b""

    def __call__(self, chunk: bytes) -> bytes:
        """Return the text without those tags; a cut one waits for its rest."""
        if not self._on:
            return chunk
        data, self._held = self._held + chunk, b""
        if b"<![CDATA[" in data:
            self._on = False
            return data
        cut = data.rfind(b"<", -_TAG_BYTES_HELD)
        if cut >= 0 and b">" not in data[cut:]:
            data, self._held = data[:cut], data[cut:]
        data = data.replace(self._end, b"")
        # Almost all of them are alike, and to replace is several times faster than to search.
        for _ in range(4):
            begun = data.find(self._begin)
            found = self._any.match(data, begun) if begun >= 0 else None
            if found is None:
                break
            data = data.replace(found.group(), b"")
        return self._any.sub(b"", data) if self._begin in data or self._end[:-1] in data else data


class _Elements:
    """The state of `elements`: what is pending is what no element was read from yet."""

    def __init__(self, stream: Readable, *, tags: tuple[str, ...], root: bytes, without: _Without) -> None:
        self._stream = stream
        self._without = without
        self._tags = tags
        self._root = root
        names = b"|".join(tag.encode() for tag in tags)
        self._start = re.compile(rb"<(?:" + names + rb")(?=[\s>/])")
        self._empty = re.compile(rb"<(?:" + names + rb")(?:\s[^<>]*)?/>")
        self._end = re.compile(rb"</(?:" + names + rb")\s*>")
        self._closing = {tag: b"</" + tag.encode() for tag in tags}
        listed = re.findall(rb"<(\w+)", root)[-1]
        self._list_start = re.compile(rb"<" + listed + rb"(?:\s[^<>]*)?(?<!/)>")
        self._list_end = re.compile(rb"</" + listed + rb"\s*>")
        self._in_list = False
        self._parser: etree.XMLPullParser | None = parser(tags)
        self._pending = bytearray()

    def __iter__(self) -> Iterator[Found | XmlFault]:
        while chunk := self._stream.read(CHUNK_BYTES):
            self._pending += chunk
            if len(self._pending) > MAX_ELEMENT_BYTES:
                yield from self._in_pieces("an element without end")
            if len(self._pending) > MAX_ELEMENT_BYTES:
                raise UnreadableFile(reason=f"one element is longer than {MAX_ELEMENT_BYTES // 1024**2} MB")
            yield from self._fed(chunk)
        yield from self._finished()

    def _fed(self, chunk: bytes) -> Iterator[Found | XmlFault]:
        if self._parser is None:
            if self._end.search(self._pending, max(0, len(self._pending) - len(chunk) - 64)):
                yield from self._in_pieces("malformed")
            return
        fault = ""
        try:
            self._parser.feed(self._without(chunk))
        except etree.XMLSyntaxError as error:
            fault = str(error)
        position = 0
        for _, found in self._parser.read_events():
            element = cast(etree._Element, found)
            if next(element.iterancestors(*self._tags), None) is not None:
                fault = "the record before has no end"
                break
            begun = self._start.search(self._pending, position)
            start = begun.start() if begun else position
            self._pass_over(position, start)
            position = self._end_of(element, start)
            yield element, bytes(self._pending[start:position])
            forget(element)
        del self._pending[:position]
        if fault:
            yield from self._in_pieces(fault)

    def _end_of(self, element: etree._Element, start: int) -> int:
        """Return where the source of an element ends. The tag is sought by its bytes: a pattern is slow."""
        if empty := self._empty.match(self._pending, start):
            return empty.end()
        closing = self._closing[element.tag]
        place = self._pending.find(closing, start)
        while place >= 0:
            if ended := _TAG_END.match(self._pending, place + len(closing)):
                return ended.end()
            place = self._pending.find(closing, place + 1)
        return len(self._pending)

    def _pass_over(self, start: int, stop: int) -> None:
        """Note what stands between elements: whether the list of them is open there."""
        if stop - start > 1:
            between = bytes(self._pending[start:stop])
            opened = _last(self._list_start, between)
            closed = _last(self._list_end, between)
            if opened != closed:
                self._in_list = opened > closed

    def _in_pieces(self, fault: str) -> Iterator[Found | XmlFault]:
        """Read what is pending element by element, each by itself; go on with a new parser."""
        pending = bytes(self._pending)
        starts = [found.start() for found in self._start.finditer(pending)]
        first = starts[0] if starts else len(pending) - _cut_tag(pending)
        self._pass_over(0, first)
        if _MARKUP.sub(b"", pending[:first]).strip():
            yield XmlFault(fault, pending[:first].decode(errors="replace"))
        rest = first
        for start, stop in zip(starts, [*starts[1:], len(pending)][: len(starts)], strict=True):
            found = self._end.search(pending, start, stop)
            if found is None and stop == len(pending):
                rest = start
                break
            end = found.end() if found else stop
            rest = stop if stop < len(pending) else stop - _cut_tag(pending[end:])
            self._pass_over(end, rest)
            yield self._single(pending[start:end])
            if _MARKUP.sub(b"", pending[end:rest]).strip():
                yield XmlFault("text outside of any record", pending[end:rest].decode(errors="replace"))
        self._pending = bytearray(pending[rest:])
        self._restart()

    def _restart(self) -> None:
        """Begin a new parser with what is left; none where the record that began there is broken, too."""
        restarted = parser(self._tags)
        self._without.again()
        try:
            restarted.feed(self._without(self._root + bytes(self._pending)))
        except etree.XMLSyntaxError:
            self._parser = None
        else:
            self._parser = restarted

    def _single(self, piece: bytes) -> Found | XmlFault:
        try:
            return etree.fromstring(piece, _alone(recover=False)), piece
        except etree.XMLSyntaxError as error:
            fault = str(error)
        lost = piece.decode(errors="replace")
        lettered = _NAMED.sub(_escaped, piece)
        try:
            return XmlFault(fault, lost, etree.fromstring(lettered, _alone(recover=False)), is_whole=True)
        except etree.XMLSyntaxError:
            pass
        try:
            saved = etree.fromstring(lettered, _alone(recover=True))
        except etree.XMLSyntaxError:
            saved = None
        return XmlFault(fault, lost, saved)

    def _finished(self) -> Iterator[Found | XmlFault]:
        if self._end.search(self._pending) or len(self._start.findall(self._pending)) > 1:
            # A comment without end hides elements from the parser, an element without end holds others.
            yield from self._in_pieces("malformed")
        pending = bytes(self._pending)
        found = self._start.search(pending)
        start = found.start() if found else len(pending)
        self._pass_over(0, start)
        if found and (closed := self._list_end.search(pending, start)):
            yield self._single(pending[start : closed.start()])
        elif found:
            saved = self._single(pending[start:])
            element = saved.element if isinstance(saved, XmlFault) else saved[0]
            lost = pending[start:].decode(errors="replace")
            yield XmlFault("the file ends inside this record", lost, element, at_end=True)
        elif _MARKUP.sub(b"", pending).strip():
            yield XmlFault("text outside of any record", pending.decode(errors="replace"))
        elif self._in_list:
            yield XmlFault("the file ends before its list is closed", "", at_end=True)


def _last(pattern: re.Pattern[bytes], data: bytes) -> int:
    """Return the place of the last match, or -1."""
    return max((found.start() for found in pattern.finditer(data)), default=-1)


def _cut_tag(data: bytes) -> int:
    """Return how many bytes at the end may begin a tag whose rest is still to come."""
    begun = data.rfind(b"<", -_TAG_BYTES)
    return len(data) - begun if begun >= 0 and b">" not in data[begun:] else 0


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
