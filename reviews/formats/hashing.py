"""One number for what a record says, so that a revision is seen and a repetition is not."""

from __future__ import annotations

import hashlib
import json
import unicodedata

from reviews.formats.model import ParsedRecord
from reviews.formats.text import squash

# Part of the hashed text: normalising in another way is then a visible change of version.
_VERSION = "1"
_encode = json.JSONEncoder(ensure_ascii=True).encode


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
    content = [
        _VERSION,
        _plain(record.external_id),
        _plain(record.title),
        _plain(record.abstract),
        _plain(record.journal),
        _plain(record.volume),
        _plain(record.issue),
        _plain(record.pages),
        _plain(record.doi),
        _plain(record.pmid),
        _plain(record.language),
        record.year,
        list(map(_plain, record.authors)),
        sorted(map(_plain, record.publication_types)),
        sorted(map(_plain, record.keywords)),
        sorted([kind, _plain(target)] for kind, target in record.relations),
    ]
    return hashlib.sha256(_encode(content).encode()).hexdigest()


def _plain(text: str) -> str:
    # ASCII has one form only; most text is ASCII.
    composed = text if text.isascii() else unicodedata.normalize("NFKC", text)
    return squash(composed).casefold()
