"""What the tags of RIS mean: from the values of one record to its fields."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from reviews.formats.identifiers import (
    is_address,
    labelled_pmid,
    normalise_doi,
    normalise_pmid,
    page_range,
    year_in,
)
from reviews.formats.model import ParsedRecord
from reviews.formats.text import single_spaced

Values = Mapping[str, list[str]]

_ADDRESSES = ("UR", "LK", "L2", "L3", "L1")
_YEARS = ("PY", "Y1", "DA", "Y2")
_DOIS = ("DO", "DI", "M3")
_NOTES = ("N1", "AN", "C1", "C2", *_ADDRESSES)
_OTHERS = (
    "TI", "T1", "CT", "BT", "ST", "JF", "T2", "JO", "JA", "J2", "J1", "AB", "N2", "AU", "A1", "SP", "C7",
    "AR", "EP", "VL", "VO", "IS", "PM", "U2", "C5", "DB", "DP", "LA", "KW",
    "C3", "ID",
)  # fmt: skip
READ = frozenset((*_YEARS, *_DOIS, *_NOTES, *_OTHERS))
_NONE = ("",)
_KINDS = {
    "ABST": "Abstract",
    "BOOK": "Book",
    "CHAP": "Book Chapter",
    "CONF": "Conference Proceedings",
    "CPAPER": "Conference Paper",
    "CTLG": "Catalog",
    "DATA": "Dataset",
    "EDBOOK": "Edited Book",
    "EJOUR": "Journal Article",
    "GEN": "Generic",
    "GOVDOC": "Government Document",
    "INPR": "In Press",
    "JFULL": "Journal Issue",
    "JOUR": "Journal Article",
    "MGZN": "Magazine Article",
    "NEWS": "Newspaper Article",
    "PAT": "Patent",
    "PREPRINT": "Preprint",
    "RPRT": "Report",
    "SER": "Serial",
    "THES": "Thesis",
    "UNPB": "Unpublished Work",
    "WEB": "Web Page",
}


def parse(values: Values, *, raw: str, row: int) -> ParsedRecord:
    """Return the record that the values of its tags make.

    Parameters
    ----------
    values : mapping of str to list of str
        Tag to its values, without tabs and without white space around them; none is empty.
    raw : str
        The source text.
    row : int
        1-based position in the file.

    Returns
    -------
    ParsedRecord
        Where several tags may hold a field, the first that is there.
    """
    get = values.get
    pmid = _pmid(values)
    addresses = [text for tag in _ADDRESSES if tag in values for text in values[tag]]
    first_page = (get("SP") or get("C7") or get("AR") or _NONE)[0]
    return ParsedRecord(
        external_id=pmid or _one(get("AN") or get("U2") or _ebsco(values)),
        title=_one(get("TI") or get("T1") or get("CT") or get("BT") or get("ST")),
        # Looking for double spaces would take as long as all the rest.
        abstract="\n".join(get("AB") or get("N2") or ()),
        authors=_many(get("AU") or get("A1") or ()),
        year=_year(values),
        journal=_one(
            get("JF") or get("T2") or get("JO") or get("JA") or get("J2") or get("J1") or _proceedings(values)
        ),
        volume=_one(get("VL") or get("VO")),
        issue=_one(get("IS")),
        pages=single_spaced(page_range(first_page, (get("EP") or _NONE)[0])),
        doi=_doi(values, addresses),
        pmid=pmid,
        language=_one(get("LA")),
        publication_types=_kinds(values),
        keywords=_keywords(get("KW")),
        url=next((single_spaced(address) for address in addresses if is_address(address)), ""),
        raw=raw,
        row=row,
    )


def _one(texts: Sequence[str] | None) -> str:
    return single_spaced(texts[0]) if texts else ""


def _many(texts: Sequence[str]) -> tuple[str, ...]:
    """Looking at all at once is much faster."""
    return tuple(map(single_spaced, texts) if "  " in "\n".join(texts) else texts)


def _keywords(texts: Sequence[str] | None) -> tuple[str, ...]:
    if not texts:
        return ()
    whole = ";".join(texts)
    return tuple(filter(None, map(single_spaced if "  " in whole else str.strip, whole.split(";"))))


def _year(values: Values) -> int | None:
    for tag in _YEARS:
        if tag in values:
            for text in values[tag]:
                if (year := year_in(text)) is not None:
                    return year
    return None


def _doi(values: Values, addresses: list[str]) -> str:
    for tag in _DOIS:
        if tag in values:
            for text in values[tag]:
                if doi := normalise_doi(text):
                    return doi
    # Other addresses are resolver links of libraries, with the DOI lost among their parameters.
    for address in addresses:
        if "doi.org/10." in address and (doi := normalise_doi(address)):
            return doi
    return ""


def _pmid(values: Values) -> str:
    if "PM" in values:
        return normalise_pmid(values["PM"][0])
    # EndNote gives PubMed's number as the accession and NLM as its provider.
    if "AN" in values and ("DB" in values or "DP" in values):
        provider = " ".join(values.get("DB", []) + values.get("DP", [])).lower()
        if any(word in provider for word in ("pubmed", "medline", "nlm")):
            return normalise_pmid(values["AN"][0])
    # Embase puts it where others put whatever they like.
    if "C5" in values and "Embase" in values.get("DB", ()) and (pmid := normalise_pmid(values["C5"][0])):
        return pmid
    # The Cochrane Library: "PUBMED 12345678,EMBASE 612345678".
    if "C3" in values and (named := values["C3"][0])[:7].upper() == "PUBMED ":
        return normalise_pmid(named[7:])
    for tag in _NOTES:
        if tag in values:
            for text in values[tag]:
                if pmid := labelled_pmid(text):
                    return pmid
    return ""


def _ebsco(values: Values) -> list[str] | None:
    """Return the accession number of EBSCO; in other exports this tag is a number of somebody's library."""
    return values.get("ID") if "EBSCOhost" in values.get("DP", ()) else None


def _proceedings(values: Values) -> list[str] | None:
    """Return the title of the proceedings as EndNote gives it, of a paper at a conference."""
    return values.get("C3") if values.get("TY", _NONE)[0].upper() in ("CONF", "CPAPER") else None


def _kinds(values: Values) -> tuple[str, ...]:
    kind = _KINDS.get(values.get("TY", _NONE)[0].upper(), "")
    if "M3" not in values:
        return (kind,) if kind else ()
    written = [single_spaced(text) for text in values["M3"] if not normalise_doi(text)]
    return tuple(dict.fromkeys(filter(None, (kind, *written))))
