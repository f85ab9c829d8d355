"""Which format a file is, from its content first and its name last."""

from __future__ import annotations

import re
import zlib
from pathlib import PurePath

from reviews.formats.containers import GZIP, ZIP
from reviews.formats.encoding import wide_codec
from reviews.formats.errors import UnknownFormat, UnreadableFile
from reviews.formats.model import Format
from reviews.formats.nbib import is_medline
from reviews.formats.ris_lines import ODD_TYPE, is_tag_line
from reviews.formats.tabular import find_header, is_separator_line, likely_delimiter
from reviews.formats.text import clean, decode

HEAD_BYTES = 64 * 1024

_PUBMED_XML = re.compile(r"<\s*(?:PubmedArticleSet|PubmedArticle|PubmedBookArticle|PubmedBookArticleSet)\b")
_ENDNOTE_XML = re.compile(
    r"<\s*xml\s*>\s*<\s*records\s*>|<\s*records?\s*>.{0,4000}?<\s*(?:ref-type|contributors|titles)\b",
    re.DOTALL,
)
_SIGNS: dict[Format, re.Pattern[str]] = {
    "pubmed_xml": _PUBMED_XML,
    "endnote_xml": _ENDNOTE_XML,
    "nbib": re.compile(r"^PMID- *\d", re.MULTILINE),
    "ris": re.compile(rf"^\s?TY[ \t]{{0,3}}-|^{ODD_TYPE}", re.MULTILINE),
    "wos": re.compile(
        r"^FN .*\n[ \t]*VR |^PT [A-Z][a-z]*[ \t]*$(?=(?:\n.*){0,40}?\n(?:AU|TI|SO|UT) \S)", re.MULTILINE
    ),
    "enw": re.compile(r"^%0 [A-Z][a-z]|^%[AT] \S.*\n(?:.*\n){0,2}%[A-Z@] \S", re.MULTILINE),
    "bibtex": re.compile(r"^[ \t]*@[ \t]*[A-Za-z][\w-]{0,40}[ \t]*[{(]", re.MULTILINE),
}
_OVID_TEXT = re.compile(
    r"^<\d+>\s*$\n(?:.*\n){0,12}?(?:Accession Number|Title|Unique Identifier)\s*$", re.MULTILINE
)
# Records that begin with "<1>": Ovid's tagged text, which has neither the types nor the ends of RIS.
_OVID_TAGGED = re.compile(r"^<\d+>\s*$\n(?:[A-Z][A-Z0-9] {0,2}- )", re.MULTILINE)
_OVID = "Ovid's own text format; export as RIS instead"
# What people take for an export; the sentence tells them which one to choose.
_LOOKS: tuple[tuple[re.Pattern[str], str], ...] = (
    (
        re.compile(r"^Record #\d+ of \d+\s*$", re.MULTILINE),
        "the Cochrane Library's plain text; export as RIS instead",
    ),
    (
        re.compile(r"\A\s*RECORD 1\s*$\n\s*TITLE\s*$", re.MULTILINE),
        "Embase's plain text; export as RIS instead",
    ),
    (
        re.compile(r"\A\s*1[:.] (?:.*\n){0,40}?.*\bPMID: ?\d", re.MULTILINE),
        "PubMed's text for readers; save it in the format “PubMed” instead",
    ),
    (re.compile(r"\A\s*(?:\d{1,8}[ \t]*\n+[ \t]*){2,}"), "a list of numbers; enter PMIDs by hand instead"),
    (re.compile(r"\A\s*[\[{]\s*[\[{\"]"), "JSON; export as RIS instead"),
)
# By the first elements of it.
_OTHER_XML = {
    "Trials_downloaded_from_ICTRP": "ICTRP's XML; export as CSV instead",
    "clinical_study": "ClinicalTrials.gov's XML; download as RIS or CSV instead",
    "rdf:RDF": "Zotero's RDF; export as RIS instead",
    "modsCollection": "MODS; export as RIS instead",
    "b:Sources": "a list of sources of Word; export from the reference manager as RIS instead",
    "responseWrapper": "Europe PMC's answer; export as RIS, or search Europe PMC from here",
}
_LIBRARIES = frozenset({"enl", "enlx"})
_OURS = frozenset(
    {"", "ris", "nbib", "xml", "csv", "txt", "bib", "ciw", "isi", "tsv", "tab", "xlsx", "gz", "zip", "enw"}
)
_LINE_END = re.compile(r"\r\n|\r|\n")
_TABLES = frozenset({".csv", ".tsv", ".tab"})
# First bytes of what people upload by mistake; naming it helps them more than "unknown".
_BINARY = {
    b"%PDF": "pdf",
    b"\xd0\xcf\x11\xe0": "an old or protected office document; save it as .xlsx or .csv",
    b"{\\rtf": "rtf",
    b"\x89PNG": "image",
    b"\xff\xd8\xff": "image",
    b"7z\xbc\xaf\x27\x1c": "7z archive",
    b"Rar!": "rar archive",
    b"BZh": "bzip2 archive",
    b"\xfd7zXZ": "xz archive",
    b"SQLite format 3": "database",
}
_ENTREZ = re.compile(r"<e(Search|Info|Link|Post|Summary|Spell|GQuery|CitMatch)Result\b")


