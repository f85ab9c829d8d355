"""Records in the ways in which databases and reference managers write them."""

from __future__ import annotations

import io

import pytest

from reviews.formats import ParsedRecord, UnknownFormat, read

_ZOTERO = """TY  - JOUR
TI  - Marsh fever
AU  - Berg, Anna
T2  - Journal of fever
DA  - 2020/03/01/
PY  - 2020
DO  - 10.5555/a
DP  - PubMed
SP  - 1
EP  - 9
L1  - files/1/Berg - 2020.pdf
L2  - http://www.ncbi.nlm.nih.gov/pubmed/123
KW  - fever
KW  - marsh
N1  - <p>A note that names no number</p>
ER  -
"""
_MENDELEY = """TY  - JOUR
T1  - Marsh fever
A1  - Berg, Anna
Y1  - 2020/03//
PY  - 2020///
JF  - Journal of fever
JO  - J. Fever
SP  - 1
EP  - 9
L1  - file:///C:/Papers/Berg.pdf
UR  - https://example.org/a
N2  - Text
ER  -
"""
_ENDNOTE = """TY  - JOUR
AU  - Berg, A.
PY  - 2020
TI  - Marsh fever
T2  - Journal of fever
SP  - 1-9
KW  - fever
marsh
N1  - Berg, Anna
eng
J Fever. 2020;3:1-9.
UR  - <Go to ISI>://WOS:000001
AN  - WOS:000001
ID  - 42
ER  -
"""
_OVID = """1.
TY  - JOUR
DB  - Embase
AN  - 2001234567
T1  - Marsh fever
A1  - Berg A.
Y1  - 2020//
N2  - Text
JF  - Journal of fever
JA  - J. Fever
SP  - 1
EP  - 9
AD  - A. Berg, Marsh. E-mail: berg@example.org
M1  - (Berg) Marsh
UR  - http://example.org?T=JS
DO  - https://dx.doi.org/10.5555/a
PT  - Article
XT  - Reprint
ER  -

Search Strategy:
1 exp fever/ (10)
"""
_EBSCO = """TY  - JOUR
ID  - 2020-12345-001
T1  - Marsh fever
AU  - Berg, Anna
Y1  - 2020/03//Mar2020
N1  - Accession Number: 2020-12345-001. Corporate Affiliation: Marsh
KW  - *fever
JF  - Journal of fever
JO  - Journal of fever
SP  - 1
EP  - 9
UR  - https://example.org/login.aspx?direct=true&db=psyh&AN=2020-12345-001
DP  - EBSCOhost
DB  - psyh
ER  -
"""
_EMBASE = """TY  - JOUR
M3  - Article
Y1  - 2020
SP  - 1
EP  - 9
T1  - Marsh fever
JF  - Journal of fever
A1  - Berg, A.
U2  - L6001
U4  - 2020-01-01
DB  - Embase
KW  - fever
C1  - alpha
L2  - http://example.org/resolver?doi=10.5555/a
LK  - https://example.org/a
ER  -
"""
_COCHRANE = """Record #1 of 1
Provider: Wiley
Content: text/plain; charset="UTF-8"

TY  - JOUR
AN  - CN-00000001
AU  - Berg A
TI  - Marsh fever
JA  - Journal of fever
PY  - 2020
SP  - 1-9
C3  - PUBMED 123,EMBASE 6001
M3  - Journal article
ER  -
"""
_PROQUEST = """TY  - JOUR
T1  - Marsh fever
AN  - 1234567890; 2020-1
AU  - Berg, Anna
Y1  - 2020/03//2020 Mar
JF  - Journal of fever
SP  - 1
EP  - 9
N1  - Date revised - 2020-05-01
DB  - APA PsycInfo
ER  -
"""
_IEEE = """TY  - CONF
TI  - Marsh fever
T2  - Journal of fever
SP  - 1
EP  - 9
AU  - A. Berg
PY  - 2020
VO  -
IS  -
VL  -
Y1  - 1-3 May 2020
ER  -
"""
_ISI = """\ufeffFN Clarivate Analytics Web of Science
VR 1.0
PT J
AU Berg, A
TI Marsh
   fever
SO Journal of fever
PY 2020
BP 1
EP 9
UT WOS:000001
ER

EF
"""
_IEEE_BIB = """@INPROCEEDINGS{123,
  author={Berg, A.},
  booktitle={Journal of fever},\x20
  title={Marsh fever},\x20
  year={2020},
  volume={},
  pages={1-9},
  ISSN={},
  month={May},}
"""
_SCIENCEDIRECT = """@article{BERG20201,
title = {Marsh fever},
journal = {Journal of fever},
pages = {1-9},
year = {2020},
doi = {https://doi.org/10.5555/a},
author = {Anna Berg}
}
"""
_FILES = {
    "zotero.ris": (_ZOTERO, "123", "123", ""),
    "mendeley.ris": (_MENDELEY, "", "", "https://example.org/a"),
    "endnote.ris": (_ENDNOTE, "", "WOS:000001", ""),
    "ovid.ris": (_OVID, "", "2001234567", "http://example.org?T=JS"),
    "ebsco.ris": (
        _EBSCO, "", "2020-12345-001",
        "https://example.org/login.aspx?direct=true&db=psyh&AN=2020-12345-001",
    ),
    "embase.ris": (_EMBASE, "", "L6001", "https://example.org/a"),
    "cochrane.ris": (_COCHRANE, "123", "123", ""),
    "proquest.ris": (_PROQUEST, "", "1234567890; 2020-1", ""),
    "ieee.ris": (_IEEE, "", "", ""),
    "savedrecs.ciw": (_ISI, "", "WOS:000001", ""),
    "ieee.bib": (_IEEE_BIB, "", "", ""),
    "sciencedirect.bib": (_SCIENCEDIRECT, "", "", ""),
}  # fmt: skip


