"""One number for what a record says, so that a revision is seen and a repetition is not."""

from __future__ import annotations

import hashlib
import json
import unicodedata

from reviews.formats.model import ParsedRecord
from reviews.formats.text import squash

# Part of the hashed text: normalising in another way is then a visible change of version.
_VERSION = "1"


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
        *(
            _plain(text)
            for text in (
                record.external_id,
                record.title,
                record.abstract,
                record.journal,
                record.volume,
                record.issue,
                record.pages,
                record.doi,
                record.pmid,
                record.language,
            )
        ),
        record.year,
        [_plain(author) for author in record.authors],
        sorted(_plain(kind) for kind in record.publication_types),
        sorted(_plain(keyword) for keyword in record.keywords),
        sorted([kind, _plain(target)] for kind, target in record.relations),
    ]
    return hashlib.sha256(json.dumps(content, ensure_ascii=True).encode()).hexdigest()


def _plain(text: str) -> str:
    return squash(unicodedata.normalize("NFKC", text)).casefold()
