"""PubMed's text format, for managers that look PMIDs up."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator

from reviews.formats.writers.reference import Reference, one_line

_WIDTH = 88  # columns, as PubMed folds its lines
_INDENT = " " * 6


def write_nbib(references: Iterable[Reference]) -> Iterator[str]:
    """Write references in PubMed's text format.

    Parameters
    ----------
    references : iterable of Reference
        In the order wanted.

    Yields
    ------
    str
        The text of one record. A record without PMID has an empty ``PMID-`` line: the format begins each
        record with it, and a made-up number would be somebody else's article. Notes go into ``GN``.

    References
    ----------
    National Library of Medicine, MEDLINE/PubMed Data Element (Field) Descriptions,
    https://www.nlm.nih.gov/bsd/mms/medlineelements.html
    """
    for reference in references:
        lines = [_line(tag, value) for tag, value in _rows(reference) if tag == "PMID" or value.strip()]
        yield "\n".join(lines) + "\n\n"


def _line(tag: str, value: str) -> str:
    head = f"{tag:<4}- "
    # A word is never cut: an address or a DOI must come back whole.
    return (
        textwrap.fill(
            one_line(value),
            width=_WIDTH,
            initial_indent=head,
            subsequent_indent=_INDENT,
            break_long_words=False,
            break_on_hyphens=False,
        )
        or head.rstrip(" ") + " "
    )


def _rows(reference: Reference) -> list[tuple[str, str]]:
    record = reference.record
    return [
        ("PMID", record.pmid),
        ("VI", record.volume),
        ("IP", record.issue),
        ("DP", str(record.year or "")),
        ("TI", record.title),
        ("PG", record.pages),
        ("LID", f"{record.doi} [doi]" if record.doi else ""),
        ("AB", record.abstract),
        *(("FAU", name) for name in record.authors),
        ("LA", record.language),
        *(("PT", kind) for kind in record.publication_types),
        ("JT", record.journal),
        *(("OT", keyword) for keyword in record.keywords),
        *(("GN", note) for note in reference.noted),
        ("SO", _citation(reference)),
    ]


def _citation(reference: Reference) -> str:
    """The line that closes a record, in PubMed's order: journal, year, volume, issue, pages."""
    record = reference.record
    issue = f"({record.issue})" if record.issue else ""
    place = f"{record.volume}{issue}" + (f":{record.pages}" if record.pages else "")
    when = f"{record.year or ''}" + (f";{place}" if place else "")
    words = [f"{record.journal}." if record.journal else "", f"{when}." if when else "", record.doi]
    return " ".join(word for word in words if word) or one_line(record.title)
