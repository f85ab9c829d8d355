"""Files that nobody means well: seeds of every format, and ways to spoil them."""

from __future__ import annotations

import gzip
import io
import random
import zipfile
from collections.abc import Callable
from pathlib import Path

from openpyxl import Workbook

RIS = """TY  - JOUR
TI  - Drug alpha for marsh fever
AU  - Børg, Ånna
AU  - Holm, Lars
PY  - 2020
JF  - Journal of fever
VL  - 12
IS  - 3
SP  - 101
EP  - 110
DO  - 10.5555/alpha.1
AB  - First line of it
  and the second.
KW  - fever
KW  - marsh
AN  - ACC1
ER  -

TY  - CHAP
TI  - Marsh and malaria
A1  - Lund, Per
Y1  - 1999/05/01
ER  -
"""
NBIB = """PMID- 123
OWN - NLM
TI  - Drug alpha for marsh
      fever.
AB  - BACKGROUND: One.
FAU - Berg, Anna
AU  - Berg A
DP  - 2017 Nov 15
JT  - Journal of fever
LID - 10.5555/X.1 [doi]
SO  - J Fever. 2017

PMID- 124
TI  - Second
FAU - Hölm, Lars
SO  - J Fever. 2018
"""
WOS = """FN Clarivate Analytics Web of Science
VR 1.0
PT J
AU Berg, A
   Holm, L
AF Berg, Anna
   Holm, Lars
TI Drug alpha for marsh
   fever
SO JOURNAL OF FEVER
DE fever; marsh
AB One, two and
   three.
PY 2020
VL 12
BP 101
EP 110
DI 10.5555/alpha.1
UT WOS:000001
PM 123456
ER

PT J
AU Lund, P
TI Marsh and malaria
SO FEVER
PY 1999
UT WOS:000002
ER

EF
"""
BIBTEX = r"""% Encoding: UTF-8
@string{jf = {Journal of fever}}

@article{berg2020,
  author = {B{\o}rg, {\AA}nna and Holm, Lars and {Fever Group}},
  title = {{Drug alpha} for marsh fever \& more},
  journal = jf # { B},
  year = 2020,
  volume = "12",
  pages = {101--110},
  doi = {10.5555/alpha.1},
  abstract = {One {two} and
  three.},
}

@Book{lund:1999, title = "Marsh and {malaria}", author = "Per Lund", year = {1999}}
"""
CSV = """Title,Authors,Year,DOI,Journal,PubMed ID,Abstract
Drug alpha for marsh fever,"Berg, Anna; Holm, Lars",2020,10.5555/alpha.1,J Fever,123,"One, two
three"
"Marsh, and malaria",Lund P,1999,,Fever,,
"""
ENDNOTE = """<?xml version="1.0" encoding="UTF-8"?><xml><records>
<record><rec-number>1</rec-number><ref-type name="Journal Article">17</ref-type><contributors><authors>
<author><style face="normal">Børg, Ånna</style></author><author>Holm, Lars</author></authors></contributors>
<titles><title><style>Drug alpha for </style><style face="italic">marsh</style> fever</title>
<secondary-title>Journal of fever</secondary-title></titles><dates><year>2020</year></dates>
<electronic-resource-num>10.5555/alpha.1</electronic-resource-num>
<abstract><style>One &amp; two.</style></abstract><keywords><keyword>fever</keyword></keywords></record>
<record><ref-type name="Book">6</ref-type><contributors><authors><author>Lund, Per</author></authors>
</contributors><titles><title>Marsh and malaria</title></titles><dates><year>1999</year></dates></record>
</records></xml>
"""
PUBMED = """<?xml version="1.0" ?>
<!DOCTYPE PubmedArticleSet PUBLIC "-//NLM//DTD PubMedArticle//EN" "pubmed.dtd">
<PubmedArticleSet><PubmedArticle><MedlineCitation><PMID Version="1">123</PMID><Article><Journal>
<JournalIssue><Volume>12</Volume><PubDate><Year>2020</Year></PubDate></JournalIssue>
<Title>Journal of fever</Title></Journal><ArticleTitle>Drug <i>alpha</i> for marsh fever</ArticleTitle>
<Abstract><AbstractText Label="AIM">One.</AbstractText></Abstract><AuthorList><Author>
<LastName>Børg</LastName><ForeName>Ånna</ForeName></Author></AuthorList></Article>
</MedlineCitation></PubmedArticle><PubmedArticle><MedlineCitation><PMID Version="1">124</PMID><Article>
<ArticleTitle>Marsh and malaria</ArticleTitle></Article></MedlineCitation></PubmedArticle></PubmedArticleSet>
"""
ENW = """%0 Journal Article
%T Drug alpha for marsh
fever
%A Børg, Ånna
%A Holm, Lars
%J Journal of fever
%V 12
%P 101-110
%D 2020
%R 10.5555/alpha.1
%X One.

Two.
%K fever
marsh

%0 Book
%A Lund, Per
%T Marsh and malaria
%D 1999
"""
ENCODINGS = (
    "utf-8", "utf-8-sig", "utf-16", "utf-16-be", "utf-32", "cp1252", "mac_roman", "cp1250", "cp1251",
    "gb18030", "cp932", "cp949",
)  # fmt: skip


