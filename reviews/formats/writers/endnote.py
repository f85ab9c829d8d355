"""EndNote's XML, which keeps more fields apart than RIS."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from xml.sax.saxutils import escape

from reviews.formats.writers.reference import Reference, one_line

_HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n<xml><records>\n'


def write_endnote_xml(references: Iterable[Reference]) -> Iterator[str]:
    """Write references as EndNote XML.

    Parameters
    ----------
    references : iterable of Reference
        In the order wanted.

    Yields
    ------
    str
        Head, one record each, end: a file even without records. Characters that XML forbids are left out.
    """
    yield _HEAD
    for number, reference in enumerate(references, start=1):
        yield _record(reference, number)
    yield "</records></xml>\n"


def _record(reference: Reference, number: int) -> str:
    record = reference.record
    name, code = reference.type_names.endnote
    contributors = "".join(_tag("author", author) for author in record.authors)
    titles = _tag("title", record.title) + _tag("secondary-title", record.journal)
    parts = [
        f'<ref-type name="{name}">{code}</ref-type>',
        _around("contributors", _around("authors", contributors)),
        _around("titles", titles),
        _around("periodical", _tag("full-title", record.journal)),
        _tag("pages", record.pages),
        _tag("volume", record.volume),
        _tag("number", record.issue),
        _around("keywords", "".join(_tag("keyword", keyword) for keyword in record.keywords)),
        _around("dates", _tag("year", str(record.year or ""))),
        _tag("accession-num", reference.accession or record.pmid),
        _tag("abstract", record.abstract),
        _tag("notes", "; ".join(reference.noted)),
        _tag("work-type", "; ".join(record.publication_types)),
        _around("urls", _around("related-urls", _tag("url", record.url))),
        _tag("electronic-resource-num", record.doi),
        _tag("remote-database-name", "" if reference.accession or not record.pmid else "PubMed"),
        _tag("custom2", f"PMID: {record.pmid}" if reference.accession and record.pmid else ""),
        _tag("language", record.language),
    ]
    return f"<record><rec-number>{number}</rec-number>{''.join(parts)}</record>\n"


def _tag(name: str, value: str) -> str:
    text = escape(_xml_text(one_line(value)))
    return f'<{name}><style face="normal" font="default" size="100%">{text}</style></{name}>' if text else ""


def _around(name: str, inner: str) -> str:
    return f"<{name}>{inner}</{name}>" if inner else ""


def _xml_text(text: str) -> str:
    """Without what XML 1.0 does not allow: lone surrogates and the two non-characters."""
    return "".join(
        letter for letter in text if not "\ud800" <= letter <= "\udfff" and letter not in "\ufffe\uffff"
    )
