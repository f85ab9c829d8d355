"""An XML file as plain UTF-8, without anything that XML can be made to do."""

from __future__ import annotations

import codecs
import re

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
