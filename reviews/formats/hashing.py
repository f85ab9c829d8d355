"""One number for what a record says, so that a revision is seen and a repetition is not."""

from __future__ import annotations

import hashlib
import unicodedata

from reviews.formats.model import ParsedRecord

# Part of the hashed text: normalising in another way is then a visible change of version.
_VERSION = "2"
_FIELD, _VALUE = "\x1f", "\x1e"  # no reader leaves controls in a value
_ASCII = bytes(range(0x80))
_SPACES = b" \t\n\r\x0b\x0c"


def content_hash(record: ParsedRecord) -> str:
    """Return the SHA-256 of the record's content, in hexadecimal.

    Parameters
    ----------
    record : ParsedRecord
        Any record. Its address, source text and row do not count, nor do letter case, white space, the
        form of composed letters, or the order of keywords, publication types and relations.

    Returns
    -------
    str
        64 characters.
    """
    fields = (
        _VERSION,
        record.external_id,
        record.title,
        record.journal,
        record.volume,
        record.issue,
        record.pages,
        record.doi,
        record.pmid,
        record.language,
        str(record.year or ""),
        _VALUE.join(record.authors),
        _VALUE.join(sorted(map(_folded, record.publication_types))),
        _VALUE.join(sorted(map(_folded, record.keywords))),
        _VALUE.join(sorted(f"{kind} {_folded(target)}" for kind, target in record.relations)),
        "",
    )
    digest = hashlib.sha256(_plain(_FIELD.join(fields)))
    # A long text apart: only its own letters decide what it needs.
    digest.update(_plain(record.abstract))
    return digest.hexdigest()


def _folded(text: str) -> str:
    """Return a value that is sorted among others, as it will be hashed."""
    composed = text if text.isascii() else unicodedata.normalize("NFC", text)
    return "".join(composed.split()).casefold()


def _plain(text: str) -> bytes:
    """Return the letters as casefolded NFC, without white space.

    Bytes are changed several times faster than letters, and few texts hold other letters than those of ASCII
    that have a case.
    """
    if not text.isascii():
        text = unicodedata.normalize("NFC", text)
    data = text.encode("utf-8", "surrogatepass")
    others = data.translate(None, _ASCII).decode("utf-8", "surrogatepass")
    if others.casefold() != others:
        data = text.casefold().encode("utf-8", "surrogatepass")
    return data.lower().translate(None, _SPACES)
