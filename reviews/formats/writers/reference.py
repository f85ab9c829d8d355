"""What is written: a record, and what a review says of it."""

from __future__ import annotations

from dataclasses import dataclass

from reviews.formats.model import ParsedRecord
from reviews.formats.text import clean, squash

# What a record is, by the publication types that say so. The first that fits decides; else it is an article.
_KINDS = {
    "abstract": "abstract",
    "conference abstract": "abstract",
    "meeting abstract": "abstract",
    "conference paper": "conference",
    "conference proceedings": "conference",
    "proceedings paper": "conference",
    "book": "book",
    "edited book": "book",
    "book chapter": "chapter",
    "preprint": "preprint",
    "report": "report",
    "government document": "report",
    "thesis": "thesis",
    "dissertation": "thesis",
    "trial registration": "registration",
    "web page": "web",
}


@dataclass(frozen=True, slots=True)
class TypeNames:
    """What each format calls a kind of work; of EndNote's types name and number."""

    ris: str
    bibtex: str
    endnote: tuple[str, str]


# One row for each kind, so that none is an article in one format and something else in the next.
TYPES = {
    "article": TypeNames("JOUR", "article", ("Journal Article", "17")),
    "abstract": TypeNames("ABST", "inproceedings", ("Conference Proceedings", "10")),
    "book": TypeNames("BOOK", "book", ("Book", "6")),
    "chapter": TypeNames("CHAP", "incollection", ("Book Section", "5")),
    "conference": TypeNames("CPAPER", "inproceedings", ("Conference Paper", "47")),
    "preprint": TypeNames("UNPB", "unpublished", ("Unpublished Work", "34")),
    "report": TypeNames("RPRT", "techreport", ("Report", "27")),
    "thesis": TypeNames("THES", "phdthesis", ("Thesis", "32")),
    "web": TypeNames("ELEC", "misc", ("Web Page", "12")),
    "registration": TypeNames("ELEC", "misc", ("Web Page", "12")),
}


@dataclass(frozen=True, slots=True)
class Reference:
    """One entry of a list that leaves the review.

    Parameters
    ----------
    record : ParsedRecord
        The bibliographic fields; ``raw`` and ``row`` are not written.
    notes : tuple of (str, str)
        Label and text of what the review adds, such as ``("Decision", "Excluded: wrong population")``.
    """

    record: ParsedRecord
    notes: tuple[tuple[str, str], ...] = ()

    @property
    def kind(self) -> str:
        """What kind of work it is, in one word; ``article`` where nothing else is said."""
        for name in self.record.publication_types:
            if found := _KINDS.get(name.strip().lower()):
                return found
        return "article"

    @property
    def type_names(self) -> TypeNames:
        """What each format calls a work of this kind."""
        return TYPES[self.kind]

    @property
    def accession(self) -> str:
        """The source's own number where it is not the PMID."""
        record = self.record
        return "" if record.external_id == record.pmid else record.external_id

    @property
    def noted(self) -> list[str]:
        """The notes as lines of text."""
        return [f"{label}: {text}" for label, text in self.notes if text]


def one_line(text: str) -> str:
    """Return a value as one line without control characters; a line break becomes a space.

    Parameters
    ----------
    text : str
        Any value.

    Returns
    -------
    str
        Safe in a format of lines.
    """
    return clean(squash(text))
