"""Which 8-bit encoding a text is in, from its own bytes.

Notes
-----
UTF-8 proves itself. Everything else is evidence: letters where words have letters, no capital inside a word,
no sign between two letters. Windows-1252 is taken wherever the evidence is weak, for it is what exports use.
"""

from __future__ import annotations

import codecs
import re
import unicodedata
from collections.abc import Sequence

from charset_normalizer import from_bytes

DEFAULT = "cp1252"
SAMPLE_BYTES = 48 * 1024

_HIGH_RUN = re.compile(rb"[\x80-\xff]+")
_NOT_ASCII = re.compile(r"[^\x00-\x7f]")
# Encodings of whole scripts, asked about only where whole words are beyond ASCII.
_SCRIPTS = (
    "cp1251", "koi8_r", "iso8859_5", "mac_cyrillic", "cp1253", "cp1255", "cp1256", "gb18030", "big5", "cp949",
    "euc_jp",
)  # fmt: skip
_LATIN = ("mac_roman", "cp1250", "iso8859_2")
_WESTERN = frozenset("éèêëáàâäãåæçñóòôöõøúùûüíìîïßÉÈÁÀÂÄÅÇÑÓÖØÚÜÍ")
_CENTRAL = frozenset("ąćęłńóśźżáčďéěíňřšťúůýžäöüőűăâîșțşţđĄĆĘŁŃÓŚŹŻČŘŠŽÖÜŐŐÁÉÍ")
_PUNCTUATION = frozenset("‘’“”–—…•«»„‚")
_MULTIBYTE = frozenset({"gb18030", "cp932", "cp949", "big5", "euc_jp"})


def wide_codec(head: bytes) -> str:
    """Return the codec if `head` begins a text of two or four bytes a letter, else "".

    Parameters
    ----------
    head : bytes
        The first bytes of the file.

    Returns
    -------
    str
        ``utf-16`` or ``utf-32`` where a byte order mark says so; with ``-le`` or ``-be`` where the zero bytes
        of Latin letters do.
    """
    if head.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):
        return "utf-32"
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    sample = head[:400]
    for codec, width, letter in (
        ("utf-32-le", 4, 0),
        ("utf-32-be", 4, 3),
        ("utf-16-le", 2, 0),
        ("utf-16-be", 2, 1),
    ):
        if _is_wide(sample, width, letter):
            return codec
    return ""


def _is_wide(sample: bytes, width: int, letter: int) -> bool:
    """Tell whether each unit holds zeros in all places but the letter's."""
    units = len(sample) // width
    if units < 8:
        return False
    zeros = [sample[place : units * width : width].count(0) / units for place in range(width)]
    return zeros[letter] < 0.2 and all(share > 0.8 for place, share in enumerate(zeros) if place != letter)


def is_multibyte(codec: str) -> bool:
    """Tell whether letters of `codec` take several bytes each.

    Parameters
    ----------
    codec : str
        As `legacy_codec` names it.

    Returns
    -------
    bool
        Such a text may be valid UTF-8 in a short line by chance.
    """
    return codec in _MULTIBYTE


def legacy_codec(lines: Sequence[bytes]) -> str:
    """Return the most likely codec of lines that are not UTF-8.

    Parameters
    ----------
    lines : sequence of bytes
        Whole lines from anywhere in the file; only the first `SAMPLE_BYTES` of those beyond ASCII count.

    Returns
    -------
    str
        A codec of Python; ``cp1252`` wherever another is not clearly better.
    """
    sample = b"\n".join(line for line in lines if not line.isascii())[:SAMPLE_BYTES]
    sample = sample[: sample.rfind(b"\n") + 1] or sample
    if _is_japanese(sample):
        return "cp932"
    runs = [len(run) for run in _HIGH_RUN.findall(sample)]
    if sum(runs) >= 12 and sum(run for run in runs if run >= 3) > 0.7 * sum(runs):
        return _script_codec(sample)
    return _latin_codec(sample)


def _is_japanese(sample: bytes) -> bool:
    """Tell Shift-JIS, whose second bytes are often ASCII, by its many kana."""
    try:
        letters = _NOT_ASCII.findall(sample.decode("cp932"))
    except UnicodeDecodeError:
        return False
    kana = sum("\u3040" <= letter <= "\u30ff" for letter in letters)
    return len(letters) >= 8 and kana > 0.25 * len(letters)


def _script_codec(sample: bytes) -> str:
    korean = _NOT_ASCII.findall(sample.decode("cp949", errors="replace"))
    if sum("\uac00" <= letter <= "\ud7a3" for letter in korean) > 0.85 * len(korean):
        return "cp949"
    best = from_bytes(sample, cp_isolation=list(_SCRIPTS), language_threshold=0.0).best()
    return best.encoding if best is not None and best.encoding in _SCRIPTS else DEFAULT


def _latin_codec(sample: bytes) -> str:
    total, wrong = _plausible(sample, DEFAULT)
    if wrong < 3:
        return DEFAULT
    scores = {codec: _plausible(sample, codec) for codec in _LATIN}
    codec = max(scores, key=lambda name: scores[name][0])
    better, still_wrong = scores[codec]
    return codec if better > total + 2 and 2 * still_wrong < wrong else DEFAULT


def _plausible(sample: bytes, codec: str) -> tuple[float, int]:
    """Return how well the letters beyond ASCII fit their words, and how many do not fit at all."""
    text = f" {sample.decode(codec, errors='replace')} "
    common = _CENTRAL if codec in ("cp1250", "iso8859_2") else _WESTERN
    points = [
        _fits(match.group(), text[match.start() - 1], text[match.end()], common)
        for match in _NOT_ASCII.finditer(text)
    ]
    return sum(points), sum(point < 0 for point in points)


def _fits(letter: str, before: str, after: str, common: frozenset[str]) -> float:
    if letter == "\ufffd" or unicodedata.category(letter) == "Cc":
        return -4.0
    inside = before.isalpha() and after.isalpha()
    if letter.isalpha() and letter not in "ªº":
        if letter.isupper() and before.islower():
            return -2.0
        near = before.isalpha() or after.isalpha()
        return (1.0 if letter in common else 0.2) if near else -0.5
    if inside and letter != "’":
        return -1.5
    return 0.5 if letter in _PUNCTUATION else 0.3