@pytest.mark.parametrize("ends", ["\n", "\r\n"], ids=["lf", "crlf"])
@pytest.mark.parametrize("name", _FILES)
def test_a_record_is_read_as_its_vendor_means_it(name: str, ends: str) -> None:
    text, pmid, external_id, url = _FILES[name]

    (record,) = read(io.BytesIO(text.replace("\n", ends).encode()), name=name)

    assert isinstance(record, ParsedRecord)
    assert (record.title, record.year, record.journal, record.pages) == (
        "Marsh fever", 2020, "Journal of fever", "1-9",
    )  # fmt: skip
    assert record.authors[0].startswith(("Berg", "A. Berg"))
    assert (record.pmid, record.external_id) == (pmid, external_id)
    assert record.url == (url or ("http://www.ncbi.nlm.nih.gov/pubmed/123" if name.startswith("zot") else ""))


def test_a_number_of_somebodys_library_is_no_accession_number() -> None:
    (record,) = read(io.BytesIO(_EBSCO.replace("EBSCOhost", "EndNote").encode()), name="library.ris")

    assert isinstance(record, ParsedRecord)
    assert record.external_id == ""


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        (
            "abstract-fever-set.txt",
            "1. J Fever. 2020 Mar;3(2):1-9. doi: 10.5555/a.\n\nMarsh fever.\n\nBerg A(1).\n\n"
            "Author information:\n(1)Marsh.\n\nText.\n\nPMID: 123 [Indexed for MEDLINE]\n\n\n2. J Fever.",
            "save it in the format “PubMed” instead",
        ),
        ("pmid-set.txt", "30612345\n30612346\n", "enter PMIDs by hand"),
        ("cites.txt", "<1>\nUnique Identifier\n  123\nTitle\n  Marsh fever.\n", "Ovid's own text"),
        ("cites.cgi", "VN  - Ovid Technologies\n<1>\nUI  - 123\nTI  - Marsh fever\n", "Ovid's own text"),
        ("citation-export.txt", "Record #1 of 1\nID: CN-01\nAU: Berg A\nTI: Marsh\n", "Cochrane Library's"),
    ],
)
def test_what_is_made_for_readers_is_refused_with_what_to_export(name: str, text: str, words: str) -> None:
    with pytest.raises(UnknownFormat, match=words):
        read(io.BytesIO(text.encode()), name=name)
