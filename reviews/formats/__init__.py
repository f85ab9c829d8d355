"""Files of references in, records out, and back again."""

from reviews.formats.columns import FIELDS, Columns
from reviews.formats.errors import UnknownFormat, UnreadableFile
from reviews.formats.hashing import content_hash
from reviews.formats.identifiers import normalise_doi, normalise_pmid
from reviews.formats.inspecting import Inspection, Inspector, inspect
from reviews.formats.model import Format, ParsedRecord, RowProblem
from reviews.formats.pubmed_xml import read_pubmed_xml
from reviews.formats.reading import columns_of, read
from reviews.formats.sniffing import sniff
from reviews.formats.writers import (
    Reference,
    write_bibtex,
    write_csv,
    write_endnote_xml,
    write_nbib,
    write_ris,
    write_xlsx,
)

__all__ = [
    "FIELDS",
    "Columns",
    "Format",
    "Inspection",
    "Inspector",
    "ParsedRecord",
    "Reference",
    "RowProblem",
    "UnknownFormat",
    "UnreadableFile",
    "columns_of",
    "content_hash",
    "inspect",
    "normalise_doi",
    "normalise_pmid",
    "read",
    "read_pubmed_xml",
    "sniff",
    "write_bibtex",
    "write_csv",
    "write_endnote_xml",
    "write_nbib",
    "write_ris",
    "write_xlsx",
]
