"""RIS, for every reference manager."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from reviews.formats.writers.reference import Reference, one_line


def write_ris(references: Iterable[Reference]) -> Iterator[str]:
    """Write references as RIS.

    Parameters
    ----------
    references : iterable of Reference
        In the order wanted.

    Yields
    ------
    str
        The text of one record, with CRLF line ends as the format asks. Values are put on one line: a line
        break inside a value could end the record. Notes go into ``N1``, one each.
    """
    for reference in references:
        body = "".join(f"{tag}  - {one_line(value)}\r\n" for tag, value in _rows(reference) if value.strip())
        yield f"{body}ER  - \r\n\r\n"


def _rows(reference: Reference) -> list[tuple[str, str]]:
    record = reference.record
    return [
        ("TY", reference.type_names.ris),
        ("TI", record.title),
        *(("AU", name) for name in record.authors),
        ("PY", str(record.year or "")),
        ("T2", record.journal),
        ("VL", record.volume),
        ("IS", record.issue),
        ("SP", record.pages),
        ("DO", record.doi),
        ("PM", record.pmid),
        *_numbered(reference),
        ("LA", record.language),
        *(("M3", kind) for kind in record.publication_types),
        *(("KW", keyword) for keyword in record.keywords),
        ("UR", record.url),
        ("AB", record.abstract),
        *(("N1", note) for note in reference.noted),
    ]


def _numbered(reference: Reference) -> list[tuple[str, str]]:
    """The accession number; a PMID stands there with its database, as EndNote looks for it."""
    if reference.accession or not reference.record.pmid:
        return [("AN", reference.accession)]
    return [("AN", reference.record.pmid), ("DB", "PubMed")]