def sniff(name: str, head: bytes) -> Format | None:
    """Recognise the format of a file.

    Parameters
    ----------
    name : str
        The file's name; it decides only about tables whose columns have names that are not known.
    head : bytes
        The first bytes of the content, packed with gzip or not; `HEAD_BYTES` are enough.

    Returns
    -------
    Format or None
        None for a zip, whose files are seen only when it is opened.

    Raises
    ------
    UnknownFormat
        The content is none of these; ``found`` names what it looks like.
    UnreadableFile
        It is packed, and damaged or protected.
    """
    if head.startswith(ZIP):
        return _workbook(head)
    if head.startswith(GZIP):
        try:
            head = zlib.decompressobj(wbits=31).decompress(head, HEAD_BYTES)
        except zlib.error as error:
            raise UnreadableFile(reason=f"its compressed content is damaged ({error})") from error
        name = name.removesuffix(".gz")
    return sniff_content(name, head)


def _workbook(head: bytes) -> Format | None:
    if len(head) > 7 and head[6] & 0x1:
        raise UnreadableFile(reason="it is protected by a password; unpack it first")
    return "xlsx" if b"xl/workbook.xml" in head or b"xl/worksheets/" in head else None


def sniff_content(name: str, head: bytes) -> Format:
    """Recognise the format of content that is not packed.

    Parameters
    ----------
    name : str
        The file's name.
    head : bytes
        The first bytes.

    Returns
    -------
    Format
        Never ``xlsx``, which is an archive.

    Raises
    ------
    UnknownFormat
        The content is none of these.
    """
    for magic, binary in _BINARY.items():
        if head.startswith(magic):
            raise UnknownFormat(name=name, found=binary)
    text = _text(head)
    lines = [line for line in text.split("\n") if line.strip()]
    # Values may quote any format: what comes first is what the file is.
    evidence = [(found.start(), kind) for kind, sign in _SIGNS.items() if (found := sign.search(text))]
    if find_header(lines[:1])[1]:
        evidence.append((text.index(lines[0]), "csv"))
    if evidence:
        return min(evidence)[1]
    if is_medline(lines[:50]):
        return "nbib"
    if _OVID_TAGGED.search(text):
        raise UnknownFormat(name=name, found=_OVID)
    if sum(is_tag_line(line) for line in lines[:50]) >= 3:
        return "ris"
    if tagged := _tagged(text):
        raise UnknownFormat(name=name, found=tagged)
    if find_header(lines)[1]:
        return "csv"
    rows = [line for line in lines if not is_separator_line(line)]
    if PurePath(name).suffix.lower() in _TABLES and likely_delimiter(rows[:20]):
        return "csv"
    raise UnknownFormat(name=name, found=_guess(name, text))


def _text(head: bytes) -> str:
    codec = wide_codec(head)
    text = head.decode(codec, errors="ignore") if codec else decode_head(head)
    return "\n".join(clean(line) for line in _LINE_END.split(text))


def decode_head(head: bytes) -> str:
    """Decode the beginning of a file, of which the last character may be cut.

    Parameters
    ----------
    head : bytes
        The first bytes of the content.

    Returns
    -------
    str
        Text, by line as the readers decode it.
    """
    return "\n".join(decode(line) for line in re.split(rb"\r\n|\r|\n", head))


def _tagged(text: str) -> str:
    """Name what begins with an angle bracket, or return ""."""
    if not text.lstrip().startswith("<"):
        return ""
    if _OVID_TEXT.search(text):
        return _OVID
    if re.search(r"<\s*!?(?:doctype\s+)?html\b", text[:1000], re.IGNORECASE):
        return "web page"
    if found := _ENTREZ.search(text):
        return f"PubMed's answer to e{found.group(1)}, which holds no references"
    return next((words for name, words in _OTHER_XML.items() if f"<{name}" in text[:4000]), "other XML")


def _guess(name: str, text: str) -> str:
    if not text.strip():
        return "empty file"
    for look, words in _LOOKS:
        if look.search(text):
            return words
    suffix = PurePath(name).suffix.lower().lstrip(".")
    if suffix in _LIBRARIES:
        return "an EndNote library; open it in EndNote and export it as XML or RIS"
    # A name of ours on another content would contradict itself: "is not a RIS file, it looks like: ris".
    return suffix if suffix not in _OURS and suffix.isalnum() else "plain text"
