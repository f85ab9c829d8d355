"""Which format a file is, from its content first and its name last."""

from __future__ import annotations

import re
from pathlib import PurePath

from reviews.formats.errors import UnknownFormat
from reviews.formats.model import Format
from reviews.formats.ris import is_tag_line
from reviews.formats.tabular import find_delimiter, is_separator_line
from reviews.formats.text import clean, decode, utf16_codec

HEAD_BYTES = 64 * 1024

_PUBMED_XML = re.compile(r"<\s*(?:PubmedArticleSet|PubmedArticle|PubmedBookArticle|PubmedBookArticleSet)\b")
_NBIB = re.compile(r"^PMID- *\d", re.MULTILINE)
_RIS = re.compile(r"^\s?TY {0,3}-", re.MULTILINE)
_LINE_END = re.compile(r"\r\n|\r|\n")
# First bytes of what people upload by mistake; naming it helps them more than "unknown".
_BINARY = {
    b"%PDF": "pdf",
    b"PK\x03\x04": "zip or office document",
    b"\x1f\x8b": "gzip",
    b"\xd0\xcf\x11\xe0": "old office document",
    b"{\\rtf": "rtf",
    b"\x89PNG": "image",
}


def sniff(name: str, head: bytes) -> Format:
    """Recognise the format of a file.

    Parameters
    ----------
    name : str
        The file's name; only named in the refusal, for extensions lie.
    head : bytes
        The first bytes of the content; `HEAD_BYTES` are enough.

    Returns
    -------
    Format
        ``ris``, ``nbib``, ``pubmed_xml`` or ``csv``.

    Raises
    ------
    UnknownFormat
        The content is none of these; ``found`` names what it looks like.
    """
    for magic, found in _BINARY.items():
        if head.startswith(magic):
            raise UnknownFormat(name=name, found=found)
    text = _text(head)
    if _PUBMED_XML.search(text):
        return "pubmed_xml"
    if _NBIB.search(text):
        return "nbib"
    lines = [line for line in text.split("\n") if line.strip()]
    if _RIS.search(text) or sum(is_tag_line(line) for line in lines[:50]) >= 3:
        return "ris"
    if text.lstrip().startswith("<"):
        raise UnknownFormat(name=name, found=_markup(text))
    header = next((line for line in lines if not is_separator_line(line)), "")
    if find_delimiter(header):
        return "csv"
    raise UnknownFormat(name=name, found=_guess(name, text))


def _text(head: bytes) -> str:
    codec = utf16_codec(head)
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


def _markup(text: str) -> str:
    if re.search(r"<\s*!?(?:doctype\s+)?html\b", text[:1000], re.IGNORECASE):
        return "web page"
    return "EndNote XML" if re.search(r"<xml>\s*<records>", text) else "other XML"


def _guess(name: str, text: str) -> str:
    if not text.strip():
        return "empty file"
    if re.search(r"^\s*@\w+\s*\{", text, re.MULTILINE):
        return "BibTeX"
    if re.search(r"^(?:FN |PT [A-Z]$|VR 1\.0)", text, re.MULTILINE):
        return "Web of Science text"
    suffix = PurePath(name).suffix.lower().lstrip(".")
    # A name of ours on another content would contradict itself: "is not a RIS file, it looks like: ris".
    return suffix if suffix not in {"", "ris", "nbib", "xml", "csv", "txt"} else "plain text"
