"""Identifiers and years as they occur in the wild, brought to one form."""

from __future__ import annotations

import re
from urllib.parse import unquote

# The shape that Crossref recommends for matching modern DOIs, without its length limits on the suffix.
_DOI = re.compile(r"10\.\d{4,9}/\S{1,500}")
_PMID_IN_URL = re.compile(r"(?:pubmed\.ncbi\.nlm\.nih\.gov/|ncbi\.nlm\.nih\.gov/pubmed/)(\d{1,8})\b")
_PMID_LABELLED = re.compile(r"\b(?:PMID|pmid|Pmid):?\s*(\d{1,8})\b")
_PMID_LEADING = re.compile(r"\s*(\d{1,8})(?!\d)")
# Registers and EBSCO write days as 20200315.
_YEAR = re.compile(r"(?<!\d)(1[5-9]\d\d|20\d\d)(?:(?:0\d|1[0-2])(?:[0-2]\d|3[01]))?(?!\d)")
_TRAILING_NOISE = ".,;:'\"]}>"


def normalise_doi(text: str) -> str:
    """Return the DOI within `text` in lower case and without prefix, or "".

    Parameters
    ----------
    text : str
        A DOI, with or without ``doi:`` or a resolver's address, possibly percent-encoded.

    Returns
    -------
    str
        For example ``10.1000/xyz``.

    Examples
    --------
    >>> normalise_doi("https://doi.org/10.1136/JITC-2019-000148.")
    '10.1136/jitc-2019-000148'
    """
    if "10." not in text and "%" not in text:
        return ""
    match = _DOI.search(unquote(text) if "%" in text else text)
    if match is None:
        return ""
    doi = match.group().rstrip(_TRAILING_NOISE)
    # A bracket belongs to the DOI only if it was opened there: "10.1016/S0140-6736(05)1" but not "(10.1/x)".
    while doi.endswith(")") and doi.count(")") > doi.count("("):
        doi = doi[:-1].rstrip(_TRAILING_NOISE)
    return doi.lower()


def normalise_pmid(text: str) -> str:
    """Return the PMID at the start of `text`, without leading zeros, or "".

    Parameters
    ----------
    text : str
        A field that holds a PMID, such as ``12643982 (http://...)`` or ``PMID: 12643982``.

    Returns
    -------
    str
        Digits only.

    Examples
    --------
    >>> normalise_pmid("PMID: 012345")
    '12345'
    """
    match = _PMID_LABELLED.search(text) or _PMID_IN_URL.search(text) or _PMID_LEADING.match(text)
    return match.group(1).lstrip("0") if match else ""


def labelled_pmid(text: str) -> str:
    """Return a PMID that `text` names as one (``PMID: 1``, or PubMed's address), or "".

    Parameters
    ----------
    text : str
        Free text, such as a note or an address.

    Returns
    -------
    str
        Digits only. Bare numbers are not taken: in free text they are anything.
    """
    # Looking for the word first is ten times faster in a long note, and almost none names a PMID.
    labelled = "PMID" in text or "pmid" in text or "Pmid" in text
    match = (_PMID_LABELLED.search(text) if labelled else None) or (
        _PMID_IN_URL.search(text) if "ncbi.nlm.nih.gov/" in text else None
    )
    return match.group(1).lstrip("0") if match else ""


def is_address(text: str) -> bool:
    """Tell whether `text` is an address of the web.

    Parameters
    ----------
    text : str
        What stands where addresses do: also paths of somebody's disk, and EndNote's ``<Go to ISI>://``.

    Returns
    -------
    bool
        True for ``http``, ``https`` and ``ftp``.
    """
    return text[:8].lower().startswith(("http://", "https://", "ftp://"))


def year_in(text: str) -> int | None:
    """Return the first plausible year of publication in `text`.

    Parameters
    ----------
    text : str
        Such as ``2001/09/01/``, ``2017 Nov 15`` or ``Winter 1998-1999``.

    Returns
    -------
    int or None
        From 1500 to 2099.

    Examples
    --------
    >>> year_in("Winter 1998-1999")
    1998
    """
    # Most begin with it, and comparing is several times faster than searching.
    if "1500" <= (head := text[:4]) <= "2099" and head.isdigit() and not text[4:5].isdigit():
        return int(head)
    match = _YEAR.search(text)
    return int(match.group(1)) if match else None


def page_range(start: str, end: str) -> str:
    """Join first and last page, as ``152-160``.

    Parameters
    ----------
    start, end : str
        As found; either may be empty, and `start` may already hold the range.

    Returns
    -------
    str
        The range, one page, or "".
    """
    if start and end and "-" not in start and end != start:
        return f"{start}-{end}"
    return start or end