def workbook() -> bytes:
    """Return a small table as XLSX."""
    book = Workbook()
    sheet = book.worksheets[0]
    for row in (
        ["Title", "Authors", "Year", "DOI", "Abstract"],
        ["Drug alpha for marsh fever", "Berg, Anna; Holm, Lars", 2020, "10.5555/alpha.1", "One.\nTwo."],
        ["Marsh and malaria", "Lund P", 1999.0, None, None],
    ):
        sheet.append(row)
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def zipped(*members: tuple[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """Return a zip of these files."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, data in members:
            archive.writestr(name, data)
    return buffer.getvalue()


def seeds() -> dict[str, bytes]:
    """Return one good file of each kind, by its name."""
    texts = {
        "a.ris": RIS, "a.nbib": NBIB, "a.ciw": WOS, "a.bib": BIBTEX, "a.csv": CSV, "a.xml": ENDNOTE,
        "pubmed.xml": PUBMED, "a.enw": ENW,
    }  # fmt: skip
    files = {name: text.encode() for name, text in texts.items()}
    files["a.xlsx"] = workbook()
    files["a.ris.gz"] = gzip.compress(files["a.ris"], mtime=0)
    files["a.zip"] = zipped(*files.items())
    return files


def corpus(ingest: Path, *, largest: int = 60_000) -> dict[str, bytes]:
    """Return the beginning of every file of the corpora."""
    paths = sorted(path for path in ingest.glob("*/*") if path.is_file() and path.suffix != ".md")
    return {path.name: path.read_bytes()[:largest] for path in paths}


Spoiler = Callable[[random.Random, bytes, list[bytes]], bytes]


def _flip(chance: random.Random, data: bytes, _: list[bytes]) -> bytes:
    changed = bytearray(data)
    for _number in range(chance.choice((1, 1, 3, 20))):
        changed[chance.randrange(len(changed))] = chance.randrange(256)
    return bytes(changed)


def _cut(chance: random.Random, data: bytes, _: list[bytes]) -> bytes:
    return data[: chance.randrange(1, len(data) + 1)]


def _behead(chance: random.Random, data: bytes, _: list[bytes]) -> bytes:
    return data[chance.randrange(len(data)) :]


def _drop(chance: random.Random, data: bytes, _: list[bytes]) -> bytes:
    start = chance.randrange(len(data))
    return data[:start] + data[start + chance.choice((1, 2, 10, 200)) :]


def _splice(chance: random.Random, data: bytes, others: list[bytes]) -> bytes:
    other = chance.choice(others)
    start, place = chance.randrange(len(other) or 1), chance.randrange(len(data) + 1)
    return data[:place] + other[start : start + chance.choice((5, 100, 2_000))] + data[place:]


def _repeat_lines(chance: random.Random, data: bytes, _: list[bytes]) -> bytes:
    lines = data.split(b"\n")
    place = chance.randrange(len(lines))
    return b"\n".join(lines[:place] + [lines[place]] * chance.choice((2, 5)) + lines[place + 1 :])


def _shuffle_lines(chance: random.Random, data: bytes, _: list[bytes]) -> bytes:
    lines = data.split(b"\n")
    chance.shuffle(lines)
    return b"\n".join(lines)


def _line_ends(chance: random.Random, data: bytes, _: list[bytes]) -> bytes:
    ends = (b"\r", b"\r\n", b"\n\r", b"\n\n", b"\x0b", b"\x85", b"\r\r\n")
    return b"".join(
        line + (chance.choice(ends) if chance.random() < 0.5 else b"\n") for line in data.split(b"\n")
    )


def _recode(chance: random.Random, data: bytes, _: list[bytes]) -> bytes:
    text = data.decode("utf-8", errors="replace")
    return text.encode(chance.choice(ENCODINGS), errors="replace")


def _insert(chance: random.Random, data: bytes, _: list[bytes]) -> bytes:
    signs = (
        b"\x00", b'"', b"{", b"}", b"<", b"&", b"]]>", b"<![CDATA[", b"\xed\xa0\x80", b"\xff\xfe", b"\\",
        b"$", b"@article{", b"\nER  - \n", b"\nTY  - ", b"\nPMID- ", b"<!ENTITY a 'b'>", b"&#0;", b"&nbsp;",
        b"\t" * 50, b"(" * 300, b"{" * 300, b"<a>" * 300, b"9" * 400,
    )  # fmt: skip
    changed = data
    for _number in range(chance.choice((1, 3))):
        place = chance.randrange(len(changed) + 1)
        changed = changed[:place] + chance.choice(signs) + changed[place:]
    return changed


def _pack(chance: random.Random, data: bytes, others: list[bytes]) -> bytes:
    if chance.random() < 0.4:
        return gzip.compress(data, compresslevel=1, mtime=0)
    members = [("a", data), ("b/ü.txt", chance.choice(others)), ("../c", b"")]
    return zipped(*members[: chance.randrange(1, 4)], method=chance.choice((0, 8, 12, 14)))


SPOILERS: tuple[Spoiler, ...] = (
    _flip, _cut, _behead, _drop, _splice, _repeat_lines, _shuffle_lines, _line_ends, _recode, _insert, _pack,
)  # fmt: skip

# Those that leave most lines whole.
BY_LINE: tuple[Spoiler, ...] = (_repeat_lines, _shuffle_lines, _drop, _cut, _line_ends)


def spoiled(chance: random.Random, files: dict[str, bytes]) -> tuple[str, bytes]:
    """Return one file, spoiled in one to three ways, sometimes under a wrong name."""
    names = sorted(files)
    name = chance.choice(names)
    data = files[name]
    others = [files[other] for other in names]
    for _ in range(chance.choice((1, 1, 2, 3))):
        data = chance.choice(SPOILERS)(chance, data or b"\n", others)
    return (chance.choice(names) if chance.random() < 0.1 else name), data
