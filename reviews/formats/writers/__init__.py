"""Records out again, in the forms that reference managers and spreadsheets take."""

from reviews.formats.writers.bibtex import write_bibtex
from reviews.formats.writers.endnote import write_endnote_xml
from reviews.formats.writers.nbib import write_nbib
from reviews.formats.writers.reference import Reference
from reviews.formats.writers.ris import write_ris
from reviews.formats.writers.tables import write_csv, write_xlsx

__all__ = [
    "Reference",
    "write_bibtex",
    "write_csv",
    "write_endnote_xml",
    "write_nbib",
    "write_ris",
    "write_xlsx",
]
